/* The pipes that commands print into. */
#include "exec/pipe.h"

#include "exec/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <cmocka.h>

static void only_the_reader_does_not_wait(void **state)
{
	char byte;
	int in;
	int out;

	(void)state;
	assert_int_equal(pipe_make(NULL, &in, &out), 0);
	assert_true(fcntl(in, F_GETFL) & O_NONBLOCK);
	assert_false(fcntl(out, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(in, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(out, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(read(in, &byte, 1), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(out, "x", 1), 1);
	assert_int_equal(read(in, &byte, 1), 1);
	close(in);
	close(out);
}

static void who_writes_may_open_it_by_name(void **state)
{
	const struct identity other = {.uid = 4242, .gid = 4243, .change = true};
	struct stat st;
	int in;
	int out;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe_make(&other, &in, &out), 0);
	assert_int_equal(fstat(out, &st), 0);
	assert_int_equal(st.st_uid, 4242);
	assert_int_equal(st.st_gid, 4243);
	close(in);
	close(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_reader_does_not_wait),
		cmocka_unit_test(who_writes_may_open_it_by_name),
	};

	return cmocka_run_group_tests_name("pipe", tests, NULL, NULL);
}
