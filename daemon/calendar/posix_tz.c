/* See posix_tz.h. */
#include "calendar/posix_tz.h"

#include "calendar/civil.h"
#include "calendar/zone.h"

#include <errno.h>
#include <string.h>

#define NAME_MIN     3
#define OFFSET_HOURS 24
#define RULE_HOURS   167
#define RULE_TIME    (2 * 3600)
#define HOUR         3600

/* Those of the United States. */
static const char usual_rules[] = ",M3.2.0,M11.1.0";

/* What is left to read. */
struct input {
	const char *at;
	const char *end;
};

static bool accept(struct input *in, char c)
{
	if (in->at == in->end || *in->at != c)
		return false;
	in->at++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool number(struct input *in, int min, int max, int *ret_number)
{
	const char *begin = in->at;
	int n = 0;

	for (; in->at < in->end && is_digit(*in->at); in->at++) {
		n = 10 * n + (*in->at - '0');
		if (n > max)
			return false;
	}
	if (in->at == begin || n < min)
		return false;
	*ret_number = n;
	return true;
}

/* "CEST", or "<+03>". */
static bool name(struct input *in, char ret_name[static POSIX_TZ_NAME_SIZE])
{
	bool quoted = accept(in, '<');
	const char *begin = in->at;
	size_t len;

	while (in->at < in->end &&
	       (is_letter(*in->at) ||
		(quoted && (is_digit(*in->at) || *in->at == '+' || *in->at == '-'))))
		in->at++;
	len = (size_t)(in->at - begin);
	if (len < NAME_MIN || len >= POSIX_TZ_NAME_SIZE)
		return false;
	memcpy(ret_name, begin, len);
	ret_name[len] = '\0';
	return !quoted || accept(in, '>');
}

/* "[+-]hh[:mm[:ss]]", in seconds. */
static bool time_of(struct input *in, int max_hours, int32_t *ret_seconds)
{
	int sign = accept(in, '-') ? -1 : 1;
	int hours;
	int minutes = 0;
	int seconds = 0;

	if (sign > 0)
		(void)accept(in, '+');
	if (!number(in, 0, max_hours, &hours))
		return false;
	if (accept(in, ':')) {
		if (!number(in, 0, 59, &minutes))
			return false;
		if (accept(in, ':') && !number(in, 0, 59, &seconds))
			return false;
	}
	*ret_seconds = sign * (hours * HOUR + minutes * 60 + seconds);
	return true;
}

/* ",M3.5.0/2" */
static bool rule(struct input *in, struct posix_tz_rule *ret_rule)
{
	struct posix_tz_rule r = {.time = RULE_TIME};

	if (!accept(in, ','))
		return false;
	if (accept(in, 'M')) {
		r.kind = POSIX_TZ_MONTH_WEEK_DAY;
		if (!number(in, 1, 12, &r.month) || !accept(in, '.') ||
		    !number(in, 1, 5, &r.week) || !accept(in, '.') || !number(in, 0, 6, &r.day))
			return false;
	} else if (accept(in, 'J')) {
		r.kind = POSIX_TZ_JULIAN;
		if (!number(in, 1, 365, &r.day))
			return false;
	} else {
		r.kind = POSIX_TZ_DAY;
		if (!number(in, 0, 365, &r.day))
			return false;
	}
	if (accept(in, '/') && !time_of(in, RULE_HOURS, &r.time))
		return false;
	*ret_rule = r;
	return true;
}

static bool rules(struct input *in, struct posix_tz *tz)
{
	return rule(in, &tz->begin) && rule(in, &tz->end);
}

static bool in_range(int32_t offset)
{
	return offset >= -ZONE_OFFSET_MAX && offset <= ZONE_OFFSET_MAX;
}

int posix_tz_parse(const char *text, size_t len, struct posix_tz *ret_tz)
{
	struct input usual = {usual_rules, &usual_rules[sizeof(usual_rules) - 1]};
	struct input in = {text, text + len};
	struct posix_tz tz = {0};
	int32_t west;

	if (!name(&in, tz.standard.name) || !time_of(&in, OFFSET_HOURS, &west))
		return -EINVAL;
	tz.standard.offset = -west;
	if (in.at < in.end) {
		tz.has_daylight = true;
		if (!name(&in, tz.daylight.name))
			return -EINVAL;
		tz.daylight.offset = tz.standard.offset + HOUR;
		if (in.at < in.end && *in.at != ',') {
			if (!time_of(&in, OFFSET_HOURS, &west))
				return -EINVAL;
			tz.daylight.offset = -west;
		}
		if (!rules(in.at < in.end ? &in : &usual, &tz) || in.at < in.end)
			return -EINVAL;
	}
	if (!in_range(tz.standard.offset) || !in_range(tz.daylight.offset))
		return -EINVAL;
	*ret_tz = tz;
	return 0;
}

/* The time of a change in local seconds. */
static int64_t rule_local(const struct posix_tz_rule *rule, int64_t year)
{
	int64_t day = 0;
	int first;
	int last;

	switch (rule->kind) {
	case POSIX_TZ_MONTH_WEEK_DAY:
		day = civil_day_number(year, rule->month, 1);
		first = 1 + (rule->day - civil_weekday(day) + 7) % 7;
		last = civil_month_days(year, rule->month);
		day += first + 7 * (rule->week - 1) - 1;
		if (first + 7 * (rule->week - 1) > last)
			day -= 7;
		break;
	case POSIX_TZ_JULIAN:
		day = civil_day_number(year, 1, rule->day);
		if (rule->day >= 60 && civil_month_days(year, 2) == 29)
			day++;
		break;
	case POSIX_TZ_DAY:
		day = civil_day_number(year, 1, 1 + rule->day);
		break;
	}
	return day * CIVIL_DAY_SECONDS + rule->time;
}

static int64_t begin_in(const struct posix_tz *tz, int64_t year)
{
	return rule_local(&tz->begin, year) - tz->standard.offset;
}

static int64_t end_in(const struct posix_tz *tz, int64_t year)
{
	return rule_local(&tz->end, year) - tz->daylight.offset;
}

/* The end of what begins in a year: in the same one; south of the equator in the next; or, as both
   may be days away from their year, in the one after it. */
static int64_t end_after(const struct posix_tz *tz, int64_t year)
{
	int64_t begin = begin_in(tz, year);
	int64_t end;

	do
		end = end_in(tz, year++);
	while (end <= begin);
	return end;
}

/* What posix_tz_changes() gathers. */
struct changes {
	struct posix_tz_change *items;
	size_t n;
	int64_t after;
	bool daylight; /* at `after` */
};

/* Returns whether more are wanted. */
static bool add(struct changes *changes, int64_t time, bool daylight)
{
	if (time <= changes->after) {
		changes->daylight = daylight;
		return true;
	}
	if (changes->n > 0 && time >= changes->items[0].time + CIVIL_CYCLE_SECONDS)
		return false;
	changes->items[changes->n++] = (struct posix_tz_change){time, daylight};
	return true;
}

/*
 * Daylight saving time is what lies between a beginning and its end; where that reaches up to the
 * next beginning or beyond there is no change. So it may last for ever.
 */
size_t posix_tz_changes(const struct posix_tz *tz, int64_t time, bool *ret_daylight,
			struct posix_tz_change ret_changes[static POSIX_TZ_CHANGES_MAX])
{
	struct changes changes = {.items = ret_changes, .after = time};
	int64_t year =
		civil_of(time).year - 2; /* its changes are past, however far away they are */
	int64_t give_up = year + CIVIL_CYCLE_YEARS + 4;
	bool more = tz->has_daylight;

	if (more)
		more = add(&changes, begin_in(tz, year), true);
	for (; more && (changes.n > 0 || year < give_up); year++) {
		int64_t end = end_after(tz, year);
		int64_t begin = begin_in(tz, year + 1);

		if (end < begin)
			more = add(&changes, end, false) && add(&changes, begin, true);
	}
	*ret_daylight = changes.daylight;
	return changes.n;
}
