/* What systemd is told, word for word, through a notification socket of the test's own. */
#include "service/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listener = -1;

static int listen_to_daemon(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	socklen_t len;
	int n;

	(void)state;
	/* An abstract socket: nothing to remove, no path. */
	n = snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "everyd-test-%ld",
		     (long)getpid());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n);
	listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) < 0)
		return -1;
	address.sun_path[0] = '@';
	return setenv("NOTIFY_SOCKET", address.sun_path, 1);
}

static int stop_listening(void **state)
{
	(void)state;
	(void)unsetenv("NOTIFY_SOCKET");
	return close(listener);
}

static const char *message(void)
{
	static char text[8192];
	ssize_t n = recv(listener, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void states_are_told_in_the_words_of_sd_notify(void **state)
{
	(void)state;
	assert_int_equal(notify_ready(), 0);
	assert_string_equal(message(), "READY=1");
	assert_int_equal(notify_stopping(), 0);
	assert_string_equal(message(), "STOPPING=1");
	notify_watchdog();
	assert_string_equal(message(), "WATCHDOG=1");
	notify_extend(90 * USEC_PER_SEC);
	assert_string_equal(message(), "EXTEND_TIMEOUT_USEC=90000000");
}

static void reloading_carries_the_monotonic_time(void **state)
{
	usec_t before = clock_monotonic();
	usec_t told;
	char end;

	(void)state;
	assert_int_equal(notify_reloading(), 0);
	assert_int_equal(
		sscanf(message(), "RELOADING=1\nMONOTONIC_USEC=%" SCNd64 "%c", &told, &end), 1);
	assert_in_range(told, before, clock_monotonic());
}

static void status_is_one_line_of_utf8(void **state)
{
	static const struct {
		const char *text;
		const char *told;
	} cases[] = {
		{"97 jobs, 3 running, next backup in 4m",
		 "STATUS=97 jobs, 3 running, next backup in 4m"},
		{"", "STATUS="},
		{"Grüße", "STATUS=Grüße"},
		{"a\nREADY=1", "STATUS=a\\x0aREADY=1"},
		{"a\377b", "STATUS=a\\xffb"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		notify_status("%s", cases[i].text);
		assert_string_equal(message(), cases[i].told);
	}
	notify_status("%d jobs, %s", 3, "idle");
	assert_string_equal(message(), "STATUS=3 jobs, idle");
}

static void long_status_is_cut_so_that_it_is_not_ignored(void **state)
{
	char text[5000];

	(void)state;
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	notify_status("%s", text);
	assert_in_range(strlen(message()), 1000, 4095);
}

/* The socket fills up: what matters says so, the rest is lost, and neither waits. */
static void a_listener_that_hangs_holds_up_nothing(void **state)
{
	int told = 0;

	(void)state;
	while (notify_ready() == 0)
		assert_in_range(++told, 1, 100000);
	assert_int_equal(notify_reloading(), -EAGAIN);
	assert_int_equal(notify_stopping(), -EAGAIN);
	notify_status("lost");
	notify_watchdog();
	notify_extend(USEC_PER_SEC);
	while (told-- > 0)
		assert_string_equal(message(), "READY=1");
	assert_string_equal(message(), "");
	assert_int_equal(notify_stopping(), 0);
	assert_string_equal(message(), "STOPPING=1");
}

static void nothing_happens_when_no_one_listens(void **state)
{
	char *socket_name = strdup(getenv("NOTIFY_SOCKET"));

	(void)state;
	assert_non_null(socket_name);
	assert_true(notify_wanted());
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_false(notify_wanted());
	assert_int_equal(notify_ready(), 0);
	assert_int_equal(notify_reloading(), 0);
	notify_status("unheard");
	assert_string_equal(message(), "");
	assert_int_equal(setenv("NOTIFY_SOCKET", socket_name, 1), 0);
	free(socket_name);
}

static void watchdog_interval_is_the_service_managers(void **state)
{
	char me[24];
	char other[24];
	const struct {
		const char *interval; /* NULL: not set */
		const char *pid;
		usec_t expected;
	} cases[] = {
		{"30000000", me, 30 * USEC_PER_SEC},
		{"30000000", NULL, 30 * USEC_PER_SEC},
		{"30000000", other, 0},
		{NULL, me, 0},
		{"0", me, 0},
		{"soon", me, 0},
		{"18446744073709551615", me, 0},
	};

	(void)state;
	(void)snprintf(me, sizeof(me), "%ld", (long)getpid());
	(void)snprintf(other, sizeof(other), "%ld", (long)getppid());
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		(void)unsetenv("WATCHDOG_USEC");
		(void)unsetenv("WATCHDOG_PID");
		if (cases[i].interval)
			assert_int_equal(setenv("WATCHDOG_USEC", cases[i].interval, 1), 0);
		if (cases[i].pid)
			assert_int_equal(setenv("WATCHDOG_PID", cases[i].pid, 1), 0);
		assert_int_equal(notify_watchdog_interval(), cases[i].expected);
	}
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_are_told_in_the_words_of_sd_notify),
		cmocka_unit_test(reloading_carries_the_monotonic_time),
		cmocka_unit_test(status_is_one_line_of_utf8),
		cmocka_unit_test(long_status_is_cut_so_that_it_is_not_ignored),
		cmocka_unit_test(a_listener_that_hangs_holds_up_nothing),
		cmocka_unit_test(nothing_happens_when_no_one_listens),
		cmocka_unit_test(watchdog_interval_is_the_service_managers),
	};

	return cmocka_run_group_tests(tests, listen_to_daemon, stop_listening);
}
