/* Reads cron expressions: nicknames, the number of fields, and whether they are ever due. */
#include "base/cleanup.h"
#include "base/text.h"
#include "calendar/cron_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How far a nickname may be from the one that was meant. */
#define DISTANCE_MAX 2

static const struct {
	const char *name;
	const char *text; /* NULL: it is none here */
} nicknames[] = {
	/* clang-format off */
	{"@yearly",       "0 0 1 1 *"},
	{"@annually",     "0 0 1 1 *"},
	{"@monthly",      "0 0 1 * *"},
	{"@weekly",       "0 0 * * 0"},
	{"@daily",        "0 0 * * *"},
	{"@midnight",     "0 0 * * *"},
	{"@hourly",       "0 * * * *"},
	{"@every_minute", "* * * * *"},
	/* clang-format on */
};

int cron_fail(struct cron_reader *r, const char *format, ...)
{
	char problem[CRON_PROBLEM_SIZE];
	char shown[TEXT_GROWTH * CRON_PROBLEM_SIZE + 1];
	size_t len;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(problem, sizeof(problem), format, ap);
	va_end(ap);
	/* It has parts of an expression in it, which may be anything. */
	len = text_sanitize(shown, problem, strlen(problem));
	if (len >= CRON_PROBLEM_SIZE)
		len = CRON_PROBLEM_SIZE - 1;
	memcpy(r->problem, shown, len);
	r->problem[len] = '\0';
	return -EINVAL;
}

/* What is in a set anyway is not said twice. */
static void simplify(struct cron_expr *expr)
{
	if (expr->days == cron_field_all(CRON_DAY)) {
		expr->days_from_end = 0;
		expr->days_nearest = 0;
		expr->nearest_last = false;
	}
	expr->weekdays_last = (uint8_t)(expr->weekdays_last & ~expr->weekdays);
	for (int nth = 0; nth < CRON_NTH_MAX; nth++)
		expr->weekdays_nth &= ~((uint64_t)expr->weekdays << (7 * nth));
}

/* The lengths that a month may have. */
static int shortest(int month)
{
	return month == 2 ? 28 : 30 + ((month + month / 8) & 1);
}

static int longest(int month)
{
	return month == 2 ? 29 : shortest(month);
}

bool cron_is_ever_due(const struct cron_expr *expr)
{
	for (int month = cron_lowest(expr->months, 0); month > 0;
	     month = cron_lowest(expr->months, month + 1))
		for (int length = shortest(month); length <= longest(month); length++)
			for (int weekday = 0; weekday < 7; weekday++)
				if (cron_month_days(expr, length, weekday) != 0)
					return true;
	return false;
}

/* The longest of the months of a set. */
static int longest_of(uint16_t months)
{
	int length = 0;

	for (int month = cron_lowest(months, 0); month > 0; month = cron_lowest(months, month + 1))
		if (longest(month) > length)
			length = longest(month);
	return length;
}

static int fail_never(struct cron_reader *r)
{
	static const char *const names[] = {"January",   "February", "March",    "April",
					    "May",       "June",     "July",     "August",
					    "September", "October",  "November", "December"};
	const struct cron_expr *expr = &r->expr;
	int day = cron_lowest(expr->days | expr->days_nearest, 0);
	int back = cron_lowest(expr->days_from_end, 0);
	int month = cron_lowest(expr->months, 0);
	int length = longest_of(expr->months);
	int other = cron_lowest(expr->months, month + 1);
	char more[64] = "";

	assert(month > 0);
	/* One or two of the months will do to see it. */
	if (day > length) {
		if (other > 0)
			(void)snprintf(more, sizeof(more), " or %d %s", day, names[other - 1]);
		return cron_fail(r, "is never due: there is no %d %s%s", day, names[month - 1],
				 more);
	}
	if (day < 0 && back >= length) {
		if (other > 0)
			(void)snprintf(more, sizeof(more), " or %s", names[other - 1]);
		return cron_fail(r, "is never due: no day of %s%s is %d days before the last",
				 names[month - 1], more, back);
	}
	return cron_fail(r, "is never due: no date has both the day and the weekday, in those "
			    "months");
}

static int fail_count(struct cron_reader *r, size_t n)
{
	return cron_fail(
		r,
		"has %zu field%s, not five (minute, hour, day of the month, month, weekday) or "
		"six (seconds first)%s",
		n, n == 1 ? "" : "s", n == 7 ? "; a year is not supported" : "");
}

static int read_fields(struct cron_reader *r, const char *text)
{
	struct cron_piece fields[CRON_FIELDS];
	size_t n = 0;

	for (const char *p = text; *(p += strspn(p, " \t"));) {
		const char *end = p + strcspn(p, " \t");

		if (n < ARRAY_LENGTH(fields))
			fields[n] = (struct cron_piece){p, end};
		n++;
		p = end;
	}
	if (n != CRON_FIELDS && n != CRON_FIELDS - 1)
		return fail_count(r, n);
	if (n == CRON_FIELDS - 1)
		r->expr.seconds = 1;
	for (size_t i = 0; i < n; i++) {
		int k;

		r->field = (enum cron_field)(CRON_FIELDS - n + i);
		k = cron_read_field(r, fields[i]);
		if (k < 0)
			return k;
	}
	simplify(&r->expr);
	return cron_is_ever_due(&r->expr) ? 0 : fail_never(r);
}

/* The fields that a nickname stands for. */
static int find_nickname(struct cron_reader *r, struct cron_piece name, const char **ret_text)
{
	const char *meant = NULL;
	char buf[CRON_SHOWN_MAX + 1];

	if (cron_piece_is(name, "@reboot"))
		return cron_fail(r, "is not a time: write on = \"start\" instead of cron");
	(void)snprintf(buf, sizeof(buf), "%.*s", cron_shown(name), name.at);
	for (size_t i = 0; i < ARRAY_LENGTH(nicknames); i++) {
		if (cron_piece_is(name, nicknames[i].name)) {
			*ret_text = nicknames[i].text;
			return 0;
		}
		if (!meant && text_distance(buf, nicknames[i].name) <= DISTANCE_MAX)
			meant = nicknames[i].name;
	}
	if (meant)
		return cron_fail(r, "is unknown: did you mean \"%s\"?", meant);
	return cron_fail(r, "is unknown: there are @yearly, @monthly, @weekly, @daily, @hourly and "
			    "@every_minute");
}

int cron_expr_parse(const char *text, const char *seed, struct cron_expr *ret_expr,
		    char problem[static CRON_PROBLEM_SIZE])
{
	struct cron_reader r = {.seed = seed, .problem = problem};
	struct cron_piece name;
	int k;

	name.at = text + strspn(text, " \t");
	name.end = name.at + strlen(name.at);
	while (name.end > name.at && strchr(" \t", name.end[-1]))
		name.end--;
	if (*name.at == '@') {
		k = find_nickname(&r, name, &text);
		if (k < 0)
			return k;
	}
	k = read_fields(&r, text);
	if (k < 0)
		return k;
	*ret_expr = r.expr;
	return 0;
}
