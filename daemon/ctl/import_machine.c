/* The crontabs of a machine: where they are, and reading them. */
#include "ctl/import_internal.h"

#include "base/account.h"
#include "ctl/quote.h"
#include "ctl/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ETC_CRONTAB    "/etc/crontab"
#define ETC_ANACRONTAB "/etc/anacrontab"
#define ETC_CRON_D     "/etc/cron.d"

/* Crontabs of users: of Debian, of others. */
#define SPOOL_DEBIAN "/var/spool/cron/crontabs"
#define SPOOL        "/var/spool/cron"

/* How much is asked of read(2) at once. */
#define READ_SIZE ((size_t)64 * 1024)

#define STANDARD_INPUT "-"

/* --- reading --- */

static int read_all(int fd, char **ret_text, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	size_t room = 0;
	size_t len = 0;

	for (;;) {
		ssize_t n;

		if (room - len < READ_SIZE) {
			char *bigger;

			room = 2 * room + READ_SIZE;
			bigger = realloc(text, room);
			if (!bigger)
				return -ENOMEM;
			text = bigger;
		}
		n = read(fd, text + len, room - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > IMPORT_FILE_MAX)
			return -EFBIG;
	}
	*ret_text = steal_ptr(text);
	*ret_len = len;
	return 0;
}

/* Whether a path is there on the machine and what, by the bits S_IFMT of its mode; 0: it is not. */
static mode_t type_of(const struct import *import, const char *path)
{
	_cleanup_close_ int fd = root_open(import->root, path, O_PATH);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

/* Says why a file is not imported: that cron(8) does not read it, for that reason; or if that is
   NULL, an error of reading it, or -EINVAL if it is none, -EFBIG if it is too long. */
static int say_unreadable(struct import *import, const char *path, const char *reason, int error)
{
	const struct import_place place = {path, 0};
	int r = quote_comment(import->out, "\n# --- ", path, strlen(path));

	if (r < 0)
		return r;
	if (reason)
		return import_note(import, DIAG_ERROR, &place, "cron(8) does not read it, as %s",
				   reason);
	switch (error) {
	case -EFBIG:
		return import_note(import, DIAG_ERROR, &place, "it is longer than %zu bytes",
				   IMPORT_FILE_MAX);
	case -EINVAL:
		return import_note(import, DIAG_ERROR, &place, "it is no file");
	default:
		return import_note(import, DIAG_ERROR, &place, "cannot be read: %s",
				   strerrordesc_np(-error));
	}
}

/* Whose it must be if it is not root's: of a user's crontab the user, where it is known who that is
   here. Without rights of root, one can look at a machine of one's own. */
static uid_t owner_of(const struct import *import, const struct import_source *source)
{
	struct account account;
	uid_t uid = geteuid();

	if (source->format != CRONTAB_USER || import->root[0] ||
	    account_find(source->owner, &account) < 0)
		return uid;
	uid = account.uid;
	account_done(&account);
	return uid;
}

/* Why cron(8) does not trust a crontab, half a sentence; NULL: it does. */
static const char *distrust(const struct import *import, const struct import_source *source, int fd)
{
	bool of_user = source->format == CRONTAB_USER;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return "it is not known whose it is";
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return of_user ? "others than its user can write to it"
			       : "others than root can write to it";
	if (of_user && import->debian && (st.st_mode & ALLPERMS) != (S_IRUSR | S_IWUSR))
		return "its mode is not 0600";
	/* Below another root one knows no users. */
	if (st.st_uid != 0 && !(of_user && import->root[0]) &&
	    st.st_uid != owner_of(import, source))
		return of_user ? "it is another user's" : "others than root can write to it";
	return NULL;
}

/* Reads a file and imports it. `found`: nobody named it, so that it is to be one that cron(8) reads
   as well. */
static int import_file(struct import *import, const struct import_source *source, bool found)
{
	bool standard = strcmp(source->path, STANDARD_INPUT) == 0;
	struct import_source shown = *source;
	const char *reason = NULL;
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	int r;

	if (standard) {
		shown.path = "standard input";
		r = read_all(STDIN_FILENO, &text, &len);
	} else {
		r = fd = root_open(import->root, source->path, O_RDONLY | O_NOCTTY);
		if (fd >= 0 && found)
			reason = distrust(import, source, fd);
		if (fd >= 0 && !reason)
			r = read_all(fd, &text, &len);
	}
	if (r == -ENOMEM)
		return r;
	if (r < 0 || reason)
		return say_unreadable(import, shown.path, reason, r);
	return import_tab(import, &shown, text, len);
}

/* --- what a file is --- */

static bool is_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/' && path[len + 1] &&
	       !strchr(path + len + 1, '/');
}

/* Is it one of those that every machine has, by its path? */
static bool guess(const char *path, struct import_source *ret_source)
{
	if (strcmp(path, ETC_CRONTAB) == 0 || is_in(path, ETC_CRON_D))
		*ret_source = (struct import_source){CRONTAB_SYSTEM, path, NULL};
	else if (strcmp(path, ETC_ANACRONTAB) == 0)
		*ret_source = (struct import_source){CRONTAB_ANACRON, path, "root"};
	else if (is_in(path, SPOOL_DEBIAN) || is_in(path, SPOOL))
		*ret_source = (struct import_source){CRONTAB_USER, path, strrchr(path, '/') + 1};
	else
		return false;
	return true;
}

