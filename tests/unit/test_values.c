/* Values of options: what is one, what it means, and what is none. */
#include "config/values.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

struct row {
	const char *text;
	int64_t value;
	int r;
};

/* Each row, by a function of text and number; one that fails leaves the number alone. */
#define CHECK(rows, call)                                                                          \
	do {                                                                                       \
		for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {                                  \
			const char *text = (rows)[i].text;                                         \
			int64_t number = -4711;                                                    \
			int r = call;                                                              \
			int64_t expected = (rows)[i].r == 0 ? (rows)[i].value : -4711;             \
			if (r != (rows)[i].r || number != expected)                                \
				fail_msg("\"%s\": %d, %lld", text, r, (long long)number);          \
		}                                                                                  \
	} while (0)

static void integers(void **state)
{
	static const struct row rows[] = {
		{"0", 0, 0},
		{"007", 7, 0},
		{"+5", 5, 0},
		{"-5", -5, 0},
		{"9223372036854775807", INT64_MAX, 0},
		{"-9223372036854775807", -INT64_MAX, 0},
		{"9223372036854775808", 0, -ERANGE},
		{"99999999999999999999999", 0, -ERANGE},
		{"", 0, -EINVAL},
		{"-", 0, -EINVAL},
		{"+-1", 0, -EINVAL},
		{"1 ", 0, -EINVAL},
		{" 1", 0, -EINVAL},
		{"1x", 0, -EINVAL},
		{"99999999999999999999999x", 0, -EINVAL},
		{"0x10", 0, -EINVAL},
		{"1.0", 0, -EINVAL},
	};

	(void)state;
	CHECK(rows, value_integer(text, &number));
}

static void sizes(void **state)
{
	static const struct row rows[] = {
		{"0", 0, 0},
		{"1", 1, 0},
		{"1K", 1024, 0},
		{"64M", INT64_C(64) << 20, 0},
		{"3G", INT64_C(3) << 30, 0},
		{"5T", INT64_C(5) << 40, 0},
		{"0T", 0, 0},
		{"9223372036854775807", INT64_MAX, 0},
		{"8388607T", INT64_C(8388607) << 40, 0},
		{"8388608T", 0, -ERANGE},
		{"9007199254740992K", 0, -ERANGE},
		{"9223372036854775808", 0, -ERANGE},
		{"", 0, -EINVAL},
		{"K", 0, -EINVAL},
		{"1k", 0, -EINVAL},
		{"1KB", 0, -EINVAL},
		{"1 K", 0, -EINVAL},
		{"1.5K", 0, -EINVAL},
		{"-1", 0, -EINVAL},
		{"1P", 0, -EINVAL},
		{"infinity", 0, -EINVAL},
	};

	(void)state;
	CHECK(rows, value_size(text, &number));
}

static void decimals(void **state)
{
	static const struct row factors[] = {
		{"1", 1000, 0},
		{"1.5", 1500, 0},
		{"1.25", 1250, 0},
		{"0.001", 1, 0},
		{"10.000", 10000, 0},
		{"1.0000", 0, -EINVAL},
		{"1.", 0, -EINVAL},
		{".5", 0, -EINVAL},
		{"-1", 0, -EINVAL},
		{"1,5", 0, -EINVAL},
		{"1.5x", 0, -EINVAL},
		{"1.5%", 0, -EINVAL},
		{"1e1", 0, -EINVAL},
		{"", 0, -EINVAL},
		{"9223372036854775", INT64_C(9223372036854775000), 0},
		{"9223372036854775.807", INT64_MAX, 0},
		{"9223372036854775.808", 0, -ERANGE},
		{"9223372036854776", 0, -ERANGE},
		{"99999999999999999999", 0, -ERANGE},
	};
	static const struct row percents[] = {
		{"150%", 1500, 0},
		{"12.5%", 125, 0},
		{"0%", 0, 0},
		{"12.55%", 0, -EINVAL},
		{"150", 0, -EINVAL},
		{"150%%", 0, -EINVAL},
		{"%", 0, -EINVAL},
		{"150 %", 0, -EINVAL},
		{"99999999999999999999%", 0, -ERANGE},
	};

	(void)state;
	CHECK(factors, value_decimal(text, 3, "", &number));
	CHECK(percents, value_decimal(text, 1, "%", &number));
}

static void modes(void **state)
{
	static const struct row rows[] = {
		{"0", 0, 0},          {"22", 022, 0},        {"022", 022, 0},
		{"0777", 0777, 0},    {"777", 0777, 0},      {"1000", 0, -EINVAL},
		{"7777", 0, -EINVAL}, {"00000", 0, -EINVAL}, {"8", 0, -EINVAL},
		{"", 0, -EINVAL},     {"-1", 0, -EINVAL},    {"u=rwx", 0, -EINVAL},
		{"22 ", 0, -EINVAL},
	};

	(void)state;
	CHECK(rows, value_mode(text, &number));
}

