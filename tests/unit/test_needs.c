/* What jobs need and a machine lacks. */
#include "needs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct job_settings plain = {.shell = "/bin/sh"};
static const struct job_settings greedy = {
	.memory_max = 1, .cpu_max = 1, .tasks_max = 1, .cpu_weight = 1, .mail_to = {"root", 1}};
static const struct job_settings memory = {.memory_max = 1};
static const struct job_settings weight = {.cpu_weight = 1};
static const struct job_settings mail = {.mail_to = {"root", 1}};
static const struct job_settings journal = {.output = OUTPUT_JOURNAL};

#define ALL                                                                                        \
	{                                                                                          \
		{true, true, true}, true, true                                                     \
	}

static void what_is_lacking_is_counted(void **state)
{
	static const struct {
		const struct job_settings *jobs[3];
		struct means means;
		const char *text;
	} rows[] = {
		{{&plain, &plain, &plain}, {{0}, false, false}, ""},
		{{&plain, &journal, &journal}, ALL, ""},
		{{&plain, &journal, &mail},
		 {{0}, true, false},
		 "output = \"journal\" of 1 job has no effect"},
		{{&greedy, &greedy, &mail}, ALL, ""},
		{{&plain, &memory, &plain}, {{0}, true, true}, "memory_max of 1 job has no effect"},
		{{&memory, &memory, &memory},
		 {{0}, true, true},
		 "memory_max of 3 jobs has no effect"},
		{{&memory, &weight, &mail},
		 {{[CGROUP_MEMORY] = true}, true, true},
		 "cpu_weight of 1 job has no effect"},
		{{&mail, &plain, &mail},
		 {{true, true, true}, false, true},
		 "mailto of 2 jobs has no effect"},
		{{&greedy, &plain, &greedy},
		 {{[CGROUP_MEMORY] = true, [CGROUP_PIDS] = true}, true, true},
		 "cpu_max of 2 jobs has no effect, cpu_weight of 2 jobs has no effect"},
		{{&greedy, &plain, &memory},
		 {{0}, false, true},
		 "memory_max of 2 jobs has no effect, cpu_max of 1 job has no effect, "
		 "cpu_weight of 1 job has no effect, tasks_max of 1 job has no effect, "
		 "mailto of 1 job has no effect"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job jobs[3] = {{.name = "a"}, {.name = "b"}, {.name = "c"}};
		const struct model model = {
			.daemon.sendmail = "/sendmail", .jobs = jobs, .n_jobs = 3};
		struct needs needs = {.jobs = {7, 7, 7, 7, 7, 7}};
		char text[256] = "?";

		for (size_t j = 0; j < 3; j++)
			jobs[j].settings = rows[i].jobs[j];
		needs_find(&model, &rows[i].means, &needs);
		needs_describe(&needs, text, sizeof(text));
		assert_string_equal(text, rows[i].text);
		assert_string_equal(needs.sendmail, needs.jobs[NEED_MAILTO] > 0 ? "/sendmail" : "");
	}
}

static void a_description_is_cut_where_there_is_no_room(void **state)
{
	const struct needs needs = {.jobs = {1, 1, 1, 1, 1, 1}};
	char whole[256];

	(void)state;
	needs_describe(&needs, whole, sizeof(whole));
	for (size_t size = 1; size < sizeof(whole); size++) {
		char text[sizeof(whole) + 1];

		memset(text, '#', sizeof(text));
		needs_describe(&needs, text, size);
		assert_int_equal(text[size], '#');
		assert_int_equal(strlen(text), size > strlen(whole) ? strlen(whole) : size - 1);
		assert_memory_equal(text, whole, strlen(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_lacking_is_counted),
		cmocka_unit_test(a_description_is_cut_where_there_is_no_room),
	};

	return cmocka_run_group_tests_name("needs", tests, NULL, NULL);
}
