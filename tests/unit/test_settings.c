/* Settings as values: each member counts when they are compared, hashed and copied. */
#include "core/settings.h"

#include "base/cleanup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

static const struct group group = {.name = "g", .limit = 1};
static const struct group other_group = {.name = "h", .limit = 1};
static const struct group same_group = {.name = "g", .limit = 2, .file = "f", .line = 3};
static const unsigned char cpus[] = {1, 2, 3, 4, 5, 6, 7, 8};
static const unsigned char other_cpus[] = {1, 2, 3, 4, 5, 6, 7, 9};
static const struct job_rlimit rlimits[] = {{RLIMIT_CORE, 0, 0}, {RLIMIT_NOFILE, 5, 6}};
static const struct job_rlimit other_rlimits[] = {{RLIMIT_CORE, 0, 0}, {RLIMIT_NOFILE, 5, 7}};

/* Nothing in it is zero. */
static const struct job_settings full = {
	.overlap = OVERLAP_ALLOW,
	.splay = 7,
	.catch_up = CATCH_UP_ALL,
	.catch_up_window = 4,
	.max_running = 2,
	.group = &group,
	.timeout = 3,
	.kill_signal = 4,
	.kill_grace = 5,
	.leftover = LEFTOVER_LEAVE,
	.user = "user",
	.user_group = "group",
	.shell = "/bin/sh",
	.environment = {"A=b\0C=d", 2},
	.environment_files = {"/a\0-/b", 2},
	.pass_environment = {"E\0F", 2},
	.workdir = "/w",
	.stdin_file = "/i",
	.umask = {true, 6},
	.nice = {true, 7},
	.ioprio = {true, 8},
	.oom_score_adj = {true, 9},
	.cpus = {cpus, sizeof(cpus)},
	.rlimits = {rlimits, 2},
	.no_new_privileges = true,
	.memory_max = 10,
	.cpu_max = 11,
	.tasks_max = 12,
	.cpu_weight = 13,
	.retries = 14,
	.retry_backoff = 15,
	.retry_delay = 16,
	.retry_max_delay = 17,
	.retry_on = {{18, 19, 20, 21}, true, true, true},
	.success = {{22, 23, 24, 25}, true, true, true},
	.output = OUTPUT_FILE,
	.output_file = "/o",
	.output_rate = 26,
	.output_max = 27,
	.output_keep = 28,
	.hooks = {{"s", 1, true},
		  {"t\0u", 2, false},
		  {"v", 1, true},
		  {"w\0x", 2, false},
		  {"y", 1, true}},
	.only_if = {"z\0", 2, false},
	.hook_timeout = 29,
	.notify_after = 30,
	.notify_when = NOTIFY_ALWAYS,
	.mail_when = MAIL_OUTPUT,
	.mail_to = {"a@b\0c", 2},
	.expect_within = 31,
	.min_runtime = 32,
	.max_runtime = 33,
};

