/* Holds: what a cron expression may look like, what is said of those that are wrong, and that the
   canonical form is read back as the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "calendar/cron.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 100000

/* The canonical form of `text`, for a job of that name. */
static const char *canonical(const char *text, const char *seed, char buf[static CRON_TEXT_SIZE])
{
	char problem[CRON_PROBLEM_SIZE] = "";
	struct cron_expr expr;

	if (cron_expr_parse(text, seed, &expr, problem) < 0)
		fail_msg("%s: %s", text, problem);
	return cron_expr_format(&expr, buf);
}

static void test_each_shape_means_what_its_canonical_form_means(void **state)
{
	static const struct {
		const char *text;
		const char *canonical;
	} rows[] = {
		/* Fields, five or six. */
		{"* * * * *", "* * * * *"},
		{"0 * * * * *", "* * * * *"},
		{"* * * * * *", "* * * * * *"},
		{"30 7 * * *", "30 7 * * *"},
		{"15 30 7 * * *", "15 30 7 * * *"},
		{"  30\t7  *\t\t*   *  ", "30 7 * * *"},
		{"030 07 01 002 *", "30 7 1 2 *"},
		/* Lists, ranges, steps. */
		{"1,2,3,10 * * * *", "1-3,10 * * * *"},
		{"10,3,1,3 * * * *", "1,3,10 * * * *"},
		{"0-59 * * * *", "0-59 * * * *"},
		{"1-30/7 * * * *", "1-29/7 * * * *"},
		{"5/15 * * * *", "5-50/15 * * * *"},
		{"50/15 * * * *", "50 * * * *"},
		{"*/5 * * * *", "*/5 * * * *"},
		{"*/1 * * * *", "* * * * *"},
		{"*/59 * * * *", "*/59 * * * *"},
		{"*/60 * * * *", "*/60 * * * *"},
		{"*/999 * * * *", "*/60 * * * *"},
		{"7-7/3 * * * *", "7 * * * *"},
		{"0,15,30,45 */6 * * *", "0-45/15 */6 * * *"},
		{"*/15,7 * * * *", "*/15,7 * * * *"},
		{"7,*/15 * * * *", "0-45/15,7 * * * *"},
		{"* 0-23/2 * * *", "* 0-22/2 * * *"},
		{"*/20 * * * * *", "*/20 * * * * *"},
		{"0,20,40 * * * * *", "*/20 * * * * *"},
		{"0 0 1-12/3 * *", "0 0 1-10/3 * *"},
		{"0 0 * 1,4,7,10 *", "0 0 * */3 *"},
		{"0 0 * 1-12 *", "0 0 * * *"},
		/* Names. */
		{"0 0 * jan-mar mon-fri", "0 0 * 1-3 1-5"},
		{"0 0 * DEC Sun", "0 0 * 12 0"},
		{"0 0 * * tue,Thu,SAT", "0 0 * * 2-6/2"},
		{"0 0 * jan/4 *", "0 0 * */4 *"},
		/* Sunday is 0 and 7. */
		{"0 0 * * 7", "0 0 * * 0"},
		{"0 0 * * 5-7", "0 0 * * 0,5,6"},
		{"0 0 * * 0-7", "0 0 * * 0-6"},
		{"0 0 * * 1-7/2", "0 0 * * 0,1-5/2"},
		{"0 0 * * 7-3", "0 0 * * 0-3"},
		{"0 0 * * 7/2", "0 0 * * 0"},
		{"0 0 * * 0-7/7", "0 0 * * 0"},
		{"0 0 * * sun-sat", "0 0 * * 0-6"},
		/* Ranges that wrap around. */
		{"0 0 * * fri-mon", "0 0 * * 0,1,5,6"},
		{"0 0 * * sat-sun", "0 0 * * 0,6"},
		{"0 22-2 * * *", "0 0-2,22,23 * * *"},
		{"0 22-3/2 * * *", "0 0,2,22 * * *"},
		{"50-10/10 * * * *", "0,10,50 * * * *"},
		{"0 0 30-2 * *", "0 0 1,2,30,31 * *"},
		{"0 0 31-1 * *", "0 0 1,31 * *"},
		{"0 0 * nov-feb *", "0 0 * 1,2,11,12 *"},
		/* Days. */
		{"0 0 ? * mon", "0 0 * * 1"},
		{"0 0 1 * ?", "0 0 1 * *"},
		{"0 0 L * *", "0 0 L * *"},
		{"0 0 l * *", "0 0 L * *"},
		{"0 0 L-0 * *", "0 0 L * *"},
		{"0 0 L-3,L-30 * *", "0 0 L-30,L-3 * *"},
		{"0 0 15W,1w,31W * *", "0 0 1W,15W,31W * *"},
		{"0 0 LW * *", "0 0 LW * *"},
		{"0 0 wl * *", "0 0 LW * *"},
		{"0 0 1,15,L,LW,3W * *", "0 0 1,15,3W,LW,L * *"},
		{"0 0 1-31,L * *", "0 0 1-31 * *"},
		{"0 0 *,L * *", "0 0 * * *"},
		{"0 0 */2,L * *", "0 0 */2,L * *"},
		{"0 0 * * 5L", "0 0 * * 5L"},
		{"0 0 * * friL", "0 0 * * 5L"},
		{"0 0 * * 7l,Monl", "0 0 * * 0L,1L"},
		{"0 0 * * 5#2", "0 0 * * 5#2"},
		{"0 0 * * fri#2,7#1", "0 0 * * 0#1,5#2"},
		{"0 0 * * 5,5#2,5L,4#1", "0 0 * * 5,4#1"},
		{"0 0 * * */2", "0 0 * * */2"},
		{"0 0 29 2 *", "0 0 29 2 *"},
		{"0 0 ? 2 1#5", "0 0 * 2 1#5"},
		{"0 0 31 2 mon", "0 0 31 2 1"},
		{"0 0 L-28 2 *", "0 0 L-28 2 *"},
		/* Nicknames. */
		{"@yearly", "0 0 1 1 *"},
		{"@annually", "0 0 1 1 *"},
		{"@monthly", "0 0 1 * *"},
		{"@weekly", "0 0 * * 0"},
		{"@daily", "0 0 * * *"},
		{"@midnight", "0 0 * * *"},
		{"@hourly", "0 * * * *"},
		{" @Every_Minute ", "* * * * *"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char buf[CRON_TEXT_SIZE];

		assert_string_equal(canonical(rows[i].text, "job", buf), rows[i].canonical);
		/* It is its own canonical form. */
		assert_string_equal(canonical(rows[i].canonical, "", buf), rows[i].canonical);
	}
}

static void test_what_is_wrong_is_said(void **state)
{
#define COUNTED(n, s)                                                                              \
	"has " n " field" s ", not five (minute, hour, day of the month, month, weekday) or six "  \
	"(seconds first)"
	static const struct {
		const char *text;
		const char *problem;
	} rows[] = {
		{"", COUNTED("0", "s")},
		{" \t", COUNTED("0", "s")},
		{"5", COUNTED("1", "")},
		{"* * * *", COUNTED("4", "s")},
		{"0 0 12 * * ? 2026", COUNTED("7", "s") "; a year is not supported"},
		{"1 2 3 4 5 6 7 8", COUNTED("8", "s")},
		{"61 * * * *", "minute \"61\" is not from 0 to 59"},
		{"60 * * * * *", "second \"60\" is not from 0 to 59"},
		{"* 24 * * *", "hour \"24\" is not from 0 to 23"},
		{"* * 0 * *", "day of the month \"0\" is not from 1 to 31"},
		{"* * 32 * *", "day of the month \"32\" is not from 1 to 31"},
		{"* * * 13 *", "month \"13\" is not from 1 to 12 or \"jan\" to \"dec\""},
		{"* * * * 8", "weekday \"8\" is not from 0 to 7 or \"sun\" to \"sat\""},
		{"10-70 * * * *", "minute \"70\" is not from 0 to 59"},
		{"70-80 * * * *", "minute \"70\" is not from 0 to 59"},
		{"99999999999999999999 * * * *",
		 "minute \"99999999999999999999\" is not from 0 to 59"},
		{"-5 * * * *", "minute \"-5\" is not from 0 to 59"},
		{"5- * * * *", "minute \"5-\" has nothing behind \"-\""},
		{"* * * jan- *", "month \"jan-\" has nothing behind \"-\""},
		{"x * * * *", "minute \"x\" is not from 0 to 59"},
		{"5x * * * *", "minute \"5x\" is not understood from \"x\" on"},
		{"1-5-9 * * * *", "minute \"1-5-9\" is not understood from \"-9\" on"},
		{"** * * * *", "minute \"**\" is not understood from \"*\" on"},
		{"*-5 * * * *", "minute \"*-5\" is not understood from \"-5\" on"},
		{"mon * * * *", "minute \"mon\" is not from 0 to 59"},
		{"*/0 * * * *", "minute \"*/0\" has no step from 1 to 999 behind \"/\""},
		{"*/ * * * *", "minute \"*/\" has no step from 1 to 999 behind \"/\""},
		{"*/1000 * * * *", "minute \"*/1000\" has no step from 1 to 999 behind \"/\""},
		{"*/5x * * * *", "minute \"*/5x\" has no step from 1 to 999 behind \"/\""},
		{"1,,2 * * * *", "minute: nothing stands before or behind a comma"},
		{"* 1, * * *", "hour: nothing stands before or behind a comma"},
		{"* ,1 * * *", "hour: nothing stands before or behind a comma"},
		{"* ? * * *", "hour \"?\" has \"?\", which is for days only: write \"*\""},
		{"* * ?,5 * *",
		 "day of the month \"?,5\" has \"?\", which stands alone or not at all"},
		{"* * * * ?/2", "weekday \"?/2\" has \"?\", which stands alone or not at all"},
		{"* * * foo *", "month \"foo\" is not from 1 to 12 or \"jan\" to \"dec\""},
		{"* * * jna *", "month \"jna\" is unknown: did you mean \"jan\"?"},
		{"* * * january *", "month \"january\" is unknown: did you mean \"jan\"?"},
		{"* * * jan-sept *", "month \"sept\" is unknown: did you mean \"sep\"?"},
		{"* * * * monday", "weekday \"monday\" is unknown: did you mean \"mon\"?"},
		{"* * * * thr", "weekday \"thr\" is unknown: did you mean \"thu\"?"},
		{"* * 5L * *", "day of the month \"5L\" belongs in the field of the weekday; the "
			       "last day is \"L\""},
		{"* * 5#2 * *", "day of the month \"5#2\" belongs in the field of the weekday; the "
				"last day is \"L\""},
		{"* * L-31 * *",
		 "day of the month \"L-31\" is not \"L\", \"LW\" or \"L-0\" to \"L-30\""},
		{"* * L-3W * *",
		 "day of the month \"L-3W\" is not \"L\", \"LW\" or \"L-0\" to \"L-30\""},
		{"* * 32W * *", "day of the month \"32W\" is not \"1W\" to \"31W\", one day each"},
		{"* * 5W-7 * *",
		 "day of the month \"5W-7\" is not \"1W\" to \"31W\", one day each"},
		{"* * * * L", "weekday \"L\" has no day: \"5L\" is the last Friday of the month"},
		{"* * * * 5#6", "weekday \"5#6\" has no number from 1 to 5 behind \"#\""},
		{"* * * * 5#0", "weekday \"5#0\" has no number from 1 to 5 behind \"#\""},
		{"* * * * 5#", "weekday \"5#\" has no number from 1 to 5 behind \"#\""},
		{"* * * * 1-5#2", "weekday \"1-5#2\" is not understood from \"#2\" on"},
		{"* * * * 8L", "weekday \"8\" is not from 0 to 7 or \"sun\" to \"sat\""},
		{"L * * * *", "minute \"L\" is not from 0 to 59"},
		{"~/5 * * * *", "minute \"~/5\" is more than \"~\" takes: one value from a range, "
				"as 0~29"},
		{"0~70 * * * *", "minute \"70\" is not from 0 to 59"},
		{"1~5~7 * * * *", "minute \"1~5~7\" is more than \"~\" takes: one value from a "
				  "range, as 0~29"},
		{"0 0 31 2 *", "is never due: there is no 31 February"},
		{"0 0 30 feb *", "is never due: there is no 30 February"},
		{"0 0 30,31 2 *", "is never due: there is no 30 February"},
		{"0 0 31 4,6 *", "is never due: there is no 31 April or 31 June"},
		{"0 0 31 4,6,9,11 ?", "is never due: there is no 31 April or 31 June"},
		{"0 0 31W 11 *", "is never due: there is no 31 November"},
		{"0 0 31 2,4 *", "is never due: there is no 31 February or 31 April"},
		{"0 0 L-29 2 *", "is never due: no day of February is 29 days before the last"},
		{"0 0 L-30 2,4,6 *",
		 "is never due: no day of February or April is 30 days before the last"},
		{"0 0 */31 * 1#5", "is never due: no date has both the day and the weekday, in "
				   "those months"},
		{"\x1b[1m * * * *", "minute \"\\x1b[1m\" is not from 0 to 59"},
		{"\xff * * * *", "minute \"\\xff\" is not from 0 to 59"},
		{"@reboot", "is not a time: write on = \"start\" instead of cron"},
		{"@dayly", "is unknown: did you mean \"@daily\"?"},
		{"@", "is unknown: there are @yearly, @monthly, @weekly, @daily, @hourly and "
		      "@every_minute"},
		{"@daily 5", "is unknown: did you mean \"@daily\"?"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct cron_expr expr = {.minutes = 42};
		char problem[CRON_PROBLEM_SIZE] = "";

		if (cron_expr_parse(rows[i].text, "job", &expr, problem) != -EINVAL)
			fail_msg("\"%s\" was taken", rows[i].text);
		assert_string_equal(problem, rows[i].problem);
		assert_int_equal(expr.minutes, 42);
	}
#undef COUNTED
}

static void test_junk_of_any_length_is_only_said_in_part(void **state)
{
	static char text[5000];
	char problem[CRON_PROBLEM_SIZE];
	struct cron_expr expr;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text + sizeof(text) - 20, " * * * *           ", 20);
	assert_int_equal(cron_expr_parse(text, "job", &expr, problem), -EINVAL);
	assert_true(strlen(problem) < 100);
}

static void test_hashed_values_are_the_same_in_every_release(void **state)
{
	static const struct {
		const char *text;
		const char *seed;
		const char *canonical;
	} rows[] = {
		/* clang-format off */
		{"~ ~ * * *",       "job",    "53 5 * * *"},
		{"~ ~ ~ ~ ~",       "job",    "53 5 7 2 5"},
		{"~ ~ ~ ~ ~ ~",     "backup", "59 28 17 5 10 3"},
		{"0~29 1~5 * * *",  "job",    "23 2 * * *"},
		{"~ 22~2 * * *",    "job2",   "59 2 * * *"},
		{"0 0 * * mon~fri", "job",    "0 0 * * 1"},
		{"30~ ~5 * * *",    "job",    "53 5 * * *"},
		{"~ ~ * * *",       "",       "19 16 * * *"},
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char buf[CRON_TEXT_SIZE];

		assert_string_equal(canonical(rows[i].text, rows[i].seed, buf), rows[i].canonical);
	}
}

static void test_hashed_values_are_spread_over_their_range(void **state)
{
	unsigned minutes[60] = {0};
	unsigned hours[24] = {0};
	unsigned days[32] = {0};

	(void)state;
	for (int i = 0; i < 6000; i++) {
		char problem[CRON_PROBLEM_SIZE];
		struct cron_expr expr;
		char seed[16];

		(void)snprintf(seed, sizeof(seed), "job-%d", i);
		assert_int_equal(cron_expr_parse("~ 22~1 ~ * *", seed, &expr, problem), 0);
		minutes[__builtin_ctzll(expr.minutes)]++;
		hours[__builtin_ctz(expr.hours)]++;
		days[__builtin_ctz(expr.days)]++;
		assert_true(expr.fixed_minute && expr.fixed_hour && !expr.any_day);
	}
	for (int i = 0; i < 60; i++)
		assert_in_range(minutes[i], 60, 140);
	for (int i = 0; i < 24; i++)
		assert_in_range(hours[i], i <= 1 || i >= 22 ? 1400 : 0,
				i <= 1 || i >= 22 ? 1600 : 0);
	/* Every month has the day. */
	for (int i = 1; i <= 31; i++)
		assert_in_range(days[i], i <= 28 ? 150 : 0, i <= 28 ? 280 : 0);
}

static void test_a_star_makes_a_field_open_whatever_else_it_says(void **state)
{
	static const struct {
		const char *text;
		bool fixed_minute;
		bool fixed_hour;
		bool any_day;
		bool any_weekday;
	} rows[] = {
		{"* * * * *", false, false, true, true},
		{"*/5 */2 */2 * */2", false, false, true, true},
		{"*,5 *,3 *,3 * *,3", false, false, true, true},
		{"5,* 3,* 3,* * 3,*", true, true, false, false},
		{"0-59 0-23 1-31 * 0-6", true, true, false, false},
		{"0 * ? * ?", true, false, true, true},
		{"* 0 L * 1L", false, true, false, false},
		{"~ ~ ~ * ~", true, true, false, false},
		{"@hourly", true, false, true, true},
		{"@daily", true, true, true, true},
		{"@monthly", true, true, false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		char problem[CRON_PROBLEM_SIZE];
		struct cron_expr expr;

		assert_int_equal(cron_expr_parse(rows[i].text, "job", &expr, problem), 0);
		assert_int_equal(expr.fixed_minute, rows[i].fixed_minute);
		assert_int_equal(expr.fixed_hour, rows[i].fixed_hour);
		assert_int_equal(expr.any_day, rows[i].any_day);
		assert_int_equal(expr.any_weekday, rows[i].any_weekday);
	}
}

static uint64_t draw(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *seed >> 33;
}

/* A value, a range, a step, or what only days have: there "%" is a value. */
static int draw_item(uint64_t *seed, char *out, int first, int last, const char *const *special,
		     size_t n_special)
{
	const char *shape;
	int a = first + (int)(draw(seed) % (uint64_t)(last - first + 1));
	int b = first + (int)(draw(seed) % (uint64_t)(last - first + 1));
	int step = 1 + (int)(draw(seed) % 10);

	switch (draw(seed) % (n_special > 0 ? 7 : 5)) {
	case 0:
		return sprintf(out, "%d-%d", a, b);
	case 1:
		return sprintf(out, "%d-%d/%d", a, b, step);
	case 2:
		return sprintf(out, "%d/%d", a, step);
	case 3:
	case 4:
		return sprintf(out, "%d", a);
	default:
		shape = special[draw(seed) % n_special];
		return *shape == '%' ? sprintf(out, "%d%s", a, shape + 1)
				     : sprintf(out, "%s", shape);
	}
}

/* Any expression that is read; it may never be due. */
static void draw_text(uint64_t *seed, char *out)
{
	static const char *const days[] = {"L", "LW", "%W", "L-5", "L-1"};
	static const char *const weekdays[] = {"%#1", "%#3", "%#5", "%L"};
	static const struct {
		int first;
		int last;
		const char *const *special;
		size_t n_special;
	} fields[] = {
		{0, 59, NULL, 0}, {0, 59, NULL, 0},
		{0, 23, NULL, 0}, {1, 31, days, ARRAY_LENGTH(days)},
		{1, 12, NULL, 0}, {0, 7, weekdays, ARRAY_LENGTH(weekdays)},
	};

	for (size_t f = draw(seed) % 2; f < ARRAY_LENGTH(fields); f++) {
		int items = (int)(draw(seed) % 4);

		if (items == 0)
			out += sprintf(out, "*");
		else if (draw(seed) % 4 == 0)
			out += sprintf(out, "*/%d,", (int)(1 + draw(seed) % 70));
		for (int i = 0; i < items; i++) {
			out += draw_item(seed, out, fields[f].first, fields[f].last,
					 fields[f].special, fields[f].n_special);
			out += sprintf(out, "%s", i + 1 < items ? "," : "");
		}
		out += sprintf(out, " ");
	}
}

static void test_the_canonical_form_is_read_back_as_the_same(void **state)
{
	uint64_t seed = 11;
	int taken = 0;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		char problem[CRON_PROBLEM_SIZE];
		char once[CRON_TEXT_SIZE];
		char twice[CRON_TEXT_SIZE];
		struct cron_expr expr;
		struct cron_expr again;
		char text[500];

		draw_text(&seed, text);
		if (cron_expr_parse(text, "job", &expr, problem) < 0) {
			if (!strstr(problem, "never due"))
				fail_msg("%s: %s", text, problem);
			continue;
		}
		taken++;
		(void)cron_expr_format(&expr, once);
		if (cron_expr_parse(once, "other", &again, problem) < 0)
			fail_msg("%s: %s", once, problem);
		if (!cron_expr_equal(&expr, &again))
			fail_msg("%s became %s", text, once);
		assert_string_equal(cron_expr_format(&again, twice), once);
	}
	assert_in_range(taken, ROUNDS / 2, ROUNDS);
}

/* Every other value is the most that a field needs: nothing is longer. */
static void test_there_is_room_for_the_longest(void **state)
{
	struct cron_expr expr = {
		.seconds = UINT64_C(0xadadadadadadad),
		.minutes = UINT64_C(0xadadadadadadad),
		.hours = 0xadadad,
		.days = 0x2d5ad6b4,
		.days_from_end = 0x7fffffff,
		.days_nearest = 0xfffffffe,
		.months = 0xdac,
		.weekdays = 0,
		.weekdays_last = 0x7f,
		.weekdays_nth = (UINT64_C(1) << 35) - 1,
		.nearest_last = true,
		.fixed_minute = true,
		.fixed_hour = true,
	};
	char buf[CRON_TEXT_SIZE];
	char problem[CRON_PROBLEM_SIZE];
	struct cron_expr again;

	(void)state;
	(void)cron_expr_format(&expr, buf);
	assert_int_equal(cron_expr_parse(buf, "", &again, problem), 0);
	assert_true(cron_expr_equal(&expr, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_shape_means_what_its_canonical_form_means),
		cmocka_unit_test(test_what_is_wrong_is_said),
		cmocka_unit_test(test_junk_of_any_length_is_only_said_in_part),
		cmocka_unit_test(test_hashed_values_are_the_same_in_every_release),
		cmocka_unit_test(test_hashed_values_are_spread_over_their_range),
		cmocka_unit_test(test_a_star_makes_a_field_open_whatever_else_it_says),
		cmocka_unit_test(test_the_canonical_form_is_read_back_as_the_same),
		cmocka_unit_test(test_there_is_room_for_the_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
