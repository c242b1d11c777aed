/* Holds: what a child is to have has low numbers while it is born, whatever else is open; nothing
   of it stays open here, and who finds none does without. */
#include "spawn_fixture.h"

#include "exec/seats.h"

#include <sys/resource.h>

#define SEATS 8
#define MANY  3000

static struct seats *seats;
static int crowd[MANY]; /* what else is open: clients, and live runs */

static int crowd_in(void **state)
{
	struct rlimit limit;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	assert_int_equal(setup(state), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_true(limit.rlim_max > MANY + 100);
	assert_int_equal(seats_new(null, &seats), 0);
	for (int i = 0; i < MANY; i++)
		assert_true((crowd[i] = fcntl(null, F_DUPFD_CLOEXEC, 3)) > 0);
	close(null);
	return 0;
}

static int crowd_out(void **state)
{
	for (int i = 0; i < MANY; i++)
		close(crowd[i]);
	seats_free(seats);
	return teardown(state);
}

static bool same_file(int a, int b)
{
	struct stat one;
	struct stat other_one;

	assert_int_equal(fstat(a, &one), 0);
	assert_int_equal(fstat(b, &other_one), 0);
	return one.st_dev == other_one.st_dev && one.st_ino == other_one.st_ino;
}

static void they_are_copies_with_low_numbers(void **state)
{
	int mine[SEATS][3];
	int taken[SEATS];
	int fds[3];
	int none[3];

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	fds[2] = crowd[0];
	assert_true(fds[1] > MANY);
	for (int i = 0; i < SEATS; i++) {
		taken[i] = seats_take(seats, fds, mine[i]);
		assert_true(taken[i] >= 0);
		for (int k = 0; k < 3; k++) {
			assert_in_range(mine[i][k], 3, 3 + 3 * SEATS + 2);
			assert_true(same_file(mine[i][k], fds[k]));
			assert_int_equal(fcntl(mine[i][k], F_GETFD), FD_CLOEXEC);
		}
		for (int k = 0; k < i; k++)
			assert_int_not_equal(taken[k], taken[i]);
	}
	assert_int_equal(seats_take(seats, fds, none), -1);

	seats_leave(seats, -1);
	for (int i = 0; i < SEATS; i++) {
		seats_leave(seats, taken[i]);
		assert_true(same_file(mine[i][0], crowd[0]));
		assert_int_equal(fcntl(mine[i][0], F_GETFD), FD_CLOEXEC);
	}
	taken[0] = seats_take(seats, fds, mine[0]);
	assert_true(taken[0] >= 0);
	seats_leave(seats, taken[0]);
	close(fds[0]);
	close(fds[1]);
}

/* That run() reads to the end of what was printed shows that nobody else has it open. */
static void a_child_has_its_own_and_no_others(void **state)
{
	(void)state;
	with.seats = seats;
	assert_string_equal(shell("exec ls /proc/self/fd", "/", NULL), "0\n1\n2\n3\n");
	with.identity = &other;
	if (geteuid() == 0)
		assert_string_equal(shell("exec ls /proc/self/fd", "/", NULL), "0\n1\n2\n3\n");
	memset(&with, 0, sizeof(with));
	for (int i = 0; i < MANY; i++)
		assert_true(fcntl(crowd[i], F_GETFD) >= 0);
}

static void one_that_finds_none_does_without(void **state)
{
	int fds[3] = {crowd[0], crowd[0], crowd[0]};
	int taken[SEATS];
	int mine[3];

	(void)state;
	for (int i = 0; i < SEATS; i++)
		taken[i] = seats_take(seats, fds, mine);
	with.seats = seats;
	assert_string_equal(shell("exec ls /proc/self/fd", "/", NULL), "0\n1\n2\n3\n");
	memset(&with, 0, sizeof(with));
	for (int i = 0; i < SEATS; i++)
		seats_leave(seats, taken[i]);
}

static void one_that_fails_leaves_its_own(void **state)
{
	const char *paths[] = {"/nonexistent", NULL};
	const char *argv[] = {"x", NULL};
	struct child child;

	(void)state;
	with.seats = seats;
	for (int i = 0; i < 2 * SEATS; i++) {
		assert_int_equal(run(paths, argv, "/", NULL, &child), -1);
		assert_string_equal(child.error.stage, "exec");
	}
	memset(&with, 0, sizeof(with));
	they_are_copies_with_low_numbers(state);
}

static void without_room_there_are_none(void **state)
{
	struct rlimit limit;
	struct rlimit low;
	struct seats *none = NULL;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = limit;
	low.rlim_cur = MANY + 40;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(seats_new(crowd[0], &none), -EMFILE);
	assert_null(none);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	seats_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_copies_with_low_numbers),
		cmocka_unit_test(a_child_has_its_own_and_no_others),
		cmocka_unit_test(one_that_finds_none_does_without),
		cmocka_unit_test(one_that_fails_leaves_its_own),
		cmocka_unit_test(without_room_there_are_none),
	};

	if (!kernel_is_whole()) {
		puts(KERNEL_SKIP);
		return 0;
	}
	return cmocka_run_group_tests_name("seats", tests, crowd_in, crowd_out);
}
