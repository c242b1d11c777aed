/* Holds: every verdict and every reason has its row, and no two read the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/verdict.h"

#include <string.h>

static void test_every_verdict_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (int a = 0; a < VERDICT_COUNT; a++) {
		assert_non_null(verdict_info((enum verdict)a)->name);
		assert_true(*verdict_info((enum verdict)a)->name);
		for (int b = 0; b < a; b++)
			assert_string_not_equal(verdict_info((enum verdict)a)->name,
						verdict_info((enum verdict)b)->name);
	}
}

static void test_how_loud_it_is(void **state)
{
	static const struct {
		enum verdict verdict;
		const char *name;
		enum log_level level;
	} rows[] = {
		{VERDICT_OK, "ok", LOG_LEVEL_INFO},
		{VERDICT_FAILED, "failed", LOG_LEVEL_WARNING},
		{VERDICT_TIMEOUT, "timeout", LOG_LEVEL_WARNING},
		{VERDICT_KILLED, "killed", LOG_LEVEL_NOTICE},
		{VERDICT_LOST, "lost", LOG_LEVEL_WARNING},
		{VERDICT_SKIPPED, "skipped", LOG_LEVEL_NOTICE},
		{VERDICT_COALESCED, "coalesced", LOG_LEVEL_NOTICE},
		{VERDICT_MISSED, "missed", LOG_LEVEL_NOTICE},
		{VERDICT_PAUSED, "paused", LOG_LEVEL_INFO},
		{VERDICT_REFUSED, "refused", LOG_LEVEL_INFO},
		{VERDICT_CANCELLED, "cancelled", LOG_LEVEL_NOTICE},
	};

	(void)state;
	assert_int_equal(ARRAY_LENGTH(rows), VERDICT_COUNT);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct verdict_info *info = verdict_info(rows[i].verdict);

		assert_string_equal(info->name, rows[i].name);
		assert_int_equal(info->level, rows[i].level);
	}
}

static void test_every_reason_has_words_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(reason_text(REASON_NONE), "");
	assert_string_equal(reason_word(REASON_NONE), "");
	for (int a = REASON_NONE + 1; a < REASON_COUNT; a++) {
		assert_non_null(reason_text((enum reason)a));
		for (int b = 0; b < a; b++) {
			assert_string_not_equal(reason_text((enum reason)a),
						reason_text((enum reason)b));
			assert_string_not_equal(reason_word((enum reason)a),
						reason_word((enum reason)b));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_verdict_has_a_name_of_its_own),
		cmocka_unit_test(test_how_loud_it_is),
		cmocka_unit_test(test_every_reason_has_words_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
