/* The ledger: what is posted comes back, in the file and as the past of the next life. */
#include "ledger_fixture.h"

#include <unistd.h>

/* --- jobs --- */

static void jobs_come_back_by_name(void **state)
{
	(void)state;
	open_ledger();
	assert_int_equal(past.n_jobs, 0);
	assert_int_equal(past.last_run, 0);
	post_job(1, "zeta");
	post_job(2, "alpha");
	post_job(3, "Beta");
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past.n_jobs, 3);
	assert_string_equal(past.jobs[0].name, "Beta");
	assert_string_equal(past.jobs[1].name, "alpha");
	assert_string_equal(past.jobs[2].name, "zeta");
	assert_int_equal(past.jobs[0].number, 3);
	assert_int_equal(past.last_job, 3);
	assert_string_equal(past_of("zeta")->schedule, "every 1s");
	assert_int_equal(past_of("zeta")->accounted, T0);
	assert_int_equal(past_of("zeta")->held, USEC_INFINITY);
	assert_string_equal(past_of("zeta")->reason, "");
	assert_int_equal(past_of("zeta")->n_runs, 0);
	assert_false(past_of("zeta")->paused);
}

static void a_job_that_went_has_no_schedule_until_it_is_back(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	ledger_job_gone(ledger, 1, T0 + 5);
	ledger_flush(ledger);
	reopen();
	assert_null(past_of("job")->schedule);
	ledger_job(ledger, &(struct ledger_job){1, "job", "every 5s", T0 + 100});
	ledger_flush(ledger);
	reopen();
	assert_string_equal(past_of("job")->schedule, "every 5s");
	assert_int_equal(past_of("job")->accounted, T0 + 100);
	/* What was accounted for stays so, whatever the clock does. */
	ledger_job(ledger, &(struct ledger_job){1, "job", "every 5s", T0 - 100});
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->accounted, T0 + 100);
	assert_int_equal(past.n_jobs, 1);
}

static void the_state_of_a_job_comes_back(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	ledger_job_state(ledger,
			 &(struct ledger_job_state){1, 3, true, true, T0 + 7, "a \"reason\""});
	ledger_held(ledger, 1, T0 + 3);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->failures, 3);
	assert_true(past_of("job")->told);
	assert_true(past_of("job")->paused);
	assert_int_equal(past_of("job")->until, T0 + 7);
	assert_string_equal(past_of("job")->reason, "a \"reason\"");
	assert_int_equal(past_of("job")->held, T0 + 3);
	ledger_job_state(ledger, &(struct ledger_job_state){1, 0, false, true, USEC_INFINITY, ""});
	ledger_held(ledger, 1, USEC_INFINITY);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->failures, 0);
	assert_false(past_of("job")->told);
	assert_true(past_of("job")->paused);
	assert_int_equal(past_of("job")->until, USEC_INFINITY);
	assert_string_equal(past_of("job")->reason, "");
	assert_int_equal(past_of("job")->held, USEC_INFINITY);
	ledger_job_state(ledger, &(struct ledger_job_state){1, 0, false, false, 0, NULL});
	ledger_flush(ledger);
	reopen();
	assert_false(past_of("job")->paused);
}

/* --- runs --- */

static void a_run_goes_through_its_states(void **state)
{
	struct ledger_attempt end;

	(void)state;
	open_ledger();
	post_job(1, "job");
	post_accepted(5, 1);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past.last_run, 5);
	assert_int_equal(past_of("job")->accounted, T0 + 5 * USEC_PER_SEC);
	assert_int_equal(past_of("job")->n_runs, 1);
	assert_int_equal(past_of("job")->runs[0].id, 5);
	assert_int_equal(past_of("job")->runs[0].state, PAST_ACCEPTED);
	assert_int_equal(past_of("job")->runs[0].attempt, 0);
	assert_int_equal(past_of("job")->runs[0].slot, T0 + 5 * USEC_PER_SEC);

	assert_true(intend(5, 1));
	/* It is there before the ledger is closed. */
	assert_string_equal(ask("SELECT state, attempts, verdict, life FROM run"),
			    "started|1|-|2\n");
	reopen();
	assert_int_equal(past_of("job")->runs[0].state, PAST_STARTED);
	assert_int_equal(past_of("job")->runs[0].attempt, 1);
	assert_int_equal(past_of("job")->runs[0].pid, 0);
	assert_int_equal(past_of("job")->runs[0].started, T0 + 5 * USEC_PER_SEC + 30);
	assert_string_equal(past_of("job")->runs[0].boot, "the-boot");
	assert_int_equal(past_of("job")->last_ended, 0);

	end = an_end(5, 1, VERDICT_OK);
	ledger_ended(ledger, &end);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->n_runs, 0);
	assert_int_equal(past_of("job")->last_id, 5);
	assert_int_equal(past_of("job")->last_verdict, VERDICT_OK);
	assert_int_equal(past_of("job")->last_ended, T0 + 5 * USEC_PER_SEC + 5200);
	assert_int_equal(past_of("job")->last_success, T0 + 5 * USEC_PER_SEC + 5200);
	assert_int_equal(past_of("job")->accounted, T0 + 5 * USEC_PER_SEC);
	assert_string_equal(
		ask("SELECT state, verdict, reason, attempts, result, exit, signal, cpu,"
		    " memory, printed, dropped, pid, ended - started FROM run"),
		"-|ok|-|1|exited|0|-|1500|2048|10|-|77|5000\n");
}

