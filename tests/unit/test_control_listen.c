/* Holds: when the control socket is made, replaced and removed, and when not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NAME "control.sock"

struct place {
	char dir[64];
	char path[96];
	char error[LISTEN_TEXT_SIZE];
};

static struct place make_place(void)
{
	struct place place = {.dir = "/tmp/listen-XXXXXX"};

	assert_non_null(mkdtemp(place.dir));
	sprintf(place.path, "%s/" NAME, place.dir);
	return place;
}

static void remove_place(const struct place *place)
{
	(void)unlink(place->path);
	assert_int_equal(rmdir(place->dir), 0);
}

static int listen_at(struct place *place, struct unix_socket *ret_socket)
{
	return listen_unix(place->dir, NAME, ret_socket, place->error, sizeof(place->error));
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r;

	strcpy(address.sun_path, path);
	r = connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static void test_everybody_can_connect(void **state)
{
	struct place place = make_place();
	struct unix_socket socket;
	struct stat st;

	(void)state;
	assert_int_equal(listen_at(&place, &socket), 0);
	assert_int_equal(stat(place.path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0666);
	assert_int_equal(connect_to(place.path), 0);
	assert_true(fcntl(socket.fd, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(socket.fd, F_GETFL) & O_NONBLOCK);
	close(socket.fd);
	listen_unix_remove(&socket);
	assert_int_equal(access(place.path, F_OK), -1);
	remove_place(&place);
}

static void test_the_directory_is_made(void **state)
{
	struct place place = make_place();
	struct unix_socket socket;
	struct stat st;

	(void)state;
	assert_int_equal(rmdir(place.dir), 0);
	assert_int_equal(listen_at(&place, &socket), 0);
	assert_int_equal(stat(place.dir, &st), 0);
	assert_int_equal(st.st_mode & 022, 0);
	close(socket.fd);
	listen_unix_remove(&socket);
	remove_place(&place);
}

static void test_a_stale_socket_is_replaced(void **state)
{
	struct place place = make_place();
	struct unix_socket before;
	struct unix_socket socket;

	(void)state;
	assert_int_equal(listen_at(&place, &before), 0);
	close(before.fd);
	assert_int_equal(connect_to(place.path), -ECONNREFUSED);
	assert_int_equal(listen_at(&place, &socket), 0);
	assert_int_equal(connect_to(place.path), 0);
	close(socket.fd);
	listen_unix_remove(&socket);
	close(before.dirfd);
	free(before.path);
	remove_place(&place);
}

static void test_the_socket_of_another_is_not_removed(void **state)
{
	struct place place = make_place();
	struct unix_socket before;
	struct unix_socket socket;

	(void)state;
	assert_int_equal(listen_at(&place, &before), 0);
	assert_int_equal(unlink(place.path), 0);
	assert_int_equal(listen_at(&place, &socket), 0);
	close(before.fd);
	listen_unix_remove(&before);
	assert_int_equal(connect_to(place.path), 0);
	close(socket.fd);
	listen_unix_remove(&socket);
	remove_place(&place);
}

/* Whoever may look for the socket may open its directory, and lock it. */
static void test_a_lock_of_somebody_else_is_in_nobodys_way(void **state)
{
	struct place place = make_place();
	int fd = open(place.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct unix_socket socket;

	(void)state;
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(listen_at(&place, &socket), 0);
	assert_int_equal(connect_to(place.path), 0);
	close(fd);
	close(socket.fd);
	listen_unix_remove(&socket);
	remove_place(&place);
}

static void test_a_living_socket_stays(void **state)
{
	struct place place = make_place();
	struct unix_socket socket;
	struct unix_socket second = {.fd = -2};
	char expected[200];

	(void)state;
	assert_int_equal(listen_at(&place, &socket), 0);
	assert_int_equal(listen_at(&place, &second), -EADDRINUSE);
	assert_int_equal(second.fd, -2);
	sprintf(expected, "%s is in use by another process", place.path);
	assert_string_equal(place.error, expected);
	assert_int_equal(connect_to(place.path), 0);
	close(socket.fd);
	listen_unix_remove(&socket);
	remove_place(&place);
}

static void test_a_living_socket_with_a_full_backlog_stays(void **state)
{
	struct place place = make_place();
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct unix_socket second;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	strcpy(address.sun_path, place.path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 0), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen_at(&place, &second), -EADDRINUSE);
	close(client);
	close(fd);
	remove_place(&place);
}

