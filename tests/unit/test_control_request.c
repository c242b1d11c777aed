/* Holds: how paths, queries and hosts of requests are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "control/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void test_paths_follow_patterns(void **state)
{
	static const struct {
		const char *target;
		const char *pattern;
		bool matches;
	} table[] = {
		{"/v1/jobs", "/v1/jobs", true},
		{"/v1/jobs?limit=3", "/v1/jobs", true},
		{"/v1/jobs#top", "/v1/jobs", true},
		{"/v1/jobs/", "/v1/jobs", false},
		{"/v1/job", "/v1/jobs", false},
		{"/v1/jobsx", "/v1/jobs", false},
		{"/v1/jobs/a", "/v1/jobs/{job}", true},
		{"/v1/jobs/a%2Fb", "/v1/jobs/{job}", true},
		{"/v1/jobs/a/b", "/v1/jobs/{job}", false},
		{"/v1/jobs/", "/v1/jobs/{job}", false},
		{"/v1/jobs/?x", "/v1/jobs/{job}", false},
		{"/v1/jobs/a/why", "/v1/jobs/{job}/why", true},
		{"/v1/jobs/a/why?at=1/2", "/v1/jobs/{job}/why", true},
		{"/v1/jobs/a", "/v1/jobs/{job}/why", false},
		{"/v1/jobs//why", "/v1/jobs/{job}/why", false},
		{"/", "/", true},
		{"", "/", false},
		{"//", "/", false},
		{"/V1/jobs", "/v1/jobs", false},
		{"/v1/%6Aobs", "/v1/jobs", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (request_path_matches(table[i].target, table[i].pattern) != table[i].matches)
			fail_msg("%s and %s", table[i].target, table[i].pattern);
}

/* As "segment|segment?name=value&name=value". */
static void describe(const struct request_uri *uri, char *buf)
{
	*buf = '\0';
	for (unsigned i = 0; i < uri->n_segments; i++)
		strcat(strcat(buf, i ? "|" : ""), uri->segments[i]);
	for (unsigned i = 0; i < uri->n_params; i++)
		sprintf(buf + strlen(buf), "%s%s=%s", i ? "&" : "?", uri->params[i].name,
			uri->params[i].value);
}

static void test_targets_are_taken_apart(void **state)
{
	static const struct {
		const char *target;
		const char *pattern;
		int r;
		const char *parts;
	} table[] = {
		{"/a/x/b/y", "/a/{one}/b/{two}", 0, "x|y"},
		{"/a/x%20y%2F", "/a/{one}", 0, "x y/"},
		{"/a/x+y", "/a/{one}", 0, "x+y"},
		{"/a/%c3%A4", "/a/{one}", 0, "\xc3\xa4"},
		{"/a/x?q=1&r=a+b%26&s&&t=", "/a/{one}", 0, "x?q=1&r=a b&&s=&t="},
		{"/a?%61=%3D%3d", "/a", 0, "?a==="},
		{"/a?=1", "/a", 0, "?=1"},
		{"/a?b=1#c", "/a", 0, "?b=1"},
		{"/a/%", "/a/{one}", -EINVAL, NULL},
		{"/a/%2", "/a/{one}", -EINVAL, NULL},
		{"/a/%2x", "/a/{one}", -EINVAL, NULL},
		{"/a/%00", "/a/{one}", -EINVAL, NULL},
		{"/a?x=%0", "/a", -EINVAL, NULL},
		{"/a?%g0=1", "/a", -EINVAL, NULL},
		{"/a?x=%00", "/a", -EINVAL, NULL},
	};
	struct request_uri uri;
	char buf[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int r = request_uri_parse(table[i].target, table[i].pattern, &uri);

		if (r != table[i].r)
			fail_msg("%s: %d", table[i].target, r);
		if (r < 0)
			continue;
		describe(&uri, buf);
		assert_string_equal(buf, table[i].parts);
		request_uri_done(&uri);
	}
}