static void the_intent_may_overtake(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	ledger_flush(ledger);
	assert_true(intend(5, 1));
	post_accepted(5, 1);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->n_runs, 1);
	assert_int_equal(past_of("job")->runs[0].state, PAST_STARTED);
	assert_int_equal(past_of("job")->runs[0].attempt, 1);
}

static void a_verdict_is_the_last_word(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	post_ended(5, 1, VERDICT_FAILED);
	ledger_flush(ledger);
	settle();
	assert_true(intend(5, 1));
	post_accepted(5, 1);
	ledger_process(ledger, 5, 42, T0);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->n_runs, 0);
	assert_string_equal(ask("SELECT verdict, pid, state FROM run"), "failed|77|-\n");
}

/* Its slot is when that was, which says nothing of the schedule's; once it is pruned, too. */
static void a_run_that_was_asked_for_is_told_from_others(void **state)
{
	static const struct {
		enum ledger_asked asked;
		bool manual;
		bool own_environment;
		usec_t accounted;
	} rows[] = {
		{ASKED_BY_SCHEDULE, false, false, T0 + 5 * USEC_PER_SEC},
		{ASKED_BY_HAND, true, false, T0},
		{ASKED_WITH_ENVIRONMENT, true, true, T0},
	};
	/* Accepted, begun, ended. */
	enum { ACCEPTED, BEGUN, ENDED, STAGES };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows) * STAGES; i++) {
		size_t row = i / STAGES;
		size_t stage = i % STAGES;
		struct ledger_run run = a_run(5, 1);
		struct ledger_attempt end = an_end(5, 1, VERDICT_OK);
		const struct past_job *job;
		char want[8];

		run.asked = end.run.asked = rows[row].asked;
		open_ledger();
		post_job(1, "a");
		if (stage == ACCEPTED)
			ledger_accepted(ledger, &run);
		if (stage == BEGUN)
			assert_true(ledger_intend(ledger, &run, T0, LONG));
		if (stage == ENDED)
			ledger_ended(ledger, &end);
		assert_int_equal(close_ledger(), 0);
		(void)snprintf(want, sizeof(want), "%d\n", (int)rows[row].asked);
		assert_string_equal(ask("SELECT manual FROM run"), want);
		assert_string_equal(ask("SELECT asked FROM history"),
				    rows[row].manual ? "by hand\n" : "-\n");
		open_ledger();
		job = past_of("a");
		assert_int_equal(job->accounted, rows[row].accounted);
		assert_int_equal(job->n_runs, stage != ENDED);
		if (stage != ENDED) {
			assert_int_equal(job->runs[0].manual, rows[row].manual);
			assert_int_equal(job->runs[0].own_environment, rows[row].own_environment);
		} else {
			assert_int_equal(job->last_success, T0 + 5 * USEC_PER_SEC + 5200);
			assert_int_equal(job->last_took, 5000);
		}
		assert_int_equal(close_ledger(), 0);
		(void)unlink(file);
	}
}