static void test_what_is_no_socket_stays(void **state)
{
	struct place place = make_place();
	struct unix_socket socket;
	struct stat st;

	(void)state;
	close(open(place.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	assert_int_equal(listen_at(&place, &socket), -EEXIST);
	assert_int_equal(unlink(place.path), 0);
	/* A link is not followed, wherever it leads. */
	assert_int_equal(symlink("/tmp/somewhere-else", place.path), 0);
	assert_int_equal(listen_at(&place, &socket), -EEXIST);
	assert_int_equal(lstat(place.path, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(access("/tmp/somewhere-else", F_OK), -1);
	remove_place(&place);
}

static void test_a_directory_that_others_can_write_is_refused(void **state)
{
	struct place place = make_place();
	struct unix_socket socket;

	(void)state;
	assert_int_equal(chmod(place.dir, 0777), 0);
	assert_int_equal(listen_at(&place, &socket), -EPERM);
	assert_non_null(strstr(place.error, "chmod go-w"));
	assert_int_equal(access(place.path, F_OK), -1);
	if (geteuid() == 0) {
		assert_int_equal(chmod(place.dir, 0755), 0);
		assert_int_equal(chown(place.dir, 65534, 65534), 0);
		assert_int_equal(listen_at(&place, &socket), -EPERM);
		assert_non_null(strstr(place.error, "belongs to the user 65534"));
	}
	remove_place(&place);
}

static void test_a_link_is_no_directory(void **state)
{
	struct place place = make_place();
	struct place link = place;
	struct unix_socket socket;

	(void)state;
	strcat(link.dir, "-link");
	assert_int_equal(symlink(place.dir, link.dir), 0);
	assert_true(listen_at(&link, &socket) < 0);
	assert_int_equal(unlink(link.dir), 0);
	remove_place(&place);
}

static void test_a_path_may_be_longer_than_an_address(void **state)
{
	struct place place = make_place();
	char dir[300];
	char error[LISTEN_TEXT_SIZE];
	struct unix_socket socket;

	(void)state;
	sprintf(dir, "%s/%0150d", place.dir, 0);
	assert_int_equal(listen_unix(dir, NAME, &socket, error, sizeof(error)), 0);
	close(socket.fd);
	listen_unix_remove(&socket);
	assert_int_equal(rmdir(dir), 0);
	remove_place(&place);
}

static void test_addresses(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} table[] = {
		{"127.0.0.1:0", true}, {"localhost:0", false},     {"127.0.0.1", false},
		{":0", false},         {"127.0.0.1:", false},      {"127.0.0.1:x", false},
		{"::1:0", false},      {"[::1]", false},           {"", false},
		{"[]:0", false},       {"127.0.0.1:99999", false},
	};
	char error[LISTEN_TEXT_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fd = listen_tcp(table[i].text, error, sizeof(error));

		if ((fd >= 0) != table[i].good)
			fail_msg("%s: %d", table[i].text, fd);
		if (fd >= 0)
			close(fd);
	}
}

static void test_an_address_in_use_is_said(void **state)
{
	char error[LISTEN_TEXT_SIZE];
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	int fd = listen_tcp("127.0.0.1:0", error, sizeof(error));
	char text[40];

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	sprintf(text, "127.0.0.1:%d",
		(((unsigned char *)&address)[2] << 8) + ((unsigned char *)&address)[3]);
	assert_int_equal(listen_tcp(text, error, sizeof(error)), -EADDRINUSE);
	assert_non_null(strstr(error, text));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everybody_can_connect),
		cmocka_unit_test(test_the_directory_is_made),
		cmocka_unit_test(test_a_stale_socket_is_replaced),
		cmocka_unit_test(test_the_socket_of_another_is_not_removed),
		cmocka_unit_test(test_a_lock_of_somebody_else_is_in_nobodys_way),
		cmocka_unit_test(test_a_living_socket_stays),
		cmocka_unit_test(test_a_living_socket_with_a_full_backlog_stays),
		cmocka_unit_test(test_what_is_no_socket_stays),
		cmocka_unit_test(test_a_directory_that_others_can_write_is_refused),
		cmocka_unit_test(test_a_link_is_no_directory),
		cmocka_unit_test(test_a_path_may_be_longer_than_an_address),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_an_address_in_use_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
