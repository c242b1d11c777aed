/* See crontab.h. The rules are those of the manuals, and where these are silent those that the
   programs keep. */
#include "ctl/crontab.h"

#include "ctl/crontab_internal.h"

#include <errno.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LOWER   "abcdefghijklmnopqrstuvwxyz"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ" LOWER

/* The fields of a time, "30 4 1,15 * 5". */
#define FIELDS 5

/* Names of months and days have so many letters. */
#define NAME_LEN 3
#define DAYS     7

#define EXPECTED_USER "write five fields for the time and a command, as in \"30 4 * * * backup\""
#define EXPECTED_SYSTEM                                                                            \
	"write five fields for the time, a user and a command, as in \"30 4 * * * root backup\""

void crontab_init(struct crontab *crontab, enum crontab_format format, bool debian,
		  const char *text, size_t len)
{
	*crontab = (struct crontab){.format = format, .debian = debian, .text = text, .len = len};
	arena_init(&crontab->arena);
}

void crontab_done(struct crontab *crontab)
{
	arena_done(&crontab->arena);
}

/* --- lines and words --- */

int crontab_refuse(struct crontab_line *line, const char *problem)
{
	line->kind = CRONTAB_BAD;
	line->problem = problem;
	return 1;
}

bool crontab_take_line(struct crontab *crontab, struct crontab_line *line)
{
	const char *begin = crontab->text + crontab->at;
	size_t left = crontab->len - crontab->at;
	const char *end;
	size_t blanks;

	if (left == 0)
		return false;
	end = memchr(begin, '\n', left);
	*line = (struct crontab_line){
		.number = ++crontab->number,
		.text = begin,
		.len = end ? (size_t)(end - begin) : left,
		.unended = !end,
	};
	crontab->at += line->len + (end ? 1 : 0);
	/* Written on another system. */
	if (line->len > 0 && begin[line->len - 1] == '\r')
		line->len--;

	if (memchr(begin, '\0', line->len)) {
		(void)crontab_refuse(line, "it has a NUL byte");
		return true;
	}
	if (line->len > CRONTAB_LINE_MAX) {
		(void)crontab_refuse(line, "it is longer than a command can be");
		return true;
	}
	for (blanks = 0; blanks < line->len && strchr(CRONTAB_BLANKS, begin[blanks]);)
		blanks++;
	if (blanks == line->len)
		line->kind = CRONTAB_BLANK;
	else if (begin[blanks] == '#')
		line->kind = CRONTAB_COMMENT;
	else
		line->kind = CRONTAB_JOB;
	return true;
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && strchr(CRONTAB_BLANKS, *at))
		at++;
	return at;
}

static const char *skip_word(const char *at, const char *end)
{
	while (at < end && !strchr(CRONTAB_BLANKS, *at))
		at++;
	return at;
}

int crontab_word(struct crontab *crontab, const char **at, const char *end, const char **ret_word)
{
	const char *behind = skip_word(*at, end);

	if (behind == *at)
		return 0;
	*ret_word = arena_copy(&crontab->arena, *at, (size_t)(behind - *at));
	if (!*ret_word)
		return -ENOMEM;
	*at = skip_blanks(behind, end);
	return 1;
}

/* --- variables --- */

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_quote(char c)
{
	return c == '"' || c == '\'';
}

/*
 * NAME = VALUE. Each may be in quotes, which then end it; there is no escape. Returns 1; 0 if it is
 * no such line; or -ENOMEM.
 */
static int take_variable(struct crontab *crontab, const char *at, const char *end,
			 struct crontab_line *line)
{
	char quote = is_quote(*at) ? *at++ : '\0';
	const char *name = at;
	const char *name_end;
	const char *value;

	while (at < end && *at != '=' && (quote ? *at != quote : !is_space(*at)))
		at++;
	name_end = at;
	if (quote && at < end && *at == quote)
		at++;
	else if (quote)
		return 0;
	while (at < end && is_space(*at))
		at++;
	if (at == end || *at != '=' || name_end == name)
		return 0;
	for (at++; at < end && is_space(*at);)
		at++;

