/*
 * Reads a field of a cron expression: a list of items. An item has one of a few shapes, each read
 * by a function of its own that knows what may stand there and says what is wrong with what does.
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

/* The days that each month has. */
#define DAYS_ALWAYS 28

/* `FIELD "ITEM" is not so and so`. */
static int _printf_(3, 4)
	fail_item(struct cron_reader *r, struct cron_piece item, const char *format, ...)
{
	char text[CRON_PROBLEM_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return cron_fail(r, "%s \"%.*s\" %s", cron_fields[r->field].name, cron_shown(item), item.at,
			 text);
}

/* Takes a character if it is there. */
static bool take(struct cron_piece *piece, char c)
{
	if (piece->at == piece->end || tolower((unsigned char)*piece->at) != c)
		return false;
	piece->at++;
	return true;
}

/* Takes a number of any length; beyond `max` it counts as max + 1. -1: there is none. */
static int take_number(struct cron_piece *piece, int max)
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
static int take_name(struct cron_piece *piece, enum cron_field field)
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
static struct cron_piece word_at(struct cron_piece item, const char *at)
{
	struct cron_piece word = {at, at};

	while (word.at > item.at && isalpha((unsigned char)word.at[-1]))
		word.at--;
	while (word.end < item.end && isalpha((unsigned char)*word.end))
		word.end++;
	return word;
}

/* The name that a word was meant to be, or NULL. */
static const char *similar_name(enum cron_field field, struct cron_piece word)
{
	const struct cron_field_row *row = &cron_fields[field];
	char buf[CRON_SHOWN_MAX + 1];
	int len = cron_shown(word);

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

/* Says why there is no value at `at`. */
static void fail_value(struct cron_reader *r, struct cron_piece at)
{
	const struct cron_field_row *row = &cron_fields[r->field];
	struct cron_piece word = word_at(at, at.at);
	const char *meant = similar_name(r->field, word);

	if (meant)
		(void)fail_item(r, word, "is unknown: did you mean \"%s\"?", meant);
	else if (row->names)
		(void)fail_item(r, at, "is not from %d to %d or \"%s\" to \"%s\"", row->first,
				last_number(r->field), row->names[0],
				row->names[cron_field_size(r->field) - 1]);
	else
		(void)fail_item(r, at, "is not from %d to %d", row->first, row->last);
}

/* Takes a number or a name. */
static int take_value(struct cron_reader *r, struct cron_piece *piece, int *ret_value)
{
	const struct cron_piece whole = *piece;
	int value = take_name(piece, r->field);

	if (value < 0) {
		value = take_number(piece, last_number(r->field));
		if (value < cron_fields[r->field].first || value > last_number(r->field)) {
			struct cron_piece shown_part = {whole.at, piece->at};

			/* Of "61-70" the number; of "x" all of it. */
			fail_value(r, value < 0 ? whole : shown_part);
			return -EINVAL;
		}
	}
	*ret_value = value;
	return 0;
}

/* Behind "/". */
static int take_step(struct cron_reader *r, struct cron_piece item, struct cron_piece *piece,
		     int *ret_step)
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

static void add(struct cron_reader *r, int value)
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

static void add_range(struct cron_reader *r, struct range range, int step)
{
	for (int i = 0; i < range.count; i += step)
		add(r, value_in(r->field, range, i));
}

/* One value of a range, always the same for the same job. */
static void add_hashed(struct cron_reader *r, struct range range)
{
	const unsigned char field = (unsigned char)r->field;
	uint64_t hash = hash_bytes(HASH_INIT, r->seed, strlen(r->seed) + 1);

	hash = hash_finish(hash_bytes(hash, &field, 1));
	add(r, value_in(r->field, range, (int)(hash % (uint64_t)range.count)));
}

/* "~", "a~b", "a~", "~b"; `piece` is behind "~", `first` is -1 if there is no a. */
static int read_hashed(struct cron_reader *r, struct cron_piece item, struct cron_piece *piece,
		       int first)
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
static int read_day(struct cron_reader *r, struct cron_piece item, bool *ret_done)
{
	struct cron_piece piece = item;
	int number;

	*ret_done = true;
	if (cron_piece_is(item, "L")) {
		r->expr.days_from_end |= 1;
		return 0;
	}
	if (cron_piece_is(item, "LW") || cron_piece_is(item, "WL")) {
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
static int read_weekday(struct cron_reader *r, struct cron_piece item, bool *ret_done)
{
	struct cron_piece piece = item;
	int value = take_name(&piece, r->field);
	int nth;

	*ret_done = true;
	if (cron_piece_is(item, "L"))
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
		nth = take_number(&piece, CRON_NTH_MAX);
		if (nth < 1 || nth > CRON_NTH_MAX || piece.at != piece.end)
			return fail_item(r, item, "has no number from 1 to %d behind \"#\"",
					 CRON_NTH_MAX);
		r->expr.weekdays_nth |= UINT64_C(1) << (7 * (nth - 1) + value % 7);
		return 0;
	}
	*ret_done = false;
	return 0;
}

/* Values, ranges and steps, "~". */
static int read_values(struct cron_reader *r, struct cron_piece item)
{
	const struct cron_field_row *row = &cron_fields[r->field];
	struct cron_piece piece = item;
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
			if (piece.at == piece.end)
				return fail_item(r, item, "has nothing behind \"-\"");
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
		struct cron_piece word = word_at(item, piece.at);
		const char *meant = similar_name(r->field, word);

		if (meant)
			return fail_item(r, word, "is unknown: did you mean \"%s\"?", meant);
		return fail_item(r, item, "is not understood from \"%.*s\" on", cron_shown(piece),
				 piece.at);
	}
	add_range(r, range, step);
	return 0;
}

static int read_item(struct cron_reader *r, struct cron_piece item)
{
	bool done = false;
	int k = 0;

	if (item.at == item.end)
		return cron_fail(r, "%s: nothing stands before or behind a comma",
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

int cron_read_field(struct cron_reader *r, struct cron_piece field)
{
	const bool question = cron_piece_is(field, "?");
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
		struct cron_piece item = {field.at, field.end};
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
