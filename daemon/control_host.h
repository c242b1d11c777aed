/* The daemon as the control server has it: control/host.h. For the loop's thread. */
#pragma once

#include "base/cleanup.h"

struct daemon;
struct engine_run;

/* Starts the control server; the engine is there, and whether there is a ledger is known. Returns 0
   or -ENOMEM. */
int control_host_start(struct daemon *daemon) _must_check_;

/* A run was accepted: it gets the environment that it was asked for with. */
void control_host_accepted(struct daemon *daemon, struct engine_run *er);
