/* See begun.h. */
#include "ledger/begun.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A power of 2: more than can be begun and not yet be in the database. */
#define MARKS 8192

/* Places in which the marks of a run may be. */
#define PROBES 8

/* A mark is the number of the run, which has so many bits (ledger.c); above it, how many attempts
   there were before. */
#define RUN_BITS    48
#define RUN_MASK    (((uint64_t)1 << RUN_BITS) - 1)
#define ATTEMPT_MAX (1U << (64 - RUN_BITS))

#define MAGIC "everyd begun 1"

struct file {
	char magic[24];
	char boot[PAST_BOOT_ID_SIZE + 3];
	uint64_t marks[MARKS]; /* 0: none */
};

struct begun {
	char path[PATH_MAX];
	int fd;
	pthread_mutex_t lock; /* of what follows */
	struct file file; /* as it is on disk, but for marks that say nothing any more: 0 here */
};

static bool is_of_boot(const struct file *file, const char *boot)
{
	return memcmp(file->magic, MAGIC, sizeof(MAGIC)) == 0 &&
	       strncmp(file->boot, boot, sizeof(file->boot)) == 0;
}

static void begin(struct file *file, const char *boot)
{
	memset(file, 0, sizeof(*file));
	(void)snprintf(file->boot, sizeof(file->boot), "%s", boot);
	memcpy(file->magic, MAGIC, sizeof(MAGIC));
}

static bool write_all(const struct begun *begun)
{
	return pwrite(begun->fd, &begun->file, sizeof(begun->file), 0) == sizeof(begun->file);
}

/* Opens it with all its room, so that no mark can fail for want of disk. */
static int open_file(const char *path)
{
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
	    posix_fallocate(fd, 0, sizeof(struct file)) == 0)
		return fd;
	(void)close(fd);
	return -1;
}

struct begun *begun_open(const char *directory, const char *boot)
{
	struct begun *begun = boot[0] ? malloc(sizeof(*begun)) : NULL;

	if (!begun)
		return NULL;
	begun->fd = -1;
	if (snprintf(begun->path, PATH_MAX, "%s/%s", directory, BEGUN_NAME) < PATH_MAX)
		begun->fd = open_file(begun->path);
	if (begun->fd < 0 || pthread_mutex_init(&begun->lock, NULL) != 0) {
		if (begun->fd >= 0)
			(void)close(begun->fd);
		free(begun);
		return NULL;
	}
	if (pread(begun->fd, &begun->file, sizeof(begun->file), 0) == sizeof(begun->file) &&
	    is_of_boot(&begun->file, boot))
		return begun;
	begin(&begun->file, boot);
	if (write_all(begun))
		return begun;
	begun_close(begun);
	return NULL;
}

void begun_close(struct begun *begun)
{
	if (!begun)
		return;
	(void)close(begun->fd);
	(void)pthread_mutex_destroy(&begun->lock);
	free(begun);
}

static void lock(struct begun *begun)
{
	int error = pthread_mutex_lock(&begun->lock);

	assert(error == 0);
	(void)error;
}

static void unlock(struct begun *begun)
{
	int error = pthread_mutex_unlock(&begun->lock);

	assert(error == 0);
	(void)error;
}

/* The i-th of the places that a run has. */
static uint64_t *place(struct begun *begun, uint64_t run, unsigned i)
{
	return &begun->file.marks[(run + i) & (MARKS - 1)];
}

/* NULL: there is none. */
static uint64_t *find_free(struct begun *begun, uint64_t run)
{
	for (unsigned i = 0; i < PROBES; i++)
		if (*place(begun, run, i) == 0)
			return place(begun, run, i);
	return NULL;
}

static unsigned attempt_of(uint64_t mark)
{
	return (unsigned)(mark >> RUN_BITS) + 1;
}

static bool is_of(uint64_t mark, uint64_t run)
{
	return mark != 0 && (mark & RUN_MASK) == run;
}

