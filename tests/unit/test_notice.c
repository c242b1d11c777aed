/* Hooks and mails: what they are told, in which order, and what goes wrong with them. */
#include "exec/notice.h"

#include "fault.h"
#include "run_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define BIT(hook) (1U << (hook))

static const struct command_line hook_show = {"env | grep ^EVERYD_ | grep -v OUTPUT_FILE | sort", 1,
					      true};

static char sendmail[sizeof(directory) + 16]; /* a program of the tests */
static char mailbox[sizeof(directory) + 16];  /* where that puts the mail */

/* What it was told by the last run, whose first words are these. */
static struct kept_output *printed(const char *text, uint64_t left_out)
{
	size_t len = strlen(text);
	struct kept_output *output = malloc(sizeof(*output) + len);

	assert_non_null(output);
	output->total = len + left_out;
	output->head = len / 2;
	output->tail = len - len / 2;
	memcpy(output->bytes, text, len);
	return output;
}

static const struct run_result exited = {
	.kind = RESULT_EXITED,
	.code = 3,
	.started = 5 * USEC_PER_SEC,
	.ended = 6 * USEC_PER_SEC + 234 * USEC_PER_MSEC + 567,
};

struct telling {
	struct engine_notice notice;
	struct run_result result;
	struct kept_output *output; /* consumed */
	uint64_t run;
	usec_t slot;
	unsigned attempt;
};

static void tell(const struct job_settings *settings, const struct telling *telling,
		 const struct reaction *reactions)
{
	static const struct daemon_settings daemon = {
		.sendmail = sendmail,
		.mail_from = "everyd@example.org",
	};
	struct job job = {.name = "backup", .settings = settings};
	struct run run = {
		.job = &job,
		.daemon = &daemon,
		.id = telling->run,
		.slot = telling->slot,
		.attempt = telling->attempt,
		.notice = telling->notice,
		.result = telling->result,
		.output = telling->output,
	};
	struct run_control controls = control(&run, reactions);

	notice_execute(&run, context, local, &controls);
	close(heard.wakefd);
	assert_ptr_equal(run.output, telling->output);
	free(run.output);
	assert_int_equal(run.pid, 0);
	assert_int_equal(heard.intended, 0);
	assert_int_equal(heard.started, 0);
}

static struct telling failure(void)
{
	return (struct telling){
		.notice =
			{
				.hooks = BIT(HOOK_FAILURE),
				.verdict = VERDICT_FAILED,
				.failures = 2,
			},
		.result = exited,
		.run = 9,
		.attempt = 1,
	};
}