static void a_run_waits_for_its_next_attempt(void **state)
{
	static const struct run_result timed_out = {
		.kind = RESULT_SIGNALLED,
		.code = 15,
		.timed_out = true,
		.queued = 1000,
		.started = 2000,
		.ended = 5000,
		.cpu = 7,
		.max_rss = 8,
		.leftovers = 2,
		.printed = 30,
		.dropped = 20,
	};
	struct ledger_attempt attempt = an_end(5, 1, VERDICT_TIMEOUT);
	const struct past_run *run;

	(void)state;
	open_ledger();
	post_job(1, "job");
	attempt.run.attempt = 2;
	attempt.result = &timed_out;
	attempt.next = clock_wall() + USEC_PER_HOUR;
	ledger_retry(ledger, &attempt);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->n_runs, 1);
	run = past_of("job")->runs;
	assert_int_equal(run->state, PAST_BACKOFF);
	assert_int_equal(run->attempt, 2);
	assert_int_equal(run->verdict, VERDICT_TIMEOUT);
	assert_true(run->wait > USEC_PER_HOUR - USEC_PER_MIN && run->wait <= USEC_PER_HOUR);
	assert_int_equal(run->result.kind, RESULT_SIGNALLED);
	assert_int_equal(run->result.code, 15);
	assert_true(run->result.timed_out);
	assert_false(run->result.cancelled);
	assert_int_equal(run->result.started - run->result.queued, 1000);
	assert_int_equal(run->result.ended - run->result.started, 3000);
	assert_true(run->result.queued > 0);
	assert_int_equal(run->result.cpu, 7);
	assert_int_equal(run->result.max_rss, 8);
	assert_int_equal(run->result.leftovers, 2);
	assert_int_equal(run->result.printed, 30);
	assert_int_equal(run->result.dropped, 20);
	/* The next attempt begins with a clean slate. */
	assert_true(intend(5, 1));
	assert_string_equal(
		ask("SELECT state, reason, result, signal, next, failed, ended FROM run"),
		"started|-|-|-|-|-|-\n");
	post_ended(5, 1, VERDICT_OK);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->last_verdict, VERDICT_OK);
}

/* What came of an attempt, as it is in the file and as it comes back. */
static void results_come_back(void **state)
{
	static const struct {
		struct run_result result;
		enum verdict verdict;
		enum reason reason;
		const char *columns;
	} cases[] = {
		{{.kind = RESULT_EXITED, .code = 3, .started = 1, .ended = 2},
		 VERDICT_FAILED,
		 REASON_NONE,
		 "exited|3|-|-|-|-|failed\n"},
		{{.kind = RESULT_SIGNALLED,
		  .code = 9,
		  .out_of_memory = true,
		  .started = 1,
		  .ended = 2},
		 VERDICT_FAILED,
		 REASON_MEMORY,
		 "signalled|-|9|-|-|memory|failed\n"},
		{{.kind = RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "exec"},
		 VERDICT_FAILED,
		 REASON_NONE,
		 "spawn_failed|-|-|exec|2|-|failed\n"},
		{{.kind = RESULT_NO_RESOURCES, .code = ENOMEM},
		 VERDICT_REFUSED,
		 REASON_NO_RESOURCES,
		 "no_resources|-|-|-|12|no_resources|refused\n"},
		{{.kind = RESULT_SIGNALLED,
		  .code = 15,
		  .cancelled = true,
		  .started = 1,
		  .ended = 2},
		 VERDICT_KILLED,
		 REASON_OPERATOR,
		 "signalled|-|15|-|-|operator|killed\n"},
		{{.kind = RESULT_UNWANTED, .code = 1},
		 VERDICT_SKIPPED,
		 REASON_CONDITION,
		 "unwanted|1|-|-|-|condition|skipped\n"},
		{{.kind = RESULT_NOT_STARTED},
		 VERDICT_CANCELLED,
		 REASON_REMOVED,
		 "not_started|-|-|-|-|removed|cancelled\n"},
		{{.kind = RESULT_UNSEEN, .started = 1, .ended = 2},
		 VERDICT_LOST,
		 REASON_ADOPTED,
		 "unseen|-|-|-|-|adopted|lost\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct ledger_attempt attempt = an_end(5, 1, cases[i].verdict);
		const struct run_result *back;

		open_ledger();
		post_job(1, "job");
		attempt.result = &cases[i].result;
		attempt.reason = cases[i].reason;
		ledger_retry(ledger, &attempt);
		ledger_flush(ledger);
		settle();
		assert_string_equal(ask("SELECT result, exit, signal, stage, error, reason, failed"
					" FROM run WHERE id = 5"),
				    cases[i].columns);
		reopen();
		assert_int_equal(past_of("job")->n_runs, 1);
		back = &past_of("job")->runs[0].result;
		assert_int_equal(past_of("job")->runs[0].verdict, cases[i].verdict);
		assert_int_equal(back->kind, cases[i].result.kind);
		assert_int_equal(back->code, cases[i].result.code);
		assert_int_equal(back->cancelled, cases[i].result.cancelled);
		assert_int_equal(back->out_of_memory, cases[i].result.out_of_memory);
		assert_string_equal(back->stage ? back->stage : "",
				    cases[i].result.stage ? cases[i].result.stage : "");
		ledger_ended(ledger, &attempt);
		ledger_flush(ledger);
		settle();
		assert_string_equal(ask("SELECT result, exit, signal, stage, error, reason, verdict"
					" FROM run WHERE id = 5"),
				    cases[i].columns);
		assert_int_equal(close_ledger(), 0);
		(void)unlink(file);
	}
}

static void a_run_without_a_result_was_never_attempted(void **state)
{
	struct ledger_attempt attempt = an_end(5, 1, VERDICT_CANCELLED);

	(void)state;
	open_ledger();
	post_job(1, "job");
	attempt.result = NULL;
	attempt.reason = REASON_STOPPING;
	attempt.pid = 0;
	ledger_ended(ledger, &attempt);
	ledger_flush(ledger);
	reopen();
	assert_string_equal(
		ask("SELECT verdict, reason, attempts, result, started, ended, pid, life"
		    " FROM run"),
		"cancelled|stopping|0|-|-|-|-|-\n");
	assert_int_equal(past_of("job")->last_id, 0);
}

static void output_is_kept_head_and_tail(void **state)
{
	struct ledger_attempt attempt = an_end(5, 1, VERDICT_OK);

	(void)state;
	open_ledger();
	attempt.head = "head\0x";
	attempt.head_len = 6;
	attempt.tail = "tail";
	attempt.tail_len = 4;
	ledger_ended(ledger, &attempt);
	post_ended(6, 1, VERDICT_OK);
	ledger_flush(ledger);
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT run, hex(head), hex(tail) FROM output"),
			    "5|686561640078|7461696C\n");
}

