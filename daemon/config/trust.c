/* See trust.h. */
#include "config/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

/* How much is asked of read(2) beyond the size that fstat(2) tells. */
#define READ_AHEAD 4096

/* May its content be believed? Reports why not. */
static int check(const struct stat *st, const char *path, struct diags *diags)
{
	const struct place place = {.file = path};
	char shown[QUOTED_SIZE];

	quoted(path, strlen(path), shown);
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		place_report(
			diags, DIAG_ERROR, &place,
			"belongs to user %u, who could make everyd run anything; run: chown %u %s",
			(unsigned)st->st_uid, (unsigned)geteuid(), shown);
		return -EPERM;
	}
	if (st->st_mode & (S_IWGRP | S_IWOTH)) {
		place_report(diags, DIAG_ERROR, &place,
			     "%s may write to it and make everyd run anything; run: chmod go-w %s",
			     st->st_mode & S_IWOTH ? "everyone" : "its group", shown);
		return -EPERM;
	}
	return 0;
}

static int open_checked(const char *path, int flags, mode_t type, const struct place *from,
			struct diags *diags, struct stat *ret_st)
{
	const struct place place = {.file = path};
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	/* Not blocking at a FIFO, which is then refused. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	if (fd < 0 || fstat(fd, &st) < 0) {
		char shown[QUOTED_SIZE];

		r = -errno;
		place_report(diags, DIAG_ERROR, from, "cannot open %s: %s",
			     quoted(path, strlen(path), shown), strerror(-r));
		return r;
	}
	if ((st.st_mode & S_IFMT) != type) {
		place_report(diags, DIAG_ERROR, &place, "is not a regular file");
		return -EINVAL;
	}
	r = check(&st, path, diags);
	if (r < 0)
		return r;
	*ret_st = st;
	return steal_fd(&fd);
}

/* Reads all there is, whatever fstat(2) said. */
static int read_all(int fd, size_t size, char **ret_text, size_t *ret_len)
{
	_cleanup_free_ char *text = NULL;
	size_t room = 0;
	size_t len = 0;

	for (;;) {
		ssize_t n;

		if (room - len < READ_AHEAD) {
			char *bigger;

			room = len ? room + room / 2 + READ_AHEAD : size + READ_AHEAD;
			bigger = realloc(text, room + 1);
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
		if (len > TRUST_FILE_MAX)
			return -EFBIG;
	}
	text[len] = '\0';
	*ret_text = steal_ptr(text);
	*ret_len = len;
	return 0;
}

int trust_read(const char *path, const struct place *from, struct diags *diags,
	       struct trusted_file *ret_file)
{
	const struct place place = {.file = path};
	_cleanup_close_ int fd = -1;
	struct trusted_file file;
	struct stat st = {0};
	int r;

	fd = open_checked(path, 0, S_IFREG, from, diags, &st);
	if (fd < 0)
		return fd;
	file = (struct trusted_file){.dev = st.st_dev, .ino = st.st_ino};
	if (st.st_size > (off_t)TRUST_FILE_MAX)
		r = -EFBIG;
	else
		r = read_all(fd, (size_t)st.st_size, &file.text, &file.len);
	if (r == -EFBIG)
		place_report(diags, DIAG_ERROR, &place,
			     "is longer than %zu bytes; spread it over several files",
			     TRUST_FILE_MAX);
	else if (r < 0 && r != -ENOMEM)
		place_report(diags, DIAG_ERROR, &place, "cannot be read: %s", strerror(-r));
	if (r < 0)
		return r;
	*ret_file = file;
	return 0;
}

int trust_open_dir(const char *path, const struct place *from, struct diags *diags)
{
	struct stat st;

	return open_checked(path, O_DIRECTORY, S_IFDIR, from, diags, &st);
}
