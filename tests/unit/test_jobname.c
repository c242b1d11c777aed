/* Names of jobs tell what they run, are valid, and differ. */
#include "ctl/jobname.h"

#include "core/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void commands_give_names(void **state)
{
	static const struct {
		const char *command;
		const char *name;
	} cases[] = {
		{"backup", "backup"},
		{"/usr/local/bin/backup --all > /dev/null", "backup"},
		{"$HOME/bin/daily.job >> $HOME/tmp/out 2>&1", "daily.job"},
		{"cd / && run-parts --report /etc/cron.hourly", "run-parts"},
		{"test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }",
		 "run-parts"},
		{"[ -x /usr/lib/php/sessionclean ] && if [ ! -d /run/systemd/system ]; then "
		 "/usr/lib/php/sessionclean; fi",
		 "sessionclean"},
		{"test -e /run/systemd/system || SERVICE_MODE=1 "
		 "/usr/lib/e2fsprogs/e2scrub_all_cron",
		 "e2scrub_all_cron"},
		{"if [ -x /a/checkarray ] && [ $(date +%d) -le 7 ]; then /a/checkarray --cron; fi",
		 "checkarray"},
		{"LANG=C nice -n 10 ionice -c3 /opt/x/rotate", "rotate"},
		{"flock -n /var/lock/sync /usr/bin/rsync -a a b", "rsync"},
		{"timeout 10m chronic sudo -u www-data php -q /srv/cron.php", "cron.php"},
		{"bash -c 'cd /srv; ./build.sh x'", "build.sh"},
		{"python3 -m http.server", "http.server"},
		{"python3", "python3"},
		{"sh | cat", "sh"},
		{"echo \"run at 5\"", "echo"},
		{"(umask 077; tar cf /x y)", "tar"},
		{"true;", "true"},
		{"cd /", "job"},
		{"", "job"},
		{"'", "job"},
		{"/", "job"},
		{"-x", "job"},
		{"a/", "a"},
		{".hidden", "hidden"},
		{"caf\xc3\xa9 x", "caf"},
		{"a\xc3\xa9"
		 "b",
		 "a-b"},
		{"0123456789012345678901234567890123456789012345", "job"},
		{"a123456789012345678901234567890123456789012345",
		 "a123456789012345678901234567890123456789"},
	};
	char buf[JOBNAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		(void)jobname_of_command(cases[i].command, buf);
		if (strcmp(buf, cases[i].name) != 0)
			fail_msg("\"%s\" is \"%s\", not \"%s\"", cases[i].command, buf,
				 cases[i].name);
		assert_true(name_is_valid(buf));
	}
}

static void any_text_gives_a_valid_name(void **state)
{
	char text[3 * MODEL_NAME_MAX];
	char buf[JOBNAME_SIZE];

	(void)state;
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned step = 0; step < 256; step += 17) {
			for (size_t i = 0; i < sizeof(text); i++)
				text[i] = (char)(first + i * step);
			assert_true(name_is_valid(jobname_of_text(text, sizeof(text), buf)));
		}
	}
}

static void names_are_given_once(void **state)
{
	static const struct {
		const char *wanted;
		const char *given;
	} cases[] = {
		{"a", "a"},   {"b", "b"},   {"a", "a-2"},     {"a", "a-3"}, {"a-5", "a-5"},
		{"a", "a-4"}, {"a", "a-6"}, {"a-2", "a-2-2"}, {"b", "b-2"}, {"a-2", "a-2-3"},
	};
	_cleanup_(jobnames_done) struct jobnames names = {0};
	char buf[JOBNAME_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		(void)strcpy(buf, cases[i].wanted);
		assert_int_equal(jobnames_take(&names, buf), 0);
		assert_string_equal(buf, cases[i].given);
	}
}

/* The longest names, and so many that one cannot try all numbers for each. */
static void many_names_are_given_once(void **state)
{
	_cleanup_(jobnames_done) struct jobnames names = {0};
	_cleanup_(jobnames_done) struct jobnames seen = {0};
	char longest[JOBNAME_SIZE];
	char buf[JOBNAME_SIZE];

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	for (unsigned i = 0; i < 200000; i++) {
		char again[JOBNAME_SIZE];

		(void)strcpy(buf, i % 2 ? longest : "b");
		assert_int_equal(jobnames_take(&names, buf), 0);
		assert_true(name_is_valid(buf));
		/* Had it been given before, it would now get another number. */
		(void)strcpy(again, buf);
		assert_int_equal(jobnames_take(&seen, again), 0);
		assert_string_equal(again, buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_give_names),
		cmocka_unit_test(any_text_gives_a_valid_name),
		cmocka_unit_test(names_are_given_once),
		cmocka_unit_test(many_names_are_given_once),
	};

	return cmocka_run_group_tests_name("jobname", tests, NULL, NULL);
}