static void a_forgotten_run_is_no_more(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	post_accepted(5, 1);
	ledger_flush(ledger);
	reopen();
	ledger_forget(ledger, 5);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->n_runs, 0);
	assert_string_equal(ask("SELECT count(*) FROM run"), "0\n");
}

static void runs_of_many_jobs_come_back_by_number(void **state)
{
	(void)state;
	open_ledger();
	for (uint32_t job = 1; job <= 20; job++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "job-%02u", (unsigned)(21 - job));
		post_job(job, name);
	}
	for (uint64_t id = 100; id >= 1; id--)
		post_accepted(id, 1 + (uint32_t)(id % 20));
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past.last_run, 100);
	for (size_t i = 0; i < past.n_jobs; i++) {
		const struct past_job *job = &past.jobs[i];

		assert_int_equal(job->n_runs, 5);
		for (size_t k = 0; k < 5; k++)
			assert_int_equal(job->runs[k].id, (job->number + 19 - 1) % 20 == 19
								  ? 20 * (k + 1)
								  : job->number - 1 + 20 * k);
	}
}

/* --- processes --- */

static void a_process_that_stays_is_put_on_record(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	ledger_flush(ledger);
	assert_true(intend(5, 1));
	ledger_process(ledger, 5, 42, T0 + 99);
	/* Its moment comes while we ask. */
	while (strcmp(ask("SELECT pid FROM run"), "42\n") != 0)
		;
	assert_string_equal(ask("SELECT pid, start, started - 1774000000000000, life, state"
				" FROM run"),
			    "42|1042|99|1|started\n");
	reopen();
	assert_int_equal(past_of("job")->runs[0].pid, 42);
	assert_int_equal(past_of("job")->runs[0].start, 1042);
	assert_int_equal(past_of("job")->runs[0].started, T0 + 99);
}

static unsigned starts_asked;

static long counted_start(pid_t pid)
{
	starts_asked++;
	return pid;
}