/* A change, and the bytes of the struct in which its member lies. */
#define DIFFERS(member, ...)                                                                       \
	do {                                                                                       \
		struct job_settings other = full;                                                  \
		other.member = (__typeof__(other.member))__VA_ARGS__;                              \
		expect_different(&other, #member " = " #__VA_ARGS__);                              \
		memset(covered + offsetof(struct job_settings, member), 1, sizeof(other.member));  \
	} while (0)

static unsigned char covered[sizeof(struct job_settings)];

/* Up to here the compiler knows: gcc 12 does nothing behind an array of structs. */
#define FILLING_KNOWN offsetof(struct job_settings, hooks)

/* Zeroes what is between the members; all, where the compiler does not know. */
static void clear_padding(struct job_settings *settings)
{
#if __has_builtin(__builtin_clear_padding)
	__builtin_clear_padding(settings);
#else
	memset(settings, 0, sizeof(*settings));
#endif
}

static void expect_different(const struct job_settings *other, const char *change)
{
	struct job_settings ours = full;
	struct job_settings theirs = *other;

	if (settings_equal(&full, other) || settings_equal(other, &full))
		fail_msg("%s is not seen", change);
	assert_true(settings_equal(other, other));
	/* A group may be unknown yet when the hash is needed. */
	ours.group = NULL;
	theirs.group = NULL;
	if (!settings_equal(&ours, &theirs) && settings_hash(&full) == settings_hash(other))
		fail_msg("%s does not change the hash", change);
}

static void each_member_counts(void **state)
{
	struct job_settings filled;
	unsigned char bytes[sizeof(filled)];

	(void)state;
	memset(covered, 0, sizeof(covered));
	DIFFERS(overlap, OVERLAP_QUEUE);
	DIFFERS(max_running, 3);
	DIFFERS(group, &other_group);
	DIFFERS(group, NULL);
	DIFFERS(timeout, INT64_C(3) << 40);
	DIFFERS(kill_signal, 5);
	DIFFERS(splay, 8);
	DIFFERS(catch_up, CATCH_UP_NONE);
	DIFFERS(catch_up_window, 5);
	DIFFERS(kill_grace, 6);
	DIFFERS(leftover, LEFTOVER_KILL);
	DIFFERS(user, "users");
	DIFFERS(user, NULL);
	DIFFERS(user_group, "user");
	DIFFERS(user_group, "");
	DIFFERS(shell, "/bin/bash");
	DIFFERS(environment, {"A=b\0C=e", 2});
	DIFFERS(environment, {"A=b\0C=d", 1});
	DIFFERS(environment, {NULL, 0});
	DIFFERS(environment_files, {"/a\0/b", 2});
	DIFFERS(pass_environment, {"EF", 1});
	DIFFERS(workdir, "~");
	DIFFERS(stdin_file, NULL);
	DIFFERS(umask, {false, 0});
	DIFFERS(umask, {true, 0});
	DIFFERS(nice, {true, -7});
	DIFFERS(ioprio, {false, 8});
	DIFFERS(oom_score_adj, {true, 0});
	DIFFERS(cpus, {other_cpus, sizeof(other_cpus)});
	DIFFERS(cpus, {cpus, sizeof(cpus) - 1});
	DIFFERS(cpus, {NULL, 0});
	DIFFERS(rlimits, {other_rlimits, 2});
	DIFFERS(rlimits, {rlimits, 1});
	DIFFERS(rlimits, {NULL, 0});
	DIFFERS(no_new_privileges, false);
	DIFFERS(memory_max, 0);
	DIFFERS(cpu_max, 12);
	DIFFERS(tasks_max, 11);
	DIFFERS(cpu_weight, INT64_C(13) << 32);
	DIFFERS(retries, 0);
	DIFFERS(retry_backoff, 16);
	DIFFERS(retry_delay, 15);
	DIFFERS(retry_max_delay, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(full.success.exits); i++) {
		DIFFERS(retry_on.exits[i], 1);
		DIFFERS(success.exits[i], 1);
	}
	DIFFERS(retry_on.timeout, false);
	DIFFERS(retry_on.signal, false);
	DIFFERS(retry_on.start, false);
	DIFFERS(success.timeout, false);
	DIFFERS(success.signal, false);
	DIFFERS(success.start, false);
	DIFFERS(output, OUTPUT_DISCARD);
	DIFFERS(output_file, "/p");
	DIFFERS(output_rate, 27);
	DIFFERS(output_max, 26);
	DIFFERS(output_keep, 0);
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		DIFFERS(hooks[i], {"a\0b", 2, false});
		DIFFERS(hooks[i], {"a", 1, false});
		DIFFERS(hooks[i], {NULL, 0, false});
	}
	DIFFERS(only_if, {"z", 1, false});
	DIFFERS(only_if, {"z\0", 2, true});
	DIFFERS(hook_timeout, 0);
	DIFFERS(notify_after, 0);
	DIFFERS(notify_when, NOTIFY_CHANGE);
	DIFFERS(mail_when, MAIL_ALWAYS);
	DIFFERS(mail_to, {"a@b", 1});
	DIFFERS(expect_within, 0);
	DIFFERS(min_runtime, 31);
	DIFFERS(max_runtime, 34);

	/* There is no member that is not here: what is left is filling. */
	memset(&filled, 0xff, sizeof(filled));
	clear_padding(&filled);
	memcpy(bytes, &filled, sizeof(bytes));
	for (size_t i = 0, gap = 0; i < sizeof(covered); i++) {
		gap = covered[i] ? 0 : gap + 1;
		if (gap == sizeof(void *) || (gap > 0 && i < FILLING_KNOWN && bytes[i]))
			fail_msg("what is at %zu of struct job_settings is not checked", i);
	}
}

