/* What the files of cron share: its fields, and what an expression matches in local time. */
#pragma once

#include "base/cleanup.h"
#include "calendar/cron.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* In the order in which they are written; five fields begin with the minute. */
enum cron_field {
	CRON_SECOND,
	CRON_MINUTE,
	CRON_HOUR,
	CRON_DAY,
	CRON_MONTH,
	CRON_WEEKDAY,
	CRON_FIELDS,
};

struct cron_field_row {
	const char *name; /* "day of the month" */
	int first;
	int last;
	const char *const *names; /* of the values from `first` on, three letters each; or NULL */
};

extern const struct cron_field_row cron_fields[CRON_FIELDS];

/* How many values a field has. */
static inline int cron_field_size(enum cron_field field)
{
	return cron_fields[field].last - cron_fields[field].first + 1;
}

/* The set of all values of a field, bit N for value N. */
static inline uint64_t cron_field_all(enum cron_field field)
{
	return (UINT64_C(2) << cron_fields[field].last) - (UINT64_C(1) << cron_fields[field].first);
}

/* The values of a field that are in the expression as such: not "L" and the like. */
uint64_t cron_values(const struct cron_expr *expr, enum cron_field field);

/* The most of a weekday that a month has. */
#define CRON_NTH_MAX 5

/* What is being read. */
struct cron_reader {
	const char *seed;
	char *problem; /* CRON_PROBLEM_SIZE bytes */
	struct cron_expr expr;
	enum cron_field field;
};

/* A piece of the text; reading goes on at `at`. */
struct cron_piece {
	const char *at;
	const char *end;
};

/* How much of what was written is said again. */
#define CRON_SHOWN_MAX 40

/* How many bytes of a piece those are. */
static inline int cron_shown(struct cron_piece piece)
{
	ptrdiff_t len = piece.end - piece.at;

	return len > CRON_SHOWN_MAX ? CRON_SHOWN_MAX : (int)len;
}

/* Is it that text, in letters of any case? */
static inline bool cron_piece_is(struct cron_piece piece, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(piece.end - piece.at) == len && strncasecmp(piece.at, text, len) == 0;
}

/* Writes the problem. Returns -EINVAL. */
int cron_fail(struct cron_reader *reader, const char *format, ...) _printf_(2, 3);

/* Reads the field `reader->field` into the expression. Returns 0, or -EINVAL with the problem. */
int cron_read_field(struct cron_reader *reader, struct cron_piece field) _must_check_;

/* Is it bound to times of day, whatever else local time does (enum dst_overlap)? */
static inline bool cron_is_fixed_time(const struct cron_expr *expr)
{
	return expr->fixed_minute && expr->fixed_hour;
}

/* The smallest member of a set of 0 to 63 that is `from` (0 to 63) or more, the largest that is
   `upto` (-1 to 62) or less; -1: there is none. */
static inline int cron_lowest(uint64_t set, int from)
{
	set = set >> from << from;
	return set ? __builtin_ctzll(set) : -1;
}

static inline int cron_highest(uint64_t set, int upto)
{
	set &= (UINT64_C(1) << (upto + 1)) - 1;
	return set ? 63 - __builtin_clzll(set) : -1;
}

/*
 * The days of a month that match, bit N for day N; the month itself need not. `length` is how many
 * days it has, `weekday` (0: Sunday) that of its first.
 */
uint32_t cron_month_days(const struct cron_expr *expr, int length, int weekday);

/* Is there a date, in any year, that matches? */
bool cron_is_ever_due(const struct cron_expr *expr);

/* No local time matches. */
#define CRON_LOCAL_NEVER  INT64_MAX
#define CRON_LOCAL_BEFORE INT64_MIN

/* The first local time at or after `local` that matches, or CRON_LOCAL_NEVER; the last at or before
   it, or CRON_LOCAL_BEFORE. Of the years 1 to 9999. */
int64_t cron_local_next(const struct cron_expr *expr, int64_t local);
int64_t cron_local_last(const struct cron_expr *expr, int64_t local);

/*
 * How many local times from `first` to `last`, both included, match one or more of the expressions
 * of `set`, bit N for exprs[N].
 */
uint64_t cron_local_count(const struct cron_expr *exprs, uint32_t set, int64_t first, int64_t last);
