/* What a request's body may have. Loop's thread. */
#pragma once

#include "base/cleanup.h"
#include "control/route.h"

enum body_type {
	BODY_BOOL,
	BODY_TEXT,
	BODY_TEXTS, /* an array of strings */
};

struct body_member {
	const char *name; /* NULL: the end of the list */
	enum body_type type;
};

/* Has the body these members and no others, each of its type or null? If not, that was answered. */
bool body_check(struct exchange *exchange, const struct body_member *members) _must_check_;

/* What it has, after that: false or NULL for what it has not. Borrowed. */
bool body_bool(const struct exchange *exchange, const char *name);
const char *body_text(const struct exchange *exchange, const char *name);
const json_t *body_texts(const struct exchange *exchange, const char *name);
