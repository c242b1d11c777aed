/*
 * What cron expressions are often taken for and are not. Each kind of mistake is a function that
 * looks at one thing and says a sentence if it is there.
 */
#include "base/cleanup.h"
#include "calendar/cron_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENTENCE_SIZE 300

struct adviser {
	const struct cron_expr *expr;
	const char *fields[CRON_FIELDS]; /* where each begins in the text; "" for nicknames */
	void (*warn)(void *ctx, const char *sentence);
	void *ctx;
};

static void _printf_(2, 3) advise(const struct adviser *a, const char *format, ...)
{
	char sentence[SENTENCE_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	a->warn(a->ctx, sentence);
}

/* Steps begin anew with what is one larger. */
static const struct {
	const char *larger;
	const char *one;
	const char *many;
	const char *unit; /* of `every`; NULL: it has none */
} steps[CRON_FIELDS] = {
	/* clang-format off */
	[CRON_SECOND]  = {"minute", "second", "seconds", "s"},
	[CRON_MINUTE]  = {"hour",   "minute", "minutes", "m"},
	[CRON_HOUR]    = {"day",    "hour",   "hours",   "h"},
	[CRON_DAY]     = {"month",  "day",    "days",    "d"},
	[CRON_MONTH]   = {"year",   "month",  "months",  NULL},
	[CRON_WEEKDAY] = {"week",   "day",    "days",    "d"},
	/* clang-format on */
};

/* How one gets what was meant: `; for that, write every = "59m"`. */
static const char *instead(enum cron_field field, int step, char buf[static 64])
{
	buf[0] = '\0';
	if (steps[field].unit)
		(void)snprintf(buf, 64, "; for that, write every = \"%d%s\"", step,
			       steps[field].unit);
	return buf;
}

/* "*\/59" does not go on from one hour to the next. */
static void look_at_step(const struct adviser *a, enum cron_field field)
{
	const struct cron_field_row *row = &cron_fields[field];
	int size = cron_field_size(field);
	int step;
	int last;
	char buf[64];

	if (strncmp(a->fields[field], "*/", 2) != 0)
		return;
	step = (int)strtol(a->fields[field] + 2, NULL, 10);
	last = row->first + (size - 1) / step * step;
	if (step > size)
		advise(a, "\"*/%d\" is %s %d alone, as steps begin anew with each %s%s", step,
		       row->name, row->first, steps[field].larger, instead(field, step, buf));
	else if (field == CRON_DAY && step > 1)
		advise(a, "\"*/%d\" begins anew with each month, and there it is not %d days%s",
		       step, step, instead(field, step, buf));
	else if (size % step != 0)
		advise(a,
		       "\"*/%d\" begins anew with each %s: from %s %d to the next %d it is %d %s, "
		       "not %d%s",
		       step, steps[field].larger, row->name, last, row->first,
		       row->first + size - last,
		       row->first + size - last == 1 ? steps[field].one : steps[field].many, step,
		       instead(field, step, buf));
}

static void look_at_steps(const struct adviser *a)
{
	for (enum cron_field field = 0; field < CRON_FIELDS; field++)
		look_at_step(a, field);
}

static bool has_all(const struct cron_expr *expr, enum cron_field field)
{
	return cron_values(expr, field) == cron_field_all(field);
}

static int size_of(uint64_t set)
{
	return __builtin_popcountll(set);
}

/* "* 3 * * *" is sixty times, "* * 1 * *" more. */
static void look_at_stars(const struct adviser *a)
{
	const struct cron_expr *expr = a->expr;
	bool every_minute = has_all(expr, CRON_MINUTE);

	if (has_all(expr, CRON_SECOND) && size_of(expr->minutes) == 1)
		advise(a, "it is due at each second of the minute, sixty times: write \"0\" for "
			  "the second to have it once");
	else if (every_minute && size_of(expr->hours) == 1)
		advise(a, "it is due at each minute of the hour, sixty times: write \"0\" for the "
			  "minute to have it once");
	else if (every_minute && has_all(expr, CRON_HOUR) && !expr->fixed_hour &&
		 !(has_all(expr, CRON_DAY) && has_all(expr, CRON_WEEKDAY)))
		advise(a, "it is due at each minute of those days: begin with \"0 0\" to have it "
			  "once a day");
}

/* Does only the weekday make it due, of two fields of days of which either will do? */
static bool has_no_date(const struct cron_expr *expr)
{
	struct cron_expr dates = *expr;

	dates.weekdays = 0;
	dates.weekdays_last = 0;
	dates.weekdays_nth = 0;
	return !cron_is_ever_due(&dates);
}

/* The two fields of days. */
static void look_at_days(const struct adviser *a)
{
	const struct cron_expr *expr = a->expr;

	if (has_all(expr, CRON_DAY) || has_all(expr, CRON_WEEKDAY)) {
		if (!expr->any_day && !expr->any_weekday)
			advise(a,
			       "it is due every day: where day of the month and weekday are both "
			       "given, either will do, and one of them is all days here");
		return;
	}
	if (expr->any_day || expr->any_weekday)
		advise(a, "it is due only on days that match both the day of the month and the "
			  "weekday, as one of them begins with \"*\"");
	else if (has_no_date(expr))
		advise(a, "it is due on the weekday alone, as those months have no such day of the "
			  "month");
	else
		advise(a, "it is due on days that match the day of the month and on days that "
			  "match the weekday: where both are given, either will do");
}

/* Dates that not each month has. */
static void look_at_dates(const struct adviser *a)
{
	const struct cron_expr *expr = a->expr;
	int first = cron_lowest(expr->days, 0);
	bool only_plain = !expr->days_from_end && !expr->days_nearest && !expr->nearest_last;
	bool by_date = expr->any_weekday && only_plain && first > 28;
	uint64_t fifths = expr->weekdays_nth >> 28;

	if (by_date && expr->months == 1U << 2)
		advise(a, "it is due in leap years only");
	else if (by_date && (expr->months & 1U << 2 || (first == 31 && expr->months & 0xa50)))
		advise(a,
		       "months without a day %d are passed over: \"L\" is the last day of each "
		       "month",
		       first);
	if (expr->any_day && !expr->weekdays && !expr->weekdays_last && fifths != 0 &&
	    expr->weekdays_nth == fifths << 28)
		advise(a,
		       "months without a fifth one are passed over: \"%dL\" is the last of each "
		       "month",
		       cron_lowest(fifths, 0));
}

/* "22-2" on some days only: of each such day it is both ends. */
static void look_at_midnight(const struct adviser *a)
{
	const struct cron_expr *expr = a->expr;
	char *end;
	int from = (int)strtol(a->fields[CRON_HOUR], &end, 10);
	int to = *end == '-' ? (int)strtol(end + 1, NULL, 10) : from;

	if (from <= to || (has_all(expr, CRON_DAY) && has_all(expr, CRON_WEEKDAY)))
		return;
	advise(a,
	       "the hours behind midnight are those of the same date: \"%d-%d\" begins with 00:00 "
	       "of a day that matches, and ends with 23:59 of it",
	       from, to);
}

static void split(struct adviser *a, const char *text)
{
	const char *begins[CRON_FIELDS];
	size_t n = 0;

	for (size_t i = 0; i < CRON_FIELDS; i++)
		a->fields[i] = "";
	for (const char *p = text; *(p += strspn(p, " \t")) && n < CRON_FIELDS;
	     p += strcspn(p, " \t"))
		begins[n++] = p;
	if (n >= CRON_FIELDS - 1)
		memcpy(&a->fields[CRON_FIELDS - n], begins, n * sizeof(*begins));
}

void cron_expr_advise(const struct cron_expr *expr, const char *text,
		      void (*warn)(void *ctx, const char *sentence), void *ctx)
{
	struct adviser a = {.expr = expr, .warn = warn, .ctx = ctx};

	split(&a, text);
	look_at_steps(&a);
	look_at_stars(&a);
	look_at_days(&a);
	look_at_dates(&a);
	look_at_midnight(&a);
}
