/* See jobname.h. */
#include "ctl/jobname.h"

#include "base/hash.h"
#include "core/names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* A name of a command is cut here: longer ones say no more. */
#define NAME_CUT 40

/* Room for "-" and a number. */
#define SUFFIX_SIZE 12

/* What a job is not about: shell words, and programs that run others. */
static const char *const wrappers[] = {
	"!",       "if",     "then",  "do",      "exec",        "command",     "eval",    "time",
	"nice",    "ionice", "nohup", "setsid",  "sudo",        "su",          "env",     "chronic",
	"timeout", "flock",  "chrt",  "taskset", "systemd-run", "systemd-cat", "xargs",   ".",
	"source",  "umask",  "sleep", "set",     "export",      "trap",        "runuser", "setpriv",
};

/* Those whose first argument tells more than their name. */
static const char *const interpreters[] = {
	"sh",   "bash",   "dash",    "ksh",     "zsh",  "perl", "ruby",  "php",
	"node", "python", "python2", "python3", "java", "lua",  "tclsh", "Rscript",
};

/* Whose arguments, up to the next of "&&", "||" and ";", are not the job either. */
static const char *const conditions[] = {"test", "[", "[[", "cd", "pushd"};

struct jobname {
	char *text;    /* NULL: free */
	unsigned next; /* the number to try if it is wanted once more */
};

const char *jobname_of_text(const char *text, size_t len, char buf[static JOBNAME_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i < len && used < MODEL_NAME_MAX; i++) {
		bool good = text[i] && strchr(LETTERS DIGITS "_.@:+-", text[i]);

		if (used == 0 && (!good || text[i] == '-' || text[i] == '.'))
			continue;
		if (good)
			buf[used++] = text[i];
		else if (buf[used - 1] != '-')
			buf[used++] = '-';
	}
	while (used > 0 && buf[used - 1] == '-')
		used--;
	buf[used] = '\0';
	if (used == 0)
		memcpy(buf, "job", sizeof("job"));
	return buf;
}

/* --- of a command --- */

/* Words of a command as far as they matter here: quotes are taken off, not understood. */
struct word {
	const char *text;
	size_t len;
};

static bool next_word(const char **at, struct word *ret_word)
{
	*at += strspn(*at, " \t\n\"'(){}");
	ret_word->text = *at;
	ret_word->len = strcspn(*at, " \t\n\"'();|&<>");
	if (ret_word->len == 0)
		ret_word->len = strspn(*at, ";|&<>");
	*at += ret_word->len;
	return ret_word->len > 0;
}

static struct word base_of(struct word word)
{
	const char *slash = memrchr(word.text, '/', word.len);

	if (!slash || slash + 1 == word.text + word.len)
		return word;
	return (struct word){slash + 1, (size_t)(word.text + word.len - slash - 1)};
}

static bool is_word(struct word word, const char *text)
{
	return strlen(text) == word.len && memcmp(text, word.text, word.len) == 0;
}

static bool is_one_of(struct word word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (is_word(word, list[i]))
			return true;
	return false;
}

#define IS_ONE_OF(word, list) is_one_of((word), (list), ARRAY_LENGTH(list))

/* ";", "&&", ">" and the like. */
static bool is_operator(struct word word)
{
	return strchr(";|&<>", *word.text) != NULL;
}

/* Does it say how something is run, and not what? Options, numbers, "10m", NAME=value. */
static bool is_setting(struct word word)
{
	const char *equals = memchr(word.text, '=', word.len);

	return *word.text == '-' || strchr(DIGITS, *word.text) != NULL ||
	       (equals && name_is_variable(word.text, (size_t)(equals - word.text)));
}

/* May it be a program? Not if it is the file that flock(1) locks, given to a wrapper. */
static bool is_command(struct word word, bool wrapped)
{
	static const char *const no_programs[] = {"/run/", "/var/lock/", "/var/run/", "/tmp/",
						  "/var/lib/"};

	for (size_t i = 0; wrapped && i < ARRAY_LENGTH(no_programs); i++)
		if (strncmp(word.text, no_programs[i], strlen(no_programs[i])) == 0)
			return false;
	return true;
}

const char *jobname_of_command(const char *command, char buf[static JOBNAME_SIZE])
{
	const char *at = command;
	struct word found = {command, 0};
	bool interpreted = false;
	bool wrapped = false;
	struct word word;

	while (next_word(&at, &word)) {
		struct word base = base_of(word);

		if (is_operator(word)) {
			if (found.len > 0)
				break;
			wrapped = false;
		} else if (is_setting(word)) {
			/* The user that comes behind it. */
			if (wrapped && is_word(word, "-u"))
				(void)next_word(&at, &word);
			/* What is behind it is a command again. */
			if (interpreted && is_word(word, "-c")) {
				interpreted = false;
				found.len = 0;
			}
		} else if (!interpreted && IS_ONE_OF(base, conditions)) {
			while (next_word(&at, &word) && !is_operator(word))
				continue;
		} else if (!interpreted && IS_ONE_OF(base, wrappers)) {
			wrapped = true;
		} else if (!interpreted && IS_ONE_OF(base, interpreters)) {
			found = base;
			interpreted = true;
		} else if (is_command(word, wrapped)) {
			found = base;
			break;
		}
	}
	return jobname_of_text(found.text, found.len < NAME_CUT ? found.len : NAME_CUT, buf);
}

/* --- each once --- */

void jobnames_done(struct jobnames *names)
{
	for (size_t i = 0; i < names->size; i++)
		free(names->slots[i].text);
	free(names->slots);
	*names = (struct jobnames){0};
}

/* Where it is, or where it would be. */
static struct jobname *find(const struct jobnames *names, const char *text)
{
	size_t at = (size_t)hash_finish(hash_bytes(HASH_INIT, text, strlen(text)));

	for (;; at++) {
		struct jobname *slot = &names->slots[at & (names->size - 1)];

		if (!slot->text || strcmp(slot->text, text) == 0)
			return slot;
	}
}

/* At most half of the slots are taken. */
static int reserve(struct jobnames *names)
{
	struct jobnames bigger = {.size = names->size ? names->size * 2 : 64};

	if (2 * names->count < names->size)
		return 0;
	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	bigger.count = names->count;
	for (size_t i = 0; i < names->size; i++)
		if (names->slots[i].text)
			*find(&bigger, names->slots[i].text) = names->slots[i];
	free(names->slots);
	*names = bigger;
	return 0;
}

int jobnames_take(struct jobnames *names, char name[static JOBNAME_SIZE])
{
	size_t len = strlen(name);
	char wanted[JOBNAME_SIZE];
	struct jobname *slot;
	unsigned number;

	if (reserve(names) < 0)
		return -ENOMEM;
	memcpy(wanted, name, len + 1);
	if (len > MODEL_NAME_MAX - SUFFIX_SIZE)
		len = MODEL_NAME_MAX - SUFFIX_SIZE;
	/* Goes on counting where it stopped last time; others may have taken the number. */
	slot = find(names, name);
	for (number = slot->text ? slot->next : 0; slot->text; number++) {
		(void)snprintf(name + len, SUFFIX_SIZE, "-%u", number);
		slot = find(names, name);
	}
	slot->text = strdup(name);
	if (!slot->text)
		return -ENOMEM;
	slot->next = 2;
	names->count++;
	find(names, wanted)->next = number > 0 ? number : 2;
	return 0;
}