/* Fills in what `source` does not say, for a file whose path is `path`, and `real` without links
   and dots (NULL: not known). */
static void complete(struct import_source *source, const char *path, const char *real,
		     const char *caller)
{
	if (source->path) {
		if (!source->owner)
			source->owner = source->format == CRONTAB_ANACRON ? "root" : caller;
	} else if (!guess(path, source) && !(real && guess(real, source))) {
		*source = (struct import_source){CRONTAB_USER, path, caller};
	}
	source->path = path;
}

/* A file of the machine, or standard input. */
static int import_named(struct import *import, const struct import_source *source, const char *path)
{
	struct import_source made = *source;
	struct account account = {.name = NULL};
	_cleanup_free_ char *real = NULL;
	int r = account_find_uid(getuid(), &account);

	if (r == -ENOMEM)
		return r;
	real = import->root[0] ? NULL : realpath(path, NULL);
	complete(&made, path, real, account.name);
	r = import_file(import, &made, false);
	account_done(&account);
	return r;
}

int import_path(struct import *import, const struct import_source *source, const char *path)
{
	bool relative = path[0] != '/' && strcmp(path, STANDARD_INPUT) != 0;
	_cleanup_free_ char *absolute = NULL;
	struct import_place place;
	int r;

	/* Below another root there is no other directory to begin at. */
	if (import->root[0] && relative) {
		if (asprintf(&absolute, "/%s", path) < 0) {
			absolute = NULL;
			return -ENOMEM;
		}
		path = absolute;
	}
	if (type_of(import, path) != S_IFDIR)
		return import_named(import, source, path);
	r = import_directory(import, path);
	if (r != -EINVAL)
		return r;
	place = (struct import_place){path, 0};
	return import_note(import, DIAG_ERROR, &place,
			   "is a directory that everyctl does not know; it knows "
			   "/etc/cron.hourly, cron.daily, cron.weekly and cron.monthly");
}

/* --- all of them --- */

static int import_if_there(struct import *import, const struct import_source *source)
{
	mode_t type = type_of(import, source->path);

	if (type == 0)
		return 0;
	/* What is none cron(8) does not read either, and it might never end. */
	return type == S_IFREG ? import_file(import, source, true)
			       : say_unreadable(import, source->path, NULL, -EINVAL);
}

/* The crontabs of a directory; those of users are called by their names. */
static int import_tabs(struct import *import, const char *dir, enum crontab_format format)
{
	_cleanup_(runparts_done) struct runparts_scripts files = {0};
	int r = runparts_list(import->root, dir, import->debian, &files);

	if (r < 0 && r != -ENOENT && r != -ENOMEM)
		return say_unreadable(import, dir, NULL, r);
	for (size_t i = 0; r == 0 && i < files.count; i++) {
		const char *name = files.items[i].name;
		_cleanup_free_ char *path = NULL;
		struct import_source source = {.format = format};

		if (asprintf(&path, "%s/%s", dir, name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		source.path = path;
		source.owner = format == CRONTAB_USER ? name : NULL;
		if (type_of(import, path) == S_IFDIR)
			continue;
		if (format == CRONTAB_SYSTEM && !runparts_takes_name(name, import->debian))
			r = quote_comment(import->out,
					  "\n# cron(8) passes over this one because of its name: ",
					  path, strlen(path));
		else
			r = import_if_there(import, &source);
	}
	return r == -ENOENT ? 0 : r;
}

static int import_anacrontab(struct import *import)
{
	const struct import_source source = {CRONTAB_ANACRON, ETC_ANACRONTAB, "root"};

	if (import->anacron)
		return import_if_there(import, &source);
	if (type_of(import, ETC_ANACRONTAB) != 0)
		(void)fputs("\n# There is no anacron(8) that would read " ETC_ANACRONTAB ".\n",
			    import->out);
	return 0;
}

/* Scripts that nothing runs are not run by everyd either, but it is said. */
static int say_unused(struct import *import)
{
	for (size_t i = 0; i < IMPORT_DIRECTORIES; i++) {
		const char *dir = import_directories[i].path;

		if (!(import->scripts & 1U << i) && type_of(import, dir) == S_IFDIR)
			(void)fprintf(import->out,
				      "\n# No crontab runs what is in %s.\n"
				      "# To import it too: everyctl import %s\n",
				      dir, dir);
	}
	return 0;
}

int import_machine(struct import *import)
{
	const struct import_source crontab = {CRONTAB_SYSTEM, ETC_CRONTAB, NULL};
	const char *spool = type_of(import, SPOOL_DEBIAN) == S_IFDIR ? SPOOL_DEBIAN : SPOOL;
	int r = import_if_there(import, &crontab);

	if (r == 0)
		r = import_tabs(import, ETC_CRON_D, CRONTAB_SYSTEM);
	if (r == 0)
		r = import_anacrontab(import);
	if (r == 0)
		r = import_tabs(import, spool, CRONTAB_USER);
	return r == 0 ? say_unused(import) : r;
}
