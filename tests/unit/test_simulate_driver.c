/* The simulator: small models, and all that happens in them. */
#include "ctl/simulate_driver.h"
#include "ctl/simulate_guess.h"

#include "engine_fixture.h"

/* What happens, as text: times are seconds since the start. */
struct story {
	struct model *model;
	usec_t from;
	char text[4000];
	usec_t passed; /* until then */
	double work;   /* worker seconds */
	double wait;   /* seconds of runs in the queue */
};

static double since(const struct story *story, usec_t t)
{
	return (double)(t - story->from) / 1e6;
}

static void note(void *ctx, const struct sim_note *note)
{
	struct story *story = ctx;
	const char *job = story->model->jobs[note->job].name;
	const char *verdict = verdict_info(note->verdict)->name;
	size_t used = strlen(story->text);
	char *at = story->text + used;
	size_t size = sizeof(story->text) - used;

	assert_true(size > 100);
	switch (note->kind) {
	case SIM_BEGUN:
		(void)snprintf(at, size, "%g %s@%g begins #%u after %g; ", since(story, note->now),
			       job, since(story, note->slot), note->attempt,
			       (double)(note->now - note->since) / 1e6);
		break;
	case SIM_RETRIED:
	case SIM_ENDED:
		(void)snprintf(at, size, "%g %s@%g %s %s%s after %g; ", since(story, note->now),
			       job, since(story, note->slot),
			       note->kind == SIM_ENDED ? "ends" : "is to be tried again", verdict,
			       note->attempt > 0 ? "" : " untried",
			       (double)(note->now - note->since) / 1e6);
		break;
	case SIM_NOT_RUN:
		(void)snprintf(at, size, "%g %s@%g-%g x%d %s %s%s; ", since(story, note->now), job,
			       since(story, note->slot), since(story, note->last), (int)note->count,
			       verdict, reason_word(note->reason), note->unrun ? " unrun" : "");
		break;
	case SIM_OVERDUE:
		(void)snprintf(at, size, "%g %s overdue; ", since(story, note->now), job);
		break;
	}
}

static void pass(void *ctx, usec_t since, usec_t until, struct sim_load load)
{
	struct story *story = ctx;

	assert_int_equal(since, story->passed);
	assert_true(until > since);
	assert_true(load.running <= story->model->daemon.workers);
	story->passed = until;
	story->work += (double)load.running * (double)(until - since) / 1e6;
	story->wait += (double)load.queued * (double)(until - since) / 1e6;
}

/* With that, for so many seconds from a full minute on. */
struct run_time {
	const char *job;
	int span;
};

struct scene {
	struct model_spec model;
	struct run_time takes[3]; /* seconds; 1 if nothing is said */
	const char *fails;        /* this job, always */
	int until;
	const char *story;
	double work;
	double wait;
};

#define START S(1000 * 60)

static void play(const struct scene *scene)
{
	struct story story = {.from = START, .passed = START};
	struct sim_guess guess;
	struct sim *sim = NULL;

	story.model = build_model(&scene->model);
	assert_int_equal(sim_guess_init(&guess, story.model, 1, S(1)), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(scene->takes) && scene->takes[i].job; i++)
		assert_int_equal(
			sim_guess_give(&guess, scene->takes[i].job, S(scene->takes[i].span)), 1);
	if (scene->fails)
		assert_int_equal(sim_guess_fail(&guess, scene->fails, SIM_ALWAYS), 1);
	assert_int_equal(
		sim_new(story.model, &guess, START, (struct sim_sink){note, pass, &story}, &sim),
		0);
	while (sim_run(sim, START + S(scene->until), 1) == 0)
		;
	assert_int_equal(sim_now(sim), START + S(scene->until));
	assert_int_equal(story.passed, START + S(scene->until));
	assert_string_equal(story.text, scene->story);
	if (story.work != scene->work || story.wait != scene->wait)
		fail_msg("work %g, wait %g", story.work, story.wait);
	sim_free(sim);
	sim_guess_done(&guess);
	model_unref(story.model);
}

/* The slot at the very beginning counts, that at the very end does not. */
static void test_from_and_until(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 20}}},
		.until = 40,
		.story = "0 a@0 begins #1 after 0; 1 a@0 ends ok after 1; "
			 "20 a@20 begins #1 after 0; 21 a@20 ends ok after 1; ",
		.work = 2,
	});
}

/* A slot before the beginning that is due after it counts as well. */
static void test_delayed_slot(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 60, .delay = 10}}},
		.until = 70,
		.story = "10 a@0 begins #1 after 0; 11 a@0 ends ok after 1; ",
		.work = 1,
	});
}

/* One that ends when the next slot comes is over. */
static void test_back_to_back(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 20}}},
		.takes = {{"a", 20}},
		.until = 40,
		.story = "0 a@0 begins #1 after 0; 20 a@0 ends ok after 20; "
			 "20 a@20 begins #1 after 0; ",
		.work = 40,
	});
}

static void test_overlap_skips(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 20}}},
		.takes = {{"a", 45}},
		.until = 70,
		.story = "0 a@0 begins #1 after 0; 20 a@20-20 x1 skipped overlap; "
			 "40 a@20-40 x1 skipped overlap; 45 a@0 ends ok after 45; "
			 "60 a@60 begins #1 after 0; ",
		.work = 55,
	});
}

/* One that was held waits since it was due. */
static void test_overlap_queues(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a",
				    .every = 40,
				    .delay = 1,
				    .overlap = OVERLAP_QUEUE}}},
		.takes = {{"a", 45}},
		.until = 80,
		.story = "1 a@0 begins #1 after 0; 46 a@0 ends ok after 45; "
			 "46 a@40 begins #1 after 5; ",
		.work = 79,
	});
}

