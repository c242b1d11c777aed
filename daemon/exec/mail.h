/*
 * A mail that tells of a run, as RFC 5322 has it: UTF-8 throughout, encoded as MIME wants it
 * (RFC 2045, 2047), marked as made by a machine (RFC 3834). Pure.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "core/model.h"
#include "exec/keep.h"

#include <stddef.h>
#include <stdint.h>

struct mail {
	/* Addresses; what is none by name_is_address() is left out. */
	const char *from; /* NULL: left to the program that takes the mail */
	struct text_list to;
	const char *host;    /* this machine's name, for the Message-ID */
	const char *subject; /* UTF-8, one line */
	const char *job;
	const char *verdict;
	uint64_t run;
	usec_t wall;                      /* of sending */
	const char *text;                 /* the facts, lines of UTF-8 */
	const struct kept_output *output; /* NULL: none */
};

/*
 * Writes the message, with lines that end in a newline as sendmail(8) takes them: header, facts,
 * output. Bytes that are no text are shown as text_sanitize() shows them. *ret_text is to be freed.
 * Returns 0 or -ENOMEM.
 */
int mail_compose(const struct mail *mail, char **ret_text, size_t *ret_len) _must_check_;
