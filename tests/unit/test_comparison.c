/* What one side has and the other has not, or has otherwise. */
#include "ctl/comparison.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ITEMS_MAX 6

/* Environments, as far as they are not NULL; what is printed of them. */
static const struct {
	const char *here[ITEMS_MAX];
	const char *there[ITEMS_MAX];
	const char *printed;
} rows[] = {
	{{NULL}, {NULL}, ""},
	{{"A=1", "B=2"}, {"B=2", "A=1"}, ""},
	{{"A=1"}, {NULL}, "-A=1\n"},
	{{NULL}, {"A=1"}, "+A=1\n"},
	{{"A=1"}, {"A=2"}, "-A=1\n+A=2\n"},
	{{"A="}, {NULL}, "-A=\n"},
	{{"A="}, {"A=="}, "-A=\n+A==\n"},
	/* By name, whatever comes behind it. */
	{{"B=1", "A-=1", "A=1"}, {"AA=1"}, "-A=1\n-A-=1\n+AA=1\n-B=1\n"},
	{{"A=1", "C=3", "E=5"}, {"B=2", "C=4", "D=4"}, "-A=1\n+B=2\n-C=3\n+C=4\n+D=4\n-E=5\n"},
	/* The first counts. */
	{{"A=1", "A=2"}, {"A=1", "A=3"}, ""},
	{{"A=2", "A=1"}, {"A=1"}, "-A=2\n+A=1\n"},
	/* Whoever starts a program may put anything there. */
	{{"nonsense", "A=1"}, {"A=1", ""}, ""},
	{{"=x"}, {NULL}, "-=x\n"},
	{{"A=\033[31m\n\xff"}, {NULL}, "-A=\\x1b[31m\\x0a\\xff\n"},
};

static char *const *as_environment(const char *const *items)
{
	union {
		const char *const *in;
		char *const *out;
	} cast = {items};

	return cast.out;
}

/* To be freed. */
static char *print(const struct comparison *comparison, bool color)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	assert_non_null(file);
	assert_int_equal(comparison_print(comparison, "here", "there", color, file), 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

static void environments_are_compared_by_name(void **state)
{
	static const char head[] = "--- here\n+++ there\n@@ variables @@\n";

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_cleanup_free_ char *text = NULL;
		struct comparison comparison;
		size_t skip = rows[i].printed[0] ? strlen(head) : 0;

		comparison_init(&comparison);
		assert_int_equal(comparison_add_environment(&comparison, "variables",
							    as_environment(rows[i].here),
							    as_environment(rows[i].there)),
				 0);
		text = print(&comparison, false);
		assert_memory_equal(text, head, skip);
		assert_string_equal(text + skip, rows[i].printed);
		comparison_done(&comparison);
	}
}

static void what_is_the_same_is_left_out(void **state)
{
	static const char one[] = "one section";
	static const char two[] = "two";
	_cleanup_free_ char *text = NULL;
	struct comparison comparison;

	(void)state;
	comparison_init(&comparison);
	assert_int_equal(comparison_add(&comparison, one, "a", "1", "1"), 0);
	assert_int_equal(comparison_add(&comparison, one, "b", NULL, NULL), 0);
	assert_int_equal(comparison_add(&comparison, one, "c", "1", "2"), 0);
	assert_int_equal(comparison_add(&comparison, one, "d", "1", NULL), 0);
	assert_int_equal(comparison_add(&comparison, two, "e", NULL, "2"), 0);
	assert_int_equal(comparison.n, 3);
	text = print(&comparison, false);
	assert_string_equal(text, "--- here\n+++ there\n@@ one section @@\n-c=1\n+c=2\n-d=1\n"
				  "@@ two @@\n+e=2\n");
	comparison_done(&comparison);
}

static void colours_are_those_of_a_diff(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct comparison comparison;

	(void)state;
	comparison_init(&comparison);
	assert_int_equal(comparison_add(&comparison, "s", "a", "1", "2"), 0);
	text = print(&comparison, true);
	assert_string_equal(text, "\033[1m--- here\033[0m\n\033[1m+++ there\033[0m\n"
				  "\033[36m@@ s @@\033[0m\n"
				  "\033[31m-a=1\033[0m\n\033[32m+a=2\033[0m\n");
	comparison_done(&comparison);
}

static void many_are_no_fewer(void **state)
{
	struct comparison comparison;
	char name[16];

	(void)state;
	comparison_init(&comparison);
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(name, sizeof(name), "N%d", i);
		assert_int_equal(comparison_add(&comparison, "s", name, name, NULL), 0);
	}
	assert_int_equal(comparison.n, 1000);
	assert_string_equal(comparison.items[0].name, "N0");
	assert_string_equal(comparison.items[999].here, "N999");
	comparison_done(&comparison);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(environments_are_compared_by_name),
		cmocka_unit_test(what_is_the_same_is_left_out),
		cmocka_unit_test(colours_are_those_of_a_diff),
		cmocka_unit_test(many_are_no_fewer),
	};

	return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
