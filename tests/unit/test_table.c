/* Tables: columns as wide as they must be, cut to fit a terminal, clean. */
#include "capture.h"
#include "ctl/table.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct table_column columns[] = {
	{"JOB", TABLE_LEFT},
	{"RUNS", TABLE_RIGHT},
	{"WHY", TABLE_LEFT},
};

#define LONG "because it was told to, and because it is a long story"

static const struct {
	struct ctl ctl;
	const char *cells[9]; /* NULL ends them */
	const char *out;
} tables[] = {
	{{.header = true}, {NULL}, "JOB  RUNS  WHY\n"},
	{{.header = false}, {NULL}, ""},
	{{.header = true},
	 {"a", "1", "x", "backup", "12345", ""},
	 "JOB      RUNS  WHY\n"
	 "a           1  x\n"
	 "backup  12345\n"},
	{{.header = false}, {"a", "1", "x", "bb", "22", "y"}, "a    1  x\nbb  22  y\n"},
	/* A row that is not full. */
	{{.header = false}, {"a", "1", "x", "bb"}, "a   1  x\nbb\n"},
	/* Nothing that steers a terminal. */
	{{.header = false}, {"\033[2J", "1\n", "a\tb"}, "\\x1b[2J  1\\x0a  a b\n"},
	/* Letters count, not bytes. */
	{{.header = false}, {"\xc3\xbc", "1", "x", "uu", "2", "y"}, "\xc3\xbc   1  x\nuu  2  y\n"},
	/* No terminal: whole. A terminal: the widest columns are cut. */
	{{.header = false}, {"a", "1", LONG}, "a  1  " LONG "\n"},
	{{.header = false, .width = 20}, {"a", "1", LONG}, "a  1  because it ...\n"},
	{{.header = false, .width = 24}, {LONG, "1", LONG}, "because...  1  becaus...\n"},
	{{.header = false, .width = 37},
	 {"a rather short one", "1", LONG},
	 "a rather shor...  1  because it wa...\n"},
	{{.header = false, .width = 40},
	 {"a rather short one", "1", LONG},
	 "a rather short one  1  because it was...\n"},
	{{.header = false, .width = 5}, {LONG, "1", "x"}, "becau...  1  x\n"},
	{{.header = true, .width = 80}, {"a", "1", "x"}, "JOB  RUNS  WHY\na       1  x\n"},
	/* Colours take no room. */
	{{.header = true, .color = true, .width = 19},
	 {"a", "1", "because it", "b", "2", "because of that"},
	 "\033[1mJOB\033[0m  \033[1mRUNS\033[0m  \033[1mWHY\033[0m\n"
	 "a       1  becau...\n"
	 "b       2  becau...\n"},
};

static void prints(void **state)
{
	static struct capture capture;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(tables); i++) {
		struct table *table = table_new(columns, ARRAY_LENGTH(columns));
		const char *out;
		int r;

		assert_non_null(table);
		for (size_t c = 0; c < 9 && tables[i].cells[c]; c++)
			table_cell(table, TABLE_PLAIN, tables[i].cells[c]);
		capture_begin(&capture);
		r = table_print(table, &tables[i].ctl);
		out = capture_end(&capture);
		assert_int_equal(r, 0);
		assert_string_equal(out, tables[i].out);
		table_free(table);
	}
}

