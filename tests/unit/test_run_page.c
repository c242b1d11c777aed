/* Holds: pages of runs have what they were given, and are written in small steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/run_page.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>

static struct reader_row row_of(const char *job, uint64_t id)
{
	return (struct reader_row){
		.job = job, .id = id, .count = 1, .exit = -1, .cpu = -1, .memory = -1};
}

/* Writes all of it. Returns in how many steps; *ret_page is to be given back. */
static int write_all(struct run_page *page, json_t **ret_page)
{
	struct evbuffer *text;
	size_t len;
	int steps = 1;

	while (run_page_work(page) == 0)
		steps++;
	text = run_page_text(page);
	len = evbuffer_get_length(text);
	*ret_page = json_loadb((const char *)evbuffer_pullup(text, -1), len, 0, NULL);
	assert_non_null(*ret_page);
	return steps;
}

static void test_an_empty_page(void **state)
{
	struct run_page *page = run_page_new(0);
	json_t *body;

	(void)state;
	assert_int_equal(write_all(page, &body), 1);
	assert_int_equal(json_array_size(json_object_get(body, "items")), 0);
	assert_true(json_is_null(json_object_get(body, "next")));
	json_decref(body);
	run_page_free(page);
	run_page_free(NULL);
}

static void test_rows_and_texts_are_told_in_order(void **state)
{
	const struct live_facts live = {
		.state = "running", .attempts = 3, .run = {.pid = 812, .age = 2000000}};
	struct run_page *page = run_page_new(3);
	char job[] = "job";
	struct reader_row row = row_of(job, 9);
	char *text = run_page_row(&row, NULL);
	json_t *body;
	json_t *items;

	(void)state;
	assert_true(run_page_add_text(page, text));
	row.id = 8;
	row.state = READER_ACCEPTED;
	assert_true(run_page_add_row(page, &row, &live));
	row.id = 7;
	assert_true(run_page_add_row(page, &row, NULL));
	/* There is no room for more. */
	assert_false(run_page_add_row(page, &row, NULL));
	assert_false(run_page_add_text(page, text));
	run_page_set_next(page, "1.2.3.4");
	/* Everything was copied. */
	memset(job, 'x', sizeof(job) - 1);
	memset(text, 'x', strlen(text));
	free(text);
	(void)write_all(page, &body);
	assert_string_equal(json_string_value(json_object_get(body, "next")), "1.2.3.4");
	items = json_object_get(body, "items");
	assert_int_equal(json_array_size(items), 3);
	for (int i = 0; i < 3; i++) {
		static const char *const states[] = {"ended", "running", "queued"};
		static const int pids[] = {0, 812, 0};
		const json_t *item = json_array_get(items, i);

		assert_int_equal(json_integer_value(json_object_get(item, "run")), 9 - i);
		assert_string_equal(json_string_value(json_object_get(item, "job")), "job");
		assert_string_equal(json_string_value(json_object_get(item, "state")), states[i]);
		assert_int_equal(json_integer_value(json_object_get(item, "pid")), pids[i]);
	}
	json_decref(body);
	run_page_free(page);
}

static void test_no_step_takes_long(void **state)
{
	enum { ROWS = 1000, STEP_ROWS = 20, STEP_TEXTS = 200 };
	const struct reader_row row = row_of("job", 1);
	struct run_page *page = run_page_new(ROWS);
	json_t *body;

	(void)state;
	for (int i = 0; i < ROWS; i++)
		assert_true(run_page_add_row(page, &row, NULL));
	assert_in_range(write_all(page, &body), ROWS / STEP_ROWS, ROWS / STEP_ROWS + 1);
	assert_int_equal(json_array_size(json_object_get(body, "items")), ROWS);
	json_decref(body);
	run_page_free(page);
	page = run_page_new(ROWS);
	for (int i = 0; i < ROWS; i++)
		assert_true(run_page_add_text(page, "{}"));
	assert_in_range(write_all(page, &body), ROWS / STEP_TEXTS, ROWS / STEP_TEXTS + 1);
	assert_int_equal(json_array_size(json_object_get(body, "items")), ROWS);
	json_decref(body);
	run_page_free(page);
}

static void test_one_may_go_before_all_is_told(void **state)
{
	const struct reader_row row = row_of("job", 1);
	struct run_page *page = run_page_new(100);

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(run_page_add_row(page, &row, NULL));
	assert_int_equal(run_page_work(page), 0);
	run_page_free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_page),
		cmocka_unit_test(test_rows_and_texts_are_told_in_order),
		cmocka_unit_test(test_no_step_takes_long),
		cmocka_unit_test(test_one_may_go_before_all_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
