/*
 * Clients that follow what happens: an answer that goes on, of server-sent events
 * (text/event-stream of the HTML standard, section 9.2). Who does not take what is sent is cut off:
 * see exchange_send(). Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/route.h"

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

struct follower {
	struct exchange *exchange;
	const char *job;         /* a pattern of names (glob.h); NULL: all, and what is of no job */
	uint64_t run;            /* 0: all */
	unsigned keep_alive;     /* seconds from one comment to the next; 0: none is sent */
	struct event comment;    /* ... which is due then */
	void (*left)(void *ctx); /* there is one less */
	void *ctx;
	LIST_ENTRY(follower) link;
};

LIST_HEAD(followers, follower);

/*
 * Begins to answer: reads "job", "run" and "keepalive" from the query, and adds a follower to the
 * list. left() is called when it goes, after it left the list; never from within one of these
 * functions. Returns false when the request makes no sense or memory is out, which was answered.
 */
bool follow_begin(struct exchange *exchange, struct followers *followers, void (*left)(void *ctx),
		  void *ctx);

/* Does anybody follow what is of that job (NULL: none) and run (0: none)? */
bool follow_is_wanted(const struct followers *followers, const char *job, uint64_t run);

/* An event, `data` being JSON on one line, to those who follow that job and run. */
void follow_send(const struct followers *followers, const char *event, const char *job,
		 uint64_t run, const char *data);

/* The same, of a value that is given back; what NULL is of, for want of memory, is not sent. */
void follow_send_value(const struct followers *followers, const char *event, const char *job,
		       uint64_t run, json_t *data);

/* One that is of no job, of which those who follow by TCP are told `open`. */
void follow_send_apart(const struct followers *followers, const char *event, const char *data,
		       const char *open);

/* Ends the answers to those who follow that run alone. */
void follow_end_run(struct followers *followers, uint64_t run);

/* Cuts off all of them, as too slow, after an event that says why, in plain letters. */
void follow_cut_off(struct followers *followers, const char *why);
