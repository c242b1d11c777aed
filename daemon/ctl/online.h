/* What the commands have in common that ask the daemon. One thread. */
#pragma once

#include "base/cleanup.h"
#include "ctl/client.h"
#include "ctl/when.h"

#include <jansson.h>

struct online {
	const struct ctl *ctl;
	struct client *client;
	struct when when; /* local time */
};

/* Has fn() do what is asked for, with a client that is ready. Returns the exit status of fn(), or
   another one after it was said. */
int online_do(const struct ctl *ctl, int (*fn)(struct online *online, void *ctx), void *ctx);

/* The same for a command that has neither options nor arguments. */
int online_do_plain(const struct ctl *ctl, struct ctl_args *args,
		    int (*fn)(struct online *online, void *ctx));

/* What is left of the command line as the one argument that may, or must, be there: *ret_word is
   NULL if there is none. Returns CTL_OK, or CTL_USAGE after it was said. */
int online_one_word(struct ctl_args *args, const char *what, bool needed,
		    const char **ret_word) _must_check_;

/* As client_get(). What is told relative to the present is so from the answer on: everyd may have
   been started to give it. */
int online_get(struct online *online, const struct url *url, json_t **ret_json) _must_check_;

/*
 * The first `max` items of a list that is answered in pages ({"items": [...], "next": CURSOR}), as
 * one answer of that form: its "next" is null unless there are more. Returns CTL_OK, or another
 * exit status after it was said.
 */
int online_list(struct online *online, const struct url *url, uint64_t max,
		json_t **ret_list) _must_check_;

/* The target of a job: "/v1/jobs/NAME" and `more` ("", "/pause"). */
void online_job_url(struct url *url, const char *job, const char *more);

/* Prints text of several lines, each clean and ended; `head` in front, unless it is empty. */
void online_print_text(const char *head, const char *text);

/* What is to be said of -errno from printing: what could not be written is told at the end. Returns
   an exit status. */
int online_printed(int r);