static void a_process_that_is_over_at_once_costs_nothing(void **state)
{
	(void)state;
	starts_asked = 0;
	assert_int_equal(ledger_open(directory, &settings, &life, counted_start, &ledger, &past),
			 0);
	for (uint64_t id = 1; id <= 200; id++) {
		assert_true(intend(id, 1));
		ledger_process(ledger, id, 42, T0);
		post_ended(id, 1, VERDICT_OK);
		ledger_flush(ledger);
	}
	assert_int_equal(close_ledger(), 0);
	/* A machine that is busy may have taken longer over some. */
	assert_true(starts_asked < 100);
	assert_string_equal(ask("SELECT count(*) FROM run WHERE pid = 77"), "200\n");
}

/* --- the rest --- */

static void a_streak_grows_and_takes_the_place_of_a_run(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	post_accepted(8, 1);
	ledger_streak(ledger, &(struct ledger_streak){3, 1, VERDICT_SKIPPED, REASON_OVERLAP, 1,
						      T0 + 50, T0 + 50, T0 + 60, 0});
	ledger_flush(ledger);
	settle();
	ledger_streak(ledger, &(struct ledger_streak){3, 1, VERDICT_SKIPPED, REASON_OVERLAP, 2,
						      T0 + 50, T0 + 55, T0 + 65, 8});
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past.last_streak, 3);
	assert_int_equal(past_of("job")->accounted, T0 + 55);
	assert_int_equal(past_of("job")->n_runs, 0);
	assert_string_equal(
		ask("SELECT verdict, reason, count, last - first, at - last FROM streak"),
		"skipped|overlap|2|5|10\n");
}

static void lives_and_clock_steps_are_on_record(void **state)
{
	(void)state;
	open_ledger();
	ledger_clock_stepped(ledger, T0 + 5, -7);
	ledger_clock_stepped(ledger, T0 + 9, 8);
	ledger_flush(ledger);
	reopen();
	assert_int_equal(ledger_close(steal_ptr(ledger), false, T0, LONG), 0);
	assert_string_equal(ask("SELECT at - 1774000000000000, by FROM clock_step"), "5|-7\n9|8\n");
	assert_string_equal(ask("SELECT id, pid, version, boot, stopped FROM life"),
			    "1|4321|0.0|the-boot|1774086400000000\n"
			    "2|4322|0.0|the-boot|-\n");
}

static void a_group_is_one_transaction(void **state)
{
	(void)state;
	open_ledger();
	settle();
	for (int i = 0; i < 200; i++) {
		/* Two rows that are never seen apart, though others are written meanwhile. */
		ledger_clock_stepped(ledger, T0 + i, i);
		post_accepted(1000 + (uint64_t)i, 1);
		ledger_flush(ledger);
		assert_true(i % 3 != 0 || intend(5, 1));
		assert_string_equal(
			ask("SELECT (SELECT count(*) FROM clock_step) ="
			    " (SELECT count(*) FROM run WHERE id BETWEEN 1000 AND 2000)"),
			"1\n");
	}
}

static void groups_keep_their_order(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "job");
	for (usec_t i = 1; i <= 1000; i++) {
		ledger_held(ledger, 1, T0 + i);
		if (i % 7 == 0)
			ledger_flush(ledger);
	}
	ledger_flush(ledger);
	reopen();
	assert_int_equal(past_of("job")->held, T0 + 1000);
}

static void what_was_posted_is_there_when_an_intent_is(void **state)
{
	(void)state;
	open_ledger();
	for (uint64_t id = 1; id <= 100; id++) {
		char want[64];

		post_accepted(id * 2, 1);
		ledger_flush(ledger);
		assert_true(intend(id * 2 + 1, 1));
		(void)snprintf(want, sizeof(want), "%u|%u\n", (unsigned)id * 2 + 1,
			       (unsigned)id * 2);
		assert_string_equal(ask("SELECT max(id), count(*) FROM run"), want);
	}
}

/* --- the file --- */