static void test_parameters_have_a_bound(void **state)
{
	char target[1000] = "/a?";
	struct request_uri uri;

	(void)state;
	for (int i = 0; i < REQUEST_PARAMS_MAX; i++)
		sprintf(target + strlen(target), "p%d=%d&", i, i);
	assert_int_equal(request_uri_parse(target, "/a", &uri), 0);
	assert_string_equal(request_uri_param(&uri, "p31"), "31");
	assert_null(request_uri_param(&uri, "p32"));
	request_uri_done(&uri);
	strcat(target, "x");
	assert_int_equal(request_uri_parse(target, "/a", &uri), -E2BIG);
}

static void test_parameters_are_those_that_are_known(void **state)
{
	static const char *const none[] = {NULL};
	static const char *const two[] = {"state", "limit", NULL};
	static const struct {
		const char *target;
		const char *const *known;
		int r;
		const char *name; /* of the one that is not taken */
	} table[] = {
		{"/a", none, 0, NULL},
		{"/a?", none, 0, NULL},
		{"/a?&&", none, 0, NULL},
		{"/a?x", none, -ENOENT, "x"},
		{"/a", two, 0, NULL},
		{"/a?limit=1&state=2", two, 0, NULL},
		{"/a?limit", two, 0, NULL},
		{"/a?%6cimit=1", two, 0, NULL},
		{"/a?sate=1", two, -ENOENT, "sate"},
		{"/a?limit=1&sate=1", two, -ENOENT, "sate"},
		{"/a?Limit=1", two, -ENOENT, "Limit"},
		{"/a?limits=1", two, -ENOENT, "limits"},
		{"/a?limi=1", two, -ENOENT, "limi"},
		{"/a?limit%20=1", two, -ENOENT, "limit "},
		{"/a?=1", two, -EINVAL, ""},
		{"/a?=", none, -EINVAL, ""},
		{"/a?limit=1&limit=2", two, -EEXIST, "limit"},
		{"/a?limit=1&state=2&limit=1", two, -EEXIST, "limit"},
		{"/a?limit&%6cimit", two, -EEXIST, "limit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct request_uri uri;
		const char *name = "";
		int r;

		assert_int_equal(request_uri_parse(table[i].target, "/a", &uri), 0);
		r = request_uri_check(&uri, table[i].known, &name);
		if (r != table[i].r || (r < 0 && strcmp(name, table[i].name) != 0))
			fail_msg("%s: %d, %s", table[i].target, r, name);
		request_uri_done(&uri);
	}
}

static void test_only_own_hosts_are_own(void **state)
{
	static const struct {
		const char *host;
		bool own;
	} table[] = {
		{"127.0.0.1", true},
		{"127.0.0.1:9321", true},
		{"192.0.2.7", true},
		{"[::1]", true},
		{"[::1]:80", true},
		{"[2001:db8::7]:9321", true},
		{"localhost", true},
		{"LocalHost:80", true},
		{"db1", true},
		{"DB1:9321", true},
		{"", false},
		{":80", false},
		{"db1.example.com", false},
		{"db2", false},
		{"localhost.example.com", false},
		{"example.com", false},
		{"127.0.0.1.example.com", false},
		{"127.1", false},
		{"2130706433", false},
		{"::1", false},
		{"[::1", false},
		{"[::1]x", false},
		{"[::1]:", false},
		{"[::1]:x", false},
		{"[db1]", false},
		{"db1:", false},
		{"db1:80:80", false},
		{"db1:8o", false},
		{"db1 ", false},
		{"user@db1", false},
	};
	char long_host[400];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		if (request_host_is_own(table[i].host, "db1") != table[i].own)
			fail_msg("\"%s\"", table[i].host);
	assert_false(request_host_is_own("db1", NULL));
	memset(long_host, 'a', sizeof(long_host) - 1);
	long_host[sizeof(long_host) - 1] = '\0';
	assert_false(request_host_is_own(long_host, long_host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_follow_patterns),
		cmocka_unit_test(test_targets_are_taken_apart),
		cmocka_unit_test(test_parameters_have_a_bound),
		cmocka_unit_test(test_parameters_are_those_that_are_known),
		cmocka_unit_test(test_only_own_hosts_are_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
