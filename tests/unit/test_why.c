/* Holds: what is said of an occurrence, for each verdict and reason, and where there is none. */
#include "control/why_text.h"

#include "base/arena.h"
#include "calendar/cron.h"
#include "calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-03-01 00:00 in the zone of these tests, which is an hour ahead of UTC. */
#define MIDNIGHT (1772319600 * USEC_PER_SEC)
#define AT(h, m) (MIDNIGHT + (h)*USEC_PER_HOUR + (m)*USEC_PER_MIN)

static struct arena arena;
static const struct zone *zone;
static struct cron_expr expr;
static struct cron cron;
static struct job_settings settings;
static struct job job;
static const struct daemon_settings settings_of_daemon = {
	.workers = 8,
	.queue = 16,
	.history_keep = 30 * USEC_PER_DAY,
	.history_runs = 1000,
};

static int make(void **state)
{
	char problem[CRON_PROBLEM_SIZE];

	(void)state;
	arena_init(&arena);
	assert_int_equal(
		zone_parse_posix(&arena, "Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", &zone), 0);
	assert_int_equal(cron_expr_parse("0 3 * * *", "backup", &expr, problem), 0);
	cron = (struct cron){.zone = zone, .n_exprs = 1, .exprs = &expr};
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	arena_done(&arena);
	return 0;
}

/* That of 03:00, as it is told at noon. */
static struct why_facts facts_of(const struct reader_near *near)
{
	settings = (struct job_settings){.max_running = 1, .catch_up_window = USEC_PER_DAY};
	job = (struct job){
		.name = "backup",
		.schedule = {.kind = SCHEDULE_CRON, .cron = &cron},
		.settings = &settings,
	};
	return (struct why_facts){
		.job = "backup",
		.def = &job,
		.daemon = &settings_of_daemon,
		.zone = zone,
		.now = AT(12, 0),
		.asked = USEC_INFINITY,
		.earlier = USEC_INFINITY,
		.later = USEC_INFINITY,
		.slot = near ? near->slot : AT(3, 0),
		.near = near,
		.due = USEC_INFINITY,
		.until = USEC_INFINITY,
	};
}

static struct reader_near near_of(const struct reader_row *row)
{
	return (struct reader_near){
		.slot = AT(3, 0),
		.row = row,
		.oldest = USEC_INFINITY,
		.held = USEC_INFINITY,
	};
}

static void expect(const struct why_facts *facts, const char *expected)
{
	char *text = why_text(facts);

	assert_non_null(text);
	if (strcmp(text, expected) != 0)
		fail_msg("\n%s\nis not\n%s", text, expected);
	free(text);
}

/* A run: what a test does not care about is as it is for most. */
static struct reader_row run_of(struct reader_row row)
{
	row.job = "backup";
	row.id = 17;
	row.slot = row.first = AT(3, 0);
	row.count = 1;
	row.cpu = row.memory = -1;
	if (row.due == 0)
		row.due = AT(3, 0);
	if (row.attempts == 0)
		row.attempts = 1;
	if (row.exit == 0 && row.verdict != VERDICT_OK)
		row.exit = -1;
	return row;
}

#define RUN(...) run_of((struct reader_row){__VA_ARGS__})

/* One that did not run. */
#define STREAK(v, r)                                                                               \
	{                                                                                          \
		.job = "backup", .is_streak = true, .id = 5, .slot = AT(3, 0), .first = AT(3, 0),  \
		.count = 1, .verdict = (v), .reason = (r), .exit = -1                              \
	}

/* --- what ran --- */

