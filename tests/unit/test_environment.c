/* Environments: replacement, bounds, and the format of systemd's EnvironmentFile=. */
#include "exec/environment.h"

#include "core/names.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* All items, each with a '|' behind it. */
static const char *joined(struct environment *environment)
{
	static char text[8192];
	char *at = text;

	assert_int_equal(environment_finish(environment), 0);
	*at = '\0';
	for (char **item = environment->items; *item; item++) {
		assert_true((size_t)(at - text) + strlen(*item) + 2 < sizeof(text));
		at = stpcpy(stpcpy(at, *item), "|");
	}
	return text;
}

static void a_later_value_takes_the_place_of_an_earlier_one(void **state)
{
	struct environment environment;

	(void)state;
	environment_init(&environment);
	assert_string_equal(joined(&environment), "");
	assert_int_equal(environment_set(&environment, "A", "1"), 0);
	assert_int_equal(environment_set(&environment, "AB", "2"), 0);
	assert_int_equal(environment_put(&environment, "C="), 0);
	assert_int_equal(environment_put(&environment, "A=3=4"), 0);
	assert_string_equal(joined(&environment), "A=3=4|AB=2|C=|");
	assert_string_equal(environment_get(&environment, "A"), "3=4");
	assert_string_equal(environment_get(&environment, "C"), "");
	assert_null(environment_get(&environment, "B"));
	assert_null(environment_get(&environment, ""));
	/* Once ended it can be changed all the same. */
	assert_int_equal(environment_set(&environment, "D", "5"), 0);
	assert_string_equal(joined(&environment), "A=3=4|AB=2|C=|D=5|");
	environment_clear(&environment);
	assert_string_equal(joined(&environment), "");
	environment_done(&environment);
}

static void what_is_no_assignment_is_refused(void **state)
{
	static const char *const rows[] = {
		"", "A", "=", "=a", "1A=b", "A B=c", "A-B=c", " A=b", "\xc3\xa4=b",
	};
	struct environment environment;

	(void)state;
	environment_init(&environment);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(environment_put(&environment, rows[i]), -EINVAL);
	assert_int_equal(environment.n, 0);
	environment_done(&environment);
}

static void copies_stand_alone(void **state)
{
	struct environment from;
	struct environment to;

	(void)state;
	environment_init(&from);
	environment_init(&to);
	assert_int_equal(environment_copy(&to, &from), 0);
	assert_string_equal(joined(&to), "");
	assert_int_equal(environment_put(&from, "A=1"), 0);
	assert_int_equal(environment_put(&from, "A=2"), 0);
	assert_int_equal(environment_put(&from, "B=3"), 0);
	assert_int_equal(environment_put(&to, "X=gone"), 0);
	assert_int_equal(environment_copy(&to, &from), 0);
	environment_done(&from);
	assert_int_equal(environment_put(&to, "C=4"), 0);
	assert_string_equal(joined(&to), "A=2|B=3|C=4|");
	environment_done(&to);
}

static void it_grows_up_to_its_bound(void **state)
{
	static char value[5000];
	struct environment environment;
	char name[16];

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	environment_init(&environment);
	for (int i = 0; i < ENVIRONMENT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "N%d", i);
		assert_int_equal(environment_set(&environment, name, value), 0);
	}
	assert_int_equal(environment_set(&environment, "MORE", ""), -E2BIG);
	assert_int_equal(environment_set(&environment, "N7", "other"), 0);
	assert_int_equal(environment_finish(&environment), 0);
	assert_null(environment.items[ENVIRONMENT_MAX]);
	for (int i = 0; i < ENVIRONMENT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "N%d", i);
		assert_string_equal(environment_get(&environment, name), i == 7 ? "other" : value);
	}
	environment_done(&environment);
}

/* Used again, it takes no new memory: what the pointers show does not move. */
static void its_memory_serves_again(void **state)
{
	struct environment environment;
	char *text = NULL;

	(void)state;
	environment_init(&environment);
	for (int i = 0; i < 1000; i++) {
		environment_clear(&environment);
		assert_int_equal(environment_put(&environment, "A=1"), 0);
		assert_int_equal(environment_finish(&environment), 0);
		if (i == 0)
			text = environment.text;
		assert_ptr_equal(environment.text, text);
	}
	environment_done(&environment);
}

