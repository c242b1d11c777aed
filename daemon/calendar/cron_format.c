/*
 * The canonical form of cron expressions. A set of values is written as ranges and steps, from its
 * smallest on whatever covers most of the rest; whether a field begins with "*" is part of what it
 * means, and is kept.
 */
#include "base/cleanup.h"
#include "calendar/cron_internal.h"

#include <stdarg.h>
#include <stdio.h>

/* Fewer than that are written one by one. */
#define RUN_MIN 3

/* A text being written; there is room, see CRON_TEXT_SIZE. */
struct writer {
	char *buf;
	size_t used;
	bool in_field; /* the next item needs a comma before it */
};

static void _printf_(2, 3) put_item(struct writer *w, const char *format, ...)
{
	va_list ap;

	if (w->in_field)
		w->buf[w->used++] = ',';
	va_start(ap, format);
	w->used += (size_t)vsnprintf(w->buf + w->used, CRON_TEXT_SIZE - w->used, format, ap);
	va_end(ap);
	w->in_field = true;
}

/* The values from `first` on in steps, as far as they are in the set without a hole. */
static uint64_t run_of(uint64_t set, int first, int step, int *ret_last)
{
	uint64_t run = 0;

	for (int value = first; value < 64 && set >> value & 1; value += step) {
		run |= UINT64_C(1) << value;
		*ret_last = value;
	}
	return run;
}

static void put_set(struct writer *w, uint64_t set)
{
	while (set != 0) {
		int first = cron_lowest(set, 0);
		uint64_t best = UINT64_C(1) << first;
		int best_last = first;
		int best_step = 1;

		for (int step = 1; first + step < 64; step++) {
			int last = first;
			uint64_t run = run_of(set, first, step, &last);
			int size = __builtin_popcountll(run);

			if (size >= RUN_MIN && size > __builtin_popcountll(best)) {
				best = run;
				best_last = last;
				best_step = step;
			}
		}
		if (best_last == first)
			put_item(w, "%d", first);
		else if (best_step == 1)
			put_item(w, "%d-%d", first, best_last);
		else
			put_item(w, "%d-%d/%d", first, best_last, best_step);
		set &= ~best;
	}
}

/* The values that "*" has with a step. */
static uint64_t every_nth(enum cron_field field, int step)
{
	uint64_t set = 0;

	for (int value = cron_fields[field].first; value <= cron_fields[field].last; value += step)
		set |= UINT64_C(1) << value;
	return set;
}

/* A set of which it matters that it begins with "*", in the smallest steps that are all in it:
   those as large as the field always are. */
static void put_starred(struct writer *w, enum cron_field field, uint64_t set)
{
	int step = 1;

	while (every_nth(field, step) & ~set)
		step++;
	if (step == 1)
		put_item(w, "*");
	else
		put_item(w, "*/%d", step);
	put_set(w, set & ~every_nth(field, step));
}

/* A set of which it does not matter. */
static void put_either(struct writer *w, enum cron_field field, uint64_t set)
{
	for (int step = 1; 2 * step < cron_field_size(field); step++) {
		if (set == every_nth(field, step)) {
			put_starred(w, field, set);
			return;
		}
	}
	put_set(w, set);
}

static void put_days(struct writer *w, const struct cron_expr *expr)
{
	if (expr->any_day)
		put_starred(w, CRON_DAY, expr->days);
	else
		put_set(w, expr->days);
	for (int day = 1; day <= 31; day++)
		if (expr->days_nearest >> day & 1)
			put_item(w, "%dW", day);
	for (int back = 30; back > 0; back--)
		if (expr->days_from_end >> back & 1)
			put_item(w, "L-%d", back);
	if (expr->nearest_last)
		put_item(w, "LW");
	if (expr->days_from_end & 1)
		put_item(w, "L");
}

static void put_weekdays(struct writer *w, const struct cron_expr *expr)
{
	if (expr->any_weekday)
		put_starred(w, CRON_WEEKDAY, expr->weekdays);
	else
		put_set(w, expr->weekdays);
	for (int bit = 0; expr->weekdays_nth >> bit != 0; bit++)
		if (expr->weekdays_nth >> bit & 1)
			put_item(w, "%d#%d", bit % 7, bit / 7 + 1);
	for (int weekday = 0; weekday < 7; weekday++)
		if (expr->weekdays_last >> weekday & 1)
			put_item(w, "%dL", weekday);
}

static void put_time(struct writer *w, const struct cron_expr *expr, enum cron_field field,
		     bool fixed)
{
	if (fixed)
		put_set(w, cron_values(expr, field));
	else
		put_starred(w, field, cron_values(expr, field));
}

static void next_field(struct writer *w)
{
	w->buf[w->used++] = ' ';
	w->in_field = false;
}

const char *cron_expr_format(const struct cron_expr *expr, char buf[static CRON_TEXT_SIZE])
{
	struct writer w = {.buf = buf};

	/* The second 0 alone is what five fields mean. */
	if (expr->seconds != 1) {
		put_either(&w, CRON_SECOND, expr->seconds);
		next_field(&w);
	}
	put_time(&w, expr, CRON_MINUTE, expr->fixed_minute);
	next_field(&w);
	put_time(&w, expr, CRON_HOUR, expr->fixed_hour);
	next_field(&w);
	put_days(&w, expr);
	next_field(&w);
	put_either(&w, CRON_MONTH, expr->months);
	next_field(&w);
	put_weekdays(&w, expr);
	return buf;
}