static void hooks_are_told_the_facts(void **state)
{
	static const struct {
		struct engine_notice notice;
		struct run_result result;
		uint64_t run;
		usec_t slot;
		unsigned attempt;
		const char *expected;
	} rows[] = {
		{{.hooks = BIT(HOOK_START)},
		 {0},
		 9,
		 0,
		 1,
		 "EVERYD_ATTEMPT=1|EVERYD_HOOK=start|EVERYD_JOB=backup|EVERYD_RUN=9|"
		 "EVERYD_SLOT=1970-01-01T00:00:00.000000Z|"},
		{{.hooks = BIT(HOOK_FAILURE), .verdict = VERDICT_FAILED, .failures = 2},
		 {RESULT_EXITED, .code = 3, .started = 1, .ended = 1 + 1234567},
		 9,
		 USEC_PER_SEC,
		 3,
		 "EVERYD_ATTEMPT=3|EVERYD_DURATION=1.234|EVERYD_EXIT=3|EVERYD_FAILURES=2|"
		 "EVERYD_HOOK=failure|EVERYD_JOB=backup|EVERYD_REASON=exit|EVERYD_RUN=9|"
		 "EVERYD_SLOT=1970-01-01T00:00:01.000000Z|EVERYD_VERDICT=failed|"},
		{{.hooks = BIT(HOOK_FAILURE),
		  .verdict = VERDICT_FAILED,
		  .reason = REASON_MEMORY,
		  .failures = 1},
		 {RESULT_SIGNALLED, .code = SIGKILL, .started = 1, .ended = 1 + 12000},
		 9,
		 0,
		 1,
		 "EVERYD_ATTEMPT=1|EVERYD_DURATION=0.012|EVERYD_FAILURES=1|EVERYD_HOOK=failure|"
		 "EVERYD_JOB=backup|EVERYD_REASON=memory|EVERYD_RUN=9|EVERYD_SIGNAL=KILL|"
		 "EVERYD_SLOT=1970-01-01T00:00:00.000000Z|EVERYD_VERDICT=failed|"},
		{{.hooks = BIT(HOOK_FAILURE), .verdict = VERDICT_FAILED, .failures = 1},
		 {RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "exec"},
		 9,
		 0,
		 1,
		 "EVERYD_ATTEMPT=1|EVERYD_FAILURES=1|EVERYD_HOOK=failure|EVERYD_JOB=backup|"
		 "EVERYD_REASON=exec|EVERYD_RUN=9|EVERYD_SLOT=1970-01-01T00:00:00.000000Z|"
		 "EVERYD_VERDICT=failed|"},
		{{.hooks = BIT(HOOK_MISSED),
		  .verdict = VERDICT_SKIPPED,
		  .reason = REASON_OVERLAP,
		  .missed = 4},
		 {0},
		 0,
		 0,
		 0,
		 "EVERYD_HOOK=missed|EVERYD_JOB=backup|EVERYD_MISSED=4|EVERYD_REASON=overlap|"
		 "EVERYD_SLOT=1970-01-01T00:00:00.000000Z|EVERYD_VERDICT=skipped|"},
		{{.hooks = BIT(HOOK_FAILURE),
		  .verdict = VERDICT_OK,
		  .reason = REASON_OVERDUE,
		  .failures = 0},
		 {0},
		 0,
		 USEC_INFINITY,
		 0,
		 "EVERYD_FAILURES=0|EVERYD_HOOK=failure|EVERYD_JOB=backup|EVERYD_REASON=overdue|"
		 "EVERYD_VERDICT=ok|"},
	};
	struct job_settings settings = *plain();

	(void)state;
	for (int i = 0; i < HOOK_COUNT; i++)
		settings.hooks[i] = hook_show;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		tell(&settings,
		     &(struct telling){
			     .notice = rows[i].notice,
			     .result = rows[i].result,
			     .run = rows[i].run,
			     .slot = rows[i].slot,
			     .attempt = rows[i].attempt,
		     },
		     NULL);
		assert_string_equal(heard.out, rows[i].expected);
		assert_string_equal(heard.notes, "");
	}
}

static void each_reason_has_a_name(void **state)
{
	struct job_settings settings = *plain();

	(void)state;
	settings.hooks[HOOK_MISSED] = (struct command_line){
		"[ -n \"$EVERYD_REASON\" ] && [ -n \"$EVERYD_VERDICT\" ]", 1, true};
	for (int reason = REASON_NONE + 1; reason < REASON_COUNT; reason++) {
		tell(&settings,
		     &(struct telling){.notice = {.hooks = BIT(HOOK_MISSED),
						  .verdict = VERDICT_SKIPPED,
						  .reason = (enum reason)reason}},
		     NULL);
		assert_string_equal(heard.notes, "");
	}
}

static void hooks_come_in_order_and_then_the_mail(void **state)
{
	struct job_settings settings = *plain();
	struct telling telling = failure();

	(void)state;
	for (int i = 0; i < HOOK_COUNT; i++)
		settings.hooks[i] = (struct command_line){"echo $EVERYD_HOOK", 1, true};
	settings.hooks[HOOK_RECOVERY] = (struct command_line){0};
	settings.mail_to = (struct text_list){"root", 1};
	telling.notice.hooks = BIT(HOOK_COUNT) - 1;
	telling.notice.mail = true;
	(void)unlink(mailbox);
	tell(&settings, &telling, NULL);
	assert_string_equal(heard.out, "start|success|failure|missed|mailed|");
	assert_string_equal(heard.notes, "");
}