	while (end > at && is_space(end[-1]))
		end--;
	value = at;
	if (at < end && is_quote(*at)) {
		value++;
		/* Nothing may stand behind the quote that ends it. */
		at = memchr(value, *at, (size_t)(end - value));
		if (!at || at != end - 1)
			return 0;
		end = at;
	}
	line->kind = CRONTAB_VARIABLE;
	line->name = arena_copy(&crontab->arena, name, (size_t)(name_end - name));
	line->value = arena_copy(&crontab->arena, value, (size_t)(end - value));
	return line->name && line->value ? 1 : -ENOMEM;
}

/* --- the time --- */

/* A number, or the name of a day or month, which stands for one: *ret_number, as far as one may
   want to compare it. Returns how long it is; 0: it is neither. */
static size_t take_value(const char *text, unsigned *ret_number)
{
	static const char names[] = "sunmontuewedthufrisatjanfebmaraprmayjunjulaugsepoctnovdec";
	size_t digits = strspn(text, DIGITS);

	if (digits > 0) {
		*ret_number = 0;
		for (size_t i = 0; i < digits && *ret_number < 1000; i++)
			*ret_number = *ret_number * 10 + (unsigned)(text[i] - '0');
		return digits;
	}
	if (strspn(text, LETTERS) != NAME_LEN)
		return 0;
	for (size_t i = 0; names[i]; i += NAME_LEN) {
		if (strncasecmp(text, names + i, NAME_LEN) != 0)
			continue;
		i /= NAME_LEN;
		*ret_number = (unsigned)(i < DAYS ? i : i - DAYS + 1);
		return NAME_LEN;
	}
	return 0;
}

enum field_fault {
	FIELD_GOOD,
	FIELD_NONE,
	FIELD_BACKWARDS, /* it has a range whose end is before its beginning */
};

/* Is it a field that a crontab may have: a list of "*", values, and ranges with "-" or "~", the
   former two maybe with a step? Not all that cron.h takes is one. Bounds are not looked at. */
static enum field_fault check_field(const char *text)
{
	for (;;) {
		unsigned low = 0;
		unsigned high = 0;
		size_t len = take_value(text, &low);
		bool range = text[len] == '-' && len > 0;
		bool random = text[len] == '~';

		if (len == 0 && !random && *text != '*')
			return FIELD_NONE;
		text += len == 0 && !random ? 1 : len;
		if (range || random) {
			size_t high_len = take_value(++text, &high);

			if (range && high_len == 0)
				return FIELD_NONE;
			if (high_len > 0 && len > 0 && low > high)
				return FIELD_BACKWARDS;
			text += high_len;
		}
		if (*text == '/' && (len == 0 || range || random)) {
			len = strspn(++text, DIGITS);
			if (len == 0)
				return FIELD_NONE;
			text += len;
		}
		if (*text == '\0')
			return FIELD_GOOD;
		if (*text++ != ',')
			return FIELD_NONE;
	}
}

/* Five fields, or "@" and a word, made words with a space between. Returns 1; 0 if it is not that,
   then the line is BAD; or -ENOMEM. */
static int take_when(struct crontab *crontab, const char **at, const char *end,
		     struct crontab_line *line)
{
	static const char *const problems[FIELDS] = {
		"it begins with neither a minute nor NAME=value", "the second field is no hour",
		"the third field is no day of the month",         "the fourth field is no month",
		"the fifth field is no day of the week",
	};
	const char *begin = *at;
	const char *word;
	size_t used = 0;
	char *when;
	int r;

	if (*begin == '@') {
		r = crontab_word(crontab, at, end, &line->when);
		if (r > 0 && line->when[1 + strspn(line->when + 1, LOWER "_")] != '\0')
			(void)crontab_refuse(line, "a word behind \"@\" is in small letters");
		return line->kind == CRONTAB_BAD ? 0 : r;
	}
	/* Not longer than it is written. */
	when = arena_alloc(&crontab->arena, (size_t)(end - begin) + 1);
	if (!when)
		return -ENOMEM;
	for (size_t i = 0; i < FIELDS; i++) {
		enum field_fault fault;
		size_t len;

		r = crontab_word(crontab, at, end, &word);
		if (r < 0)
			return r;
		if (r == 0) {
			(void)crontab_refuse(line, crontab->format == CRONTAB_SYSTEM
							   ? EXPECTED_SYSTEM
							   : EXPECTED_USER);
			return 0;
		}
		fault = check_field(word);
		if (fault != FIELD_GOOD) {
			(void)crontab_refuse(
				line, fault == FIELD_NONE ? problems[i]
							  : "a range goes backwards; cron(8) makes "
							    "nothing of that");
			return 0;
		}
		len = strlen(word);
		if (i > 0)
			when[used++] = ' ';
		memcpy(when + used, word, len);
		used += len;
	}
	line->when = when;
	return 1;
}

