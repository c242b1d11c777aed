/* What surrounds a run's commands: user, directory, environment files, standard input. */
#include "exec/environment.h"

#include "fault.h"
#include "run_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>

static void only_root(void)
{
	if (geteuid() != 0) {
		print_message("needs root\n");
		skip();
	}
}

static void assert_failed(const struct run_result *result, const char *stage, int code)
{
	assert_int_equal(result->kind, RESULT_SPAWN_FAILED);
	assert_string_equal(result->stage, stage);
	assert_int_equal(result->code, code);
	/* All that is prepared comes before. A program may be looked for then, too. */
	if (strcmp(stage, "exec") != 0)
		assert_int_equal(heard.intended, strcmp(stage, "chdir") == 0);
}

static void each_attempt_knows_its_number(void **state)
{
	const struct job job = {
		.name = "test",
		.command = {"echo $EVERYD_RUN.$EVERYD_ATTEMPT", 1, true},
		.settings = plain(),
	};

	(void)state;
	(void)run_attempt(&job, 1, NULL);
	assert_string_equal(heard.out, "7.1|");
	(void)run_attempt(&job, 3, NULL);
	assert_string_equal(heard.out, "7.3|");
}

static void without_its_user_it_fails(void **state)
{
	static const struct {
		const char *user;
		const char *group;
		const char *stage;
	} rows[] = {
		{"no-such-user-at-all", NULL, "user"},
		{"", NULL, "user"},
		{NULL, "no-such-group-at-all", "group"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();
		struct run_result result;

		settings.user = rows[i].user;
		settings.user_group = rows[i].group;
		result = shell("echo ran", &settings, NULL);
		assert_failed(&result, rows[i].stage, ENOENT);
		assert_string_equal(heard.out, "");
	}
}

static void it_runs_as_its_user(void **state)
{
	struct job_settings settings = *plain();

	(void)state;
	only_root();
	settings.user = "nobody";
	(void)shell("echo $USER $LOGNAME; id -u; id -nG; touch /no-such 2>/dev/null || echo no; "
		    "cat /etc/shadow >/dev/null 2>&1 || echo no",
		    &settings, NULL);
	assert_string_equal(heard.out, "nobody nobody|65534|nogroup|no|no|");
	settings.user_group = "daemon";
	(void)shell("id -nG", &settings, NULL);
	assert_int_equal(strncmp(heard.out, "daemon", 6), 0);
}

static void there_is_no_way_back(void **state)
{
	struct job_settings settings = *plain();

	(void)state;
	only_root();
	settings.user = "nobody";
	(void)shell("setpriv --reuid 0 true 2>/dev/null && echo user; "
		    "setpriv --regid 0 --keep-groups true 2>/dev/null && echo group; "
		    "setpriv --groups 0 true 2>/dev/null && echo groups; "
		    "setpriv --ruid 0 true 2>/dev/null && echo real; "
		    "sed -n 's/^Cap[PEA].*:\t//p;/^.id:.*\t0/p' /proc/self/status",
		    &settings, NULL);
	assert_string_equal(heard.out, "0000000000000000|0000000000000000|0000000000000000|");
}

static void it_starts_in_its_directory(void **state)
{
	static const struct {
		const char *workdir; /* with "@" for the tests' directory */
		const char *stage;
		int code;
	} rows[] = {
		{"@", NULL, 0},
		{"~", NULL, 0},
		{"~/", NULL, 0},
		{"~/no-such-directory", "chdir", ENOENT},
		{"@/no-such-directory", "chdir", ENOENT},
		{"/etc/passwd", "chdir", ENOTDIR},
	};

	const struct passwd *user = getpwuid(geteuid());
	bool homeless = !user || access(user->pw_dir, X_OK) < 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();
		struct run_result result;
		char path[256];

		if (homeless && rows[i].workdir[0] == '~')
			continue;
		settings.workdir = rows[i].workdir;
		if (rows[i].workdir[0] == '@') {
			(void)snprintf(path, sizeof(path), "%s%s", directory, rows[i].workdir + 1);
			settings.workdir = path;
		}
		result = shell("pwd; cd; pwd", &settings, NULL);
		if (rows[i].stage) {
			assert_failed(&result, rows[i].stage, rows[i].code);
			continue;
		}
		assert_int_equal(result.code, 0);
		if (rows[i].workdir[0] == '@')
			assert_int_equal(strncmp(heard.out, directory, strlen(directory)), 0);
		else
			assert_int_equal(strncmp(heard.out, strchr(heard.out, '|') + 1,
						 strlen(heard.out) / 2),
					 0);
	}
}

