/* Lines of an anacrontab, see crontab.h. */
#include "ctl/crontab_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* A delay of a year is none that is meant. */
#define DELAY_DIGITS 5

#define EXPECTED                                                                                   \
	"write a period in days, a delay in minutes, a name and a command, as in "                 \
	"\"7 10 weekly backup\""

/* A backslash at the end of a line joins it with the next: makes the line all of them, with a space
   where they were joined. Returns 1 or -ENOMEM. */
static int join(struct crontab *crontab, struct crontab_line *line)
{
	const char *begin = line->text;
	struct crontab_line next = *line;
	const char *end;
	char *joined;
	char *to;

	if (line->len == 0 || line->text[line->len - 1] != '\\')
		return 1;
	while (next.kind != CRONTAB_BAD && next.len > 0 && next.text[next.len - 1] == '\\' &&
	       crontab_take_line(crontab, &next))
		continue;
	line->unended = next.unended;
	end = next.text + next.len;
	to = joined = arena_alloc(&crontab->arena, (size_t)(end - begin) + 1);
	if (!joined)
		return -ENOMEM;
	for (const char *at = begin; at < end; at++) {
		size_t left = (size_t)(end - at);

		if (left > 1 && !memcmp(at, "\\\n", 2)) {
			*to++ = ' ';
			at += 1;
		} else if (left > 2 && !memcmp(at, "\\\r\n", 3)) {
			*to++ = ' ';
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	line->text = joined;
	line->len = (size_t)(to - joined);
	if (next.kind == CRONTAB_BAD)
		return crontab_refuse(line, next.problem);
	if (line->len > CRONTAB_LINE_MAX)
		return crontab_refuse(line, "it is longer than a command can be");
	return 1;
}

/* NAME=value, with blanks around the name; the value is taken as it stands. Returns 1; 0 if it is
   no such line; or -ENOMEM. */
static int take_variable(struct crontab *crontab, const char *at, const char *end,
			 struct crontab_line *line)
{
	const char *name = at;
	const char *name_end;

	while (at < end && *at != '=' && !strchr(CRONTAB_BLANKS, *at))
		at++;
	name_end = at;
	while (at < end && strchr(CRONTAB_BLANKS, *at))
		at++;
	if (at == end || *at != '=' || name_end == name)
		return 0;
	line->kind = CRONTAB_VARIABLE;
	line->name = arena_copy(&crontab->arena, name, (size_t)(name_end - name));
	line->value = arena_copy(&crontab->arena, at + 1, (size_t)(end - at - 1));
	return line->name && line->value ? 1 : -ENOMEM;
}

static int take_job(struct crontab *crontab, const char *at, const char *end,
		    struct crontab_line *line)
{
	const char *delay = NULL;
	int r;

	r = crontab_word(crontab, &at, end, &line->when);
	if (r > 0)
		r = crontab_word(crontab, &at, end, &delay);
	if (r > 0)
		r = crontab_word(crontab, &at, end, &line->id);
	if (r < 0)
		return r;
	if (r == 0 || at == end)
		return crontab_refuse(line, EXPECTED);
	if (line->when[0] != '@' && line->when[strspn(line->when, DIGITS)])
		return crontab_refuse(line, "the period is no number of days");
	if (delay[strspn(delay, DIGITS)] || strlen(delay) > DELAY_DIGITS)
		return crontab_refuse(line, "the delay is no number of minutes");
	if (strchr(line->id, '/'))
		return crontab_refuse(line, "the name has a slash in it");
	line->delay = (unsigned)strtoul(delay, NULL, 10);
	line->command = arena_copy(&crontab->arena, at, (size_t)(end - at));
	return line->command ? 1 : -ENOMEM;
}

int anacrontab_next(struct crontab *crontab, struct crontab_line *line)
{
	const char *at;
	const char *end;
	int r;

	if (!crontab_take_line(crontab, line))
		return 0;
	if (line->kind == CRONTAB_BAD || line->kind == CRONTAB_BLANK)
		return 1;
	r = join(crontab, line);
	if (r < 0 || line->kind != CRONTAB_JOB)
		return r;
	at = line->text;
	end = at + line->len;
	while (at < end && strchr(CRONTAB_BLANKS, *at))
		at++;
	r = take_variable(crontab, at, end, line);
	return r == 0 ? take_job(crontab, at, end, line) : r;
}
