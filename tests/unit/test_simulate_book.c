/* The book of a simulation: what small models come to. */
#include "ctl/simulate_book.h"

#include "ctl/simulate_guess.h"

#include "engine_fixture.h"

#define START S(1000 * 3600)

struct setup {
	struct model_spec model;
	const char *slow; /* this job takes `takes` seconds, others one */
	int takes;
	const char *fails;
	int seconds;
	bool list;
};

static struct sim_book book_of(const struct setup *setup)
{
	struct model *model = build_model(&setup->model);
	struct sim_book book;
	struct sim_guess guess;
	struct sim *sim = NULL;

	assert_int_equal(sim_guess_init(&guess, model, 1, S(1)), 0);
	if (setup->slow)
		assert_int_equal(sim_guess_give(&guess, setup->slow, S(setup->takes)), 1);
	if (setup->fails)
		assert_int_equal(sim_guess_fail(&guess, setup->fails, SIM_ALWAYS), 1);
	assert_int_equal(sim_book_init(&book, model->n_jobs, model->daemon.workers, START,
				       START + S(setup->seconds), 0, setup->list),
			 0);
	assert_int_equal(sim_new(model, &guess, START, sim_book_sink(&book), &sim), 0);
	assert_int_equal(sim_run(sim, START + S(setup->seconds), SIZE_MAX), 1);
	sim_free(sim);
	sim_guess_done(&guess);
	model_unref(model);
	return book;
}

/* Sums of the jobs are the totals, and those of the bins. */
static void check_sums(const struct sim_book *book)
{
	struct sim_job_book sum = {0};
	uint64_t begun = 0;
	usec_t work = 0;

	for (size_t i = 0; i < book->n_jobs; i++) {
		const struct sim_job_book *job = &book->jobs[i];

		sum.slots += job->slots;
		sum.begun += job->begun;
		sum.tries += job->tries;
		sum.busy += job->busy;
		for (int v = 0; v < VERDICT_COUNT; v++)
			sum.verdicts[v] += job->verdicts[v];
	}
	assert_int_equal(sum.slots, book->total.slots);
	assert_int_equal(sum.begun, book->total.begun);
	assert_int_equal(sum.tries, book->total.tries);
	assert_int_equal(sum.busy, book->total.busy);
	assert_memory_equal(sum.verdicts, book->total.verdicts, sizeof(sum.verdicts));
	for (size_t i = 0; i < book->n_bins; i++) {
		begun += book->bins[i].begun;
		work += book->bins[i].busy;
	}
	assert_int_equal(begun, book->total.tries);
	assert_int_equal(work, book->work);
}

static void test_counts(void **state)
{
	struct sim_book book = book_of(&(struct setup){
		.model = {.workers = 2,
			  .jobs = {{.name = "a", .every = 60}, {.name = "b", .every = 300}}},
		.slow = "b",
		.takes = 100,
		.seconds = 3600,
	});

	(void)state;
	check_sums(&book);
	assert_int_equal(book.jobs[0].slots, 60);
	assert_int_equal(book.jobs[0].verdicts[VERDICT_OK], 60);
	assert_int_equal(book.jobs[0].longest_run, S(1));
	assert_int_equal(book.jobs[0].longest_wait, 0);
	assert_int_equal(book.jobs[1].begun, 12);
	assert_int_equal(book.jobs[1].busy, S(1200));
	assert_int_equal(book.total.slots, 72);
	assert_int_equal(book.work, S(1260));
	/* Both at once: the first second of each run of b, and one a minute later. */
	assert_int_equal(book.running.count, 2);
	assert_int_equal(book.running.at, START);
	assert_int_equal(book.saturated, S(24));
	assert_int_equal(book.queued.count, 0);
	assert_int_equal(book.minute.count, 2);
	assert_int_equal(book.minute.at, START);
	assert_null(book.jobs[0].incidents);
	sim_book_done(&book);
}

static void test_incidents(void **state)
{
	struct sim_book book = book_of(&(struct setup){
		.model = {.jobs = {{.name = "a", .every = 300}}},
		.slow = "a",
		.takes = 420,
		.seconds = 3600,
	});
	const struct sim_incident *skipped = book.jobs[0].incidents;

	(void)state;
	check_sums(&book);
	assert_int_equal(book.jobs[0].slots, 12);
	assert_int_equal(book.jobs[0].begun, 6);
	assert_int_equal(book.jobs[0].verdicts[VERDICT_SKIPPED], 6);
	assert_non_null(skipped);
	assert_null(skipped->next);
	assert_int_equal(skipped->reason, REASON_OVERLAP);
	assert_int_equal(skipped->count, 6);
	assert_int_equal(skipped->first, START + S(300));
	assert_int_equal(skipped->last, START + S(3300));
	assert_int_equal(book.total.incidents->count, 6);
	assert_int_equal(book.saturated, 0);
	sim_book_done(&book);
}

