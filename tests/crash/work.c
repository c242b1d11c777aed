/*
 * work [OPTION...] DIRECTORY: what the jobs run. Appends a line to the file "book" in DIRECTORY
 * when it begins and when it ends, in one write each, which no death of anybody can undo:
 *
 *     begin JOB SLOT RUN ATTEMPT PID MICROSECONDS alone|beside .
 *     end JOB SLOT RUN ATTEMPT PID MICROSECONDS STATUS .
 *
 * "beside" if more run at that moment than may: each holds a lock, of which there are as many,
 * until its process is no more. That needs no comparing of times, and holds for who is killed too.
 *
 *     -n LIMIT   how many may run at once; 1 without
 *     -l LOCK    what they have in common; the job's name without
 *     -t MIN-MAX how long it takes, in milliseconds
 *     -f PERCENT how often it fails
 *     -p         prints a line
 *     -s         does not go on before the disk has what was noted
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static int book = -1;
static bool synced;

static void give_up(const char *what)
{
	perror(what);
	_exit(99);
}

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	if (!value)
		give_up(name);
	return value;
}

static void note(const char *what, const char *word)
{
	struct timespec now;
	char text[512];
	int n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	n = snprintf(text, sizeof(text), "%s %s %s %s %s %d %lld %s .\n", what,
		     variable("EVERYD_JOB"), variable("EVERYD_SLOT"), variable("EVERYD_RUN"),
		     variable("EVERYD_ATTEMPT"), (int)getpid(),
		     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, word);
	if (write(book, text, (size_t)n) != n || (synced && fdatasync(book) < 0))
		give_up("book");
}

static int open_in(const char *directory, const char *name, unsigned number)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s.%u", directory, name, number);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		give_up(path);
	return fd;
}

/* Takes one of the locks, for good; false if there is none. Others that look for one wait
   meanwhile: so while we look locks only become free, and one that is free at the beginning is
   found. */
static bool take_lock(const char *directory, const char *name, unsigned limit)
{
	int door = open_in(directory, name, 0);
	bool taken = false;

	if (flock(door, LOCK_EX) < 0)
		give_up("flock");
	for (unsigned i = 1; i <= limit && !taken; i++) {
		int fd = open_in(directory, name, i);

		taken = flock(fd, LOCK_EX | LOCK_NB) == 0;
		if (!taken)
			(void)close(fd);
	}
	(void)close(door);
	return taken;
}

static unsigned chance(unsigned below)
{
	unsigned value;

	if (getrandom(&value, sizeof(value), 0) != sizeof(value))
		give_up("getrandom");
	return value % below;
}

static void take_milliseconds(unsigned ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

int main(int argc, char *argv[])
{
	unsigned limit = 1, min = 0, max = 0, percent = 0;
	const char *lock = NULL;
	bool prints = false;
	char path[512];
	int status;
	int c;

	while ((c = getopt(argc, argv, "n:l:t:f:ps")) != -1) {
		if (c == 'n')
			limit = (unsigned)atoi(optarg);
		else if (c == 'l')
			lock = optarg;
		else if (c == 't' && sscanf(optarg, "%u-%u", &min, &max) == 2 && max >= min)
			continue;
		else if (c == 'f')
			percent = (unsigned)atoi(optarg);
		else if (c == 'p')
			prints = true;
		else if (c == 's')
			synced = true;
		else
			return 99;
	}
	if (optind != argc - 1)
		return 99;
	(void)snprintf(path, sizeof(path), "%s/book", argv[optind]);
	book = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (book < 0)
		give_up(path);
	note("begin", take_lock(argv[optind], lock ? lock : variable("EVERYD_JOB"), limit)
			      ? "alone"
			      : "beside");
	if (prints)
		(void)dprintf(STDOUT_FILENO, "at work\n");
	take_milliseconds(min + chance(max - min + 1));
	status = chance(100) < percent ? 1 : 0;
	note("end", status ? "1" : "0");
	return status;
}
