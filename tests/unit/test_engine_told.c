/* Holds: which failures count as told, so that those who can be told of one are, and of its end. */
#include "engine_fixture.h"

#define COMMAND                                                                                    \
	{                                                                                          \
		"x", 1, false                                                                      \
	}
#define MAIL                                                                                       \
	{                                                                                          \
		"root", 1                                                                          \
	}

static const struct run_result bad = {.kind = RESULT_EXITED, .code = 1};

static struct rig begin_one(const struct job_settings *with)
{
	return begin(5, &(struct model_spec){.jobs = {{.name = "a", .with = with}}});
}

static void load_one(struct rig *rig, const struct job_settings *with)
{
	load(rig, &(struct model_spec){.jobs = {{.name = "a", .with = with}}});
	forget(rig);
}

/* The run of the next slot ends so; the effects of that. */
static void end_next(struct rig *rig, struct run_result result)
{
	int slot = (int)(find_job(rig, "a")->next / USEC_PER_SEC);

	run_until(rig, slot);
	forget(rig);
	finish_as(rig, "a", slot, result);
}

static void overdue(struct rig *rig, const char *name)
{
	step(rig, (struct engine_event){.kind = ENGINE_OVERDUE, .job = find_job(rig, name)});
}

static void test_who_comes_while_it_fails_is_told_of_the_next_failure(void **state)
{
	static const struct {
		struct job_settings before;
		bool told;
	} rows[] = {
		{{.notify_after = 1}, false},
		{{.hooks = {[HOOK_SUCCESS] = COMMAND, [HOOK_MISSED] = COMMAND}}, false},
		{{.hooks = {[HOOK_FAILURE] = COMMAND}}, true},
		{{.hooks = {[HOOK_RECOVERY] = COMMAND}}, true},
		{{.mail_to = MAIL}, true},
	};
	struct job_settings after = {.hooks = {[HOOK_FAILURE] = COMMAND}, .mail_to = MAIL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct rig rig = begin_one(&rows[i].before);

		end_next(&rig, bad);
		if (find_job(&rig, "a")->telling)
			told(&rig, "a");
		load_one(&rig, &after);
		end_next(&rig, bad);
		expect(&rig, rows[i].told ? "end a@20 failed"
					  : "end a@20 failed; tell a@20: failure+mail failed x2");
		end(&rig);
	}
}

static void test_who_comes_when_it_is_overdue_is_told_of_the_next_failure(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct rig rig = begin_one(&with);

	(void)state;
	forget(&rig);
	overdue(&rig, "a");
	expect(&rig, "overdue a");
	with.hooks[HOOK_FAILURE] = (struct command_line)COMMAND;
	load_one(&rig, &with);
	end_next(&rig, bad);
	expect(&rig, "end a@10 failed; tell a@10: failure failed x1");
	end(&rig);
}

static void test_a_job_that_comes_back_is_not_overdue(void **state)
{
	struct job_settings with = {.expect_within = S(60)};
	struct rig rig = begin_one(&with);
	struct engine_job *job = find_job(&rig, "a");

	(void)state;
	run_until(&rig, 10);
	overdue(&rig, "a");
	assert_true(job->overdue);
	load(&rig, &(struct model_spec){.workers = 1});
	load_one(&rig, NULL);
	assert_ptr_equal(find_job(&rig, "a"), job);
	assert_false(job->overdue);
	end(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_comes_while_it_fails_is_told_of_the_next_failure),
		cmocka_unit_test(test_who_comes_when_it_is_overdue_is_told_of_the_next_failure),
		cmocka_unit_test(test_a_job_that_comes_back_is_not_overdue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
