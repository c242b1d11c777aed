/* What check-health makes of answers. */
#include "ctl/checkup.h"
#include "ctl/when.h"

#include "calendar/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define WELL "\"jobs\": 2, \"busy\": 1, \"workers\": 8, \"queued\": 3"

static const struct {
	const char *status;
	const char *failing; /* NULL: none */
	enum checkup_level level;
	const char *text;
} daemons[] = {
	{"{" WELL ", \"ledger\": {\"problem\": null, \"waiting\": 4, \"dropped\": 0}}", NULL,
	 CHECKUP_OK, "2 jobs, 1 of 8 workers busy"},
	{"{\"jobs\": 1}", "{\"items\": [], \"next\": null}", CHECKUP_OK,
	 "1 job, 0 of 0 workers busy"},
	{"{}", NULL, CHECKUP_UNKNOWN, "everyd does not say how it is"},
	{"{" WELL ", \"config\": {\"failed\": true}}", NULL, CHECKUP_WARNING,
	 "the configuration was refused, that of before is in force"},
	{"{" WELL ", \"stopping\": true, \"needs\": \"no cgroup\"}", NULL, CHECKUP_WARNING,
	 "everyd is stopping; no cgroup"},
	{"{" WELL ", \"ledger\": {\"problem\": \"disk full\", \"dropped\": 7}}", NULL,
	 CHECKUP_CRITICAL, "ledger: disk full"},
	{"{" WELL ", \"ledger\": {\"dropped\": 7}}", NULL, CHECKUP_WARNING,
	 "7 entries of the ledger were dropped"},
	{"{" WELL ", \"status_listen\": {\"address\": \"[::1]:9\", \"error\": null}}", NULL,
	 CHECKUP_OK, "2 jobs, 1 of 8 workers busy"},
	{"{" WELL ", \"status_listen\": {\"address\": \"[::1]:9\", \"error\": \"it is in use\"}}",
	 NULL, CHECKUP_WARNING, "status_listen: it is in use"},
	/* The worst of several. */
	{"{" WELL ", \"stopping\": true}", "{\"items\": [{\"name\": \"a\"}]}", CHECKUP_CRITICAL,
	 "1 job failing: a; everyd is stopping"},
	{"{" WELL "}",
	 "{\"items\": [{\"name\": \"a\"}, {\"name\": \"b\"}, {\"name\": \"c\"}, {\"name\": \"d\"},"
	 " {\"name\": \"e\"}, {}], \"next\": \"f\"}",
	 CHECKUP_CRITICAL, "6 or more jobs failing: a, b, c, d, e, ..."},
	{"{" WELL "}", "{\"items\": [{}]}", CHECKUP_CRITICAL, "1 job failing: ?"},
};

static void daemons_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(daemons); i++) {
		json_t *status = json_loads(daemons[i].status, 0, NULL);
		json_t *failing =
			daemons[i].failing ? json_loads(daemons[i].failing, 0, NULL) : NULL;
		struct checkup checkup;

		assert_non_null(status);
		checkup_daemon(&checkup, status, failing, NULL);
		assert_string_equal(checkup.text, daemons[i].text);
		assert_int_equal(checkup.level, daemons[i].level);
		json_decref(status);
		json_decref(failing);
	}
}

static void figures_of_daemons(void **state)
{
	json_t *status = json_loads("{" WELL ", \"ledger\": {\"waiting\": 4}}", 0, NULL);
	json_t *overdue = json_loads("{\"items\": [{\"name\": \"late\"}]}", 0, NULL);
	struct checkup checkup;

	(void)state;
	checkup_daemon(&checkup, status, NULL, overdue);
	assert_string_equal(checkup.data,
			    "jobs=2 failing=0 overdue=1 busy=1;;;0;8 queued=3 ledger_waiting=4");
	assert_string_equal(checkup.text, "1 job overdue: late");
	assert_int_equal(checkup.level, CHECKUP_CRITICAL);
	json_decref(overdue);
	json_decref(status);
}

static const struct {
	const char *job;
	enum checkup_level level;
	const char *text;
	const char *data;
} jobs[] = {
	{"{\"name\": \"a\", \"failures\": 0, \"next\": \"1970-01-01T01:00:00Z\","
	 " \"last\": {\"verdict\": \"ok\", \"ended\": \"1970-01-01T00:30:00Z\", \"took\": 1.5},"
	 " \"last_success\": \"1970-01-01T00:30:00Z\"}",
	 CHECKUP_OK, "a: last run ok 10m ago, next in 20m",
	 "failures=0 took=1.5s since_success=600s"},
	{"{\"name\": \"a\"}", CHECKUP_OK, "a: has not run yet", "failures=0"},
	{"{\"name\": \"a\", \"failures\": 2, \"last\": {\"verdict\": \"timeout\"}}",
	 CHECKUP_CRITICAL, "a: timeout, 2 failures in a row", "failures=2"},
	{"{\"name\": \"a\", \"overdue\": true}", CHECKUP_CRITICAL, "a: overdue, no success yet",
	 "failures=0"},
	{"{\"name\": \"a\", \"pause\": {\"until\": null, \"reason\": \"lunch\"}}", CHECKUP_WARNING,
	 "a: paused: lunch", "failures=0"},
	{"{\"name\": \"a\", \"failures\": 1, \"pause\": {}}", CHECKUP_CRITICAL,
	 "a: failed, 1 failure in a row; a: paused", "failures=1"},
	{"{}", CHECKUP_UNKNOWN, "everyd does not say how the job is", ""},
};

static void jobs_are_judged(void **state)
{
	const struct when when = {.zone = zone_utc(), .now = 40 * USEC_PER_MIN};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++) {
		json_t *job = json_loads(jobs[i].job, 0, NULL);
		struct checkup checkup;

		assert_non_null(job);
		checkup_job(&checkup, job, &when);
		assert_string_equal(checkup.text, jobs[i].text);
		assert_string_equal(checkup.data, jobs[i].data);
		assert_int_equal(checkup.level, jobs[i].level);
		json_decref(job);
	}
}

static void text_is_bounded(void **state)
{
	char name[2000];
	struct checkup checkup;
	json_t *status;

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	status = json_pack("{s:i, s:s, s:{s:s}}", "jobs", 1, "needs", name, "ledger", "problem",
			   name);
	assert_non_null(status);
	checkup_daemon(&checkup, status, NULL, NULL);
	assert_int_equal(checkup.level, CHECKUP_CRITICAL);
	assert_true(strlen(checkup.text) < CHECKUP_TEXT_SIZE);
	json_decref(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(daemons_are_judged),
		cmocka_unit_test(figures_of_daemons),
		cmocka_unit_test(jobs_are_judged),
		cmocka_unit_test(text_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