static void test_waits_and_refusals(void **state)
{
	struct sim_book book = book_of(&(struct setup){
		.model = {.workers = 1,
			  .queue = 1,
			  .jobs = {{.name = "a", .every = 60},
				   {.name = "b", .every = 60, .offset = 1},
				   {.name = "c", .every = 60, .offset = 2}}},
		.slow = "a",
		.takes = 10,
		.seconds = 600,
	});

	(void)state;
	check_sums(&book);
	assert_int_equal(book.jobs[1].longest_wait, S(9));
	assert_int_equal(book.queued.count, 1);
	assert_int_equal(book.queued.at, START + S(1));
	assert_int_equal(book.jobs[2].verdicts[VERDICT_REFUSED], 10);
	assert_int_equal(book.jobs[2].incidents->reason, REASON_QUEUE_FULL);
	assert_int_equal(book.minute.count, 2);
	assert_int_equal(book.saturated, S(110));
	sim_book_done(&book);
}

static void test_retries_count_as_one_run(void **state)
{
	const struct job_settings twice = {.retries = 2, .retry_delay = S(5)};
	struct sim_book book = book_of(&(struct setup){
		.model = {.jobs = {{.name = "a", .every = 60, .with = &twice}}},
		.fails = "a",
		.seconds = 600,
	});

	(void)state;
	check_sums(&book);
	assert_int_equal(book.jobs[0].slots, 10);
	assert_int_equal(book.jobs[0].begun, 10);
	assert_int_equal(book.jobs[0].tries, 30);
	assert_int_equal(book.jobs[0].verdicts[VERDICT_FAILED], 10);
	assert_int_equal(book.jobs[0].longest_wait, 0);
	assert_int_equal(book.minute.count, 3);
	sim_book_done(&book);
}

static void test_events(void **state)
{
	struct sim_book book = book_of(&(struct setup){
		.model = {.jobs = {{.name = "a", .every = 60}, {.name = "b", .every = 100}}},
		.slow = "a",
		.takes = 90,
		.seconds = 150,
		.list = true,
	});
	static const struct {
		uint32_t job;
		int begin;
		int end; /* negative: it has none */
		uint64_t count;
	} expected[] = {
		{0, 0, 90, 0}, {1, 0, 1, 0}, {0, 60, 60, 1}, {1, 100, 101, 0}, {0, 120, -1, 0},
	};

	(void)state;
	assert_int_equal(START % S(100), 0);
	assert_int_equal(book.n_events, ARRAY_LENGTH(expected));
	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		const struct sim_event *event = &book.events[i];

		assert_int_equal(event->job, expected[i].job);
		assert_int_equal(event->begin, START + S(expected[i].begin));
		assert_int_equal(event->end,
				 expected[i].end < 0 ? USEC_INFINITY : START + S(expected[i].end));
		assert_int_equal(event->count, expected[i].count);
	}
	assert_int_equal(book.events[2].verdict, VERDICT_SKIPPED);
	assert_int_equal(book.events[2].slot, START + S(60));
	assert_int_equal(book.unlisted, 0);
	sim_book_done(&book);
}

/* However much happens. */
static void test_bounded(void **state)
{
	struct sim_book book = book_of(&(struct setup){
		.model = {.jobs = {{.name = "a", .every = 1}}},
		.slow = "a",
		.takes = 0,
		.seconds = SIM_EVENTS_MAX + 10,
		.list = true,
	});

	(void)state;
	check_sums(&book);
	assert_int_equal(book.total.slots, SIM_EVENTS_MAX + 10);
	assert_int_equal(book.n_events, SIM_EVENTS_MAX);
	assert_int_equal(book.unlisted, 10);
	sim_book_done(&book);
}

static void test_bins(void **state)
{
	static const struct {
		usec_t span;
		usec_t width;
	} rows[] = {
		{1, USEC_PER_SEC},
		{USEC_PER_HOUR, USEC_PER_SEC},
		{USEC_PER_DAY, 10 * USEC_PER_SEC},
		{USEC_PER_WEEK, USEC_PER_MIN},
		{30 * USEC_PER_DAY, 5 * USEC_PER_MIN},
		{366 * USEC_PER_DAY, USEC_PER_HOUR},
		{3660 * USEC_PER_DAY, 6 * USEC_PER_HOUR},
		{INT64_C(36525) * USEC_PER_DAY, USEC_PER_WEEK},
	};
	static const usec_t offsets[] = {0, 3600, -3600, 19800, -12600};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(offsets); j++) {
			usec_t from = S(1800000123);
			usec_t offset = offsets[j] * USEC_PER_SEC;
			struct sim_book book;

			assert_int_equal(sim_book_init(&book, 1, 1, from, from + rows[i].span,
						       offset, false),
					 0);
			assert_int_equal(book.bin, rows[i].width);
			assert_in_range(book.n_bins, 1, SIM_BINS_MAX);
			assert_true(book.bins_from <= from && book.bins_from > from - book.bin);
			assert_int_equal((book.bins_from + offset) % book.bin, 0);
			assert_int_equal(sim_book_bin(&book, from), 0);
			assert_int_equal(sim_book_bin(&book, book.to - 1), book.n_bins - 1);
			sim_book_done(&book);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_incidents),
		cmocka_unit_test(test_waits_and_refusals),
		cmocka_unit_test(test_retries_count_as_one_run),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_bins),
	};

	return cmocka_run_group_tests_name("simulate_book", tests, NULL, NULL);
}
