/* The configuration: put in force at the start, and anew at each SIGHUP. For the loop's thread. */
#pragma once

#include "base/cleanup.h"

struct control_reloaded;
struct daemon;

/* Reads the configuration and puts it in force, and is ready for more from then on. What is wrong
   is logged. Returns 0; -EINVAL when it cannot be used; or another -errno. */
int reload_start(struct daemon *daemon) _must_check_;

/*
 * Begins to read the configuration again; soon it is in force, or the old one stays and what is
 * wrong is logged. What is asked for while one is being read becomes one more load behind it.
 */
void reload_begin(struct daemon *daemon);

/* The same, and calls done() from the loop with what came of it, never from within this call.
   Returns 0, -ESHUTDOWN or -ENOMEM. */
int reload_ask(struct daemon *daemon, void (*done)(void *ctx, const struct control_reloaded *what),
	       void *ctx) _must_check_;

/* done() is not called with that `ctx` any more. */
void reload_forget(struct daemon *daemon, const void *ctx);
