/*
 * Jumps of wall time, without setting any clock: an eventfd plays the timer, and read(2),
 * clock_gettime(2) and timerfd_settime(2) are the test's own, which the linker prefers to libc's.
 */
#undef _FORTIFY_SOURCE /* with it read() is an inline function that would stay */
#include "service/clockwatch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int timer = -1;
static unsigned times_armed;
static int arm_errno;
static int read_errno;
static int64_t shift; /* of wall time against the machine's, seconds */
static int64_t shift_when_armed;
static int64_t slept;          /* for how long the machine was suspended, seconds */
static unsigned interruptions; /* so many times the test is held up between two clocks */

int timerfd_create(clockid_t clock, int flags)
{
	assert_int_equal(clock, CLOCK_REALTIME);
	assert_int_equal(flags, TFD_NONBLOCK | TFD_CLOEXEC);
	timer = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return timer;
}

int timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
	assert_int_equal(fd, timer);
	assert_int_equal(flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	/* Beyond any wall time that a test or a machine shows. */
	assert_true(when->it_value.tv_sec > INT32_MAX - 1);
	assert_null(old);
	times_armed++;
	shift += shift_when_armed;
	shift_when_armed = 0;
	if (arm_errno == 0)
		return 0;
	errno = arm_errno;
	return -1;
}

ssize_t read(int fd, void *buffer, size_t size)
{
	ssize_t n = syscall(SYS_read, fd, buffer, size);

	if (fd != timer || n < 0)
		return n;
	errno = read_errno;
	return -1;
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	int r = (int)syscall(SYS_clock_gettime, clock, ret_now);

	/* The one that does not count it stays behind the others; held up, the one after it comes
	   much later. */
	if (clock == CLOCK_REALTIME)
		ret_now->tv_sec += shift + slept;
	if (clock == CLOCK_BOOTTIME)
		ret_now->tv_sec += slept;
	if (clock == CLOCK_MONOTONIC && interruptions > 0)
		ret_now->tv_sec -= --interruptions * 1000;
	return r;
}

struct fixture {
	struct event_base *base;
	struct clockwatch *watch;
	unsigned calls;
	usec_t step;
	usec_t suspended;
};

static void jumped(void *ctx, struct clock_jump jump)
{
	struct fixture *fixture = ctx;

	fixture->calls++;
	fixture->step = jump.step;
	fixture->suspended = jump.suspended;
}

static int begin(void **state)
{
	static struct fixture fixture;

	times_armed = 0;
	arm_errno = 0;
	read_errno = ECANCELED;
	shift = 0;
	shift_when_armed = 0;
	slept = 0;
	interruptions = 0;
	fixture = (struct fixture){.base = event_base_new()};
	*state = &fixture;
	return clockwatch_new(fixture.base, jumped, &fixture, &fixture.watch);
}

static int end(void **state)
{
	struct fixture *fixture = *state;

	clockwatch_free(fixture->watch);
	event_base_free(fixture->base);
	timer = -1;
	return 0;
}

static void cancel_timer(void)
{
	assert_int_equal(eventfd_write(timer, 1), 0);
}

static void turn(struct fixture *fixture)
{
	assert_true(event_base_loop(fixture->base, EVLOOP_NONBLOCK) >= 0);
}

/* The clocks are read one after the other, and the test may be held up in between. */
static void assert_about(usec_t step, int64_t seconds)
{
	assert_true(step > (seconds - 60) * USEC_PER_SEC);
	assert_true(step < (seconds + 60) * USEC_PER_SEC);
}

static void each_jump_is_told_once_with_its_size(void **state)
{
	static const int64_t jumps[] = {3600, -3600, 86400LL * 400, -86400LL * 365, 0};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(jumps); i++) {
		shift += jumps[i];
		cancel_timer();
		turn(fixture);
		turn(fixture);
		assert_int_equal(fixture->calls, i + 1);
		assert_about(fixture->step, jumps[i]);
		assert_int_equal(times_armed, i + 2);
	}
}

