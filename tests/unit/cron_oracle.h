/*
 * The slots of cron expressions by looking at each second of a window of time: as cron.h defines
 * them, without a thought for speed, and knowing nothing of how they are found elsewhere.
 *
 * Understands expressions in numbers: lists of "*", "N", "N-M", steps of these, and what is for
 * days only.
 */
#pragma once

#include "calendar/civil.h"
#include "calendar/cron.h"
#include "calendar/zone.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ORACLE_TEXT 200

/* Seconds: where slots are looked for, and on either side what may show the same local time. */
#define ORACLE_CORE   (36 * 3600)
#define ORACLE_MARGIN (26 * 3600)
#define ORACLE_WINDOW (ORACLE_CORE + 2 * ORACLE_MARGIN)

struct oracle_expr {
	bool seconds[60];
	bool minutes[60];
	bool hours[24];
	char day[ORACLE_TEXT];
	char month[ORACLE_TEXT];
	char weekday[ORACLE_TEXT];
	bool fixed_minute;
	bool fixed_hour;
};

/* Is `value` in a list of plain items, of a field from `first` to `last`? */
static inline bool oracle_has(const char *list, int first, int last, int value)
{
	char copy[ORACLE_TEXT];
	char *left = copy;
	char *item;

	(void)snprintf(copy, sizeof(copy), "%s", list);
	while ((item = strsep(&left, ","))) {
		char *slash = strchr(item, '/');
		int step = slash ? atoi(slash + 1) : 1;
		int from = first;
		int to = last;

		if (strpbrk(item, "LW#"))
			continue;
		if (*item != '*') {
			char *minus = strchr(item, '-');

			from = atoi(item);
			to = minus ? atoi(minus + 1) : slash ? last : from;
		}
		if (to < from)
			to += last - first + 1;
		for (int v = from; v <= to; v += step)
			if ((v - first) % (last - first + 1) + first == value)
				return true;
	}
	return false;
}

static inline struct oracle_expr oracle_read(const char *text)
{
	char field[6][ORACLE_TEXT] = {"0"};
	struct oracle_expr expr = {0};
	int spaces = 0;

	for (const char *p = text; *p; p++)
		spaces += *p == ' ';
	if (spaces == 4)
		assert_int_equal(sscanf(text, "%199s %199s %199s %199s %199s", field[1], field[2],
					field[3], field[4], field[5]),
				 5);
	else
		assert_int_equal(sscanf(text, "%199s %199s %199s %199s %199s %199s", field[0],
					field[1], field[2], field[3], field[4], field[5]),
				 6);
	for (int i = 0; i < 60; i++) {
		expr.seconds[i] = oracle_has(field[0], 0, 59, i);
		expr.minutes[i] = oracle_has(field[1], 0, 59, i);
	}
	for (int i = 0; i < 24; i++)
		expr.hours[i] = oracle_has(field[2], 0, 23, i);
	expr.fixed_minute = *field[1] != '*';
	expr.fixed_hour = *field[2] != '*';
	memcpy(expr.day, field[3], sizeof(expr.day));
	memcpy(expr.month, field[4], sizeof(expr.month));
	memcpy(expr.weekday, field[5], sizeof(expr.weekday));
	return expr;
}

static inline bool oracle_is_working_day(const struct civil *date, int day)
{
	int weekday = civil_weekday(civil_day_number(date->year, date->month, day));

	return weekday >= 1 && weekday <= 5;
}

/* Is the date's day the Monday to Friday nearest to `wanted`, in the same month? */
static inline bool oracle_is_nearest(const struct civil *date, int wanted, int length)
{
	if (wanted > length || !oracle_is_working_day(date, date->day))
		return false;
	for (int other = 1; other <= length; other++)
		if (oracle_is_working_day(date, other) &&
		    abs(other - wanted) < abs(date->day - wanted))
			return false;
	return true;
}

static inline bool oracle_day_of_month(const char *list, const struct civil *date)
{
	int length = civil_month_days(date->year, date->month);
	char copy[ORACLE_TEXT];
	char *left = copy;
	char *item;

	if (oracle_has(list, 1, 31, date->day))
		return true;
	(void)snprintf(copy, sizeof(copy), "%s", list);
	while ((item = strsep(&left, ","))) {
		if (strcmp(item, "LW") == 0) {
			if (oracle_is_nearest(date, length, length))
				return true;
		} else if (*item == 'L') {
			if (date->day == length - (item[1] == '-' ? atoi(item + 2) : 0))
				return true;
		} else if (strchr(item, 'W')) {
			if (oracle_is_nearest(date, atoi(item), length))
				return true;
		}
	}
	return false;
}