static void runs_are_told_by_their_verdict(void **state)
{
	static const struct {
		struct reader_row row;
		const char *text;
	} cases[] = {
		{{.verdict = VERDICT_OK, .started = AT(3, 0), .ended = AT(3, 4), .exit = 0},
		 "03:00 ran, and succeeded in 4m"},
		{{.verdict = VERDICT_OK,
		  .started = AT(3, 2),
		  .ended = AT(3, 4),
		  .exit = 75,
		  .attempts = 2},
		 "03:00 ran, and succeeded in 2m with exit status 75, which success_exit has, at "
		 "attempt 2 (it started 03:02)"},
		{{.verdict = VERDICT_OK, .started = AT(3, 2), .ended = AT(3, 4), .exit = 0},
		 "03:00 ran, and succeeded in 2m (it started 03:02, 2m late)"},
		/* Its splay is no lateness. */
		{{.verdict = VERDICT_OK,
		  .due = AT(3, 2),
		  .started = AT(3, 2),
		  .ended = AT(3, 4),
		  .exit = 0},
		 "03:00 ran, and succeeded in 2m (it started 03:02)"},
		{{.verdict = VERDICT_OK,
		  .manual = true,
		  .started = AT(3, 0),
		  .ended = AT(3, 4),
		  .exit = 0},
		 "03:00, asked for by hand, ran, and succeeded in 4m"},
		{{.verdict = VERDICT_FAILED, .started = AT(3, 0), .ended = AT(3, 1), .exit = 3},
		 "03:00 failed: exit status 3 after 1m"},
		{{.verdict = VERDICT_FAILED,
		  .started = AT(3, 0),
		  .ended = AT(3, 1),
		  .signal = 11,
		  .attempts = 3},
		 "03:00 failed: killed by SIGSEGV after 1m, at attempt 3"},
		{{.verdict = VERDICT_FAILED,
		  .reason = REASON_MEMORY,
		  .started = AT(3, 0),
		  .ended = AT(3, 1),
		  .signal = 9},
		 "03:00 failed: it ran out of memory, at its memory_max: killed by SIGKILL after "
		 "1m"},
		{{.verdict = VERDICT_FAILED, .stage = "exec", .error = 2},
		 "03:00 failed: it could not be started: exec: No such file or directory"},
		{{.verdict = VERDICT_FAILED,
		  .reason = REASON_STOPPING,
		  .started = AT(3, 0),
		  .ended = AT(3, 1),
		  .exit = 1},
		 "03:00 failed: exit status 1 after 1m; it was not tried again: the daemon is "
		 "stopping"},
		{{.verdict = VERDICT_TIMEOUT, .started = AT(3, 0), .ended = AT(4, 0)},
		 "03:00 was stopped at its time-out, after 1h"},
		{{.verdict = VERDICT_TIMEOUT,
		  .reason = REASON_REMOVED,
		  .started = AT(3, 0),
		  .ended = AT(4, 0)},
		 "03:00 was stopped at its time-out, after 1h; it was not tried again: the job "
		 "left the configuration"},
		{{.verdict = VERDICT_KILLED,
		  .reason = REASON_OPERATOR,
		  .started = AT(3, 0),
		  .ended = AT(3, 40)},
		 "03:00 was killed after 40m: an operator asked for it"},
		{{.verdict = VERDICT_KILLED,
		  .reason = REASON_STOPPING,
		  .started = AT(3, 0),
		  .ended = AT(3, 40)},
		 "03:00 was killed after 40m: everyd stopped, and it did not end within "
		 "stop_timeout"},
		{{.verdict = VERDICT_KILLED,
		  .reason = REASON_REPLACED,
		  .started = AT(3, 0),
		  .ended = AT(3, 40)},
		 "03:00 was killed after 40m: a later occurrence took its place"},
		{{.verdict = VERDICT_LOST, .reason = REASON_CRASH, .started = AT(3, 0), .pid = 812},
		 "03:00 ran, but what came of it is not known: everyd died while it ran (pid 812)"},
		{{.verdict = VERDICT_LOST, .reason = REASON_ADOPTED, .started = AT(3, 0)},
		 "03:00 ran, but what came of it is not known: it outlived the everyd that had "
		 "started it, and nobody saw how it ended"},
		{{.verdict = VERDICT_CANCELLED, .reason = REASON_OPERATOR},
		 "03:00 was taken back before it could run: an operator asked for it"},
		/* One that was asked for is never counted in a streak. */
		{{.verdict = VERDICT_SKIPPED,
		  .reason = REASON_CONDITION,
		  .manual = true,
		  .exit = 1},
		 "03:00, asked for by hand, was skipped: its condition (only_if) did not hold: it "
		 "ended with exit status 1"},
		{{.state = READER_ACCEPTED},
		 "03:00 was accepted; how it ended is about to be recorded"},
		{{.state = READER_STARTED, .started = AT(3, 0)},
		 "03:00 was started 03:00; how it ended is about to be recorded"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader_row row = run_of(cases[i].row);
		struct reader_near near = near_of(&row);
		struct why_facts facts = facts_of(&near);

		expect(&facts, cases[i].text);
	}
}

static void a_live_run_is_told_as_it_is(void **state)
{
	static const struct {
		struct why_live live;
		const char *text;
	} cases[] = {
		{{.state = RUN_STARTED, .attempt = 1, .pid = 812, .age = 64 * USEC_PER_MIN},
		 "03:00 is running (pid 812) for 1h4m"},
		{{.state = RUN_STARTED, .attempt = 2, .pid = 812, .age = 64 * USEC_PER_MIN},
		 "03:00 is running (pid 812) for 1h4m, at attempt 2"},
		{{.state = RUN_SUBMITTED,
		  .adopted = true,
		  .attempt = 1,
		  .pid = 9,
		  .age = USEC_PER_MIN},
		 "03:00 is running (pid 9) for 1m"},
		{{.state = RUN_SUBMITTED, .attempt = 1, .age = USEC_PER_MIN},
		 "03:00 has waited for a worker for 1m"},
		{{.state = RUN_WAITING, .attempt = 1, .age = USEC_PER_MIN},
		 "03:00 has waited for its concurrency_group for 1m"},
		{{.state = RUN_BACKOFF, .attempt = 2, .wait = 30 * USEC_PER_SEC},
		 "03:00 failed at attempt 2, and is tried again in 30s"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader_row row = RUN(.state = READER_ACCEPTED);
		struct reader_near near = near_of(&row);
		struct why_facts facts = facts_of(&near);

		facts.live = &cases[i].live;
		expect(&facts, cases[i].text);
		/* Whether or not it is on record yet. */
		near.row = NULL;
		expect(&facts, cases[i].text);
	}
}

/* --- what did not run --- */

static const struct reader_row blocker_row = {
	.job = "backup",
	.id = 16,
	.slot = AT(2, 0),
	.first = AT(2, 0),
	.count = 1,
	.verdict = VERDICT_OK,
	.due = AT(2, 0),
	.started = AT(1, 56),
	.ended = AT(3, 12),
	.pid = 812,
	.exit = 0,
	.attempts = 1,
};

static const struct reader_row after_row = {
	.job = "backup",
	.id = 18,
	.slot = AT(5, 0),
	.first = AT(5, 0),
	.count = 1,
	.verdict = VERDICT_FAILED,
	.started = AT(6, 0),
	.ended = AT(6, 1),
	.exit = 1,
	.attempts = 1,
};

/* What is around: one of these or more. */
enum {
	BLOCKER = 1 << 0, /* the run of 02:00 ran until 03:12 */
	AFTER = 1 << 1,   /* that of 05:00 ran at 06:00 */
	DOWN = 1 << 2,    /* from 02:10 to 06:00 */
	DIED = 1 << 3,    /* some time after 01:00, until 06:00 */
	STEP = 1 << 4,    /* at 04:00, by two hours */
	NONE = 1 << 5,    /* catch_up = "none" */
	PAUSED = 1 << 6,  /* now */
	SEVERAL = 1 << 7, /* 11 occurrences, to 03:50 */
	NEW = 1 << 8,     /* nobody knows of a start before 06:00 */
};

static void what_did_not_run_is_told_by_its_reason(void **state)
{
	static const struct {
		enum verdict verdict;
		enum reason reason;
		int around;
		const char *text;
	} cases[] = {
		{VERDICT_SKIPPED, REASON_OVERLAP, BLOCKER,
		 "03:00 was skipped: the run of 02:00 was still running (pid 812, 1h4m); it ended "
		 "03:12 ok"},
		{VERDICT_SKIPPED, REASON_OVERLAP, BLOCKER | SEVERAL,
		 "03:00 was skipped: the run of 02:00 was still running (pid 812, 1h4m); it ended "
		 "03:12 ok; the same goes for all 11 from 03:00 to 03:50"},
		{VERDICT_SKIPPED, REASON_OVERLAP, 0,
		 "03:00 was skipped: the run before had not ended"},
		{VERDICT_SKIPPED, REASON_HELD, BLOCKER,
		 "03:00 was skipped: the run of 02:00 was still running (pid 812, 1h4m), and "
		 "another occurrence waited for that already; it ended 03:12 ok"},
		{VERDICT_SKIPPED, REASON_MAX_RUNNING, 0,
		 "03:00 was skipped: as many runs as max_running allows had not ended"},
		{VERDICT_SKIPPED, REASON_MAX_RUNNING, BLOCKER,
		 "03:00 was skipped: as many runs as max_running allows had not ended; the run of "
		 "02:00 was still running (pid 812, 1h4m); it ended 03:12 ok"},
		{VERDICT_SKIPPED, REASON_REPLACED, 0,
		 "03:00 was skipped: before it could start, a later occurrence took its place"},
		{VERDICT_SKIPPED, REASON_CONDITION, 0,
		 "03:00 was skipped: its condition (only_if) did not hold"},
		{VERDICT_COALESCED, REASON_DOWN, DOWN | AFTER | SEVERAL,
		 "03:00 had no run of its own: everyd was not running from 02:10 to 06:00; the run "
		 "of 05:00 (run 18) stood for it; it ended 06:01 failed; the same goes for all 11 "
		 "from 03:00 to 03:50"},
		{VERDICT_COALESCED, REASON_DOWN, 0,
		 "03:00 had no run of its own: everyd was not running; one run stands for all "
		 "that is made up for"},
		{VERDICT_COALESCED, REASON_DOWN, DIED | AFTER,
		 "03:00 had no run of its own: everyd was not running: it was started 01:00 and "
		 "died some time after, and was started again 06:00; the run of 05:00 (run 18) "
		 "stood for it; it ended 06:01 failed"},
		{VERDICT_COALESCED, REASON_STEPPED, STEP | AFTER,
		 "03:00 had no run of its own: the clock was set forward by 2h, to 04:00; the run "
		 "of 05:00 (run 18) stood for it; it ended 06:01 failed"},
		{VERDICT_COALESCED, REASON_STEPPED, AFTER,
		 "03:00 had no run of its own: the machine was suspended, or its clock set "
		 "forward; the run of 05:00 (run 18) stood for it; it ended 06:01 failed"},
		{VERDICT_COALESCED, REASON_LATE, AFTER,
		 "03:00 had no run of its own: everyd could not act at that time, because the "
		 "machine or everyd was too busy; the run of 05:00 (run 18) stood for it; it ended "
		 "06:01 failed"},
		{VERDICT_COALESCED, REASON_PAUSED, AFTER,
		 "03:00 had no run of its own: the job was paused; the run of 05:00 (run 18) stood "
		 "for it; it ended 06:01 failed"},
		{VERDICT_MISSED, REASON_DOWN, DOWN | NONE,
		 "03:00 was missed: everyd was not running from 02:10 to 06:00, and catch_up = "
		 "\"none\" makes up for nothing"},
		{VERDICT_MISSED, REASON_DOWN, NEW,
		 "03:00 was missed: everyd was not running before 06:00"},
		{VERDICT_MISSED, REASON_WINDOW, DOWN,
		 "03:00 was missed: everyd was not running from 02:10 to 06:00, and by then it was "
		 "longer ago than catch_up_window (1d) allows to be made up for"},
		{VERDICT_MISSED, REASON_WINDOW, 0,
		 "03:00 was missed: it was longer ago than catch_up_window (1d) allows to be made "
		 "up for"},
		{VERDICT_MISSED, REASON_STEPPED, STEP | NONE,
		 "03:00 was missed: the clock was set forward by 2h, to 04:00, and catch_up = "
		 "\"none\" makes up for nothing"},
		{VERDICT_MISSED, REASON_LATE, 0,
		 "03:00 was missed: everyd could not act at that time, because the machine or "
		 "everyd was too busy"},
		{VERDICT_PAUSED, REASON_PAUSED, 0, "03:00 did not run: the job was paused"},
		{VERDICT_PAUSED, REASON_PAUSED, PAUSED,
		 "03:00 did not run: the job was paused; it still is, until 18:00 (moving house)"},
		{VERDICT_PAUSED, REASON_PAUSED, PAUSED | AFTER,
		 "03:00 did not run: the job was paused"},
		{VERDICT_REFUSED, REASON_QUEUE_FULL, 0,
		 "03:00 was refused: the queue was full (workers = 8 were busy, and queue = 16 "
		 "occurrences waited for one)"},
		{VERDICT_REFUSED, REASON_NO_RESOURCES, 0,
		 "03:00 was refused: there was no memory or no thread to run it"},
		{VERDICT_CANCELLED, REASON_STOPPING, DOWN,
		 "03:00 was taken back before it could run: everyd was stopping, and stopped "
		 "02:10"},
		{VERDICT_CANCELLED, REASON_REMOVED, 0,
		 "03:00 was taken back before it could run: the job left the configuration"},
		{VERDICT_CANCELLED, REASON_RESCHEDULED, 0,
		 "03:00 was taken back before it could run: the job was given another schedule"},
		{VERDICT_CANCELLED, REASON_OPERATOR, 0,
		 "03:00 was taken back before it could run: an operator asked for it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reader_row row = STREAK(cases[i].verdict, cases[i].reason);
		struct reader_near near = near_of(&row);
		struct why_facts facts = facts_of(&near);
		int around = cases[i].around;

		if (around & BLOCKER)
			near.live = &blocker_row;
		if (around & AFTER)
			near.after = &after_row;
		if (around & DOWN)
			near.life = (struct reader_life){AT(0, 0), AT(2, 10), AT(6, 0)};
		if (around & DIED)
			near.life = (struct reader_life){AT(1, 0), 0, AT(6, 0)};
		if (around & NEW)
			near.life = (struct reader_life){0, 0, AT(6, 0)};
		if (around & STEP) {
			near.stepped = AT(4, 0);
			near.step = 2 * USEC_PER_HOUR;
		}
		if (around & NONE)
			settings.catch_up = CATCH_UP_NONE;
		if (around & SEVERAL) {
			row.count = 11;
			row.slot = AT(3, 50);
		}
		if (around & PAUSED) {
			facts.paused = true;
			facts.until = AT(18, 0);
			facts.reason = "moving house";
		}
		expect(&facts, cases[i].text);
	}
}

/* Each verdict that the table of core has is worded here. */
static void no_verdict_and_no_reason_is_left_out(void **state)
{
	(void)state;
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		for (int reason = 0; reason < REASON_COUNT; reason++) {
			struct reader_row row = STREAK((enum verdict)verdict, (enum reason)reason);
			struct reader_near near = near_of(&row);
			struct why_facts facts = facts_of(&near);
			char *text = why_text(&facts);

			assert_non_null(text);
			assert_true(strlen(text) > strlen("03:00 failed"));
			assert_null(strchr(text, '\n'));
			free(text);
		}
	}
}

/* Who was in the way may still be. */
static void a_blocker_that_lives_is_told(void **state)
{
	struct reader_row live = blocker_row;
	struct reader_row row = STREAK(VERDICT_SKIPPED, REASON_OVERLAP);
	struct reader_near near = near_of(&row);
	struct why_facts facts = facts_of(&near);
	const struct why_live blocker = {
		.state = RUN_STARTED, .attempt = 1, .pid = 812, .age = 10 * USEC_PER_HOUR};

	(void)state;
	live.state = READER_STARTED;
	live.ended = 0;
	near.live = &live;
	facts.blocker = &blocker;
	expect(&facts, "03:00 was skipped: the run of 02:00 was still running (pid 812, 1h4m); it "
		       "is running (pid 812) for 10h");
	/* It had not begun. */
	live.started = AT(3, 30);
	live.manual = true;
	facts.blocker = NULL;
	expect(&facts, "03:00 was skipped: the run that was asked for at 02:00 had not ended");
	live.state = READER_ENDED;
	expect(&facts, "03:00 was skipped: the run that was asked for at 02:00 had not ended; it "
		       "was ok");
}

/* --- what is not on record --- */

static void what_is_yet_to_come_is_told(void **state)
{
	struct reader_near near = near_of(NULL);
	struct why_facts facts = facts_of(&near);

	(void)state;
	near.slot = facts.slot = AT(13, 0);
	facts.pending = true;
	expect(&facts, "13:00 is not due yet: it is in 1h");
	job.schedule.delay = 5 * USEC_PER_MIN;
	expect(&facts, "13:00 is not due yet: it is at 13:05, by its splay, in 1h5m");
	facts.paused = true;
	facts.until = AT(14, 0);
	facts.reason = "";
	job.schedule.delay = 0;
	expect(&facts, "13:00 is not due yet: it is in 1h; but the job is paused until 14:00");
	facts.until = AT(13, 0);
	expect(&facts, "13:00 is not due yet: it is in 1h");
}

static void what_waits_is_told(void **state)
{
	struct reader_row live = blocker_row;
	struct reader_near near = near_of(NULL);
	struct why_facts facts = facts_of(&near);
	const struct why_live blocker = {
		.state = RUN_STARTED, .attempt = 1, .pid = 812, .age = 10 * USEC_PER_HOUR};

	(void)state;
	facts.waits = true;
	expect(&facts, "03:00 waits: it is to be made up for, and its turn has not come");
	facts.is_held = true;
	expect(&facts, "03:00 waits: the run before has not ended");
	live.state = READER_STARTED;
	near.live = &live;
	facts.blocker = &blocker;
	expect(&facts, "03:00 waits: the run of 02:00 has not ended; it is running (pid 812) for "
		       "10h");
	facts.paused = true;
	facts.reason = "backup of the disk";
	expect(&facts, "03:00 waits: the job is paused until somebody resumes it (backup of the "
		       "disk)");
}

static void what_is_not_on_record_is_told(void **state)
{
	struct reader_near near = near_of(NULL);
	struct why_facts facts = facts_of(&near);

	(void)state;
	near.floor = AT(5, 0);
	near.oldest = AT(6, 0);
	expect(&facts, "03:00 is not on record: everyd did not know the job then, or more than "
		       "history_runs = 1000 have run since; the oldest of it on record is 06:00");
	facts.now = AT(12, 0) + 31 * USEC_PER_DAY;
	expect(&facts, "2026-03-01 03:00 is not on record any more: history_keep is 4w2d; the "
		       "oldest of it on record is 06:00");
	facts.now = AT(12, 0);
	near.floor = AT(1, 0);
	expect(&facts, "03:00 is not on record: the schedule had no such slot then, or the ledger "
		       "could not be written");
	near.gone = AT(2, 0);
	facts.def = NULL;
	expect(&facts, "03:00 is not on record: the job left the configuration 02:00");
	facts.paused = true;
	facts.def = &job;
	near.gone = 0;
	expect(&facts, "03:00 is not on record: the job is paused until somebody resumes it");
	facts = facts_of(NULL);
	facts.unread = "there is no ledger";
	expect(&facts, "03:00: what became of it cannot be told, because there is no ledger");
}

static void a_job_without_a_past_is_told(void **state)
{
	struct reader_near near = near_of(NULL);
	struct why_facts facts;

	(void)state;
	near.slot = USEC_INFINITY;
	facts = facts_of(&near);
	facts.due = AT(27, 0);
	expect(&facts, "Nothing is on record of backup: it is due at 03:00 every day, "
		       "Europe/Berlin, next 2026-03-02 03:00");
	facts.paused = true;
	expect(&facts, "Nothing is on record of backup: it is due at 03:00 every day, "
		       "Europe/Berlin, next 2026-03-02 03:00; it is paused until somebody resumes "
		       "it");
	facts = facts_of(&near);
	facts.def = NULL;
	expect(&facts, "Nothing is on record of backup: it is not in the configuration");
	facts.near = NULL;
	facts.unread = "there is no ledger";
	facts.def = &job;
	expect(&facts, "Nothing is on record of backup, because there is no ledger: it is due at "
		       "03:00 every day, Europe/Berlin");
}

/* --- times --- */

static void a_time_that_is_no_slot_is_told(void **state)
{
	struct reader_row row = RUN(.verdict = VERDICT_OK, .exit = 0);
	struct reader_near near = near_of(&row);
	struct why_facts facts = facts_of(&near);

	(void)state;
	facts.asked = AT(3, 0) + 59 * USEC_PER_SEC;
	expect(&facts, "03:00 ran, and succeeded");
	facts.asked = AT(3, 20);
	expect(&facts, "There is no slot at 03:20; the nearest is 03:00. 03:00 ran, and succeeded");
	facts.asked = AT(10, 0);
	facts.earlier = AT(3, 0);
	facts.later = AT(27, 0);
	expect(&facts, "backup has no slot near 10:00: it is due at 03:00 every day, "
		       "Europe/Berlin; before that at 03:00, after that at 2026-03-02 03:00. "
		       "2026-03-01 03:00 ran, and succeeded");
	facts.earlier = USEC_INFINITY;
	expect(&facts, "backup has no slot near 10:00: it is due at 03:00 every day, "
		       "Europe/Berlin; after that at 2026-03-02 03:00. 2026-03-01 03:00 ran, and "
		       "succeeded");
}

static void times_are_of_the_zone(void **state)
{
	struct reader_row row = RUN(.verdict = VERDICT_OK, .exit = 0);
	struct reader_near near = near_of(&row);
	struct why_facts facts = facts_of(&near);

	(void)state;
	/* One that is not everybody's is named. */
	facts.foreign = true;
	expect(&facts, "03:00 CET ran, and succeeded");
	/* Another day has a date. */
	facts.now = AT(36, 0);
	expect(&facts, "2026-03-01 03:00 CET ran, and succeeded");
	facts.foreign = false;
	facts.zone = zone_utc();
	expect(&facts, "2026-03-01 02:00 ran, and succeeded");
	/* Seconds and their fractions only where there are any. */
	near.slot = facts.slot = AT(3, 0) + 15 * USEC_PER_SEC;
	expect(&facts, "2026-03-01 02:00:15 ran, and succeeded");
	near.slot = facts.slot = AT(3, 0) + 250 * USEC_PER_MSEC;
	expect(&facts, "2026-03-01 02:00:00.250 ran, and succeeded");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_are_told_by_their_verdict),
		cmocka_unit_test(a_live_run_is_told_as_it_is),
		cmocka_unit_test(what_did_not_run_is_told_by_its_reason),
		cmocka_unit_test(no_verdict_and_no_reason_is_left_out),
		cmocka_unit_test(a_blocker_that_lives_is_told),
		cmocka_unit_test(what_is_yet_to_come_is_told),
		cmocka_unit_test(what_waits_is_told),
		cmocka_unit_test(what_is_not_on_record_is_told),
		cmocka_unit_test(a_job_without_a_past_is_told),
		cmocka_unit_test(a_time_that_is_no_slot_is_told),
		cmocka_unit_test(times_are_of_the_zone),
	};

	return cmocka_run_group_tests_name("why", tests, make, unmake);
}