static void a_directory_that_the_user_may_not_enter_fails_the_run(void **state)
{
	struct job_settings settings = *plain();
	struct run_result result;
	char path[256];

	(void)state;
	only_root();
	(void)snprintf(path, sizeof(path), "%s/closed", directory);
	assert_int_equal(mkdir(path, 0700), 0);
	settings.user = "nobody";
	settings.workdir = path;
	result = shell("echo ran", &settings, NULL);
	assert_failed(&result, "chdir", EACCES);
	assert_string_equal(heard.out, "");
}

/* The file says A=1 unless there is another text. */
static void environment_files_are_read(void **state)
{
	static char large[ENVIRONMENT_FILE_MAX + 1];
	static const struct {
		const char *text; /* NULL: there is none */
		bool optional;
		int code; /* 0: it runs */
		const char *note;
	} rows[] = {
		{"A=1\nB='2 3'\n", false, 0, NULL},
		{"A=1\nB='2 3'\nPATH=/nowhere\nEVERYD_RUN=5\n", true, 0, NULL},
		{NULL, true, 0, NULL},
		{NULL, false, ENOENT, ": No such file or directory"},
		{"A=1\nexport B=2", false, EINVAL, ", line 2: is no assignment"},
		{"A=1\nexport B=2", true, EINVAL, ", line 2: is no assignment"},
		{large, true, EFBIG, ": File too large"},
	};

	(void)state;
	memset(large, '\n', sizeof(large));
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = *plain();
		struct run_result result;
		const char *path = make("environment", "", 0, -1, 0600);
		char list[512];

		if (rows[i].text == large)
			(void)make("environment", large, sizeof(large), -1, 0600);
		else if (rows[i].text)
			(void)make("environment", rows[i].text, strlen(rows[i].text), -1, 0600);
		else
			(void)unlink(path);
		(void)snprintf(list, sizeof(list), "%s%s", rows[i].optional ? "-" : "", path);
		settings.environment = (struct text_list){"A=0\0B=0", 2};
		settings.environment_files = (struct text_list){list, 1};
		result = shell("echo \"$A,$B,$EVERYD_RUN\"", &settings, NULL);
		if (rows[i].code) {
			assert_failed(&result, "environment_file", rows[i].code);
			assert_non_null(strstr(heard.notes, path));
			assert_non_null(strstr(heard.notes, rows[i].note));
			assert_int_equal(heard.note_level, LOG_LEVEL_WARNING);
		} else {
			assert_string_equal(heard.out, rows[i].text ? "1,2 3,7|" : "0,0,7|");
			assert_string_equal(heard.notes, "");
		}
	}
}

static void environment_files_may_be_secret(void **state)
{
	struct job_settings settings = *plain();

	(void)state;
	only_root();
	settings.user = "nobody";
	settings.environment_files = (struct text_list){make("secret", "A=1", 3, 0, 0600), 1};
	(void)shell("echo $A", &settings, NULL);
	assert_string_equal(heard.out, "1|");
}

