/* See aside.h. */
#include "ledger/aside.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* Names that are tried. */
#define ATTEMPTS 1000

/* The database last: as long as it is there, it will be tried again. */
static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};

/* "20260301T050000Z": without what a shell or another system might stumble over. */
static void format_stamp(usec_t now, char stamp[CLOCK_TEXT_SIZE])
{
	char text[CLOCK_TEXT_SIZE];
	char *to = stamp;

	(void)clock_format_utc(now, 0, text);
	for (const char *from = text; *from; from++)
		if (*from != '-' && *from != ':')
			*to++ = *from;
	*to = '\0';
}

static bool is_free(const char *name)
{
	struct stat st;

	return lstat(name, &st) < 0 && errno == ENOENT;
}

static char *choose(const char *path, usec_t now)
{
	char stamp[CLOCK_TEXT_SIZE];
	char *name;

	format_stamp(now, stamp);
	if (asprintf(&name, "%s.broken-%s", path, stamp) < 0)
		return NULL;
	for (unsigned i = 1; !is_free(name) && i < ATTEMPTS; i++) {
		free(name);
		if (asprintf(&name, "%s.broken-%s-%u", path, stamp, i) < 0)
			return NULL;
	}
	return name;
}

/* Returns 1; 0 if there was none; or -errno. */
static int move(const char *path, const char *name, const char *suffix)
{
	_cleanup_free_ char *from = NULL;
	_cleanup_free_ char *to = NULL;

	if (asprintf(&from, "%s%s", path, suffix) < 0) {
		from = NULL;
		return -ENOMEM;
	}
	if (asprintf(&to, "%s%s", name, suffix) < 0) {
		to = NULL;
		return -ENOMEM;
	}
	if (rename(from, to) == 0)
		return 1;
	return errno == ENOENT ? 0 : -errno;
}

int aside_put(const char *path, usec_t now, char **ret_name)
{
	_cleanup_free_ char *name = choose(path, now);
	int r = 0;

	if (!name)
		return -ENOMEM;
	for (size_t i = 0; r >= 0 && i < ARRAY_LENGTH(suffixes); i++)
		r = move(path, name, suffixes[i]);
	if (r < 0)
		return r;
	/* The last is the database. */
	*ret_name = r > 0 ? steal_ptr(name) : NULL;
	return 0;
}