static void what_can_be_spared_is_left_out_first(void **state)
{
	static const struct {
		unsigned width;
		const char *out;
	} table_of[] = {
		{0, "JOB  SIZE  CPU  WHY\na      7K  3ms  because of it\n"},
		{30, "JOB  SIZE  CPU  WHY\na      7K  3ms  because of it\n"},
		{27, "JOB  SIZE  WHY\na      7K  because of it\n"},
		{18, "JOB  WHY\na    because of it\n"},
		/* There is no more to be spared. */
		{17, "JOB  WHY\na    because o...\n"},
		{5, "JOB  WHY\na    becau...\n"},
	};
	static const struct table_column spared[] = {
		{"JOB", TABLE_LEFT},
		{"SIZE", TABLE_RIGHT},
		{"CPU", TABLE_RIGHT},
		{"WHY", TABLE_LEFT},
	};
	static const char *const cells[] = {"a", "7K", "3ms", "because of it"};
	static struct capture capture;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table_of); i++) {
		const struct ctl ctl = {.header = true, .width = table_of[i].width};
		struct table *table = table_new(spared, ARRAY_LENGTH(spared));
		const char *out;
		int r;

		assert_non_null(table);
		table_spare(table, 2);
		table_spare(table, 1);
		for (size_t c = 0; c < ARRAY_LENGTH(cells); c++)
			table_cell(table, TABLE_PLAIN, cells[c]);
		capture_begin(&capture);
		r = table_print(table, &ctl);
		out = capture_end(&capture);
		assert_int_equal(r, 0);
		assert_string_equal(out, table_of[i].out);
		table_free(table);
	}
}

/* Half of a time is none. */
static void what_is_kept_is_not_cut(void **state)
{
	static const struct {
		unsigned width;
		const char *out;
	} table_of[] = {
		{60, "2026-11-21 12:00:00 UTC  1  because it was told to, and b...\n"},
		{40, "2026-11-21 12:00:00 UTC  1  because i...\n"},
		{30, "2026-11-21 12:00:00 UTC  1  becau...\n"},
	};
	static struct capture capture;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table_of); i++) {
		const struct ctl ctl = {.width = table_of[i].width};
		struct table *table = table_new(columns, ARRAY_LENGTH(columns));
		const char *out;
		int r;

		assert_non_null(table);
		table_keep(table, 0);
		table_cell(table, TABLE_PLAIN, "2026-11-21 12:00:00 UTC");
		table_cell(table, TABLE_PLAIN, "1");
		table_cell(table, TABLE_PLAIN, LONG);
		capture_begin(&capture);
		r = table_print(table, &ctl);
		out = capture_end(&capture);
		assert_int_equal(r, 0);
		assert_string_equal(out, table_of[i].out);
		table_free(table);
	}
}

static void colors(void **state)
{
	static struct capture capture;
	struct ctl ctl = {.color = true};
	struct table *table = table_new(columns, 2);
	const char *out;
	int r;

	(void)state;
	assert_non_null(table);
	table_cell(table, TABLE_BAD, "down");
	table_cellf(table, TABLE_GOOD, "%d", 7);
	table_cell(table, TABLE_WARN, NULL);
	table_cell(table, TABLE_FAINT, "x");
	capture_begin(&capture);
	r = table_print(table, &ctl);
	out = capture_end(&capture);
	assert_int_equal(r, 0);
	assert_string_equal(out, "\033[31mdown\033[0m  \033[32m7\033[0m\n"
				 "      \033[2mx\033[0m\n");
	ctl.color = false;
	capture_begin(&capture);
	r = table_print(table, &ctl);
	out = capture_end(&capture);
	assert_int_equal(r, 0);
	assert_string_equal(out, "down  7\n      x\n");
	table_free(table);
}

static void a_full_disk_is_told(void **state)
{
	struct ctl ctl = {.header = true};
	struct table *table = table_new(columns, 3);
	int saved = dup(STDOUT_FILENO);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int r = 0;

	(void)state;
	assert_non_null(table);
	assert_true(saved >= 0 && full >= 0);
	for (size_t i = 0; i < 3000; i++)
		table_cell(table, TABLE_PLAIN, LONG);
	(void)fflush(stdout);
	(void)dup2(full, STDOUT_FILENO);
	r = table_print(table, &ctl);
	(void)fflush(stdout);
	clearerr(stdout);
	(void)dup2(saved, STDOUT_FILENO);
	(void)close(saved);
	(void)close(full);
	assert_int_equal(r, -EIO);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prints),
		cmocka_unit_test(what_can_be_spared_is_left_out_first),
		cmocka_unit_test(what_is_kept_is_not_cut),
		cmocka_unit_test(colors),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
