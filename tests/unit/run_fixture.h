/* Runs on the test's own thread, and what is heard of them. */
#pragma once

#include "exec/run.h"

#include "base/cleanup.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define KEPT 4096

/* Longer than any test may take. */
#define LONG USEC_PER_HOUR

static struct run_context *context;
static struct run_local *local;
static char directory[] = "/tmp/everyd-run-XXXXXX"; /* of the tests, removed at their end */
static char hook_directory[sizeof(directory) + 8];

/* Of all runs. */
static struct daemon_settings daemon_settings;

/* What one run had to say. All of it happens on the test's thread. */
static struct heard {
	char out[KEPT]; /* lines, each with a '|' behind it; what does not fit is only counted */
	char err[KEPT];
	char notes[KEPT];
	enum log_level note_level;
	size_t lines;
	unsigned notes_count;
	size_t bytes;
	size_t longest;
	struct kept_output *kept; /* of the last run; the fixture's */
	unsigned intended;
	size_t lines_before; /* that was intended */
	unsigned started;
	pid_t pid;
	int level;
	int wakefd;
	const struct reaction *reactions;
} heard;

/* A line at which the run is asked to stop, or that point of it. */
struct reaction {
	const char *line;
	int level;
};

#define AT_INTENT "(intent)"

static inline void add(char *to, const char *text, size_t len)
{
	size_t have = strlen(to);

	if (have + len + 2 > KEPT)
		return;
	memcpy(to + have, text, len);
	strcpy(to + have + len, "|");
}

static inline void react(const char *text)
{
	for (const struct reaction *r = heard.reactions; r && r->line; r++) {
		if (strcmp(r->line, text) == 0 && r->level > heard.level) {
			heard.level = r->level;
			eventfd_write(heard.wakefd, 1);
		}
	}
}

static inline void line(void *ctx, const struct log_line *said)
{
	const char *text = said->text;
	size_t len = said->len;

	(void)ctx;
	assert_int_equal(text[len], 0);
	heard.lines++;
	heard.bytes += len;
	if (len > heard.longest)
		heard.longest = len;
	add(strcmp(said->stream, "stdout") == 0 ? heard.out : heard.err, text, len);
	react(text);
}

static inline void note(void *ctx, const struct run *run, enum log_level level, const char *text)
{
	(void)ctx;
	(void)run;
	heard.note_level = level;
	heard.notes_count++;
	add(heard.notes, text, strlen(text));
}

static inline int woken(void *ctx)
{
	eventfd_t count;

	(void)ctx;
	(void)eventfd_read(heard.wakefd, &count);
	return heard.level;
}

static inline void intend(void *ctx)
{
	const struct run *run = ctx;

	assert_int_equal(heard.started, 0);
	assert_int_equal(run->pid, 0);
	heard.intended++;
	heard.lines_before = heard.lines;
	react(AT_INTENT);
}

static inline void started(void *ctx)
{
	const struct run *run = ctx;

	assert_int_equal(heard.intended, 1);
	heard.started++;
	heard.pid = run->pid;
}

static inline struct run_control control(struct run *run, const struct reaction *reactions)
{
	free(heard.kept);
	heard = (struct heard){
		.wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.reactions = reactions,
	};
	return (struct run_control){
		.wakefd = heard.wakefd,
		.woken = woken,
		.intend = intend,
		.started = started,
		.ctx = run,
	};
}

static inline struct run_result run_attempt(const struct job *job, unsigned attempt,
					    const struct reaction *reactions)
{
	struct run run = {
		.job = job,
		.daemon = &daemon_settings,
		.id = 7,
		.slot = 0,
		.queued = 42,
		.attempt = attempt,
	};
	struct run_control controls = control(&run, reactions);

	run_execute(&run, context, local, &controls);
	if (heard.wakefd >= 0)
		close(heard.wakefd);
	heard.kept = run.output;
	assert_int_equal(run.pid, 0);
	assert_int_equal(run.result.queued, 42);
	if (run.result.kind == RESULT_EXITED || run.result.kind == RESULT_SIGNALLED ||
	    (run.result.kind == RESULT_SPAWN_FAILED && strcmp(run.result.stage, "wait") == 0)) {
		assert_int_equal(heard.started, 1);
		assert_true(heard.pid > 0);
		assert_int_equal(run.result.pid, heard.pid);
		assert_true(run.result.started > 0 && run.result.ended >= run.result.started);
	} else {
		assert_int_equal(heard.started, 0);
		assert_int_equal(run.result.started, 0);
		assert_int_equal(run.result.ended, 0);
		assert_int_equal(run.result.pid, 0);
	}
	return run.result;
}

static inline struct run_result run_job(const struct job *job, const struct reaction *reactions)
{
	return run_attempt(job, 1, reactions);
}

static inline struct job_settings with(usec_t timeout, usec_t grace, enum leftover_policy leftover)
{
	return (struct job_settings){
		.timeout = timeout,
		.kill_signal = SIGTERM,
		.kill_grace = grace,
		.leftover = leftover,
		.shell = "/bin/sh",
	};
}

static inline struct run_result shell(const char *script, const struct job_settings *settings,
				      const struct reaction *reactions)
{
	struct job job = {
		.name = "test",
		.settings = settings,
		.command = {script, 1, true},
	};

	return run_job(&job, reactions);
}

static inline const struct job_settings *plain(void)
{
	static struct job_settings settings;

	settings = with(0, LONG, LEFTOVER_KILL);
	return &settings;
}

/* A file below the tests' directory, with that owner (-1: the test's own) and mode. */
static inline const char *make(const char *name, const char *text, size_t len, int owner,
			       mode_t mode)
{
	static char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_true(owner < 0 || fchown(fd, (uid_t)owner, (gid_t)owner) == 0);
	close(fd);
	return path;
}

static inline const char *make_text(const char *name, const char *text)
{
	return make(name, text, strlen(text), -1, 0644);
}

static inline int fixture_setup(void **state)
{
	struct run_sink sink = {.line = line, .note = note};
	sigset_t all;

	(void)state;
	sigfillset(&all);
	signal(SIGPIPE, SIG_IGN);
	setenv("SECRET", "secret", 1);
	/* Descriptors are counted here: none is to be whoever's started this. */
	closefrom(STDERR_FILENO + 1);
	if (!mkdtemp(directory) || chmod(directory, 0755) < 0)
		return -1;
	(void)snprintf(hook_directory, sizeof(hook_directory), "%s/hooks", directory);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0 ||
	    run_context_new(&sink, hook_directory, &context) < 0)
		return -1;
	local = run_local_new();
	return local ? 0 : -1;
}

static inline int fixture_teardown(void **state)
{
	char command[sizeof(directory) + 16];

	(void)state;
	free(heard.kept);
	run_local_free(local);
	run_context_free(context);
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}
