/* See clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static usec_t clock_read(clockid_t id)
{
	struct timespec ts;

	/* Fails only for an unknown clock or a bad address; neither can be here. */
	(void)clock_gettime(id, &ts);
	return (usec_t)ts.tv_sec * USEC_PER_SEC + ts.tv_nsec / 1000;
}

usec_t clock_wall(void)
{
	return clock_read(CLOCK_REALTIME);
}

usec_t clock_elapsed(void)
{
	return clock_read(CLOCK_BOOTTIME);
}

usec_t clock_monotonic(void)
{
	return clock_read(CLOCK_MONOTONIC);
}

/* Splits an instant so that the fraction is never negative, before 1970 too. */
static void split(usec_t wall, time_t *ret_sec, unsigned *ret_usec)
{
	usec_t sec = wall / USEC_PER_SEC;
	usec_t usec = wall % USEC_PER_SEC;

	if (usec < 0) {
		usec += USEC_PER_SEC;
		sec--;
	}
	*ret_sec = (time_t)sec;
	*ret_usec = (unsigned)usec;
}

/* Adds the fraction's digits and the suffix behind the `len` characters that are there. */
static const char *finish(char buf[static CLOCK_TEXT_SIZE], size_t len, unsigned usec, int digits,
			  const char *suffix)
{
	char fraction[8] = "";

	if (digits > 0) {
		(void)snprintf(fraction, sizeof(fraction), ".%06u", usec % 1000000U);
		fraction[1 + (digits > 6 ? 6 : digits)] = '\0';
	}
	(void)snprintf(buf + len, CLOCK_TEXT_SIZE - len, "%s%s", fraction, suffix);
	return buf;
}

static const char *never(char buf[static CLOCK_TEXT_SIZE])
{
	(void)snprintf(buf, CLOCK_TEXT_SIZE, "never");
	return buf;
}

const char *clock_format_utc(usec_t wall, int digits, char buf[static CLOCK_TEXT_SIZE])
{
	struct tm tm;
	time_t sec;
	unsigned usec;

	split(wall, &sec, &usec);
	if (wall == USEC_INFINITY || !gmtime_r(&sec, &tm) || tm.tm_year > 9999 - 1900)
		return never(buf);
	return finish(buf, strftime(buf, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%S", &tm), usec, digits,
		      "Z");
}

void clock_follow_localtime(void)
{
	tzset();
}

const char *clock_format_local(usec_t wall, int digits, char buf[static CLOCK_TEXT_SIZE])
{
	struct tm tm;
	time_t sec;
	unsigned usec;

	split(wall, &sec, &usec);
	if (wall == USEC_INFINITY || !localtime_r(&sec, &tm) || tm.tm_year > 9999 - 1900)
		return never(buf);
	return finish(buf, strftime(buf, CLOCK_TEXT_SIZE, "%Y-%m-%d %H:%M:%S", &tm), usec, digits,
		      "");
}
