/* See runparts.h. */
#include "ctl/runparts.h"

#include "ctl/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLANKS  " \t"
#define DIGITS  "0123456789"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* --- the line --- */

/* A word of a command: brackets and ";" are ones of their own. */
struct token {
	const char *text;
	size_t len;
};

static struct token next_token(const char **at)
{
	struct token token;

	*at += strspn(*at, BLANKS);
	token.text = *at;
	token.len = strcspn(*at, BLANKS "(){};");
	if (token.len == 0 && *token.text)
		token.len = 1;
	*at += token.len;
	return token;
}

static bool is(struct token token, const char *text)
{
	return strlen(text) == token.len && memcmp(text, token.text, token.len) == 0;
}

/* Is it a program of this name, maybe with its directory? */
static bool is_program(struct token token, const char *name)
{
	const char *slash = memrchr(token.text, '/', token.len);

	if (slash)
		token = (struct token){slash + 1, (size_t)(token.text + token.len - slash - 1)};
	return is(token, name);
}

/* Passes words if they are the next ones. */
static bool pass(const char **at, const char *const *words)
{
	const char *ahead = *at;

	for (; *words; words++)
		if (!is(next_token(&ahead), *words))
			return false;
	*at = ahead;
	return true;
}

#define PASS(at, ...) pass((at), (const char *const[]){__VA_ARGS__, NULL})

/* Passes "test -x /usr/sbin/anacron ||". */
static bool pass_guard(const char **at)
{
	const char *ahead = *at;
	bool bracket = PASS(&ahead, "[", "-x");

	if (!bracket && !PASS(&ahead, "test", "-x"))
		return false;
	if (!is_program(next_token(&ahead), "anacron") || (bracket && !PASS(&ahead, "]")) ||
	    !PASS(&ahead, "||"))
		return false;
	*at = ahead;
	return true;
}

bool runparts_recognize(const char *command, struct runparts *ret_runparts)
{
	struct runparts found = {.unless_anacron = pass_guard(&command)};
	struct token token;

	while (PASS(&command, "{") || PASS(&command, "("))
		continue;
	(void)PASS(&command, "cd", "/", "&&");
	found.nice = PASS(&command, "nice");
	if (!is_program(next_token(&command), "run-parts"))
		return false;
	while (PASS(&command, "--report") || PASS(&command, "--verbose") || PASS(&command, "-v") ||
	       PASS(&command, "--"))
		continue;
	token = next_token(&command);
	if (token.len == 0 || *token.text != '/' || token.len >= sizeof(found.dir))
		return false;
	for (size_t i = 0; i < token.len; i++)
		if (!strchr(LETTERS DIGITS "/._+-", token.text[i]))
			return false;
	while (token.len > 1 && token.text[token.len - 1] == '/')
		token.len--;
	memcpy(found.dir, token.text, token.len);
	while (PASS(&command, ";") || PASS(&command, "}") || PASS(&command, ")"))
		continue;
	if (command[strspn(command, BLANKS)] != '\0')
		return false;
	*ret_runparts = found;
	return true;
}

/* --- the directory --- */

static bool ends_with(const char *text, const char *end)
{
	size_t len = strlen(text);
	size_t end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

bool runparts_takes_name(const char *name, bool debian)
{
	static const char *const refused[] = {"~",       ",",    ".rpmsave", ".rpmorig",
					      ".rpmnew", ".swp", ",v",       ".cfsaved"};

	if (debian)
		return name[0] && !name[strspn(name, LETTERS DIGITS "_-")];
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
		if (ends_with(name, refused[i]))
			return false;
	return name[0] && !strchr(".#", name[0]);
}

/* Is it one that can be run, or leads to one? */
static bool is_executable(const char *root, const char *dir, const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (asprintf(&path, "%s/%s", dir, name) < 0) {
		path = NULL;
		return false;
	}
	fd = root_open(root, path, O_PATH);
	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0111);
}

static enum runparts_fit fit_of(const char *root, const char *dir, const char *name, bool debian)
{
	if (!runparts_takes_name(name, debian))
		return RUNPARTS_BAD_NAME;
	if (!is_executable(root, dir, name))
		return RUNPARTS_NOT_EXECUTABLE;
	return strcmp(name, "0anacron") == 0 ? RUNPARTS_ANACRON : RUNPARTS_RUN;
}

static int compare(const void *a, const void *b)
{
	const struct runparts_script *x = a;
	const struct runparts_script *y = b;

	return strcmp(x->name, y->name);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static int open_dir(const char *root, const char *path, DIR **ret_dir)
{
	int fd = root_open(root, path, O_RDONLY | O_DIRECTORY);
	DIR *dir;

	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	/* The descriptor is a directory's: it lacks nothing but memory. */
	if (!dir) {
		(void)close(fd);
		return -ENOMEM;
	}
	*ret_dir = dir;
	return 0;
}

void runparts_done(struct runparts_scripts *scripts)
{
	for (size_t i = 0; i < scripts->count; i++)
		free(scripts->items[i].name);
	free(scripts->items);
	*scripts = (struct runparts_scripts){0};
}

int runparts_list(const char *root, const char *dir_path, bool debian,
		  struct runparts_scripts *ret_scripts)
{
	_cleanup_(runparts_done) struct runparts_scripts scripts = {0};
	_cleanup_(close_dir) DIR *dir = NULL;
	struct dirent *entry;
	size_t capacity = 0;
	int r = open_dir(root, dir_path, &dir);

	if (r < 0)
		return r;
	while (errno = 0, (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		if (scripts.count == RUNPARTS_MAX)
			return -EFBIG;
		if (scripts.count == capacity) {
			struct runparts_script *items;

			capacity = capacity ? capacity * 2 : 32;
			items = reallocarray(scripts.items, capacity, sizeof(*items));
			if (!items)
				return -ENOMEM;
			scripts.items = items;
		}
		scripts.items[scripts.count].name = strdup(entry->d_name);
		if (!scripts.items[scripts.count].name)
			return -ENOMEM;
		scripts.items[scripts.count].fit = fit_of(root, dir_path, entry->d_name, debian);
		scripts.count++;
	}
	if (errno)
		return -errno;
	if (scripts.count > 0)
		qsort(scripts.items, scripts.count, sizeof(*scripts.items), compare);
	*ret_scripts = scripts;
	scripts = (struct runparts_scripts){0};
	return 0;
}
