/*
 * Is the daemon doing its job? The answer decides whether systemd's watchdog is fed: the loop
 * ticks, the workers answer, and nothing that is due waits for no reason.
 */
#pragma once

struct daemon;

/* Starts the ticks if the service manager wants them. Returns 0 or -errno. */
int health_start(struct daemon *daemon);