static void flags(void **state)
{
	static const struct row rows[] = {
		{"yes", 1, 0},    {"no", 0, 0},      {"true", 1, 0},       {"false", 0, 0},
		{"on", 1, 0},     {"off", 0, 0},     {"Yes", 0, -EINVAL},  {"1", 0, -EINVAL},
		{"", 0, -EINVAL}, {"n", 0, -EINVAL}, {"yess", 0, -EINVAL},
	};

	(void)state;
	CHECK(rows, value_flag(text, &number));
}

static void signals(void **state)
{
	const struct row rows[] = {
		{"TERM", SIGTERM, 0},
		{"SIGTERM", SIGTERM, 0},
		{"INT", SIGINT, 0},
		{"HUP", SIGHUP, 0},
		{"KILL", SIGKILL, 0},
		{"USR2", SIGUSR2, 0},
		{"1", 1, 0},
		{"15", 15, 0},
		{"31", 31, 0},
		{"RTMIN", SIGRTMIN, 0},
		{"SIGRTMIN+3", SIGRTMIN + 3, 0},
		{"RTMAX", SIGRTMAX, 0},
		{"RTMAX-1", SIGRTMAX - 1, 0},
		{"64", 64, 0},
		{"32", 0, -EINVAL},
		{"0", 0, -EINVAL},
		{"65", 0, -EINVAL},
		{"99999999999999999999", 0, -EINVAL},
		{"-9", 0, -EINVAL},
		{"term", 0, -EINVAL},
		{"", 0, -EINVAL},
		{"SIG", 0, -EINVAL},
		{"SIGSIGTERM", 0, -EINVAL},
		{"SIG15", 0, -EINVAL},
		{"TERM ", 0, -EINVAL},
		{"RTMIN-1", 0, -EINVAL},
		{"RTMAX+1", 0, -EINVAL},
		{"RTMIN+", 0, -EINVAL},
		{"RTMIN+99", 0, -EINVAL},
		{"RTMIN+99999999999999999999", 0, -EINVAL},
		{"RTMIN++3", 0, -EINVAL},
		{"RTMIN3", 0, -EINVAL},
		{"EXIT", 0, -EINVAL},
	};

	(void)state;
	CHECK(rows, value_signal(text, &number));
}

/* The numbers are those of ioprio_set(2): the class above bit 13. */
static void io_priorities(void **state)
{
	static const struct row rows[] = {
		{"idle", 3 << 13, 0},
		{"best-effort", 2 << 13 | 4, 0},
		{"best-effort:0", 2 << 13, 0},
		{"best-effort:7", 2 << 13 | 7, 0},
		{"realtime", 1 << 13 | 4, 0},
		{"realtime:1", 1 << 13 | 1, 0},
		{"idle:1", 0, -EINVAL},
		{"idle:", 0, -EINVAL},
		{"best-effort:8", 0, -EINVAL},
		{"best-effort:", 0, -EINVAL},
		{"best-effort:07", 0, -EINVAL},
		{"best", 0, -EINVAL},
		{"best-efforts", 0, -EINVAL},
		{"none", 0, -EINVAL},
		{"", 0, -EINVAL},
		{":1", 0, -EINVAL},
	};

	(void)state;
	CHECK(rows, value_ionice(text, &number));
}