/* --- the command --- */

/* Options in front of a command, as some crons have them: "-n -q -s". No shell takes what begins
   with a "-" for a command. */
static void take_flags(const char **at, const char *end, struct crontab_line *line)
{
	while (*at < end && **at == '-') {
		const char *behind = skip_word(*at, end);
		size_t len = (size_t)(behind - *at) - 1;

		if (len == 0 || strspn(*at + 1, "nqs") < len)
			return;
		line->failures_only |= memchr(*at + 1, 'n', len) != NULL;
		line->single |= memchr(*at + 1, 's', len) != NULL;
		*at = skip_blanks(behind, end);
	}
}

/*
 * The command ends at the first "%", and what is behind it is the input, in which each further "%"
 * is the end of a line. "\%" is a "%". A backslash before a backslash, of which both stay but for
 * Debian's cron, takes its meaning in the command but not in the input: so it is in cron(8).
 */
static int take_command(struct crontab *crontab, const char *at, const char *end,
			struct crontab_line *line)
{
	size_t size = (size_t)(end - at) + 1;
	char *command = arena_alloc(&crontab->arena, size);
	char *input = arena_alloc(&crontab->arena, size + 1);
	char *to = command;
	bool escaped = false;

	if (!command || !input)
		return -ENOMEM;
	for (; at < end && (escaped || *at != '%'); at++) {
		if (escaped && (*at == '%' || (*at == '\\' && crontab->debian)))
			to--;
		*to++ = *at;
		escaped = *at == '\\' && !escaped;
	}
	line->command = command;
	/* With nothing behind the "%", it is as empty as it is without. */
	if (end - at <= 1)
		return 1;

	line->input = to = input;
	for (at++; at < end; at++) {
		if (*at == '%' && at[-1] == '\\')
			to[-1] = '%';
		else
			*to++ = *at == '%' ? '\n' : *at;
	}
	if (to[-1] != '\n')
		*to = '\n';
	return 1;
}

static int take_job(struct crontab *crontab, const char *at, const char *end,
		    struct crontab_line *line)
{
	const char *expected = crontab->format == CRONTAB_SYSTEM ? EXPECTED_SYSTEM : EXPECTED_USER;
	int r;

	/* "-": cron(8) does not log it. */
	if (*at == '-')
		at++;
	r = at < end ? take_when(crontab, &at, end, line) : crontab_refuse(line, expected);
	if (r < 0 || line->kind == CRONTAB_BAD)
		return r < 0 ? r : 1;
	if (at < end && *at == '*')
		return crontab_refuse(line, "there is a field too many");
	if (crontab->format == CRONTAB_SYSTEM) {
		r = crontab_word(crontab, &at, end, &line->user);
		if (r < 0)
			return r;
	}
	take_flags(&at, end, line);
	if (at == end || *at == '%')
		return crontab_refuse(line, expected);
	return take_command(crontab, at, end, line);
}

int crontab_next(struct crontab *crontab, struct crontab_line *ret_line)
{
	const char *begin;
	const char *end;
	int r;

	arena_clear(&crontab->arena);
	if (crontab->format == CRONTAB_ANACRON)
		return anacrontab_next(crontab, ret_line);
	if (!crontab_take_line(crontab, ret_line))
		return 0;
	if (ret_line->kind != CRONTAB_JOB)
		return 1;
	end = ret_line->text + ret_line->len;
	begin = skip_blanks(ret_line->text, end);
	r = take_variable(crontab, begin, end, ret_line);
	return r == 0 ? take_job(crontab, begin, end, ret_line) : r;
}
