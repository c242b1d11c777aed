/*
 * Reads cron expressions. A field is a list of items, an item one of a few shapes; each is read by
 * a function of its own that knows what may stand there and says what is wrong with what does.
 */
#include "base/cleanup.h"
#include "base/hash.h"
#include "base/text.h"
#include "calendar/cron_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How much of what was written is said again. */
#define SHOWN_MAX 40

/* The days that each month has. */
#define DAYS_ALWAYS 28

/* How far a word may be from the one that was meant. */
#define DISTANCE_MAX 2

#define NTH_MAX 5

/* What is being read. */
struct reader {
	const char *seed;
	char *problem;
	struct cron_expr expr;
	enum cron_field field;
};

/* A piece of the text; reading goes on at `at`. */
struct piece {
	const char *at;
	const char *end;
};

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

static int _printf_(2, 3) fail(struct reader *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(r->problem, CRON_PROBLEM_SIZE, format, ap);
	va_end(ap);
	return -EINVAL;
}

static int shown(struct piece piece)
{
	ptrdiff_t len = piece.end - piece.at;

	return len > SHOWN_MAX ? SHOWN_MAX : (int)len;
}

/* `FIELD "ITEM" is not so and so`. */
static int _printf_(3, 4) fail_item(struct reader *r, struct piece item, const char *format, ...)
{
	char text[CRON_PROBLEM_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return fail(r, "%s \"%.*s\" %s", cron_fields[r->field].name, shown(item), item.at, text);
}

static bool is_text(struct piece piece, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(piece.end - piece.at) == len && strncasecmp(piece.at, text, len) == 0;
}

/* Takes a character if it is there. */
static bool take(struct piece *piece, char c)
{
	if (piece->at == piece->end || tolower((unsigned char)*piece->at) != c)
		return false;
	piece->at++;
	return true;
}

/* Takes a number of any length; beyond `max` it counts as max + 1. -1: there is none. */
static int take_number(struct piece *piece, int max)
{
	int number = -1;

	for (; piece->at < piece->end && isdigit((unsigned char)*piece->at); piece->at++) {
		number = (number < 0 ? 0 : number * 10) + *piece->at - '0';
		if (number > max)
			number = max + 1;
	}
	return number;
}

/* Takes the name of a value. -1: there is none. */
static int take_name(struct piece *piece, enum cron_field field)
{
	const struct cron_field_row *row = &cron_fields[field];

	if (!row->names || piece->end - piece->at < 3)
		return -1;
	for (int i = 0; i < cron_field_size(field); i++) {
		if (strncasecmp(piece->at, row->names[i], 3) == 0) {
			piece->at += 3;
			return row->first + i;
		}
	}
	return -1;
}

/* The letters around `at`, which is in `item`. */
static struct piece word_at(struct piece item, const char *at)
{
	struct piece word = {at, at};

	while (word.at > item.at && isalpha((unsigned char)word.at[-1]))
		word.at--;
	while (word.end < item.end && isalpha((unsigned char)*word.end))
		word.end++;
	return word;
}

/* The name that a word was meant to be, or NULL. */
static const char *similar_name(enum cron_field field, struct piece word)
{
	const struct cron_field_row *row = &cron_fields[field];
	char buf[SHOWN_MAX + 1];
	int len = shown(word);

	if (!row->names || len < 2)
		return NULL;
	for (int i = 0; i < len; i++)
		buf[i] = (char)tolower((unsigned char)word.at[i]);
	buf[len] = '\0';
	for (int i = 0; i < cron_field_size(field); i++)
		if (strncmp(buf, row->names[i], 3) == 0 || text_distance(buf, row->names[i]) == 1)
			return row->names[i];
	return NULL;
}

/* Sunday may be 7. */
static int last_number(enum cron_field field)
{
	return field == CRON_WEEKDAY ? 7 : cron_fields[field].last;
}

/* Says why there is no value at `at`, which is in `item`. */
static int fail_value(struct reader *r, struct piece at)
{
	const struct cron_field_row *row = &cron_fields[r->field];
	struct piece word = word_at(at, at.at);
	const char *meant = similar_name(r->field, word);

	if (meant)
		return fail_item(r, word, "is unknown: did you mean \"%s\"?", meant);
	if (row->names)
		return fail_item(r, at, "is not from %d to %d or \"%s\" to \"%s\"", row->first,
				 last_number(r->field), row->names[0],
				 row->names[cron_field_size(r->field) - 1]);
	return fail_item(r, at, "is not from %d to %d", row->first, row->last);
}

/* Takes a number or a name. */
static int take_value(struct reader *r, struct piece *piece, int *ret_value)
{
	const struct piece whole = *piece;
	int value = take_name(piece, r->field);

	if (value < 0) {
		value = take_number(piece, last_number(r->field));
		if (value < cron_fields[r->field].first || value > last_number(r->field)) {
			struct piece shown_part = {whole.at, piece->at};

			/* Of "61-70" the number; of "x" all of it. */
			return fail_value(r, value < 0 ? whole : shown_part);
		}
	}
	*ret_value = value;
	return 0;
}

/* Behind "/". */
static int take_step(struct reader *r, struct piece item, struct piece *piece, int *ret_step)
{
	int step = take_number(piece, CRON_STEP_MAX);

	if (step < 1 || step > CRON_STEP_MAX || piece->at != piece->end)
		return fail_item(r, item, "has no step from 1 to %d behind \"/\"", CRON_STEP_MAX);
	*ret_step = step;
	return 0;
}

/* A range of values: `count` of them from `first` on; behind the largest it goes on at the
   smallest. */
struct range {
	int first;
	int count;
};

static struct range range_of(enum cron_field field, int first, int last)
{
	int size = cron_field_size(field);
	int count = last - first + 1;

	/* As 7, Sunday is behind Saturday: "0-7" has eight values. */
	if (field == CRON_WEEKDAY)
		first %= size;
	return (struct range){first, count > 0 ? count : count + size};
}

static int value_in(enum cron_field field, struct range range, int index)
{
	int from_zero = range.first - cron_fields[field].first + index;

	return from_zero % cron_field_size(field) + cron_fields[field].first;
}

static void add(struct reader *r, int value)
{
	switch (r->field) {
	case CRON_SECOND:
		r->expr.seconds |= UINT64_C(1) << value;
		break;
	case CRON_MINUTE:
		r->expr.minutes |= UINT64_C(1) << value;
		break;
	case CRON_HOUR:
		r->expr.hours |= UINT32_C(1) << value;
		break;
	case CRON_DAY:
		r->expr.days |= UINT32_C(1) << value;
		break;
	case CRON_MONTH:
		r->expr.months = (uint16_t)(r->expr.months | 1U << value);
		break;
	case CRON_WEEKDAY:
		r->expr.weekdays = (uint8_t)(r->expr.weekdays | 1U << value);
		break;
	case CRON_FIELDS:
		break;
	}
}

static void add_range(struct reader *r, struct range range, int step)
{
	for (int i = 0; i < range.count; i += step)
		add(r, value_in(r->field, range, i));
}

/* One value of a range, always the same for the same job. */
static void add_hashed(struct reader *r, struct range range)
{
	const unsigned char field = (unsigned char)r->field;
	uint64_t hash = hash_bytes(HASH_INIT, r->seed, strlen(r->seed) + 1);

	hash = hash_finish(hash_bytes(hash, &field, 1));
	add(r, value_in(r->field, range, (int)(hash % (uint64_t)range.count)));
}

/* "~", "a~b", "a~", "~b"; `piece` is behind "~", `first` is -1 if there is no a. */
static int read_hashed(struct reader *r, struct piece item, struct piece *piece, int first)
{
	const struct cron_field_row *row = &cron_fields[r->field];
	bool alone = first < 0 && piece->at == piece->end;
	int last = alone && r->field == CRON_DAY ? DAYS_ALWAYS : row->last;
	int k;

	if (piece->at < piece->end && *piece->at != '/') {
		k = take_value(r, piece, &last);
		if (k < 0)
			return k;
	}
	if (piece->at != piece->end)
		return fail_item(r, item,
				 "is more than \"~\" takes: one value from a range, as 0~29");
	add_hashed(r, range_of(r->field, first < 0 ? row->first : first, last));
	return 0;
}

/* The shapes that only the day of the month has: "L", "L-3", "LW", "15W". */
static int read_day(struct reader *r, struct piece item, bool *ret_done)
{
	struct piece piece = item;
	int number;

	*ret_done = true;
	if (is_text(item, "L")) {
		r->expr.days_from_end |= 1;
		return 0;
	}
	if (is_text(item, "LW") || is_text(item, "WL")) {
		r->expr.nearest_last = true;
		return 0;
	}
	if (take(&piece, 'l')) {
		if (!take(&piece, '-') || (number = take_number(&piece, 31)) < 0 || number > 30 ||
		    piece.at != piece.end)
			return fail_item(r, item, "is not \"L\", \"LW\" or \"L-0\" to \"L-30\"");
		r->expr.days_from_end |= UINT32_C(1) << number;
		return 0;
	}
	number = take_number(&piece, 32);
	if (number >= 0 && take(&piece, 'w')) {
		if (number < 1 || number > 31 || piece.at != piece.end)
			return fail_item(r, item, "is not \"1W\" to \"31W\", one day each");
		r->expr.days_nearest |= UINT32_C(1) << number;
		return 0;
	}
	if (number >= 0 && (take(&piece, 'l') || take(&piece, '#')))
		return fail_item(r, item,
				 "belongs in the field of the weekday; the last day is \"L\"");
	*ret_done = false;
	return 0;
}

/* The shapes that only the weekday has: "5L", "friL", "5#2", "fri#2". */
static int read_weekday(struct reader *r, struct piece item, bool *ret_done)
{
	struct piece piece = item;
	int value = take_name(&piece, r->field);
	int nth;

	*ret_done = true;
	if (is_text(item, "L"))
		return fail_item(r, item, "has no day: \"5L\" is the last Friday of the month");
	if (value < 0)
		value = take_number(&piece, 7);
	if (value < 0 || value > 7) {
		*ret_done = false;
		return 0;
	}
	if (take(&piece, 'l') && piece.at == piece.end) {
		r->expr.weekdays_last = (uint8_t)(r->expr.weekdays_last | 1U << value % 7);
		return 0;
	}
	if (take(&piece, '#')) {
		nth = take_number(&piece, NTH_MAX);
		if (nth < 1 || nth > NTH_MAX || piece.at != piece.end)
			return fail_item(r, item, "has no number from 1 to %d behind \"#\"",
					 NTH_MAX);
		r->expr.weekdays_nth |= UINT64_C(1) << (7 * (nth - 1) + value % 7);
		return 0;
	}
	*ret_done = false;
	return 0;
}

/* Values, ranges and steps, "~". */
static int read_values(struct reader *r, struct piece item)
{
	const struct cron_field_row *row = &cron_fields[r->field];
	struct piece piece = item;
	struct range range = {row->first, cron_field_size(r->field)};
	int first;
	int last;
	int step = 1;
	int k;

	if (take(&piece, '~'))
		return read_hashed(r, item, &piece, -1);
	if (!take(&piece, '*')) {
		k = take_value(r, &piece, &first);
		if (k < 0)
			return k;
		if (take(&piece, '~'))
			return read_hashed(r, item, &piece, first);
		range = range_of(r->field, first, first);
		if (take(&piece, '-')) {
			k = take_value(r, &piece, &last);
			if (k < 0)
				return k;
			range = range_of(r->field, first, last);
		} else if (piece.at < piece.end && *piece.at == '/') {
			/* "5/15": from there to the end. */
			range = range_of(r->field, first, first > row->last ? first : row->last);
		}
	}
	if (take(&piece, '/')) {
		k = take_step(r, item, &piece, &step);
		if (k < 0)
			return k;
	}
	if (piece.at != piece.end) {
		struct piece word = word_at(item, piece.at);
		const char *meant = similar_name(r->field, word);

		if (meant)
			return fail_item(r, word, "is unknown: did you mean \"%s\"?", meant);
		return fail_item(r, item, "is not understood from \"%.*s\" on", shown(piece),
				 piece.at);
	}
	add_range(r, range, step);
	return 0;
}

static int read_item(struct reader *r, struct piece item)
{
	bool done = false;
	int k = 0;

	if (item.at == item.end)
		return fail(r, "%s: nothing stands before or behind a comma",
			    cron_fields[r->field].name);
	if (r->field == CRON_DAY)
		k = read_day(r, item, &done);
	else if (r->field == CRON_WEEKDAY)
		k = read_weekday(r, item, &done);
	if (k < 0 || done)
		return k;
	return read_values(r, item);
}

static bool is_day_field(enum cron_field field)
{
	return field == CRON_DAY || field == CRON_WEEKDAY;
}

static int read_field(struct reader *r, struct piece field)
{
	const bool question = is_text(field, "?");
	const bool star = *field.at == '*' || question;
	const char *comma;

	if (r->field == CRON_MINUTE)
		r->expr.fixed_minute = !star;
	else if (r->field == CRON_HOUR)
		r->expr.fixed_hour = !star;
	else if (r->field == CRON_DAY)
		r->expr.any_day = star;
	else if (r->field == CRON_WEEKDAY)
		r->expr.any_weekday = star;

	if (question && is_day_field(r->field)) {
		add_range(r, (struct range){cron_fields[r->field].first, cron_field_size(r->field)},
			  1);
		return 0;
	}
	if (memchr(field.at, '?', (size_t)(field.end - field.at)))
		return fail_item(r, field, "%s",
				 is_day_field(r->field)
					 ? "has \"?\", which stands alone or not at all"
					 : "has \"?\", which is for days only: write \"*\"");
	do {
		struct piece item = {field.at, field.end};
		int k;

		comma = memchr(field.at, ',', (size_t)(field.end - field.at));
		if (comma)
			item.end = comma;
		k = read_item(r, item);
		if (k < 0)
			return k;
		field.at = item.end + 1;
	} while (comma);
	return 0;
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
	for (int nth = 0; nth < NTH_MAX; nth++)
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

static bool is_ever_due(const struct cron_expr *expr)
{
	for (int month = cron_lowest(expr->months, 0); month > 0;
	     month = cron_lowest(expr->months, month + 1))
		for (int length = shortest(month); length <= longest(month); length++)
			for (int weekday = 0; weekday < 7; weekday++)
				if (cron_month_days(expr, length, weekday) != 0)
					return true;
	return false;
}

static int fail_never(struct reader *r)
{
	static const char *const names[] = {"January",   "February", "March",    "April",
					    "May",       "June",     "July",     "August",
					    "September", "October",  "November", "December"};
	uint32_t days = r->expr.days | r->expr.days_nearest;
	int day = cron_lowest(days, 0);
	int month = cron_lowest(r->expr.months, 0);
	char more[64] = "";

	if (days == 0 || day <= longest(month))
		return fail(r, "is never due: no date has both the day and the weekday, in those "
			       "months");
	/* One or two of the months will do to see it. */
	if (cron_lowest(r->expr.months, month + 1) > 0)
		(void)snprintf(more, sizeof(more), " or %d %s", day,
			       names[cron_lowest(r->expr.months, month + 1) - 1]);
	return fail(r, "is never due: there is no %d %s%s", day, names[month - 1], more);
}

static int fail_count(struct reader *r, size_t n)
{
	return fail(r,
		    "has %zu field%s, not five (minute, hour, day of the month, month, weekday) or "
		    "six (seconds first)%s",
		    n, n == 1 ? "" : "s", n == 7 ? "; a year is not supported" : "");
}

static int read_fields(struct reader *r, const char *text)
{
	struct piece fields[CRON_FIELDS];
	size_t n = 0;

	for (const char *p = text; *(p += strspn(p, " \t"));) {
		const char *end = p + strcspn(p, " \t");

		if (n < ARRAY_LENGTH(fields))
			fields[n] = (struct piece){p, end};
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
		k = read_field(r, fields[i]);
		if (k < 0)
			return k;
	}
	simplify(&r->expr);
	return is_ever_due(&r->expr) ? 0 : fail_never(r);
}

/* The fields that a nickname stands for. */
static int find_nickname(struct reader *r, struct piece name, const char **ret_text)
{
	const char *meant = NULL;
	char buf[SHOWN_MAX + 1];

	if (is_text(name, "@reboot"))
		return fail(r, "is not a time: write on = \"start\" instead of cron");
	(void)snprintf(buf, sizeof(buf), "%.*s", shown(name), name.at);
	for (size_t i = 0; i < ARRAY_LENGTH(nicknames); i++) {
		if (is_text(name, nicknames[i].name)) {
			*ret_text = nicknames[i].text;
			return 0;
		}
		if (!meant && text_distance(buf, nicknames[i].name) <= DISTANCE_MAX)
			meant = nicknames[i].name;
	}
	if (meant)
		return fail(r, "is unknown: did you mean \"%s\"?", meant);
	return fail(r, "is unknown: there are @yearly, @monthly, @weekly, @daily, @hourly and "
		       "@every_minute");
}

int cron_expr_parse(const char *text, const char *seed, struct cron_expr *ret_expr,
		    char problem[static CRON_PROBLEM_SIZE])
{
	struct reader r = {.seed = seed, .problem = problem};
	struct piece name;
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