static void sets_of_cpus(void **state)
{
	static const struct {
		const char *text;
		int r;
		const char *set; /* the CPUs, as "0 1 5 " */
	} rows[] = {
		{"0", 0, "0 "},
		{"0-3,5", 0, "0 1 2 3 5 "},
		{"5,0-3", 0, "0 1 2 3 5 "},
		{"2,2-2,1-2", 0, "1 2 "},
		{"63-64", 0, "63 64 "},
		{"8191", 0, "8191 "},
		{"8192", -ERANGE, NULL},
		{"0-8192", -ERANGE, NULL},
		{"99999999999999999999", -ERANGE, NULL},
		{"", -EINVAL, NULL},
		{"0-", -EINVAL, NULL},
		{"-3", -EINVAL, NULL},
		{"3-0", -EINVAL, NULL},
		{"0,", -EINVAL, NULL},
		{",0", -EINVAL, NULL},
		{"0,,1", -EINVAL, NULL},
		{"0 1", -EINVAL, NULL},
		{"0-1-2", -EINVAL, NULL},
		{"all", -EINVAL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const size_t bits = 8 * sizeof(unsigned long);
		struct cpu_mask mask = {0};
		struct value_cpus cpus;
		char set[200] = "";
		size_t used = 0;
		int r = value_cpus(rows[i].text, &cpus, &mask);

		assert_int_equal(r, rows[i].r);
		if (r < 0)
			continue;
		assert_ptr_equal(mask.bytes, cpus.words);
		/* No longer than need be, so that equal sets are equal. */
		assert_int_equal(mask.size % sizeof(unsigned long), 0);
		assert_true(cpus.words[mask.size / sizeof(unsigned long) - 1] != 0);
		for (size_t cpu = 0; cpu < 8 * mask.size; cpu++)
			if (cpus.words[cpu / bits] >> cpu % bits & 1)
				used += (size_t)snprintf(set + used, sizeof(set) - used, "%zu ",
							 cpu);
		assert_string_equal(set, rows[i].set);
	}
}

static void resource_limits(void **state)
{
#define K    UINT64_C(1024)
#define NONE RLIM64_INFINITY
#define BAD  -1, 0, 0
	static const struct {
		const char *text;
		int resource; /* -1: it is not good */
		uint64_t soft;
		uint64_t hard;
		const char *problem; /* what its words begin with */
	} rows[] = {
		{"NOFILE=1024", RLIMIT_NOFILE, 1024, 1024, NULL},
		{"LimitNOFILE=1024:4096", RLIMIT_NOFILE, 1024, 4096, NULL},
		{"NOFILE=5:infinity", RLIMIT_NOFILE, 5, NONE, NULL},
		{"CORE=infinity", RLIMIT_CORE, NONE, NONE, NULL},
		{"CORE=0", RLIMIT_CORE, 0, 0, NULL},
		{"AS=1G:2G", RLIMIT_AS, K * K * K, 2 * K * K * K, NULL},
		{"DATA=1K", RLIMIT_DATA, K, K, NULL},
		{"FSIZE=3T", RLIMIT_FSIZE, 3 * K * K * K * K, 3 * K * K * K * K, NULL},
		{"STACK=8M", RLIMIT_STACK, 8 * K * K, 8 * K * K, NULL},
		{"RSS=1", RLIMIT_RSS, 1, 1, NULL},
		{"MEMLOCK=64K", RLIMIT_MEMLOCK, 64 * K, 64 * K, NULL},
		{"MSGQUEUE=5", RLIMIT_MSGQUEUE, 5, 5, NULL},
		{"NPROC=7", RLIMIT_NPROC, 7, 7, NULL},
		{"LOCKS=8", RLIMIT_LOCKS, 8, 8, NULL},
		{"SIGPENDING=9", RLIMIT_SIGPENDING, 9, 9, NULL},
		{"RTPRIO=10", RLIMIT_RTPRIO, 10, 10, NULL},
		{"CPU=60", RLIMIT_CPU, 60, 60, NULL},
		{"CPU=1h:2h", RLIMIT_CPU, 3600, 7200, NULL},
		{"CPU=1500ms", RLIMIT_CPU, 2, 2, NULL},
		{"RTTIME=500", RLIMIT_RTTIME, 500, 500, NULL},
		{"RTTIME=1ms", RLIMIT_RTTIME, 1000, 1000, NULL},
		{"NICE=30", RLIMIT_NICE, 30, 30, NULL},
		{"NICE=-10", RLIMIT_NICE, 30, 30, NULL},
		{"NICE=+19", RLIMIT_NICE, 1, 1, NULL},
		{"NICE=-20", RLIMIT_NICE, 40, 40, NULL},
		{"NOFILE", BAD, "write a limit"},
		{"", BAD, "write a limit"},
		{"=5", BAD, "there is no such limit"},
		{"nofile=5", BAD, "there is no such limit"},
		{"NOFIL=5", BAD, "there is no such limit"},
		{"NOFILES=5", BAD, "there is no such limit"},
		{"Limit=5", BAD, "there is no such limit"},
		{"LimitLimitAS=5", BAD, "there is no such limit"},
		{"NOFILE=", BAD, "a bound"},
		{"NOFILE=:5", BAD, "a bound"},
		{"NOFILE=5:", BAD, "a bound"},
		{"NOFILE=5:6:7", BAD, "a bound"},
		{"NOFILE=-1", BAD, "a bound"},
		{"NOFILE=+1", BAD, "a bound"},
		{"NOFILE=1K", BAD, "a bound"},
		{"NOFILE=99999999999999999999", BAD, "a bound"},
		{"AS=1k", BAD, "a bound of this limit is a number of bytes"},
		{"CPU=1x", BAD, "a bound of this limit is a number of seconds"},
		{"CPU=1:x", BAD, "a bound of this limit is a number of seconds"},
		{"RTTIME=1.5", BAD, "a bound of this limit is a number of microseconds"},
		{"NICE=41", BAD, "a bound of this limit is a nice value"},
		{"NICE=-21", BAD, "a bound of this limit is a nice value"},
		{"NICE=+20", BAD, "a bound of this limit is a nice value"},
		{"NOFILE=00000000000000000000000000000000000000000000000000000000000000005", BAD,
		 "a bound"},
		{"NOFILE=6:5", BAD, "the soft limit is above"},
		{"NOFILE=infinity:5", BAD, "the soft limit is above"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_rlimit limit = {0};
		const char *problem = "";
		int r = value_rlimit(rows[i].text, &limit, &problem);

		if (r != (rows[i].problem ? -EINVAL : 0))
			fail_msg("\"%s\": %d", rows[i].text, r);
		if (rows[i].problem &&
		    strncmp(problem, rows[i].problem, strlen(rows[i].problem)) != 0)
			fail_msg("\"%s\": %s", rows[i].text, problem);
		if (rows[i].problem)
			continue;
		assert_int_equal(limit.resource, rows[i].resource);
		if (limit.soft != rows[i].soft || limit.hard != rows[i].hard)
			fail_msg("\"%s\": %llu, %llu", rows[i].text, (unsigned long long)limit.soft,
				 (unsigned long long)limit.hard);
	}
}

static void outcomes(void **state)
{
	static const struct {
		const char *text;
		unsigned min;
		bool words;
		int r;
		struct outcome_set set;
	} rows[] = {
		{"0", 0, false, 0, {.exits = {1}}},
		{"63", 0, false, 0, {.exits = {UINT64_C(1) << 63}}},
		{"64", 0, false, 0, {.exits = {0, 1}}},
		{"255", 1, true, 0, {.exits = {[3] = UINT64_C(1) << 63}}},
		{"timeout", 1, true, 0, {.timeout = true}},
		{"signal", 1, true, 0, {.signal = true}},
		{"start", 1, true, 0, {.start = true}},
		{"0", 1, true, -EINVAL, {.timeout = false}},
		{"256", 0, false, -EINVAL, {.timeout = false}},
		{"-1", 0, false, -EINVAL, {.timeout = false}},
		{"+1", 0, false, -EINVAL, {.timeout = false}},
		{"", 0, false, -EINVAL, {.timeout = false}},
		{"1-5", 0, false, -EINVAL, {.timeout = false}},
		{"99999999999999999999", 0, false, -EINVAL, {.timeout = false}},
		{"timeout", 0, false, -EINVAL, {.timeout = false}},
		{"Timeout", 1, true, -EINVAL, {.timeout = false}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct outcome_set set = {.timeout = false};
		int r = value_outcome(rows[i].text, rows[i].min, rows[i].words, &set);

		assert_int_equal(r, rows[i].r);
		assert_memory_equal(set.exits, rows[i].set.exits, sizeof(set.exits));
		assert_int_equal(set.timeout, rows[i].set.timeout);
		assert_int_equal(set.signal, rows[i].set.signal);
		assert_int_equal(set.start, rows[i].set.start);
	}
}

static void outcomes_add_up(void **state)
{
	struct outcome_set set = {.timeout = false};

	(void)state;
	assert_int_equal(value_outcome("1", 1, true, &set), 0);
	assert_int_equal(value_outcome("3", 1, true, &set), 0);
	assert_int_equal(value_outcome("signal", 1, true, &set), 0);
	assert_int_equal(set.exits[0], 10);
	assert_true(set.signal);
}

static void patterns(void **state)
{
	static const struct {
		const char *text;
		const char *bad; /* NULL: it is good */
	} rows[] = {
		{"/x", NULL},        {"/%j/%Y-%m-%d_%H%M%S.%r", NULL},
		{"%%q", NULL},       {"%%%j", NULL},
		{"/x%", "%"},        {"/x%%%", "%"},
		{"/%Q/%j", "%Q/%j"}, {"/%j/% ", "% "},
		{"/%-d", "%-d"},     {"/%n", "%n"},
		{"/%c", "%c"},       {"/%\xc3\xa4", "%\xc3\xa4"},
		{"/%e", "%e"},       {"/%D", "%D"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *bad = NULL;
		int r = value_pattern(rows[i].text, &bad);

		assert_int_equal(r, rows[i].bad ? -EINVAL : 0);
		if (rows[i].bad)
			assert_string_equal(bad, rows[i].bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers),        cmocka_unit_test(sizes),
		cmocka_unit_test(decimals),        cmocka_unit_test(modes),
		cmocka_unit_test(flags),           cmocka_unit_test(signals),
		cmocka_unit_test(io_priorities),   cmocka_unit_test(sets_of_cpus),
		cmocka_unit_test(resource_limits), cmocka_unit_test(outcomes),
		cmocka_unit_test(outcomes_add_up), cmocka_unit_test(patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