static void pointers_do_not_count(void **state)
{
	struct job_settings other = full;
	char user[] = "user";
	char environment[] = "A=b\0C=d";
	unsigned char mask[sizeof(cpus)];
	struct job_rlimit limits[2] = {rlimits[0], rlimits[1]};

	(void)state;
	memcpy(mask, cpus, sizeof(mask));
	other.user = user;
	other.environment.texts = environment;
	other.cpus.bytes = mask;
	other.rlimits.items = limits;
	other.group = &same_group;
	assert_true(settings_equal(&full, &other));
	assert_int_equal(settings_hash(&full), settings_hash(&other));
	/* Nor what a number would be that is not given. */
	other.nice = (struct optional_int){false, 1};
	struct job_settings another = other;

	another.nice.value = 2;
	assert_true(settings_equal(&other, &another));
	assert_int_equal(settings_hash(&other), settings_hash(&another));
}

static void texts_do_not_run_into_each_other(void **state)
{
	struct job_settings a = {.user = "ab", .user_group = "c"};
	struct job_settings b = {.user = "a", .user_group = "bc"};
	struct job_settings c = {.user_group = "abc"};

	(void)state;
	assert_false(settings_equal(&a, &b));
	assert_false(settings_equal(&a, &c));
	assert_true(settings_hash(&a) != settings_hash(&b));
	assert_true(settings_hash(&a) != settings_hash(&c));
}

static void nothing_is_equal_to_nothing(void **state)
{
	const struct job_settings none = {0};
	struct job_settings copy = full;
	struct arena arena;

	(void)state;
	arena_init(&arena);
	assert_true(settings_equal(&none, &none));
	assert_false(settings_equal(&none, &full));
	assert_int_equal(settings_copy(&arena, &none, &copy), 0);
	assert_true(settings_equal(&none, &copy));
	assert_null(arena.chunks);
	arena_done(&arena);
}

/* Each text of the original is gone before the copy is looked at. */
static void a_copy_owns_what_it_has(void **state)
{
	struct arena first;
	struct arena second;
	struct job_settings copy;
	struct job_settings again;

	(void)state;
	arena_init(&first);
	arena_init(&second);
	assert_int_equal(settings_copy(&first, &full, &copy), 0);
	assert_true(settings_equal(&full, &copy));
	assert_ptr_equal(copy.group, &group);
#define OWN(member) assert_ptr_not_equal(copy.member, full.member)
	OWN(user);
	OWN(user_group);
	OWN(shell);
	OWN(environment.texts);
	OWN(environment_files.texts);
	OWN(pass_environment.texts);
	OWN(workdir);
	OWN(stdin_file);
	OWN(cpus.bytes);
	OWN(rlimits.items);
	OWN(output_file);
	for (size_t i = 0; i < HOOK_COUNT; i++)
		OWN(hooks[i].args);
	OWN(only_if.args);
	OWN(mail_to.texts);
	assert_int_equal(settings_copy(&second, &copy, &again), 0);
	arena_done(&first);
	assert_true(settings_equal(&full, &again));
	assert_int_equal(settings_hash(&full), settings_hash(&again));
	/* In place. */
	assert_int_equal(settings_copy(&second, &again, &again), 0);
	assert_true(settings_equal(&full, &again));
	arena_done(&second);
}

static void commands_are_equal_when_they_run_the_same(void **state)
{
	static const struct command_line commands[] = {
		{NULL, 0, false}, {"a", 1, false},    {"a", 1, true},
		{"b", 1, false},  {"a\0b", 2, false}, {"ab", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(commands); i++)
		for (size_t k = 0; k < ARRAY_LENGTH(commands); k++)
			assert_int_equal(command_line_equal(&commands[i], &commands[k]), i == k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_member_counts),
		cmocka_unit_test(pointers_do_not_count),
		cmocka_unit_test(texts_do_not_run_into_each_other),
		cmocka_unit_test(nothing_is_equal_to_nothing),
		cmocka_unit_test(a_copy_owns_what_it_has),
		cmocka_unit_test(commands_are_equal_when_they_run_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