static void test_overlap_replaces(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 20, .overlap = OVERLAP_REPLACE}}},
		.takes = {{"a", 45}},
		.until = 30,
		.story = "0 a@0 begins #1 after 0; 20 a@0 ends killed after 20; "
			 "20 a@20 begins #1 after 0; ",
		.work = 30,
	});
}

/* The one that waits for a worker, too. */
static void test_replaced_in_the_queue(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.workers = 1,
			  .queue = 5,
			  .jobs = {{.name = "a", .every = 60},
				   {.name = "b", .every = 20, .overlap = OVERLAP_REPLACE}}},
		.takes = {{"a", 30}},
		.until = 40,
		.story = "0 a@0 begins #1 after 0; 20 b@0-0 x1 skipped replaced unrun; "
			 "30 a@0 ends ok after 30; 30 b@20 begins #1 after 10; "
			 "31 b@20 ends ok after 1; ",
		.work = 31,
		.wait = 30,
	});
}

static void test_queue_and_refusals(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.workers = 1,
			  .queue = 1,
			  .jobs = {{.name = "a", .every = 60},
				   {.name = "b", .every = 60, .offset = 1},
				   {.name = "c", .every = 60, .offset = 2}}},
		.takes = {{"a", 10}, {"b", 5}},
		.until = 60,
		.story = "0 a@0 begins #1 after 0; 2 c@2-2 x1 refused queue_full; "
			 "10 a@0 ends ok after 10; 10 b@1 begins #1 after 9; "
			 "15 b@1 ends ok after 5; ",
		.work = 15,
		.wait = 9,
	});
}

static void test_groups_wait(void **state)
{
	(void)state;
	play(&(struct scene){
		.model = {.queue = 9,
			  .groups = {{"g", 1}},
			  .jobs = {{.name = "a", .every = 60, .group = "g"},
				   {.name = "b", .every = 60, .offset = 5, .group = "g"}}},
		.takes = {{"a", 10}, {"b", 3}},
		.until = 60,
		.story = "0 a@0 begins #1 after 0; 10 a@0 ends ok after 10; "
			 "10 b@5 begins #1 after 5; 13 b@5 ends ok after 3; ",
		.work = 13,
		.wait = 5,
	});
}

static void test_retries(void **state)
{
	const struct job_settings twice = {.retries = 1, .retry_delay = S(5)};

	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 60, .with = &twice}}},
		.fails = "a",
		.until = 60,
		.story = "0 a@0 begins #1 after 0; 1 a@0 is to be tried again failed after 1; "
			 "6 a@0 begins #2 after 5; 7 a@0 ends failed after 1; ",
		.work = 2,
	});
}

/* Between two attempts it is nobody's work. */
static void test_replaced_before_a_retry(void **state)
{
	const struct job_settings twice = {.retries = 1, .retry_delay = S(30)};

	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a",
				    .every = 20,
				    .overlap = OVERLAP_REPLACE,
				    .with = &twice}}},
		.fails = "a",
		.until = 21,
		.story = "0 a@0 begins #1 after 0; 1 a@0 is to be tried again failed after 1; "
			 "20 a@0 ends failed untried after 19; 20 a@20 begins #1 after 0; ",
		.work = 2,
	});
}

static void test_timeout(void **state)
{
	const struct job_settings hasty = {.timeout = S(3)};

	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 60, .with = &hasty}}},
		.takes = {{"a", 10}},
		.until = 60,
		.story = "0 a@0 begins #1 after 0; 3 a@0 ends timeout after 3; ",
		.work = 3,
	});
}

/* Hooks take no time and no worker. */
static void test_notices(void **state)
{
	const struct job_settings told = {
		.hooks = {[HOOK_FAILURE] = {"true", 1, false}, [HOOK_START] = {"true", 1, false}}};

	(void)state;
	play(&(struct scene){
		.model = {.workers = 1, .jobs = {{.name = "a", .every = 30, .with = &told}}},
		.fails = "a",
		.until = 40,
		.story = "0 a@0 begins #1 after 0; 1 a@0 ends failed after 1; "
			 "30 a@30 begins #1 after 0; 31 a@30 ends failed after 1; ",
		.work = 2,
	});
}

static void test_overdue(void **state)
{
	const struct job_settings expected = {.expect_within = S(25)};

	(void)state;
	play(&(struct scene){
		.model = {.jobs = {{.name = "a", .every = 20, .with = &expected}}},
		.fails = "a",
		.until = 30,
		.story = "0 a@0 begins #1 after 0; 1 a@0 ends failed after 1; "
			 "20 a@20 begins #1 after 0; 21 a@20 ends failed after 1; 25 a overdue; ",
		.work = 2,
	});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_and_until),
		cmocka_unit_test(test_delayed_slot),
		cmocka_unit_test(test_back_to_back),
		cmocka_unit_test(test_overlap_skips),
		cmocka_unit_test(test_overlap_queues),
		cmocka_unit_test(test_overlap_replaces),
		cmocka_unit_test(test_replaced_in_the_queue),
		cmocka_unit_test(test_queue_and_refusals),
		cmocka_unit_test(test_groups_wait),
		cmocka_unit_test(test_retries),
		cmocka_unit_test(test_replaced_before_a_retry),
		cmocka_unit_test(test_timeout),
		cmocka_unit_test(test_notices),
		cmocka_unit_test(test_overdue),
	};

	return cmocka_run_group_tests_name("simulate_driver", tests, NULL, NULL);
}
