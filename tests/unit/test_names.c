/* Names of jobs, of variables, and addresses: what is one and what is not. */
#include "core/names.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define N50 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee"

struct row {
	const char *text;
	bool good;
};

/* Each row, by a function of the whole text. */
static void check(const struct row *rows, size_t n, bool (*is_good)(const char *text))
{
	for (size_t i = 0; i < n; i++)
		if (is_good(rows[i].text) != rows[i].good)
			fail_msg("\"%s\" should be %s", rows[i].text,
				 rows[i].good ? "good" : "bad");
}

static void jobs_have_names(void **state)
{
	static const struct row rows[] = {
		{"a", true},
		{"a-Z_0.9@b:c+d", true},
		{N50 N50 N50 N50, true},
		{N50 N50 N50 N50 "f", false},
		{"", false},
		{"-a", false},
		{".a", false},
		{"a b", false},
		{"a/b", false},
		{"a\n", false},
		{"\xc3\xa9", false},
	};

	(void)state;
	check(rows, ARRAY_LENGTH(rows), name_is_valid);
}

static bool is_variable(const char *text)
{
	return name_is_variable(text, strlen(text));
}

static void variables_have_names(void **state)
{
	static const struct row rows[] = {
		{"A", true},    {"_", true},   {"a_1", true},          {"HTTP_PROXY", true},
		{"", false},    {"1A", false}, {"A-B", false},         {"A=", false},
		{"A B", false}, {" A", false}, {"A\n", false},         {"\xc3\x84", false},
		{"A.B", false}, {"=", false},  {"BASH_FUNC()", false},
	};

	(void)state;
	check(rows, ARRAY_LENGTH(rows), is_variable);
	assert_true(name_is_variable("A=b", 1));
	assert_false(name_is_variable("A=b", 2));
	assert_false(name_is_variable("A", 0));
}

static void mails_have_addresses(void **state)
{
	static const struct row rows[] = {
		{"root", true},
		{"ops@example.org", true},
		{"first.last+tag@mail.example.org", true},
		{"a@b", true},
		{"o'neill@example.org", true},
		{"=?x?=@example.org", true},
		{"a@x-1.example", true},
		{N50 "12345678901234@example.org", true},
		{N50 "123456789012345@example.org", false}, /* 65 before the "@" */
		{"a@" N50 "1234567890123.org", true},
		{"a@" N50 "12345678901234.org", false},               /* a label of 64 */
		{"abcd@" N50 "." N50 "." N50 "." N50 "." N50, false}, /* 259 in all */
		{"", false},
		{"@", false},
		{"a@", false},
		{"@b", false},
		{"a@b@c", false},
		{"a b", false},
		{"a b@c", false},
		{"a@b c", false},
		{" a", false},
		{"a ", false},
		{"-a", false},
		{"-a@b", false},
		{"a-b@c", true},
		{"|/bin/sh", false},
		{"/var/mail/x", false},
		{"a/b|c@d", true},
		{".a", false},
		{"a.", false},
		{"a..b", false},
		{"a@.b", false},
		{"a@b.", false},
		{"a@b..c", false},
		{"a@b_c", false},
		{"a,b", false},
		{"a;b", false},
		{"a:b", false},
		{"a\nBcc: b", false},
		{"a@b\r\n", false},
		{"a@b\t", false},
		{"\"a b\"@c", false},
		{"Name <a@b>", false},
		{"a@[127.0.0.1]", false},
		{"a(b)@c", false},
		{"a\\@b", false},
		{"\xc3\xa9@b", false},
		{"a@\xc3\xa9", false},
	};

	(void)state;
	check(rows, ARRAY_LENGTH(rows), name_is_address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_have_names),
		cmocka_unit_test(variables_have_names),
		cmocka_unit_test(mails_have_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
