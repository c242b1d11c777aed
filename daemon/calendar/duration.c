/* See duration.h. */
#include "calendar/duration.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct unit {
	const char *name;
	usec_t span;
} units[] = {
	/* clang-format off */
	{"w",  USEC_PER_WEEK},
	{"d",  USEC_PER_DAY},
	{"h",  USEC_PER_HOUR},
	{"m",  USEC_PER_MIN},
	{"s",  USEC_PER_SEC},
	{"ms", USEC_PER_MSEC},
	{"us", 1},
	/* clang-format on */
};

static const char *skip_space(const char *p)
{
	while (isspace((unsigned char)*p))
		p++;
	return p;
}

/* The unit whose name is the whole word at *p, which is then behind it; NULL: there is none. */
static const struct unit *parse_unit(const char **p)
{
	size_t len = 0;

	while (isalpha((unsigned char)(*p)[len]))
		len++;
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		if (strlen(units[i].name) == len && memcmp(units[i].name, *p, len) == 0) {
			*p += len;
			return &units[i];
		}
	}
	return NULL;
}

/* The digits at *p, which is then behind them; false if they are more than a span holds. */
static bool parse_number(const char **p, usec_t *ret_number)
{
	usec_t number = 0;
	bool fits = true;

	for (; isdigit((unsigned char)**p); (*p)++)
		fits = fits && !__builtin_mul_overflow(number, 10, &number) &&
		       !__builtin_add_overflow(number, **p - '0', &number);
	*ret_number = number;
	return fits;
}

int duration_parse(const char *text, usec_t *ret_span)
{
	const char *p = text;
	bool fits = true;
	usec_t span = 0;

	if (strcmp(text, "0") == 0) {
		*ret_span = 0;
		return 0;
	}

	/* Junk is reported as such even behind a number that is too large. */
	for (;;) {
		const struct unit *unit;
		usec_t part;

		if (!isdigit((unsigned char)*p))
			return -EINVAL;
		fits = parse_number(&p, &part) && fits;
		p = skip_space(p);
		unit = parse_unit(&p);
		if (!unit)
			return -EINVAL;
		fits = fits && !__builtin_mul_overflow(part, unit->span, &part) &&
		       !__builtin_add_overflow(span, part, &span);
		if (!*p)
			break;
		p = skip_space(p);
	}
	if (!fits || span == USEC_INFINITY)
		return -ERANGE;
	*ret_span = span;
	return 0;
}

/* The size of a span, INT64_MIN's included, after its sign has been written to *p. */
static uint64_t write_sign(usec_t span, char **p)
{
	if (span >= 0)
		return (uint64_t)span;
	*(*p)++ = '-';
	return -(uint64_t)span;
}

const char *duration_format(usec_t span, char buf[static DURATION_TEXT_SIZE])
{
	char *p = buf;
	uint64_t left;

	if (span == 0 || span == USEC_INFINITY) {
		(void)stpcpy(buf, span ? "forever" : "0");
		return buf;
	}

	left = write_sign(span, &p);
	for (size_t i = 0; i < ARRAY_LENGTH(units); i++) {
		uint64_t number = left / (uint64_t)units[i].span;

		if (number > 0)
			p += sprintf(p, "%" PRIu64 "%s", number, units[i].name);
		left %= (uint64_t)units[i].span;
	}
	return buf;
}

/* `whole` and a fraction of thousandths with three significant digits in all, none of them a
   trailing zero: "850", "12.4", "1.24", "1.5", "2". */
static char *write_decimal(char *p, uint64_t whole, unsigned thousandths)
{
	unsigned digits = whole >= 100 ? 0 : whole >= 10 ? 1 : 2;

	thousandths /= digits == 2 ? 10 : digits == 1 ? 100 : 1000;
	while (digits > 0 && thousandths % 10 == 0) {
		thousandths /= 10;
		digits--;
	}
	p += sprintf(p, "%" PRIu64, whole);
	if (digits > 0)
		p += sprintf(p, ".%0*u", (int)digits, thousandths);
	return p;
}

const char *duration_format_short(usec_t span, char buf[static DURATION_TEXT_SIZE])
{
	const struct unit *unit = units;
	char *p = buf;
	uint64_t left;

	if (span == 0 || span == USEC_INFINITY)
		return duration_format(span, buf);

	left = write_sign(span, &p);
	while ((uint64_t)unit->span > left)
		unit++;
	if (unit->span < USEC_PER_MIN) {
		uint64_t size = (uint64_t)unit->span;

		p = write_decimal(p, left / size, (unsigned)(left % size * 1000 / size));
		(void)stpcpy(p, unit->name);
		return buf;
	}
	for (const struct unit *end = unit + 2; unit < end; unit++) {
		uint64_t number = left / (uint64_t)unit->span;

		if (number > 0)
			p += sprintf(p, "%" PRIu64 "%s", number, unit->name);
		left %= (uint64_t)unit->span;
	}
	return buf;
}
