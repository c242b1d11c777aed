/* The model: found by name, shared by reference, jobs compared by what they mean. */
#include "core/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct group group_a = {.name = "a", .limit = 1};
static const struct group group_a_wider = {.name = "a", .limit = 2, .file = "x", .line = 3};
static const struct group group_b = {.name = "b", .limit = 1};

static const struct job_settings settings = {
	.timeout = USEC_PER_SEC,
	.kill_grace = USEC_PER_SEC,
	.overlap = OVERLAP_SKIP,
	.max_running = 1,
	.leftover = LEFTOVER_KILL,
	.group = &group_a,
	.shell = "/bin/sh",
};

static const struct job job = {
	.name = "job",
	.schedule = {.interval = USEC_PER_MIN, .offset = 1, .delay = 2},
	.settings = &settings,
	.command = {"a\0b\0c", 3, false},
	.line = 1,
	.file = 1,
};

/* Whether the job with these changes is still the same job. */
#define CHECK(same, ...)                                                                           \
	do {                                                                                       \
		struct job other = job;                                                            \
		struct job_settings others = settings;                                             \
		other.settings = &others;                                                          \
		__VA_ARGS__;                                                                       \
		assert_int_equal(job_equal(&job, &other), same);                                   \
		assert_int_equal(job_equal(&other, &job), same);                                   \
	} while (0)

static void jobs_are_equal_when_they_mean_the_same(void **state)
{
	(void)state;
	assert_true(job_equal(&job, &job));
	CHECK(true, (void)0);
	CHECK(true, other.file = 2, other.line = 7);
	CHECK(true, others.group = &group_a_wider);
	CHECK(true, other.name = "other");

	CHECK(false, other.schedule.interval++);
	CHECK(false, other.schedule.offset++);
	CHECK(false, other.schedule.delay++);
	CHECK(false, other.command.args = "a\0b\0d");
	CHECK(false, other.command.args = "b\0b\0c");
	CHECK(false, other.command.args = "a\0bb\0c");
	CHECK(false, other.command.n_args = 2);
	CHECK(false, other.command.n_args = 1, other.command.use_shell = true);
	CHECK(false, other.command.use_shell = true);
	CHECK(false, others.timeout++);
	CHECK(false, others.kill_grace++);
	CHECK(false, others.overlap = OVERLAP_QUEUE);
	CHECK(false, others.max_running++);
	CHECK(false, others.leftover = LEFTOVER_LEAVE);
	CHECK(false, others.group = &group_b);
	CHECK(false, others.group = NULL);
	CHECK(false, others.shell = "/bin/bash");
}

static void jobs_and_groups_are_found_by_name(void **state)
{
	static struct job jobs[] = {{.name = "a"}, {.name = "ab"}, {.name = "b"}};
	static struct group groups[] = {{.name = "x"}, {.name = "y"}};
	struct model *model = model_new();

	(void)state;
	assert_non_null(model);
	assert_null(model_find_job(model, "a"));
	assert_null(model_find_group(model, "x"));
	assert_int_equal(model_job_behind(model, "a"), 0);
	model->jobs = jobs;
	model->n_jobs = 3;
	model->groups = groups;
	model->n_groups = 2;
	for (size_t i = 0; i < model->n_jobs; i++)
		assert_ptr_equal(model_find_job(model, jobs[i].name), &jobs[i]);
	for (size_t i = 0; i < model->n_groups; i++)
		assert_ptr_equal(model_find_group(model, groups[i].name), &groups[i]);
	assert_null(model_find_job(model, ""));
	assert_null(model_find_job(model, "aa"));
	assert_null(model_find_job(model, "c"));
	assert_null(model_find_group(model, "z"));
	assert_int_equal(model_job_behind(model, ""), 0);
	assert_int_equal(model_job_behind(model, "a"), 1);
	assert_int_equal(model_job_behind(model, "aa"), 1);
	assert_int_equal(model_job_behind(model, "ab"), 2);
	assert_int_equal(model_job_behind(model, "b"), 3);
	assert_int_equal(model_job_behind(model, "c"), 3);
	model_unref(model);
}

/* The leak checkers see to it that the last reference frees it, and no other. */
static void the_last_reference_frees(void **state)
{
	struct model *model = model_new();

	(void)state;
	assert_non_null(model);
	assert_int_equal(model->refs, 1);
	assert_int_equal(model->n_jobs, 0);
	assert_non_null(arena_copy(&model->arena, "x", 1));
	assert_ptr_equal(model_ref(model), model);
	model_unref(model);
	assert_int_equal(model->refs, 1);
	model_unref(model);
	model_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_are_equal_when_they_mean_the_same),
		cmocka_unit_test(jobs_and_groups_are_found_by_name),
		cmocka_unit_test(the_last_reference_frees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
