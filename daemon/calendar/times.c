/* See times.h. */
#include "calendar/times.h"

#include "calendar/civil.h"
#include "calendar/duration.h"
#include "calendar/zone.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char times_syntax[] =
	"\"2026-03-29 02:30\", \"02:30\" (today), \"tomorrow\", \"now\", \"+2h30m\" "
	"(from now), \"@1774746000\", or \"2026-03-29T00:30Z\"";

static const struct {
	const char *name;
	int days; /* from today */
} words[] = {
	{"today", 0},
	{"tomorrow", 1},
	{"yesterday", -1},
};

/* The seconds of a time, and the microseconds that are left; rounded down. */
static int64_t split(usec_t time, unsigned *ret_fraction)
{
	int64_t seconds = time / USEC_PER_SEC;
	int64_t fraction = time % USEC_PER_SEC;

	if (fraction < 0) {
		fraction += USEC_PER_SEC;
		seconds--;
	}
	*ret_fraction = (unsigned)fraction;
	return seconds;
}

/* Exactly `n` digits at *p, which is then behind them. */
static bool take_digits(const char **p, int n, int *ret_number)
{
	int number = 0;

	for (int i = 0; i < n; i++) {
		if (!isdigit((unsigned char)(*p)[i]))
			return false;
		number = number * 10 + (*p)[i] - '0';
	}
	*p += n;
	*ret_number = number;
	return true;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

/* ".5": microseconds. */
static bool take_fraction(const char **p, unsigned *ret_fraction)
{
	unsigned fraction = 0;
	unsigned place = USEC_PER_SEC / 10;

	if (!take_char(p, '.')) {
		*ret_fraction = 0;
		return true;
	}
	if (!isdigit((unsigned char)**p))
		return false;
	for (; isdigit((unsigned char)**p); (*p)++, place /= 10) {
		if (place == 0)
			return false;
		fraction += (unsigned)(**p - '0') * place;
	}
	*ret_fraction = fraction;
	return true;
}

/* "2026-03-29" */
static bool take_date(const char **p, struct civil *civil)
{
	int year;

	if (!take_digits(p, 4, &year) || !take_char(p, '-') || !take_digits(p, 2, &civil->month) ||
	    !take_char(p, '-') || !take_digits(p, 2, &civil->day) || year < 1 || civil->month < 1 ||
	    civil->month > 12)
		return false;
	civil->year = year;
	return civil->day >= 1 && civil->day <= civil_month_days(year, civil->month);
}

/* "02:30", "02:30:15", "02:30:15.5" */
static bool take_clock(const char **p, struct civil *civil, unsigned *ret_fraction)
{
	if (!take_digits(p, 2, &civil->hour) || !take_char(p, ':') ||
	    !take_digits(p, 2, &civil->minute) || civil->hour > 23 || civil->minute > 59)
		return false;
	*ret_fraction = 0;
	if (!take_char(p, ':'))
		return true;
	return take_digits(p, 2, &civil->second) && civil->second <= 59 &&
	       take_fraction(p, ret_fraction);
}

/* "Z", "UTC", "+02:00", "+0200" or "+02", to the end of the text: seconds from UTC. */
static bool take_offset(const char *p, int *ret_offset)
{
	int sign = *p == '-' ? -1 : 1;
	int hours;
	int minutes = 0;

	if (strcmp(p, "Z") == 0 || strcmp(p, "z") == 0 || strcmp(p, "UTC") == 0) {
		*ret_offset = 0;
		return true;
	}
	if (!take_char(&p, '+') && !take_char(&p, '-'))
		return false;
	if (!take_digits(&p, 2, &hours))
		return false;
	if (*p) {
		(void)take_char(&p, ':');
		if (!take_digits(&p, 2, &minutes))
			return false;
	}
	*ret_offset = sign * (hours * 3600 + minutes * 60);
	return *p == '\0' && minutes <= 59 && hours <= ZONE_OFFSET_MAX / 3600;
}

/* The time at which clocks show it while the zone goes by that name, as times_format() tells times
   apart that repeat. */
static bool find_by_abbreviation(const struct zone *zone, int64_t local, const char *name,
				 int64_t *ret_seconds)
{
	int64_t seconds = zone_time(zone, local);
	struct zone_segment segment = zone_segment(zone, seconds);

	for (int i = 0; i < 2; i++) {
		if (local - segment.offset == seconds && strcmp(segment.abbreviation, name) == 0) {
			*ret_seconds = seconds;
			return true;
		}
		if (segment.end == INT64_MAX)
			return false;
		segment = zone_segment(zone, segment.end);
		seconds = local - segment.offset;
		if (seconds < segment.begin || seconds >= segment.end)
			return false;
	}
	return false;
}

static const char *skip_spaces(const char *p)
{
	while (*p == ' ')
		p++;
	return p;
}

/* Today's date, and midnight. */
static struct civil date_of(usec_t time, int32_t offset)
{
	unsigned fraction;
	struct civil civil = civil_of(split(time, &fraction) + offset);

	civil.hour = civil.minute = civil.second = 0;
	return civil;
}

/* A date and a clock reading, one of which may be missing, and where it is read. */
static int parse_local(const char *p, const struct zone *zone, usec_t now, usec_t *ret_time)
{
	unsigned fraction;
	int32_t offset_now = zone_segment(zone, split(now, &fraction)).offset;
	struct civil civil = date_of(now, offset_now);
	int64_t seconds;
	int offset;
	bool dated = false;

	fraction = 0;
	for (size_t i = 0; i < ARRAY_LENGTH(words) && !dated; i++) {
		size_t len = strlen(words[i].name);

		if (strncmp(p, words[i].name, len) == 0) {
			/* Days are counted in the calendar: they may be 23 or 25 hours long. */
			civil = civil_of(civil_seconds(&civil) +
					 (int64_t)words[i].days * CIVIL_DAY_SECONDS);
			p += len;
			dated = true;
		}
	}
	if (!dated && strlen(p) > 4 && p[4] == '-') {
		if (!take_date(&p, &civil))
			return -EINVAL;
		dated = true;
	}
	if (dated) {
		if (*p && *p != ' ' && *p != 'T' && *p != 't')
			return -EINVAL;
		if (*p && !isdigit((unsigned char)p[1]))
			return -EINVAL;
		p += *p != '\0';
	}
	if ((!dated || *p) && !take_clock(&p, &civil, &fraction))
		return -EINVAL;
	p = skip_spaces(p);
	seconds = civil_seconds(&civil);
	if (*p == '\0')
		seconds = zone_time(zone, seconds);
	else if (take_offset(p, &offset))
		seconds -= offset;
	else if (!find_by_abbreviation(zone, seconds, p, &seconds))
		return -EINVAL;
	*ret_time = seconds * USEC_PER_SEC + fraction;
	return 0;
}

/* "+2h30m", "-1d" */
static int parse_relative(const char *text, usec_t now, usec_t *ret_time)
{
	usec_t span;
	usec_t time;
	int r = duration_parse(text + 1, &span);

	if (r < 0 || (text[0] == '+' ? __builtin_add_overflow(now, span, &time)
				     : __builtin_sub_overflow(now, span, &time)))
		return -EINVAL;
	*ret_time = time;
	return 0;
}

/* "@1774746000.5" */
static int parse_epoch(const char *p, usec_t *ret_time)
{
	usec_t time = 0;
	unsigned fraction;

	if (!isdigit((unsigned char)*p))
		return -EINVAL;
	for (; isdigit((unsigned char)*p); p++) {
		if (__builtin_mul_overflow(time, 10, &time) ||
		    __builtin_add_overflow(time, *p - '0', &time))
			return -EINVAL;
	}
	if (!take_fraction(&p, &fraction) || *p ||
	    __builtin_mul_overflow(time, USEC_PER_SEC, &time) ||
	    __builtin_add_overflow(time, fraction, &time) || time == USEC_INFINITY)
		return -EINVAL;
	*ret_time = time;
	return 0;
}

int times_parse(const char *text, const struct zone *zone, usec_t now, usec_t *ret_time)
{
	if (strcmp(text, "now") == 0) {
		*ret_time = now;
		return 0;
	}
	if (text[0] == '+' || text[0] == '-')
		return parse_relative(text, now, ret_time);
	if (text[0] == '@')
		return parse_epoch(text + 1, ret_time);
	return parse_local(text, zone, now, ret_time);
}

/* ".25", ".000001", or nothing. */
static char *write_fraction(char *p, unsigned fraction)
{
	if (fraction == 0)
		return p;
	if (fraction % 1000 == 0)
		return p + sprintf(p, ".%03u", fraction / 1000);
	return p + sprintf(p, ".%06u", fraction);
}

static char *write_local(char *p, int64_t local, char between, unsigned fraction)
{
	struct civil civil = civil_of(local);

	p += sprintf(p, "%04" PRId64 "-%02d-%02d%c%02d:%02d:%02d", civil.year, civil.month,
		     civil.day, between, civil.hour, civil.minute, civil.second);
	return write_fraction(p, fraction);
}

const char *times_format(usec_t time, const struct zone *zone, char buf[static TIMES_TEXT_SIZE])
{
	unsigned fraction;
	int64_t seconds = split(time, &fraction);
	struct zone_segment segment;
	char *p;

	if (time == USEC_INFINITY) {
		(void)stpcpy(buf, "never");
		return buf;
	}
	segment = zone_segment(zone, seconds);
	p = write_local(buf, seconds + segment.offset, ' ', fraction);
	(void)snprintf(p, TIMES_TEXT_SIZE - (size_t)(p - buf), " %s", segment.abbreviation);
	return buf;
}

const char *times_format_rfc3339(usec_t time, const struct zone *zone,
				 char buf[static TIMES_TEXT_SIZE])
{
	unsigned fraction;
	int64_t seconds = split(time, &fraction);
	int minutes;
	char *p;

	if (time == USEC_INFINITY) {
		(void)stpcpy(buf, "never");
		return buf;
	}
	/* It has no seconds of an offset: there the clock reading is put right instead. */
	minutes = zone_segment(zone, seconds).offset / 60;
	p = write_local(buf, seconds + (int64_t)minutes * 60, 'T', fraction);
	if (minutes == 0)
		(void)stpcpy(p, "Z");
	else
		(void)sprintf(p, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
			      abs(minutes) % 60);
	return buf;
}

const char *times_format_relative(usec_t time, usec_t now, char buf[static TIMES_TEXT_SIZE])
{
	char text[DURATION_TEXT_SIZE];
	usec_t span;

	if (time == USEC_INFINITY) {
		(void)stpcpy(buf, "never");
		return buf;
	}
	if (__builtin_sub_overflow(time > now ? time : now, time > now ? now : time, &span))
		span = USEC_INFINITY - 1;
	/* So that what is a few microseconds less than two hours is not "1h59m". */
	if (span >= USEC_PER_MIN && span < USEC_INFINITY - USEC_PER_SEC)
		span = (span + USEC_PER_SEC / 2) / USEC_PER_SEC * USEC_PER_SEC;
	if (span == 0)
		(void)stpcpy(buf, "now");
	else
		(void)snprintf(buf, TIMES_TEXT_SIZE, time > now ? "in %s" : "%s ago",
			       duration_format_short(span, text));
	return buf;
}
