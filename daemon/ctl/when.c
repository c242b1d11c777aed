/* See when.h. */
#include "ctl/when.h"

#include "calendar/cron.h"
#include "calendar/times.h"
#include "config/values.h"
#include "ctl/ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The years 1 to 9999, UTC. */
#define TIME_FIRST (INT64_C(-62135596800) * USEC_PER_SEC)
#define TIME_LAST  (INT64_C(253402300799) * USEC_PER_SEC)

int when_init(struct when *when, const char *zone)
{
	char problem[ZONES_PROBLEM_SIZE];
	int r;

	*when = (struct when){.now = clock_wall()};
	arena_init(&when->arena);
	zones_init(&when->zones, &when->arena);
	r = zone ? zones_find(&when->zones, zone, &when->zone, problem)
		 : zones_local(&when->zones, &when->zone, problem);
	if (r == 0)
		return 0;
	if (r == -EINVAL)
		(void)ctl_fail("%s%s%s: %s", zone ? "the zone '" : "", zone ? zone : "local time",
			       zone ? "'" : "", problem);
	else
		(void)ctl_fail("%s", strerrordesc_np(-r));
	when_done(when);
	return r;
}

void when_done(struct when *when)
{
	arena_done(&when->arena);
}

int when_time(const struct when *when, const char *option, const char *text, usec_t *ret_time)
{
	usec_t time;

	if (times_parse(text, when->zone, when->now, &time) < 0) {
		(void)ctl_fail("%s: '%s' is no time; write %s", option, text, times_syntax);
		return -EINVAL;
	}
	if (time < TIME_FIRST || time > TIME_LAST) {
		(void)ctl_fail("%s: '%s' is too far away", option, text);
		return -EINVAL;
	}
	*ret_time = time;
	return 0;
}

int when_count(const char *option, const char *text, uint64_t max, uint64_t *ret_count)
{
	int64_t count;

	if (value_integer(text, &count) < 0 || count < 1 || (uint64_t)count > max) {
		(void)ctl_fail("%s: '%s' is no number from 1 to %" PRIu64, option, text, max);
		return -EINVAL;
	}
	*ret_count = (uint64_t)count;
	return 0;
}

/* The fields as cron_expr_parse() calls them. */
static const char *const fields[] = {"second",           "minute", "hour",
				     "day of the month", "month",  "weekday"};

/* The word of the expression that is about a field, NULL: there is none. */
static const char *field_word(const char *text, size_t field)
{
	const char *words[ARRAY_LENGTH(fields)];
	size_t n = 0;

	for (text += strspn(text, " \t"); *text; text += strspn(text, " \t")) {
		if (n == ARRAY_LENGTH(words))
			return NULL;
		words[n++] = text;
		text += strcspn(text, " \t");
	}
	if (n + 1 == ARRAY_LENGTH(fields) && field > 0)
		return words[field - 1];
	return n == ARRAY_LENGTH(fields) ? words[field] : NULL;
}

/* Columns of so many bytes of UTF-8: bytes that continue a character have none. */
static int columns_of(const char *text, size_t len)
{
	int columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

/* Shows which part of the expression a problem, `FIELD "PART" ...`, is about, if it is of one. */
static void point_out(const char *text, const char *problem)
{
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		size_t len = strlen(fields[i]);
		const char *word;
		const char *part;
		const char *end;

		if (strncmp(problem, fields[i], len) != 0 || strncmp(problem + len, " \"", 2) != 0)
			continue;
		problem += len + 2;
		end = strchr(problem, '"');
		word = field_word(text, i);
		if (!end || end == problem || !word)
			return;
		part = memmem(word, strcspn(word, " \t"), problem, (size_t)(end - problem));
		if (!part)
			return;
		(void)fprintf(stderr, "  %s\n  %*s", text, columns_of(text, (size_t)(part - text)),
			      "");
		for (int n = columns_of(problem, (size_t)(end - problem)); n > 0; n--)
			(void)fputc('^', stderr);
		(void)fputc('\n', stderr);
		return;
	}
}

int when_cron(struct when *when, const char *text, const char *seed, const struct cron **ret_cron)
{
	char problem[CRON_PROBLEM_SIZE];
	struct cron *cron = arena_alloc(&when->arena, sizeof(*cron));
	struct cron_expr *expr = arena_alloc(&when->arena, sizeof(*expr));

	if (!cron || !expr) {
		(void)ctl_fail("%s", strerrordesc_np(ENOMEM));
		return -ENOMEM;
	}
	if (cron_expr_parse(text, seed, expr, problem) < 0) {
		(void)ctl_fail("\"%s\": %s", text, problem);
		point_out(text, problem);
		return -EINVAL;
	}
	*cron = (struct cron){
		.zone = when->zone,
		.gap = DST_GAP_SHIFT,
		.overlap = DST_OVERLAP_FIRST,
		.n_exprs = 1,
		.exprs = expr,
	};
	*ret_cron = cron;
	return 0;
}