static bool write_mark(const struct begun *begun, const uint64_t *mark)
{
	off_t at = (const char *)mark - (const char *)&begun->file;

	return pwrite(begun->fd, mark, sizeof(*mark), at) == sizeof(*mark);
}

static bool is_there(const struct begun *begun)
{
	struct stat there;
	struct stat own;

	return fstat(begun->fd, &own) == 0 && stat(begun->path, &there) == 0 &&
	       there.st_ino == own.st_ino && there.st_dev == own.st_dev;
}

/* If that fails, marks are as good as they were. */
void begun_renew(struct begun *begun)
{
	int fd;

	lock(begun);
	fd = is_there(begun) ? -1 : open_file(begun->path);
	if (fd >= 0) {
		(void)close(begun->fd);
		begun->fd = fd;
		(void)write_all(begun);
	}
	unlock(begun);
}

bool begun_mark(struct begun *begun, uint64_t run, unsigned attempt)
{
	uint64_t *mark;
	bool marked = false;

	if (run > RUN_MASK || attempt > ATTEMPT_MAX)
		return false;
	lock(begun);
	mark = find_free(begun, run);
	if (mark) {
		*mark = run | (uint64_t)(attempt - 1) << RUN_BITS;
		marked = write_mark(begun, mark);
		if (!marked)
			*mark = 0;
	}
	unlock(begun);
	return marked;
}

/* Under the lock, if there is somebody else. */
static unsigned find_attempt(struct begun *begun, uint64_t run)
{
	unsigned attempt = 0;

	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t mark = *place(begun, run, i);

		if (is_of(mark, run) && attempt_of(mark) > attempt)
			attempt = attempt_of(mark);
	}
	return attempt;
}

unsigned begun_attempt(struct begun *begun, uint64_t run)
{
	unsigned attempt;

	lock(begun);
	attempt = find_attempt(begun, run);
	unlock(begun);
	return attempt;
}

/* Marks of attempts up to that one. `written`: on disk as well. */
static void clear(struct begun *begun, uint64_t run, unsigned attempt, bool written)
{
	lock(begun);
	for (unsigned i = 0; i < PROBES; i++) {
		uint64_t *mark = place(begun, run, i);

		if (!is_of(*mark, run) || attempt_of(*mark) > attempt)
			continue;
		*mark = 0;
		if (written)
			(void)write_mark(begun, mark);
	}
	unlock(begun);
}

void begun_release(struct begun *begun, uint64_t run, unsigned attempt)
{
	clear(begun, run, attempt, false);
}

void begun_unmark(struct begun *begun, uint64_t run)
{
	clear(begun, run, ATTEMPT_MAX, true);
}

/* What is known of its process is of an attempt before. */
static void start_if_marked(struct begun *begun, const char *boot, struct past_run *run)
{
	unsigned attempt = find_attempt(begun, run->id);

	if (attempt <= run->attempt)
		return;
	*run = (struct past_run){
		.id = run->id,
		.slot = run->slot,
		.state = PAST_STARTED,
		.attempt = attempt,
	};
	(void)snprintf(run->boot, sizeof(run->boot), "%s", boot);
}

/* Is it one of the runs that have no verdict? */
static bool is_open(const struct past *past, uint64_t id)
{
	for (size_t i = 0; i < past->n_jobs; i++)
		for (size_t k = 0; k < past->jobs[i].n_runs; k++)
			if (past->jobs[i].runs[k].id == id)
				return true;
	return false;
}

void begun_recall(struct begun *begun, const char *boot, struct past *past)
{
	for (size_t i = 0; i < past->n_jobs; i++)
		for (size_t k = 0; k < past->jobs[i].n_runs; k++)
			start_if_marked(begun, boot, &past->jobs[i].runs[k]);
	lock(begun);
	for (size_t i = 0; i < MARKS; i++)
		if (begun->file.marks[i] != 0 && !is_open(past, begun->file.marks[i] & RUN_MASK))
			begun->file.marks[i] = 0;
	(void)write_all(begun);
	unlock(begun);
}