static void hooks_that_fail_are_named(void **state)
{
	static const struct {
		struct command_line hook;
		const char *note;
	} rows[] = {
		{{"exit 0", 1, true}, ""},
		{{"exit 3", 1, true}, "on_failure: exit status 3|"},
		{{"kill -SEGV $$", 1, true}, "on_failure: killed by SIGSEGV|"},
		{{"kill -36 $$", 1, true}, "on_failure: killed by signal 36|"},
		{{"/no/such", 1, false}, "on_failure: exec: No such file or directory|"},
		{{"trap '' TERM; exec sleep 1000", 1, true},
		 "on_failure: stopped after hook_timeout|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(0, 50 * USEC_PER_MSEC, LEFTOVER_KILL);
		struct telling telling = failure();

		settings.hooks[HOOK_FAILURE] = rows[i].hook;
		settings.hooks[HOOK_MISSED] = (struct command_line){"echo next", 1, true};
		settings.hook_timeout = USEC_PER_SEC;
		telling.notice.hooks |= BIT(HOOK_MISSED);
		tell(&settings, &telling, NULL);
		assert_string_equal(heard.notes, rows[i].note);
		assert_string_equal(heard.out, "next|");
	}
}

static unsigned count_files(void)
{
	DIR *dir = opendir(hook_directory);
	unsigned count = 0;
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static void the_output_is_in_a_file(void **state)
{
	struct job_settings settings = *plain();
	struct telling telling = failure();

	(void)state;
	settings.hooks[HOOK_FAILURE] = (struct command_line){
		"cat \"$EVERYD_OUTPUT_FILE\"; stat -c %a,%U \"$EVERYD_OUTPUT_FILE\"; id -un", 1,
		true};
	settings.hooks[HOOK_MISSED] = (struct command_line){"cat $EVERYD_OUTPUT_FILE", 1, true};
	telling.notice.hooks |= BIT(HOOK_MISSED);
	telling.output = printed("abcd", 0);
	tell(&settings, &telling, NULL);
	assert_int_equal(strncmp(heard.out, "abcd600,", 8), 0);
	/* Its owner is who runs the hook; the second hook has the same. */
	assert_int_equal(
		strncmp(heard.out + 8, strchr(heard.out, '|') + 1, strcspn(heard.out + 8, "|")), 0);
	assert_string_equal(heard.out + strlen(heard.out) - 6, "|abcd|");
	assert_int_equal(count_files(), 0);

	telling.output = printed("abcd", 100);
	settings.hooks[HOOK_FAILURE] = settings.hooks[HOOK_MISSED];
	telling.notice.hooks = BIT(HOOK_FAILURE);
	tell(&settings, &telling, NULL);
	assert_string_equal(heard.out, "ab|... 100 bytes left out ...|cd|");
	assert_string_equal(heard.notes, "");
}

static void another_user_has_his_file(void **state)
{
	struct job_settings settings = *plain();
	struct telling telling = failure();

	(void)state;
	if (geteuid() != 0)
		skip();
	settings.user = "nobody";
	settings.hooks[HOOK_FAILURE] = (struct command_line){
		"cat $EVERYD_OUTPUT_FILE; stat -c %a,%U $EVERYD_OUTPUT_FILE; id -un; "
		"rm -f $EVERYD_OUTPUT_FILE 2>/dev/null",
		1, true};
	telling.output = printed("abcd", 0);
	tell(&settings, &telling, NULL);
	assert_string_equal(heard.out, "abcd600,nobody|nobody|");
	assert_int_equal(count_files(), 0);
}

/* What a run failed for the lack of does not keep anybody from being told. */
static void hooks_are_run_all_the_same(void **state)
{
	struct job_settings settings = *plain();
	struct telling telling = failure();

	(void)state;
	settings.workdir = "/no/such/directory";
	settings.environment_files = (struct text_list){"/no/such/file", 1};
	settings.hooks[HOOK_FAILURE] = (struct command_line){"pwd", 1, true};
	tell(&settings, &telling, NULL);
	assert_string_equal(heard.out, "/|");
	assert_string_equal(
		heard.notes,
		"on_failure: environment_file /no/such/file: No such file or directory|");
}

static void told_to_stop_it_leaves_out_the_rest(void **state)
{
	static const struct reaction reactions[] = {{"ready", 1}, {0}};
	struct job_settings settings = *plain();
	struct telling telling = failure();

	(void)state;
	settings.hooks[HOOK_FAILURE] =
		(struct command_line){"echo ready; exec sleep 1000", 1, true};
	settings.hooks[HOOK_MISSED] = (struct command_line){"echo next", 1, true};
	settings.mail_to = (struct text_list){"root", 1};
	telling.notice.hooks |= BIT(HOOK_MISSED);
	telling.notice.mail = true;
	telling.output = printed("x", 0);
	tell(&settings, &telling, reactions);
	assert_string_equal(heard.out, "ready|");
	assert_string_equal(heard.notes, "on_failure: stopped before it was through|");
	assert_int_equal(count_files(), 0);
}

/* --- mail --- */

static void set_sendmail(const char *script)
{
	int fd = open(sendmail, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	assert_true(fd >= 0);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", script) > 0);
	close(fd);
}

static const char *mail(void)
{
	static char text[8192];
	FILE *file = fopen(mailbox, "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	(void)fclose(file);
	return text;
}

static void mails_say_what_became_of_the_run(void **state)
{
	static const struct {
		struct engine_notice notice;
		struct run_result result;
		uint64_t run;
		const char *subject; /* behind "everyd: backup on HOST " */
		const char *lines[6];
	} rows[] = {
		{{.verdict = VERDICT_FAILED, .failures = 2},
		 {RESULT_EXITED, .code = 3, .started = 1, .ended = 1 + 1234567},
		 9,
		 "failed (exit status 3)",
		 {"Job:       backup\n", "Run:       9\n", "Duration:  1.234 s\n",
		  "Verdict:   failed\n", "Attempts:  1\n", "Failures:  2 in a row\n"}},
		{{.verdict = VERDICT_FAILED},
		 {RESULT_SIGNALLED, .code = SIGSEGV, .started = 1, .ended = 2},
		 9,
		 "failed (killed by SIGSEGV)",
		 {"End:       killed by SIGSEGV\n"}},
		{{.verdict = VERDICT_FAILED, .reason = REASON_MEMORY},
		 {RESULT_SIGNALLED, .code = SIGKILL, .started = 1, .ended = 2},
		 9,
		 "failed (out of memory)",
		 {0}},
		{{.verdict = VERDICT_FAILED},
		 {RESULT_SPAWN_FAILED, .code = ENOENT, .stage = "user"},
		 9,
		 "failed (user: there is none of that name)",
		 {0}},
		{{.verdict = VERDICT_TIMEOUT},
		 {RESULT_SIGNALLED, .code = SIGTERM, .started = 1, .ended = 2, .timed_out = true},
		 9,
		 "timed out",
		 {"Verdict:   timeout\n"}},
		{{.verdict = VERDICT_OK}, {.started = 1, .ended = 2}, 9, "succeeded", {0}},
		{{.verdict = VERDICT_OK, .failures = 3},
		 {.started = 1, .ended = 2},
		 9,
		 "recovered",
		 {"Failures:  3 in a row before this\n"}},
		{{.verdict = VERDICT_OK, .reason = REASON_OVERDUE},
		 {0},
		 0,
		 "is overdue",
		 {"Reason:    "}},
	};
	struct job_settings settings = *plain();
	char host[65];

	(void)state;
	settings.mail_to = (struct text_list){"root\0ops@example.org", 2};
	set_sendmail("[ \"$*\" = \"-i -t\" ] && cat >\"${0%/*}/mailbox\"");
	assert_int_equal(gethostname(host, sizeof(host)), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct telling telling = {
			.notice = rows[i].notice,
			.result = rows[i].result,
			.run = rows[i].run,
			.slot = rows[i].run > 0 ? 0 : USEC_INFINITY,
			.attempt = rows[i].run > 0,
		};
		char expected[256];

		telling.notice.mail = true;
		telling.output = i == 0 ? printed("some words\n", 0) : NULL;
		(void)unlink(mailbox);
		tell(&settings, &telling, NULL);
		assert_string_equal(heard.notes, "");
		(void)snprintf(expected, sizeof(expected), "Subject: everyd: backup on %s %s\n",
			       host, rows[i].subject);
		if (!strstr(mail(), expected))
			fail_msg("row %zu: %s", i, mail());
		assert_non_null(strstr(mail(), "To: root,"));
		assert_non_null(strstr(mail(), "ops@example.org"));
		assert_non_null(strstr(mail(), "From: everyd@example.org\n"));
		for (size_t j = 0; j < ARRAY_LENGTH(rows[i].lines) && rows[i].lines[j]; j++)
			if (!strstr(mail(), rows[i].lines[j]))
				fail_msg("row %zu: %s", i, mail());
		assert_int_equal(strstr(mail(), "some words\n") != NULL, i == 0);
		assert_int_equal(strstr(mail(), "Slot:") != NULL, rows[i].run > 0);
	}
}

static void mails_that_do_not_get_away_are_named(void **state)
{
	static const struct {
		const char *script; /* NULL: there is no such program */
		const char *note;
	} rows[] = {
		{"cat >/dev/null; exit 75", "mail: exit status 75|"},
		/* It does not even read. */
		{"exit 0", ""},
		{"trap '' TERM; exec sleep 1000", "mail: stopped after hook_timeout|"},
		{NULL, "mail: exec: No such file or directory|"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = with(0, 50 * USEC_PER_MSEC, LEFTOVER_KILL);
		struct telling telling = failure();
		size_t size = 300 * 1024; /* more than a pipe would take */
		char *large = malloc(size + 1);

		assert_non_null(large);
		memset(large, 'x', size);
		large[size] = '\0';
		(void)unlink(sendmail);
		if (rows[i].script)
			set_sendmail(rows[i].script);
		settings.mail_to = (struct text_list){"root", 1};
		settings.hook_timeout = USEC_PER_SEC;
		telling.notice.hooks = 0;
		telling.notice.mail = true;
		telling.output = printed(large, 0);
		tell(&settings, &telling, NULL);
		assert_string_equal(heard.notes, rows[i].note);
		free(large);
	}
}

/* It says itself when it is through. */
static void mail_may_go_on_in_the_background(void **state)
{
	struct job_settings settings = *plain();
	struct telling telling = failure();
	pid_t pid;

	(void)state;
	set_sendmail("cat >/dev/null; sleep 1000 & echo $!");
	settings.mail_to = (struct text_list){"root", 1};
	telling.notice.hooks = 0;
	telling.notice.mail = true;
	tell(&settings, &telling, NULL);
	pid = atoi(heard.out);
	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(heard.note_level, LOG_LEVEL_INFO);
}

static void mail_goes_as_the_daemons_user(void **state)
{
	static const char *const users[] = {"nobody", "no-such-user-at-all"};

	(void)state;
	if (geteuid() != 0)
		skip();
	set_sendmail("echo $USER; echo $SHELL; echo $A; umask");
	(void)umask(022);
	for (size_t i = 0; i < ARRAY_LENGTH(users); i++) {
		struct job_settings settings = *plain();
		struct telling telling = failure();

		settings.user = users[i];
		settings.mail_to = (struct text_list){"root", 1};
		/* The surroundings of the job are not the program's. */
		settings.environment = (struct text_list){"A=b", 1};
		settings.environment_files = (struct text_list){"/no/such", 1};
		settings.umask = (struct optional_int){true, 077};
		telling.notice.hooks = 0;
		telling.notice.mail = true;
		tell(&settings, &telling, NULL);
		assert_string_equal(heard.out, "root|/bin/sh||0022|");
		assert_string_equal(heard.notes, "");
	}
}

static int setup(void **state)
{
	int r = fixture_setup(state);

	(void)snprintf(sendmail, sizeof(sendmail), "%s/sendmail", directory);
	(void)snprintf(mailbox, sizeof(mailbox), "%s/mailbox", directory);
	set_sendmail("cat >/dev/null; echo mailed");
	return r;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hooks_are_told_the_facts),
		cmocka_unit_test(each_reason_has_a_name),
		cmocka_unit_test(hooks_come_in_order_and_then_the_mail),
		cmocka_unit_test(hooks_that_fail_are_named),
		cmocka_unit_test(the_output_is_in_a_file),
		cmocka_unit_test(another_user_has_his_file),
		cmocka_unit_test(hooks_are_run_all_the_same),
		cmocka_unit_test(told_to_stop_it_leaves_out_the_rest),
		cmocka_unit_test(mails_say_what_became_of_the_run),
		cmocka_unit_test(mails_that_do_not_get_away_are_named),
		cmocka_unit_test(mail_may_go_on_in_the_background),
		cmocka_unit_test(mail_goes_as_the_daemons_user),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("notice", tests, setup, fixture_teardown);
}
