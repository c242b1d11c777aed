/* Holds: what cron expressions are called in English, and what is said of those that do not mean
   what they are taken for. */
#include "cron_fixture.h"

#include "base/cleanup.h"

#include <stdio.h>
#include <string.h>

#define SENTENCES_MAX 4

static void test_expressions_in_english(void **state)
{
	static const struct {
		const char *text;
		const char *phrase;
	} rows[] = {
		/* Evenly, all the time. */
		{"* * * * *", "every minute"},
		{"*/5 * * * *", "every 5 minutes"},
		{"0-59/30 * * * *", "every 30 minutes"},
		{"0 * * * *", "every hour"},
		{"*/60 * * * *", "every hour"},
		{"0 */2 * * *", "every 2 hours"},
		{"* * * * * *", "every second"},
		{"*/10 * * * * *", "every 10 seconds"},
		{"30 * * * * *", "at second 30 of every minute"},
		{"30 */5 * * * *", "at second 30 of every 5th minute"},
		{"*/10 */2 * * * *", "every 10 seconds of every 2nd minute"},
		{"*/5 */2 * * *", "every 5 minutes of every 2nd hour"},
		{"30 */2 * * *", "at minute 30 of every 2nd hour"},
		/* Within the hour, not evenly. */
		{"*/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"},
		{"*/59 * * * *", "at minutes 0 and 59 of every hour"},
		{"17 * * * *", "at minute 17 of every hour"},
		{"0-4,30 * * * *", "at minutes 0 to 4 and 30 of every hour"},
		{"*/10 0-4 * * * *", "every 10 seconds of minutes 0 to 4 of every hour"},
		{"5,10 * * * * *", "at seconds 5 and 10 of every minute"},
		/* Times of day. */
		{"30 7 * * *", "at 07:30 every day"},
		{"30 30 9 * * *", "at 09:30:30 every day"},
		{"0 7,12,19 * * *", "at 07:00, 12:00 and 19:00 every day"},
		{"5,10 1,2 3 * * *", "at 03:01:05, 03:01:10, 03:02:05 and 03:02:10 every day"},
		{"0 */24 * * *", "at 00:00 every day"},
		{"0 0-12/6 * * *", "at 00:00, 06:00 and 12:00 every day"},
		/* Stretches of the day. */
		{"0 9-17 * * *", "every hour from 09:00 to 17:00 every day"},
		{"30 9-17 * * *", "every hour from 09:30 to 17:30 every day"},
		{"* 9 * * *", "every minute from 09:00 to 09:59 every day"},
		{"* * 9 * * *", "every second from 09:00:00 to 09:59:59 every day"},
		{"*/5 9-17 * * 1-5", "every 5 minutes from 09:00 to 17:55 on Monday to Friday"},
		{"*/5 9-11,14-16 * * *",
		 "every 5 minutes from 09:00 to 11:55 and from 14:00 to 16:55 every day"},
		{"* 22-2 * * *",
		 "every minute from 00:00 to 02:59 and from 22:00 to 23:59 every day"},
		{"15,45 9-17 * * *", "at minutes 15 and 45 of hours 9 to 17 every day"},
		{"*/20 3 4 * * *", "at 04:03:00, 04:03:20 and 04:03:40 every day"},
		{"* 3 4 * * *", "every second of minute 3 of hour 4 every day"},
		/* Weekdays. */
		{"30 7 * * mon-fri", "at 07:30 on Monday to Friday"},
		{"0 7 * * 6,0", "at 07:00 on Saturday and Sunday"},
		{"0 7 * * 0", "at 07:00 on Sunday"},
		{"0 7 * * 1,3,5", "at 07:00 on Monday, Wednesday and Friday"},
		{"0 7 * * fri-mon", "at 07:00 on Monday and Friday to Sunday"},
		{"0 7 * * 5L", "at 07:00 on the last Friday of the month"},
		{"0 7 * * 5#2", "at 07:00 on the 2nd Friday of the month"},
		{"0 7 * * 5#2,1#1,1#3", "at 07:00 on the 1st and 3rd Monday of the month and on "
					"the 2nd Friday of the month"},
		{"0 7 * * 6L,0L", "at 07:00 on the last Saturday and Sunday of the month"},
		{"* * * * 1", "every minute on Monday"},
		/* Days of the month. */
		{"0 0 1 * *", "at 00:00 on day 1 of the month"},
		{"0 0 1-7,15 * *", "at 00:00 on days 1 to 7 and 15 of the month"},
		{"0 0 L * *", "at 00:00 on the last day of the month"},
		{"0 0 L-1 * *", "at 00:00 on the 2nd to last day of the month"},
		{"0 0 L-3,L-10 * *", "at 00:00 on the 4th and 11th to last day of the month"},
		{"0 0 15W * *",
		 "at 00:00 on the day from Monday to Friday nearest to day 15 of the month"},
		{"0 0 1W,2W,3W * *", "at 00:00 on the day from Monday to Friday nearest to day 1, "
				     "2 and 3 of the month"},
		{"0 0 LW * *", "at 00:00 on the last day from Monday to Friday of the month"},
		{"0 0 1,L * *", "at 00:00 on day 1 of the month and on the last day of the month"},
		/* Months. */
		{"0 0 25 12 *", "at 00:00 on day 25 of December"},
		{"0 0 1 1,7 *", "at 00:00 on day 1 of January and July"},
		{"0 0 L 3-5 *", "at 00:00 on the last day of March to May"},
		{"0 7 * 7 *", "at 07:00 every day in July"},
		{"* * * 7 *", "every minute in July"},
		{"0 7 * 3,6-9 1-5", "at 07:00 on Monday to Friday in March and June to September"},
		{"0 7 ? 2 1#5", "at 07:00 on the 5th Monday of February"},
		/* Either day, or both. */
		{"0 0 1 * fri", "at 00:00 on day 1 of the month and on Friday"},
		{"0 0 1,L 3 fri", "at 00:00 on day 1 of the month and on the last day of the month "
				  "and on Friday, in March"},
		{"0 0 1 3 5#1", "at 00:00 on day 1 of March and on the 1st Friday of March"},
		{"0 0 1-31 * mon", "at 00:00 every day"},
		{"0 0 13 * 0-6", "at 00:00 every day"},
		{"0 0 */10 * mon",
		 "at 00:00 on days 1, 11, 21 and 31 of the month if it is Monday"},
		{"0 0 */10 * mon#1,tue", "at 00:00 on days 1, 11, 21 and 31 of the month if it is "
					 "Tuesday or it is the 1st Monday of the month"},
		{"0 0 */10 3 mon", "at 00:00 on days 1, 11, 21 and 31 of March if it is Monday"},
		{"0 0 13 * */5", "at 00:00 on day 13 of the month if it is Friday or Sunday"},
		/* Nicknames. */
		{"@hourly", "every hour"},
		{"@weekly", "at 00:00 on Sunday"},
		{"@yearly", "at 00:00 on day 1 of January"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct cron_expr expr = cron_fixture_parse(rows[i].text);
		char buf[CRON_DESCRIBE_SIZE];

		if (strcmp(cron_expr_describe(&expr, buf), rows[i].phrase) != 0)
			fail_msg("%s: \"%s\" and not \"%s\"", rows[i].text, buf, rows[i].phrase);
	}
}

static void test_there_is_room_for_the_longest(void **state)
{
	const struct cron_expr expr = {
		.seconds = UINT64_C(0xaaaaaaaaaaaaaaa),
		.minutes = UINT64_C(0xaaaaaaaaaaaaaaa),
		.hours = 0x555555,
		.days = 0x55555554,
		.days_from_end = 0x55555555,
		.days_nearest = 0xfffffffe,
		.months = 0xaaa,
		.weekdays = 0x2a,
		.weekdays_last = 0x7f,
		.weekdays_nth = (UINT64_C(1) << 35) - 1,
		.nearest_last = true,
	};
	char buf[CRON_DESCRIBE_SIZE];

	(void)state;
	(void)cron_expr_describe(&expr, buf);
	assert_true(strlen(buf) < CRON_DESCRIBE_SIZE - 1);
	assert_string_equal(buf + strlen(buf) - strlen("September and November"),
			    "September and November");
}

struct sentences {
	char text[SENTENCES_MAX][300];
	size_t n;
};

static void keep(void *ctx, const char *sentence)
{
	struct sentences *sentences = ctx;

	assert_true(sentences->n < SENTENCES_MAX);
	(void)snprintf(sentences->text[sentences->n++], 300, "%s", sentence);
}

static void test_what_is_mistaken_is_told(void **state)
{
#define EVERY(text) "; for that, write every = \"" text "\""
	static const struct {
		const char *text;
		const char *sentences[SENTENCES_MAX];
	} rows[] = {
		{"* * * * *", {NULL}},
		{"30 7 * * 1-5", {NULL}},
		{"*/5 */6 * */3 *", {NULL}},
		{"*/60 */24 * */12 */7", {NULL}},
		{"* 9-17 * * *", {NULL}},
		{"*/5 9-17 * * 1-5", {NULL}},
		{"0 0 L * *", {NULL}},
		{"@hourly", {NULL}},
		{"@yearly", {NULL}},
		/* Steps begin anew. */
		{"*/59 * * * *",
		 {"\"*/59\" begins anew with each hour: from minute 59 to the next 0 it is 1 "
		  "minute, "
		  "not 59" EVERY("59m")}},
		{"*/7 * * * *",
		 {"\"*/7\" begins anew with each hour: from minute 56 to the next 0 it is 4 "
		  "minutes, "
		  "not 7" EVERY("7m")}},
		{"*/90 * * * *",
		 {"\"*/90\" is minute 0 alone, as steps begin anew with each hour" EVERY("90m")}},
		{"*/00000000000000000059 * * * *",
		 {"\"*/59\" begins anew with each hour: from minute 59 to the next 0 it is 1 "
		  "minute, "
		  "not 59" EVERY("59m")}},
		{"*/45 * * * * *",
		 {"\"*/45\" begins anew with each minute: from second 45 to the next 0 it is 15 "
		  "seconds, not 45" EVERY("45s")}},
		{"0 */5 * * *",
		 {"\"*/5\" begins anew with each day: from hour 20 to the next 0 it is 4 hours, "
		  "not "
		  "5" EVERY("5h")}},
		{"0 0 */2 * *",
		 {"\"*/2\" begins anew with each month, and there it is not 2 days" EVERY("2d")}},
		{"0 0 1 */5 *",
		 {"\"*/5\" begins anew with each year: from month 11 to the next 1 it is 2 months, "
		  "not "
		  "5"}},
		{"0 0 * * */2",
		 {"\"*/2\" begins anew with each week: from weekday 6 to the next 0 it is 1 day, "
		  "not "
		  "2" EVERY("2d")}},
		/* Stars. */
		{"* 3 * * *",
		 {"it is due at each minute of the hour, sixty times: write \"0\" for the minute "
		  "to "
		  "have it once"}},
		{"* 0 3 * * *",
		 {"it is due at each second of the minute, sixty times: write \"0\" for the second "
		  "to have it once"}},
		{"* * 1 * *",
		 {"it is due at each minute of those days: begin with \"0 0\" to have it once a "
		  "day"}},
		/* Two fields of days. */
		{"0 0 13 * fri",
		 {"it is due on days that match the day of the month and on days that match the "
		  "weekday: where both are given, either will do"}},
		{"0 0 30,31 2 fri",
		 {"it is due on the weekday alone, as those months have no such day of the month"}},
		{"0 0 1-31 * fri",
		 {"it is due every day: where day of the month and weekday are both given, either "
		  "will do, and one of them is all days here"}},
		{"0 0 13 * */5",
		 {"\"*/5\" begins anew with each week: from weekday 5 to the next 0 it is 2 days, "
		  "not "
		  "5" EVERY("5d"),
		  "it is due only on days that match both the day of the month and the weekday, as "
		  "one of them begins with \"*\""}},
		/* Dates that are missing. */
		{"0 0 31 * *",
		 {"months without a day 31 are passed over: \"L\" is the last day of each month"}},
		{"0 0 30,31 * *",
		 {"months without a day 30 are passed over: \"L\" is the last day of each month"}},
		{"0 0 31 1,3,5 *", {NULL}},
		{"0 0 30 4,6 *", {NULL}},
		{"0 0 28,31 * *", {NULL}},
		{"0 0 31,L * *", {NULL}},
		{"0 0 29 2 *", {"it is due in leap years only"}},
		{"0 0 * * 5#5",
		 {"months without a fifth one are passed over: \"5L\" is the last of each month"}},
		{"0 0 * * 5#4,5#5", {NULL}},
		/* Past midnight. */
		{"0 22-2 * * fri",
		 {"the hours behind midnight are those of the same date: \"22-2\" begins with "
		  "00:00 "
		  "of a day that matches, and ends with 23:59 of it"}},
		{"0 22-2 * * *", {NULL}},
	};
#undef EVERY

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct cron_expr expr = cron_fixture_parse(rows[i].text);
		struct sentences sentences = {.n = 0};
		size_t n = 0;

		cron_expr_advise(&expr, rows[i].text, keep, &sentences);
		for (; n < SENTENCES_MAX && rows[i].sentences[n]; n++)
			assert_string_equal(sentences.text[n], rows[i].sentences[n]);
		if (sentences.n != n)
			fail_msg("%s: %zu sentences, the last: %s", rows[i].text, sentences.n,
				 sentences.text[sentences.n - 1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expressions_in_english),
		cmocka_unit_test(test_there_is_room_for_the_longest),
		cmocka_unit_test(test_what_is_mistaken_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
