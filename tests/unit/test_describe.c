/* Holds: what is said of the end of a run, and of why it could not be started. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/values.h"
#include "control/describe.h"
#include "core/result.h"

#include <errno.h>
#include <string.h>

static const struct job job = {.name = "a"};

static void assert_end(const struct run_result *result, enum verdict verdict, const char *text)
{
	struct engine_run run = {.id = 7, .def = &job};
	const struct effect effect = {
		.kind = EFFECT_ENDED,
		.run = &run,
		.verdict = verdict,
		.result = result,
	};
	json_t *value = describe_end(&effect);
	char *dump = json_dumps(value, JSON_COMPACT);

	assert_non_null(dump);
	assert_string_equal(dump, text);
	free(dump);
	json_decref(value);
}

static void test_ends(void **state)
{
	static const struct {
		struct run_result result;
		const char *text;
	} table[] = {
		{{.kind = RESULT_EXITED, .code = 3, .started = 1000000, .ended = 3000000},
		 "\"exit\":3,\"signal\":null,\"stage\":null,\"errno\":null,\"problem\":null,"
		 "\"took\":2}"},
		{{.kind = RESULT_SIGNALLED, .code = 9, .started = 1000000, .ended = 3000000},
		 "\"exit\":null,\"signal\":9,\"stage\":null,\"errno\":null,\"problem\":null,"
		 "\"took\":2}"},
		{{.kind = RESULT_SPAWN_FAILED, .stage = "exec", .code = ENOENT},
		 "\"exit\":null,\"signal\":null,\"stage\":\"exec\",\"errno\":2,"
		 "\"problem\":\"exec: No such file or directory\",\"took\":null}"},
		{{.kind = RESULT_NO_RESOURCES, .code = ENOMEM},
		 "\"exit\":null,\"signal\":null,\"stage\":null,\"errno\":12,"
		 "\"problem\":\"Cannot allocate memory\",\"took\":null}"},
	};
	static const char begin[] = "{\"run\":7,\"job\":\"a\",\"verdict\":\"failed\","
				    "\"reason\":null,\"because\":null,";
	char text[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		snprintf(text, sizeof(text), "%s%s", begin, table[i].text);
		assert_end(&table[i].result, VERDICT_FAILED, text);
	}
	/* It came to nothing before. */
	snprintf(text, sizeof(text), "%s%s", begin,
		 "\"exit\":null,\"signal\":null,\"stage\":null,\"errno\":null,\"problem\":null,"
		 "\"took\":null}");
	assert_end(NULL, VERDICT_FAILED, text);
}

static void test_problems(void **state)
{
	json_t *value;

	(void)state;
	value = describe_problem("workdir", ENOENT);
	assert_string_equal(json_string_value(value), "workdir: No such file or directory");
	json_decref(value);
	value = describe_problem(NULL, EAGAIN);
	assert_string_equal(json_string_value(value), "Resource temporarily unavailable");
	json_decref(value);
	assert_true(json_is_null(describe_problem("exec", 0)));
	/* No number that there is. */
	assert_true(json_is_null(describe_problem("exec", 99999)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_problems),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