static void files_are_read_as_systemd_reads_them(void **state)
{
	static const struct {
		const char *text;
		const char *expected;
	} rows[] = {
		{"", ""},
		{"\n\n  \n", ""},
		{"A=b", "A=b|"},
		{"A=b\n", "A=b|"},
		{"A=b\nC=d\n", "A=b|C=d|"},
		{"A=b\nA=c\n", "A=c|"},
		{"A=\nB=", "A=|B=|"},
		{"A=b=c\n", "A=b=c|"},
		/* Comments, and lines that say nothing. */
		{"# A=b\n; C=d\n  # E=f\nG=h", "G=h|"},
		{"A=b # c\n", "A=b # c|"},
		{"A=b;c\n", "A=b;c|"},
		{"# a \\\nA=b\n", "A=b|"},
		{"no assignment\nA=b\nnor this", "A=b|"},
		{"=b\nA=c", "A=c|"},
		/* Blanks. */
		{"  A = b  c \t\nD=\t e", "A=b  c|D=e|"},
		{"A=b\r\n\r\nC=d \r\n", "A=b|C=d|"},
		{"A=b\rC=d", "A=b|C=d|"},
		/* Backslashes. */
		{"A=b\\\nc\n", "A=bc|"},
		{"A=b \\\n  c\n", "A=b   c|"},
		{"A=b\\\r\nc\r\n", "A=bc|"},
		{"A=\\\n  b\n", "A=  b|"},
		{"A=b\\ \nC=\\ d", "A=b |C= d|"},
		{"A=\\a\\\\\\\"\\'\\$", "A=a\\\"'$|"},
		{"A=b\\", "A=b|"},
		{"A\\\nB=c", "B=c|"},
		/* Quotes. */
		{"A=''\nB=\"\"", "A=|B=|"},
		{"A='b c'\nB=\" d \"\n", "A=b c|B= d |"},
		{"A='b\"c'\nB=\"d'e\"", "A=b\"c|B=d'e|"},
		{"A='b\\nc\\'\n", "A=b\\nc\\|"},
		{"A=\"b\\\"c\\\\d\\`e\\$f\\n\\'\"\n", "A=b\"c\\d`e$f\\n\\'|"},
		{"A=\"b\nc\"\nD='e\nf'", "A=b\nc|D=e\nf|"},
		{"A=\"b\\\nc\"", "A=bc|"},
		{"A=\"b\\\r\nc\"", "A=bc|"},
		{"A='b'  \nC=  \"d\"\t\r\n", "A=b|C=d|"},
		{"A='b' 'c'\"d\" e f \n", "A=bcde f|"},
		{"A=b'c'\"d\"", "A=b'c'\"d\"|"},
		{"A='b' # c", "A=b# c|"},
		{"A=$HOME ${B}", "A=$HOME ${B}|"},
		{"A=\xc3\xa4\nB='\x01'", "A=\xc3\xa4|B=\x01|"},
		{"_a1=b", "_a1=b|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct environment environment;
		unsigned line = 77;
		int r;

		environment_init(&environment);
		r = environment_read(&environment, rows[i].text, strlen(rows[i].text), &line);
		if (r != 0 || strcmp(joined(&environment), rows[i].expected) != 0)
			fail_msg("row %zu: %d, %s", i, r, joined(&environment));
		assert_int_equal(line, 77);
		environment_done(&environment);
	}
}

static void what_a_file_must_not_say_is_an_error_of_its_line(void **state)
{
	static const struct {
		const char *text;
		size_t len; /* 0: that of the text */
		unsigned line;
	} rows[] = {
		{"export A=b", 0, 1},
		{"A=b\n\n# c\n1=d\nE=f\n", 0, 4},
		{"A=b\r\nC-D=e\r\n", 0, 2},
		{"A B=c\n", 0, 1},
		{"==", 0, 1},
		{"\xef\xbb\xbf"
		 "A=b",
		 0, 1},
		{"A='b\nc\nd", 0, 1},
		{"A=b\nC=\"d\n\n\n", 0, 2},
		{"A=\"b\\", 0, 1},
		{"A='b\nc'\nD=\xff\n", 0, 3},
		{"A=\xc3\n", 0, 1},
		{"A=b\nC=\0d\n", 9, 2},
		{"A=b\n\0", 5, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct environment environment;
		unsigned line = 0;
		size_t len = rows[i].len > 0 ? rows[i].len : strlen(rows[i].text);
		int r;

		environment_init(&environment);
		r = environment_read(&environment, rows[i].text, len, &line);
		if (r != -EINVAL || line != rows[i].line)
			fail_msg("row %zu: %d, line %u", i, r, line);
		environment_done(&environment);
	}
}

static uint32_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(*seed >> 33);
}

/* Whatever a file says, what has been taken from it is assignments, ended as execve(2) wants. */
static void no_file_does_harm(void **state)
{
	static const char alphabet[] = "AB=='\"\\\\\n\n\r \t#;1_$`\xc3\xa4\xff";
	uint64_t seed = 20260301;
	struct environment environment;

	(void)state;
	environment_init(&environment);
	for (int round = 0; round < 50000; round++) {
		size_t len = draw(&seed) % 64;
		char *text = malloc(len + 1); /* just as large: what lies behind is another's */
		unsigned line = 0;
		unsigned lines = 1;
		int r;

		assert_non_null(text);
		for (size_t i = 0; i < len; i++) {
			text[i] = round % 4 == 0 ? (char)draw(&seed)
						 : alphabet[draw(&seed) % sizeof(alphabet)];
			lines += text[i] == '\n';
		}
		environment_clear(&environment);
		r = environment_read(&environment, text, len, &line);
		assert_true(r == 0 || r == -EINVAL);
		assert_true(r == 0 ? line == 0 : line >= 1 && line <= lines);
		assert_int_equal(environment_finish(&environment), 0);
		assert_null(environment.items[environment.n]);
		for (size_t i = 0; i < environment.n; i++) {
			const char *item = environment.items[i];

			assert_non_null(strchr(item, '='));
			assert_true(name_is_variable(item, (size_t)(strchr(item, '=') - item)));
			assert_true(strlen(item) <= len + 1);
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(
					strncmp(item, environment.items[j],
						(size_t)(strchr(item, '=') - item) + 1),
					0);
		}
		free(text);
	}
	environment_done(&environment);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_later_value_takes_the_place_of_an_earlier_one),
		cmocka_unit_test(what_is_no_assignment_is_refused),
		cmocka_unit_test(copies_stand_alone),
		cmocka_unit_test(it_grows_up_to_its_bound),
		cmocka_unit_test(its_memory_serves_again),
		cmocka_unit_test(files_are_read_as_systemd_reads_them),
		cmocka_unit_test(what_a_file_must_not_say_is_an_error_of_its_line),
		cmocka_unit_test(no_file_does_harm),
	};

	return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
