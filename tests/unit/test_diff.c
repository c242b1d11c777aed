/* Holds: every job of either model is seen once, by name, with its fate. */
#include "engine_fixture.h"

#include "core/diff.h"

/* "+b ~c -a =d" */
static void check(const struct model_spec *before, const struct model_spec *after,
		  const char *expected)
{
	struct model *old = before ? build_model(before) : NULL;
	struct model *new = build_model(after);
	struct diff diff = {.before = old, .after = new};
	char text[200] = "";
	enum diff_fate fate;
	size_t i;
	size_t k;

	while (diff_next(&diff, &fate, &i, &k)) {
		const char *name = k != SIZE_MAX ? new->jobs[k].name : old->jobs[i].name;
		size_t used = strlen(text);

		assert_int_equal(i == SIZE_MAX, fate == DIFF_ADDED);
		assert_int_equal(k == SIZE_MAX, fate == DIFF_REMOVED);
		if (i != SIZE_MAX)
			assert_string_equal(old->jobs[i].name, name);
		(void)snprintf(text + used, sizeof(text) - used, "%s%c%s", used ? " " : "",
			       "+~-="[fate], name);
	}
	assert_string_equal(text, expected);
	model_unref(old);
	model_unref(new);
}

static void test_diffs(void **state)
{
	static const struct {
		struct model_spec before;
		struct model_spec after;
		const char *diff;
	} rows[] = {
		{{.workers = 1}, {.workers = 1}, ""},
		{{.workers = 1}, {.jobs = {{.name = "a"}, {.name = "b"}}}, "+a +b"},
		{{.jobs = {{.name = "a"}, {.name = "b"}}}, {.workers = 1}, "-a -b"},
		{{.jobs = {{.name = "a"}, {.name = "b"}}},
		 {.jobs = {{.name = "a"}, {.name = "b"}}},
		 "=a =b"},
		{{.jobs = {{.name = "a"}, {.name = "b"}}},
		 {.jobs = {{.name = "a"}, {.name = "b", .every = 7}}},
		 "=a ~b"},
		{{.jobs = {{.name = "a"}}}, {.jobs = {{.name = "a", .command = "false"}}}, "~a"},
		{{.jobs = {{.name = "a"}}},
		 {.jobs = {{.name = "a", .overlap = OVERLAP_QUEUE}}},
		 "~a"},
		{{.jobs = {{.name = "a"}, {.name = "c"}, {.name = "e"}}},
		 {.jobs = {{.name = "b"}, {.name = "c"}, {.name = "d"}}},
		 "-a +b =c +d -e"},
		{{.jobs = {{.name = "m"}}}, {.jobs = {{.name = "a"}, {.name = "z"}}}, "+a -m +z"},
		{{.jobs = {{.name = "a"}, {.name = "z"}}}, {.jobs = {{.name = "m"}}}, "-a +m -z"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check(&rows[i].before, &rows[i].after, rows[i].diff);
}

static void test_without_a_model_before_all_is_added(void **state)
{
	(void)state;
	check(NULL, &(struct model_spec){.jobs = {{.name = "a"}, {.name = "b"}}}, "+a +b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diffs),
		cmocka_unit_test(test_without_a_model_before_all_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