/* The user may put a link where the daemon reads with its own rights. */
static void a_link_of_the_user_leads_nowhere(void **state)
{
	struct job_settings settings = *plain();
	char link[256];

	(void)state;
	only_root();
	(void)snprintf(link, sizeof(link), "%s/link", directory);
	assert_int_equal(symlink("/etc/shadow", link), 0);
	assert_int_equal(lchown(link, 65534, 65534), 0);
	settings.user = "nobody";
	for (int i = 0; i < 2; i++) {
		struct run_result result;

		settings.environment_files = (struct text_list){i == 0 ? link : NULL, i == 0};
		settings.stdin_file = i == 1 ? link : NULL;
		result = shell("env; cat", &settings, NULL);
		assert_int_equal(result.kind, RESULT_SPAWN_FAILED);
		assert_string_equal(result.stage, i == 0 ? "environment_file" : "stdin");
		assert_string_equal(heard.out, "");
	}
}

static void standard_input_is_a_file_of_the_user(void **state)
{
	struct job_settings settings = *plain();
	struct run_result result;

	(void)state;
	settings.stdin_file = make_text("input", "one\ntwo");
	(void)shell("cat", &settings, NULL);
	assert_string_equal(heard.out, "one|two|");
	settings.stdin_file = "/no/such";
	result = shell("cat", &settings, NULL);
	assert_failed(&result, "stdin", ENOENT);
	settings.stdin_file = "/dev/zero";
	result = shell("cat", &settings, NULL);
	assert_int_equal(result.kind, RESULT_SPAWN_FAILED);
	assert_string_equal(result.stage, "stdin");
}

static void standard_input_is_opened_with_the_users_rights(void **state)
{
	struct job_settings settings = *plain();
	struct run_result result;

	(void)state;
	only_root();
	settings.user = "nobody";
	settings.stdin_file = make("input", "secret", 6, 0, 0600);
	result = shell("cat", &settings, NULL);
	assert_failed(&result, "stdin", EACCES);
}

static void long_arguments_come_through(void **state)
{
	static char args[sizeof("printf\0%s\0") + 64 * 1024];
	struct job_settings settings = *plain();
	struct job job = {.name = "test", .settings = &settings, .command = {args, 3, false}};

	(void)state;
	memcpy(args, "printf\0%s\0", 10);
	memset(args + 10, 'x', 64 * 1024);
	(void)run_job(&job, NULL);
	assert_int_equal(heard.bytes, 64 * 1024);
}

/* A string may have 128 KiB. */
static void what_exec_does_not_take_fails_the_run(void **state)
{
	static char text[256 * 1024] = "A=";
	struct job_settings settings = *plain();
	struct run_result result;

	(void)state;
	memset(text + 2, 'x', sizeof(text) - 3);
	settings.environment = (struct text_list){text, 1};
	result = shell("echo ran", &settings, NULL);
	assert_failed(&result, "exec", E2BIG);
}

static void a_program_that_could_be_nowhere_is_not_there(void **state)
{
	struct job_settings settings = *plain();
	struct job job = {.name = "test", .settings = &settings, .command = {"true", 1, false}};
	struct run_result result;

	(void)state;
	settings.environment = (struct text_list){"PATH=", 1};
	result = run_job(&job, NULL);
	assert_failed(&result, "exec", ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_attempt_knows_its_number),
		cmocka_unit_test(without_its_user_it_fails),
		cmocka_unit_test(it_runs_as_its_user),
		cmocka_unit_test(there_is_no_way_back),
		cmocka_unit_test(it_starts_in_its_directory),
		cmocka_unit_test(a_directory_that_the_user_may_not_enter_fails_the_run),
		cmocka_unit_test(environment_files_are_read),
		cmocka_unit_test(environment_files_may_be_secret),
		cmocka_unit_test(a_link_of_the_user_leads_nowhere),
		cmocka_unit_test(standard_input_is_a_file_of_the_user),
		cmocka_unit_test(standard_input_is_opened_with_the_users_rights),
		cmocka_unit_test(long_arguments_come_through),
		cmocka_unit_test(what_exec_does_not_take_fails_the_run),
		cmocka_unit_test(a_program_that_could_be_nowhere_is_not_there),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("launch", tests, fixture_setup, fixture_teardown);
}
