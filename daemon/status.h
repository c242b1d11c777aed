/* STATUS= for systemd: kept up to date without telling it more than once a second, and without a
   wakeup when nothing happens. For the loop's thread. */
#pragma once

struct daemon;

/* Returns 0 or -errno. */
int status_start(struct daemon *daemon);

/* Something changed that the status tells. */
void status_touch(struct daemon *daemon);

/* Tells it now. */
void status_refresh(struct daemon *daemon);

/* Tells a change of state (notify_ready() and its like), and goes on trying until the service
   manager has taken it or there is a newer one. */
void status_tell(struct daemon *daemon, int (*state)(void));