static inline bool oracle_weekday(const char *list, const struct civil *date)
{
	int length = civil_month_days(date->year, date->month);
	char copy[ORACLE_TEXT];
	char *left = copy;
	char *item;

	if (oracle_has(list, 0, 6, date->weekday))
		return true;
	(void)snprintf(copy, sizeof(copy), "%s", list);
	while ((item = strsep(&left, ","))) {
		char *hash = strchr(item, '#');

		if (!strpbrk(item, "L#") || atoi(item) % 7 != date->weekday)
			continue;
		if (hash ? (date->day - 1) / 7 + 1 == atoi(hash + 1) : date->day + 7 > length)
			return true;
	}
	return false;
}

static inline bool oracle_is_due_on(const struct oracle_expr *expr, const struct civil *date)
{
	bool either = *expr->day != '*' && *expr->weekday != '*';
	bool by_day = oracle_day_of_month(expr->day, date);
	bool by_weekday = oracle_weekday(expr->weekday, date);

	return oracle_has(expr->month, 1, 12, date->month) &&
	       (either ? by_day || by_weekday : by_day && by_weekday);
}

/* A window of a zone's time: what clocks show, and when they show a local time. */
struct oracle_window {
	int64_t begin; /* of the core */
	int64_t local_begin;
	int32_t offsets[ORACLE_WINDOW];
	/* For each local time from local_begin on: at which second of the window it is shown first
	   and last; -1: never. */
	int32_t first[ORACLE_WINDOW + 2 * ZONE_OFFSET_MAX];
	int32_t last[ORACLE_WINDOW + 2 * ZONE_OFFSET_MAX];
};

static inline void oracle_look(struct oracle_window *w, const struct zone *zone, int64_t begin)
{
	int64_t from = begin - ORACLE_MARGIN;
	struct zone_segment segment = {.begin = INT64_MAX, .end = INT64_MIN};

	w->begin = begin;
	w->local_begin = from - ZONE_OFFSET_MAX;
	memset(w->first, 0xff, sizeof(w->first));
	memset(w->last, 0xff, sizeof(w->last));
	for (int i = 0; i < ORACLE_WINDOW; i++) {
		int64_t local;

		if (from + i >= segment.end || from + i < segment.begin)
			segment = zone_segment(zone, from + i);
		w->offsets[i] = segment.offset;
		local = from + i + segment.offset - w->local_begin;
		if (w->first[local] < 0)
			w->first[local] = i;
		w->last[local] = i;
	}
}

/* Adds the slots of the core: slots[i] is set if there is one at begin + i. */
static inline void oracle_scan(const struct oracle_window *w, const struct oracle_expr *expr,
			       enum dst_gap gap, enum dst_overlap overlap,
			       bool slots[static ORACLE_CORE])
{
	int64_t day_of = INT64_MIN;
	bool due_on = false;
	bool some_hours = false;

	for (int hour = 0; hour < 24; hour++)
		some_hours |= !expr->hours[hour];
	for (int i = ORACLE_MARGIN; i < ORACLE_MARGIN + ORACLE_CORE; i++) {
		int64_t time = w->begin - ORACLE_MARGIN + i;
		int64_t to = time + w->offsets[i];
		int64_t from = to;

		/* What was left out just before this second, if anything, and then this second. */
		if (w->offsets[i] > w->offsets[i - 1])
			from = time + w->offsets[i - 1];
		for (int64_t local = from; local <= to; local++) {
			struct civil shown;
			int of_day = (int)(((local % 86400) + 86400) % 86400);
			bool left_out = local < to;
			int32_t first = w->first[local - w->local_begin];
			int32_t last = w->last[local - w->local_begin];

			if (!expr->seconds[of_day % 60] || !expr->minutes[of_day / 60 % 60] ||
			    !expr->hours[of_day / 3600])
				continue;
			if ((local - of_day) / 86400 != day_of) {
				shown = civil_of(local);
				day_of = (local - of_day) / 86400;
				due_on = oracle_is_due_on(expr, &shown);
			}
			if (!due_on)
				continue;
			if (left_out) {
				if (first < 0 && some_hours && gap == DST_GAP_SHIFT)
					slots[i - ORACLE_MARGIN] = true;
				continue;
			}
			if (expr->fixed_minute && expr->fixed_hour && first != last &&
			    ((overlap == DST_OVERLAP_FIRST && i != first) ||
			     (overlap == DST_OVERLAP_LAST && i != last)))
				continue;
			slots[i - ORACLE_MARGIN] = true;
		}
	}
}
