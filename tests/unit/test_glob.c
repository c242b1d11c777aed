/* Holds: which names follow which patterns, and that no pattern takes long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "control/glob.h"

#include <string.h>

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool matches;
	} table[] = {
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"a", "a", true},
		{"a", "b", false},
		{"a", "ab", false},
		{"ab", "a", false},
		{"*", "", true},
		{"*", "abc", true},
		{"**", "", true},
		{"?", "", false},
		{"?", "a", true},
		{"?", "ab", false},
		{"a*", "a", true},
		{"a*", "abc", true},
		{"*c", "abc", true},
		{"*c", "abd", false},
		{"*c", "cc", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"*b*", "abc", true},
		{"*bc*d*", "abbcxdx", true},
		{"*bc*d*", "abbdxcx", false},
		{"*?", "", false},
		{"?*", "a", true},
		{"*.*", "a.b", true},
		{"[a]", "a", false},
		{"\\a", "a", false},
		{"A", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (glob_matches(table[i].pattern, table[i].name) != table[i].matches)
			fail_msg("%s and %s", table[i].pattern, table[i].name);
}

/* One that tries each star again for each of those behind it would not come back. */
static void test_stars_do_not_multiply(void **state)
{
	char pattern[201] = "";
	char name[201];

	(void)state;
	for (int i = 0; i < 99; i++)
		strcat(pattern, "*a");
	strcat(pattern, "b");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(glob_matches(pattern, name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_stars_do_not_multiply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
