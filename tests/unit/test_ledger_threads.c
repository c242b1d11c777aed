/* The ledger with many who post and wait at once. */
#include "ledger_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define WORKERS 6
#define EACH    300

/* What workers have run, on its way to the loop. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static uint64_t done[WORKERS * EACH];
static size_t n_done;
static atomic_uint recorded;

static void *work(void *arg)
{
	uint64_t first = *(uint64_t *)arg;

	for (uint64_t id = first; id < first + EACH; id++) {
		recorded += intend(id, 1 + (uint32_t)(id % 7));
		ledger_process(ledger, id, (pid_t)id, T0);
		(void)pthread_mutex_lock(&lock);
		done[n_done++] = id;
		(void)pthread_cond_signal(&change);
		(void)pthread_mutex_unlock(&lock);
	}
	return NULL;
}

/* As the loop does: verdicts of what has been run, other postings, news. */
static void loop(size_t until)
{
	size_t ended = 0;

	while (ended < until) {
		uint64_t id;

		(void)pthread_mutex_lock(&lock);
		while (n_done == ended)
			(void)pthread_cond_wait(&change, &lock);
		id = done[ended++];
		(void)pthread_mutex_unlock(&lock);
		post_ended(id, 1 + (uint32_t)(id % 7), VERDICT_OK);
		ledger_held(ledger, 1, T0 + (usec_t)ended);
		ledger_flush(ledger);
		if (ended % 100 == 0) {
			settings.history_runs = 1000 + (unsigned)(ended % 7);
			ledger_configure(ledger, &settings);
			take_news();
		}
	}
}

static void run_all(enum durability durability)
{
	pthread_t threads[WORKERS];
	uint64_t firsts[WORKERS];
	char want[64];

	settings.durability = durability;
	n_done = 0;
	recorded = 0;
	open_ledger();
	post_job(1, "job");
	ledger_flush(ledger);
	for (size_t i = 0; i < WORKERS; i++) {
		firsts[i] = 1 + i * EACH;
		assert_int_equal(pthread_create(&threads[i], NULL, work, &firsts[i]), 0);
	}
	loop(WORKERS * EACH);
	for (size_t i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	assert_int_equal(recorded, WORKERS * EACH);
	reopen();
	assert_int_equal(past_of("job")->held, T0 + WORKERS * EACH);
	assert_int_equal(past.last_run, WORKERS * EACH);
	(void)snprintf(want, sizeof(want), "%d|%d\n", WORKERS * EACH, WORKERS * EACH);
	assert_string_equal(ask("SELECT count(*), max(id) FROM run WHERE verdict = 'ok'"), want);
}

static void all_are_on_record(void **state)
{
	(void)state;
	run_all(DURABILITY_PROCESS);
}

static void all_are_on_record_with_the_disk_waited_for(void **state)
{
	(void)state;
	run_all(DURABILITY_POWER);
}

/* Somebody else reads and writes meanwhile. */
static void *disturb(void *arg)
{
	(void)arg;
	for (int i = 0; i < 30; i++) {
		(void)ask("BEGIN IMMEDIATE; SELECT count(*) FROM run; ROLLBACK");
		(void)ask("SELECT count(*) FROM history");
	}
	return NULL;
}

static void all_are_on_record_beside_other_processes(void **state)
{
	pthread_t thread;

	(void)state;
	open_ledger();
	assert_int_equal(close_ledger(), 0);
	assert_int_equal(pthread_create(&thread, NULL, disturb, NULL), 0);
	/* What is asked goes through one buffer: nobody else asks before that is over. */
	settings.durability = DURABILITY_PROCESS;
	open_ledger();
	for (uint64_t id = 1; id <= 200; id++) {
		(void)intend(id, 1);
		post_ended(id, 1, VERDICT_OK);
		ledger_flush(ledger);
	}
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(close_ledger(), 0);
	assert_string_equal(ask("SELECT count(*) FROM run WHERE verdict = 'ok'"), "200\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_directory, remove_directory)
	const struct CMUnitTest tests[] = {
		TEST(all_are_on_record),
		TEST(all_are_on_record_with_the_disk_waited_for),
		TEST(all_are_on_record_beside_other_processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