static void only_its_user_may_read_it(void **state)
{
	struct stat st;

	(void)state;
	(void)umask(0);
	open_ledger();
	settle();
	(void)umask(022);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)snprintf(file, sizeof(file), "%s/%s-wal", directory, LEDGER_NAME);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void people_can_read_it_meanwhile(void **state)
{
	(void)state;
	open_ledger();
	post_job(1, "backup");
	post_job(2, "never");
	assert_true(intend(5, 1));
	post_ended(5, 1, VERDICT_OK);
	ledger_streak(ledger, &(struct ledger_streak){3, 1, VERDICT_MISSED, REASON_DOWN, 4, T0,
						      T0 + 6 * USEC_PER_SEC, T0, 0});
	ledger_flush(ledger);
	settle();
	assert_string_equal(
		ask("SELECT job, run, slot, verdict, because, occurrences, seconds"
		    " FROM history WHERE job = 'backup' ORDER BY slot"),
		"backup|5|2026-03-20 09:46:45.000|ok|-|1|0.005\n"
		"backup|-|2026-03-20 09:46:46.000|missed|the daemon was not running|4|-\n");
	assert_string_equal(ask("SELECT job, last_success, failures, paused_until FROM jobs"),
			    "backup|2026-03-20 09:46:45.005|0|-\n"
			    "never|-|0|-\n");
	/* In the middle of a reading transaction, too. */
	assert_true(intend(6, 1));
}

static void closing_leaves_one_file(void **state)
{
	char wal[128];

	(void)state;
	open_ledger();
	settle();
	assert_int_equal(close_ledger(), 0);
	(void)snprintf(wal, sizeof(wal), "%s-wal", file);
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(access(wal, F_OK), -1);
}

static void nothing_to_close_is_fine(void **state)
{
	(void)state;
	assert_int_equal(ledger_close(NULL, true, T0, LONG), 0);
	past_done(&(struct past){0});
}

/* Outputs go first, then postings; both are counted. */
static void memory_is_bounded(void **state)
{
	static char head[512 * 1024];
	struct ledger_attempt attempt = an_end(1, 1, VERDICT_OK);
	uint64_t posted = 0;
	char want[64];
	sqlite3 *db;

	(void)state;
	open_ledger();
	settle();
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, PATIENCE_MS), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_false(intend(1, 1));
	await_trouble("another process has locked it");
	memset(head, 'x', sizeof(head));
	attempt.head = head;
	attempt.head_len = sizeof(head);
	for (int i = 0; i < 40; i++) {
		attempt.run = a_run(++posted, 1);
		ledger_ended(ledger, &attempt);
		ledger_flush(ledger);
	}
	take_news();
	assert_int_equal(news.outputs_dropped, 8);
	assert_int_equal(news.dropped, 0);
	assert_true(news.waiting >= 40);
	while (news.dropped < 5) {
		for (int i = 0; i < 1000; i++) {
			attempt.run = a_run(++posted, 1);
			attempt.head_len = 0;
			ledger_ended(ledger, &attempt);
			ledger_flush(ledger);
		}
		take_news();
		assert_true(posted < 1000000);
	}
	assert_true(news.waiting > 100000);
	assert_int_equal(news.waiting + news.dropped, posted + 1);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
	await_recovery();
	assert_int_equal(close_ledger(), 0);
	(void)snprintf(want, sizeof(want), "%u|32\n", (unsigned)(posted - news.dropped));
	assert_string_equal(ask("SELECT (SELECT count(*) FROM run WHERE verdict = 'ok'),"
				" (SELECT count(*) FROM output)"),
			    want);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(jobs_come_back_by_name),
		TEST(a_job_that_went_has_no_schedule_until_it_is_back),
		TEST(the_state_of_a_job_comes_back),
		TEST(a_run_goes_through_its_states),
		TEST(the_intent_may_overtake),
		TEST(a_verdict_is_the_last_word),
		TEST(a_run_that_was_asked_for_is_told_from_others),
		TEST(a_run_waits_for_its_next_attempt),
		TEST(results_come_back),
		TEST(a_run_without_a_result_was_never_attempted),
		TEST(output_is_kept_head_and_tail),
		TEST(a_forgotten_run_is_no_more),
		TEST(runs_of_many_jobs_come_back_by_number),
		TEST(a_process_that_stays_is_put_on_record),
		TEST(a_process_that_is_over_at_once_costs_nothing),
		TEST(a_streak_grows_and_takes_the_place_of_a_run),
		TEST(lives_and_clock_steps_are_on_record),
		TEST(a_group_is_one_transaction),
		TEST(groups_keep_their_order),
		TEST(what_was_posted_is_there_when_an_intent_is),
		TEST(only_its_user_may_read_it),
		TEST(people_can_read_it_meanwhile),
		TEST(closing_leaves_one_file),
		TEST(nothing_to_close_is_fine),
		TEST(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
