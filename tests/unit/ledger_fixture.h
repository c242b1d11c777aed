/* A ledger in a directory of its own, postings for it, and what is in the file. */
#pragma once

#include "ledger/ledger.h"

#include "base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

/* Longer than anything here may take. */
#define LONG        (60 * USEC_PER_SEC)
#define PATIENCE_MS 60000

/* A moment of 2026 of which the tests are about: now, by and large, for what is young or old. */
#define T0 (1774000000 * USEC_PER_SEC)

static char directory[64]; /* of the state */
static char file[96];      /* the database */
static struct ledger *ledger;
static struct past past;
static struct ledger_news news; /* as of the last time */
static struct ledger_settings settings;
static struct ledger_life life;

static inline long start_of(pid_t pid)
{
	return 1000 + pid;
}

static inline int make_directory(void **state)
{
	(void)state;
	(void)snprintf(directory, sizeof(directory), "/tmp/everyd-ledger-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/%s", directory, LEDGER_NAME);
	ledger = NULL;
	past = (struct past){0};
	news = (struct ledger_news){0};
	settings = (struct ledger_settings){DURABILITY_PROCESS, 0, 0};
	life = (struct ledger_life){clock_wall(), 4321, "0.0", "the-boot"};
	return 0;
}

static inline int remove_directory(void **state)
{
	char command[192];

	(void)state;
	(void)ledger_close(ledger, false, 0, 5 * USEC_PER_SEC);
	ledger = NULL;
	past_done(&past);
	(void)snprintf(command, sizeof(command), "chmod -R u+rwX %s; rm -rf %s", directory,
		       directory);
	return system(command) == 0 ? 0 : -1;
}

/* --- the ledger --- */

static inline void open_ledger(void)
{
	past_done(&past);
	assert_int_equal(ledger_open(directory, &settings, &life, start_of, &ledger, &past), 0);
}

static inline uint64_t close_ledger(void)
{
	/* Under valgrind all that memory can hold takes a while. */
	return ledger_close(steal_ptr(ledger), true, T0 + USEC_PER_DAY, 10 * LONG);
}

/* Another life. */
static inline void reopen(void)
{
	assert_int_equal(close_ledger(), 0);
	life.started += USEC_PER_SEC;
	life.pid++;
	open_ledger();
}

/* Takes the news. What is told once stays in `news` until the test takes it out. */
static inline void take_news(void)
{
	struct ledger_news before = news;

	ledger_news(ledger, &news);
	news.renewed |= before.renewed;
	if (!news.set_aside[0])
		memcpy(news.set_aside, before.set_aside, sizeof(news.set_aside));
}

static inline void await_news(void)
{
	struct pollfd pollfd = {.fd = ledger_fd(ledger), .events = POLLIN};

	assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
	take_news();
}

/* Waits for trouble, and that it is told with that. */
static inline void await_trouble(const char *text)
{
	news.trouble = false;
	while (!news.trouble)
		await_news();
	if (!strstr(news.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, news.text);
	assert_non_null(strstr(news.text, file));
}

static inline void await_recovery(void)
{
	take_news();
	while (news.trouble)
		await_news();
}

/* --- postings --- */

static inline struct ledger_run a_run(uint64_t id, uint32_t job)
{
	return (struct ledger_run){
		.id = id,
		.job = job,
		.attempt = 1,
		.slot = T0 + (usec_t)id * USEC_PER_SEC,
		.due = T0 + (usec_t)id * USEC_PER_SEC + 5,
		.accepted = T0 + (usec_t)id * USEC_PER_SEC + 10,
	};
}

static inline void post_job(uint32_t number, const char *name)
{
	ledger_job(ledger, &(struct ledger_job){number, name, "every 1s", T0});
}

static inline void post_accepted(uint64_t id, uint32_t job)
{
	struct ledger_run run = a_run(id, job);

	ledger_accepted(ledger, &run);
}

static inline bool intend(uint64_t id, uint32_t job)
{
	struct ledger_run run = a_run(id, job);

	return ledger_intend(ledger, &run, run.accepted + 20, LONG);
}

static const struct run_result exited = {
	.kind = RESULT_EXITED,
	.code = 0,
	.queued = 100,
	.started = 200,
	.ended = 5200,
	.cpu = 1500,
	.max_rss = 2048,
	.printed = 10,
};

static inline struct ledger_attempt an_end(uint64_t id, uint32_t job, enum verdict verdict)
{
	return (struct ledger_attempt){
		.run = a_run(id, job),
		.verdict = verdict,
		.result = &exited,
		.elapsed_offset = T0 + (usec_t)id * USEC_PER_SEC,
		.pid = 77,
	};
}

static inline void post_ended(uint64_t id, uint32_t job, enum verdict verdict)
{
	struct ledger_attempt end = an_end(id, job, verdict);

	ledger_ended(ledger, &end);
}

/* All that was posted is written when this returns. */
static inline void settle(void)
{
	usec_t until = clock_monotonic() + LONG;

	ledger_flush(ledger);
	do {
		assert_true(clock_monotonic() < until);
		take_news();
	} while (news.waiting > 0);
}

/* --- the file --- */

static inline int on_row(void *ctx, int n, char **values, char **names)
{
	char *answer = ctx;
	size_t len = strlen(answer);

	(void)names;
	for (int i = 0; i < n; i++)
		len += (size_t)snprintf(answer + len, 4096 - len, "%s%s", i ? "|" : "",
					values[i] ? values[i] : "-");
	(void)snprintf(answer + len, 4096 - len, "\n");
	return 0;
}

/* What the file says to that: rows with a newline behind each, columns with | between; or the error
   in words. */
static inline const char *ask_file(const char *path, const char *sql)
{
	static char answer[4096];
	sqlite3 *db = NULL;

	answer[0] = '\0';
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
	    sqlite3_busy_timeout(db, PATIENCE_MS) != SQLITE_OK ||
	    sqlite3_exec(db, sql, on_row, answer, NULL) != SQLITE_OK)
		(void)snprintf(answer, sizeof(answer), "error: %s", sqlite3_errmsg(db));
	(void)sqlite3_close(db);
	return answer;
}

static inline const char *ask(const char *sql)
{
	return ask_file(file, sql);
}

static inline const struct past_job *past_of(const char *name)
{
	const struct past_job *job = past_find(&past, name);

	assert_non_null(job);
	return job;
}