static void a_suspend_is_told_by_its_length(void **state)
{
	static const struct {
		int64_t slept;
		int64_t shift; /* besides */
	} cases[] = {{8 * 3600, 0}, {0, 3600}, {60, -86400}, {1, 0}, {0, 0}};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		slept += cases[i].slept;
		shift += cases[i].shift;
		cancel_timer();
		turn(fixture);
		assert_int_equal(fixture->calls, i + 1);
		assert_about(fixture->step, cases[i].shift);
		assert_int_equal((fixture->suspended + USEC_PER_SEC / 2) / USEC_PER_SEC,
				 cases[i].slept);
	}
}

/* What a look finds is not found again. */
static void a_look_finds_a_jump_before_the_timer_does(void **state)
{
	static const struct {
		int64_t slept;
		int64_t shift;
	} cases[] = {{0, 3600}, {0, -86400}, {60, 0}, {60, 3600}};
	struct fixture *fixture = *state;

	clockwatch_look(fixture->watch);
	assert_int_equal(fixture->calls, 0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		slept += cases[i].slept;
		shift += cases[i].shift;
		clockwatch_look(fixture->watch);
		clockwatch_look(fixture->watch);
		assert_int_equal(fixture->calls, 2 * i + 1);
		assert_about(fixture->step, cases[i].shift);
		assert_int_equal(fixture->suspended > 0, cases[i].slept > 0);
		cancel_timer();
		turn(fixture);
		assert_int_equal(fixture->calls, 2 * i + 2);
		assert_about(fixture->step, 0);
		assert_int_equal(fixture->suspended, 0);
	}
}

static void being_held_up_between_two_clocks_is_no_suspend(void **state)
{
	struct fixture *fixture = *state;

	interruptions = 5;
	clockwatch_look(fixture->watch);
	assert_int_equal(fixture->calls, 0);
}

static void without_a_jump_nothing_is_told(void **state)
{
	struct fixture *fixture = *state;

	shift += 3600;
	turn(fixture);
	assert_int_equal(fixture->calls, 0);
}

static void jumps_between_two_turns_are_told_as_one(void **state)
{
	struct fixture *fixture = *state;

	shift += 7200;
	cancel_timer();
	shift -= 3600;
	cancel_timer();
	turn(fixture);
	assert_int_equal(fixture->calls, 1);
	assert_about(fixture->step, 3600);
}

static void a_jump_while_arming_is_not_lost(void **state)
{
	struct fixture *fixture = *state;

	shift += 3600;
	shift_when_armed = 1800;
	arm_errno = ECANCELED;
	cancel_timer();
	turn(fixture);
	assert_int_equal(fixture->calls, 1);
	assert_about(fixture->step, 5400);
}

static void an_interrupted_read_is_tried_again(void **state)
{
	static const int errors[] = {EINTR, EAGAIN};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		read_errno = errors[i];
		cancel_timer();
		turn(fixture);
		assert_int_equal(fixture->calls, i);
		read_errno = ECANCELED;
		cancel_timer();
		turn(fixture);
		assert_int_equal(fixture->calls, i + 1);
	}
}

static void a_timer_that_cannot_be_armed_is_an_error(void **state)
{
	struct fixture *fixture = *state;
	struct clockwatch *watch = NULL;
	int used = timer;

	arm_errno = EINVAL;
	assert_int_equal(clockwatch_new(fixture->base, jumped, fixture, &watch), -EINVAL);
	assert_null(watch);
	timer = used;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_jump_is_told_once_with_its_size, begin, end),
		cmocka_unit_test_setup_teardown(a_suspend_is_told_by_its_length, begin, end),
		cmocka_unit_test_setup_teardown(a_look_finds_a_jump_before_the_timer_does, begin,
						end),
		cmocka_unit_test_setup_teardown(being_held_up_between_two_clocks_is_no_suspend,
						begin, end),
		cmocka_unit_test_setup_teardown(without_a_jump_nothing_is_told, begin, end),
		cmocka_unit_test_setup_teardown(jumps_between_two_turns_are_told_as_one, begin,
						end),
		cmocka_unit_test_setup_teardown(a_jump_while_arming_is_not_lost, begin, end),
		cmocka_unit_test_setup_teardown(an_interrupted_read_is_tried_again, begin, end),
		cmocka_unit_test_setup_teardown(a_timer_that_cannot_be_armed_is_an_error, begin,
						end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
