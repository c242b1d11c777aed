/* Holds: what is answered to whom over HTTP, and to what is none; with routes of this test's own.
 */
#include "control_fixture.h"

#include "base/values.h"
#include "control/control_internal.h"

#include <arpa/inet.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Of <grp.h>, whose struct group is not a model's. */
int setgroups(size_t size, const gid_t *list);

static const struct model_spec one_job = {.jobs = {{.name = "a"}}};

/* --- routes --- */

static struct exchange *waiting;
static unsigned gone;

static void on_gone(void *ctx)
{
	(void)ctx;
	gone++;
	waiting = NULL;
}

static void handle_echo(struct exchange *exchange)
{
	exchange_reply(exchange, STATUS_OK,
		       json_pack("{so so ss}", "text", value_text(exchange_segment(exchange, 0)),
				 "q", value_text(exchange_param(exchange, "q")), "who",
				 exchange_client(exchange)));
}

static void handle_private(struct exchange *exchange)
{
	exchange_reply(exchange, STATUS_OK, json_object());
}

static void handle_large(struct exchange *exchange)
{
	size_t size = (size_t)4 * 1024 * 1024;
	char *text = malloc(size);

	assert_non_null(text);
	memset(text, 'x', size);
	exchange_reply_text(exchange, STATUS_OK, "text/plain", text, size);
	free(text);
}

static void handle_wait(struct exchange *exchange)
{
	waiting = exchange;
	exchange_wait(exchange, on_gone, NULL);
}

static void handle_stream(struct exchange *exchange)
{
	waiting = exchange;
	exchange_wait(exchange, on_gone, NULL);
	exchange_stream(exchange, "text/event-stream");
}

static void handle_change(struct exchange *exchange)
{
	exchange_reply(exchange, STATUS_ACCEPTED, json_deep_copy(exchange_body(exchange)));
}

/* Instead of those of routes.c. */
const struct route routes[] = {
	{METHOD_GET, "/echo/{text}", ACCESS_READ, .on_tcp = true, .handle = handle_echo,
	 .params = {"q", "a", "b"}},
	{METHOD_GET, "/private", ACCESS_READ, .handle = handle_private},
	{METHOD_GET, "/large", ACCESS_READ, .handle = handle_large},
	{METHOD_GET, "/wait", ACCESS_READ, .handle = handle_wait},
	{METHOD_GET, "/stream", ACCESS_READ, .stream = true, .handle = handle_stream},
	{METHOD_GET, "/news", ACCESS_READ, .on_tcp = true, .stream = true, .handle = handle_stream},
	{METHOD_POST, "/change", ACCESS_CHANGE, .handle = handle_change},
	{METHOD_POST, "/both", ACCESS_CHANGE, .handle = handle_change},
	{METHOD_GET, "/both", ACCESS_READ, .handle = handle_private},
	{.path = NULL},
};

/* --- what is asked --- */

#define END   "\r\nConnection: close\r\n\r\n"
#define LINES "\r\nHost: x" END

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	for (text = strstr(text, what); text; text = strstr(text + 1, what))
		n++;
	return n;
}

/* {"error": {"code": ..., "message": ...}}, of the length that is said, and nothing else. */
static bool is_json_error(const char *response)
{
	json_t *body = json_loads(body_of(response), 0, NULL);
	const json_t *error = json_object_get(body, "error");
	bool good = json_is_string(json_object_get(error, "code")) &&
		    json_is_string(json_object_get(error, "message")) &&
		    strstr(response, "\r\nContent-Type: application/json\r\n");
	char length[60];

	sprintf(length, "\r\nContent-Length: %zu\r\n", strlen(body_of(response)));
	/* evhttp has none for CONNECT. */
	good = good && (strstr(response, length) || !strstr(response, "Content-Length:"));
	json_decref(body);
	return good;
}

static void test_requests_are_answered(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *part; /* of the answer */
	} table[] = {
		{"GET /echo/x HTTP/1.1" LINES, 200, "{\"text\": \"x\", \"q\": null,"},
		{"GET /echo/a%20b%2Fc?q=1+2 HTTP/1.1" LINES, 200,
		 "{\"text\": \"a b/c\", \"q\": \"1 2\","},
		{"GET /echo/%c3%a4 HTTP/1.0\r\n\r\n", 200, "{\"text\": \"\xc3\xa4\","},
		{"GET /echo/x HTTP/1.1\r\n folded: x" LINES, 400, ""},
		{"GET /echo/x HTTP/1.1\r\nA: b\r\n c" LINES, 200, ""},
		{"GET /echo/x HTTP/1.7" LINES, 200, "HTTP/1.1 200 "},
		{"GET /echo/x HTTP/0.9\r\n\r\n", 505, "bad-version"},
		{"GET /echo/x HTTP/1.-1" LINES, 505, "bad-version"},
		{"GET /echo/x HTTP/2.0" LINES, 400, ""},
		{"G(T /echo/x HTTP/1.11111" LINES, 405, "bad-method"},
		{"GET /echo/x HTTP/1.11111\r\nno colon" LINES, 400, "HTTP/1.1 400"},
		{"GET /echo/x\r\n\r\n", 400, ""},
		{"GET  HTTP/1.1" LINES, 400, ""},
		{"\r\n\r\n", 400, ""},
		{"\x16\x03\x01\x02\x05\x01\r\n\r\n", 400, ""},
		{"GET /echo/x HTTP/1.1\r\nno colon" LINES, 400, ""},
		{"GET /echo/%zz HTTP/1.1" LINES, 400, "%XX"},
		{"GET /echo/%00 HTTP/1.1" LINES, 400, "%XX"},
		{"GET /echo/x?Q=1 HTTP/1.1" LINES, 400,
		 "there is no parameter \\\"Q\\\" here, only q, a and b\""},
		{"HEAD /echo/x?q=1&Q=1 HTTP/1.1" LINES, 400, ""},
		{"GET /private?q=1 HTTP/1.1" LINES, 400,
		 "there is no parameter \\\"q\\\" here, nor any other\""},
		{"POST /change?force HTTP/1.1" LINES, 400, "no parameter \\\"force\\\" here"},
		{"GET /echo/x?q=1&a&q=1 HTTP/1.1" LINES, 400, "the parameter q is given twice\""},
		{"GET /echo/x?=1 HTTP/1.1" LINES, 400, "a parameter without a name\""},
		{"GET /echo/ HTTP/1.1" LINES, 404, "not-found"},
		{"GET /echo/x/y HTTP/1.1" LINES, 404, "not-found"},
		{"GET / HTTP/1.1" LINES, 404, "there is nothing at /"},
		{"GET /\x01\xff HTTP/1.1" LINES, 404, "\\\\x01\\\\xff"},
		{"GET /echo/\xff HTTP/1.1" LINES, 200, "{\"text\":"},
		{"GET * HTTP/1.1" LINES, 400, "not a path"},
		{"GET http://x/echo/x HTTP/1.1" LINES, 400, "not a path"},
		{"CONNECT x:1 HTTP/1.1" LINES, 400, "not a path"},
		{"POST /echo/x HTTP/1.1" LINES, 405, "\r\nAllow: GET, HEAD\r\n"},
		{"GET /change HTTP/1.1" LINES, 405, "\r\nAllow: POST\r\n"},
		{"HEAD /change HTTP/1.1" LINES, 405, "\r\nAllow: POST\r\n"},
		{"DELETE /both HTTP/1.1" LINES, 405, "\r\nAllow: GET, HEAD, POST\r\n"},
		{"BREW /both HTTP/1.1" LINES, 405, "bad-method"},
		{"get /echo/x HTTP/1.1" LINES, 405, "bad-method"},
		{"HEAD /stream HTTP/1.1" LINES, 405, "\r\nAllow: GET\r\n"},
		{"POST /change HTTP/1.1" LINES, 202, "\r\n\r\n{}"},
		{"POST /change HTTP/1.1\r\nContent-Length: 8" LINES "{\"a\": 1}", 202,
		 "{\"a\": 1}"},
		{"POST /change HTTP/1.1\r\nTransfer-Encoding: chunked" LINES
		 "3\r\n{\"a\r\n5\r\n\": 1}\r\n0\r\n\r\n",
		 202, "{\"a\": 1}"},
		{"POST /change HTTP/1.1\r\nContent-Length: 7" LINES "{\"a\": 1}", 400, "no JSON"},
		{"POST /change HTTP/1.1\r\nContent-Length: 2" LINES "[]", 400, "no JSON object"},
		{"POST /change HTTP/1.1\r\nContent-Length: 14" LINES "{\"a\":1,\"a\":2} ", 400,
		 "duplicate"},
		{"POST /change HTTP/1.1\r\nContent-Length: 4" LINES "\xff\xff\xff\xff", 400,
		 "no JSON"},
		{"POST /change HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2" LINES "{}", 400,
		 "twice"},
		{"POST /change HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked" LINES
		 "0\r\n\r\n",
		 400, ""},
		{"POST /change HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
		 "Transfer-Encoding: chunked" LINES "0\r\n\r\n",
		 400, ""},
		{"POST /change HTTP/1.1\r\nTransfer-Encoding: chunked" LINES "x\r\n", 413, ""},
		{"POST /change HTTP/1.1\r\nTransfer-Encoding: chunked" LINES "-1\r\n", 413, ""},
		{"POST /change HTTP/1.1\r\nContent-Length: -1" LINES, 400, ""},
		{"POST /change HTTP/1.1\r\nContent-Length: +2" LINES "{}", 400, "none"},
		{"POST /change HTTP/1.1\r\nContent-Length:" LINES, 400, ""},
		{"POST /change HTTP/1.1\r\nContent-Length : 2" LINES "{}", 400, "none"},
		{"POST /change HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue" LINES "{}",
		 202, ""},
		{"POST /change HTTP/1.1\r\nContent-Length: 2\r\nExpect: more" LINES "{}", 417, ""},
		{"HEAD /echo/x HTTP/1.1\r\nContent-Length: 2" LINES "{}", 400, ""},
		{"GET /echo/x HTTP/1.1\r\nHost: x" LINES, 400, "more than one Host"},
		{"GET /echo/x HTTP/1.1" END, 200, ""},
	};
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		char *response = talk(&c, table[i].request);

		if (status_of(response) != table[i].status || !strstr(response, table[i].part) ||
		    (table[i].status >= 400 && strncmp(table[i].request, "HEAD ", 5) != 0 &&
		     !is_json_error(response)))
			fail_msg("%s\nis answered by\n%s", table[i].request, response);
		free(response);
	}
	end_control(&c);
}

static void test_many_parameters_are_too_many(void **state)
{
	struct control_rig c;
	char target[200] = "/echo/x?";
	json_t *body;

	(void)state;
	for (int i = 0; i <= REQUEST_PARAMS_MAX; i++)
		strcat(target, "x&");
	begin_control(&c, 5, &one_job);
	assert_int_equal(ask(&c, "GET", target, NULL, &body), 400);
	assert_json(body, "{\"error\":{\"code\":\"bad-request\",\"message\":"
			  "\"there are more than 32 parameters\"}}");
	end_control(&c);
}

/* A request with a header, or a body, of so many bytes. */
static int ask_large(struct control_rig *c, size_t header, size_t body)
{
	char *request = malloc(header + body + 200);
	size_t len = (size_t)sprintf(request,
				     "POST /change HTTP/1.1\r\nConnection: close\r\n"
				     "Content-Length: %zu\r\nX: ",
				     body);
	int fd = connect_client(c);
	size_t sent = 0;
	char *response;
	int status;

	memset(request + len, 'h', header);
	len += header;
	len += (size_t)sprintf(request + len, "\r\n\r\n");
	memset(request + len, ' ', body);
	len += body;
	if (body >= 2)
		memcpy(request + len - body, "{}", 2);
	for (int round = 0; sent < len && round < ROUNDS_MAX; round++) {
		ssize_t n = send(fd, request + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		sent += n > 0 ? (size_t)n : 0;
		go_round(c);
	}
	response = receive(c, fd, SIZE_MAX);
	status = status_of(response);
	if (status >= 400 && !is_json_error(response))
		fail_msg("%s", response);
	close(fd);
	free(response);
	free(request);
	return status;
}

static void test_sizes_have_bounds(void **state)
{
	static const struct {
		size_t header;
		size_t body;
		int status;
	} table[] = {
		{CONTROL_HEADERS_MAX - 200, 0, 202},
		{CONTROL_HEADERS_MAX, 0, 431},
		{2 * CONTROL_HEADERS_MAX, 0, 400},
		{100 * CONTROL_HEADERS_MAX, 0, 400},
		{0, CONTROL_BODY_MAX, 202},
		{CONTROL_HEADERS_MAX - 200, CONTROL_BODY_MAX, 202},
		{0, CONTROL_BODY_MAX + 1, 413},
		{0, 2 * CONTROL_BODY_MAX, 413},
		{0, 2 * CONTROL_BODY_MAX + 1, 413},
		{0, 50 * CONTROL_BODY_MAX, 413},
	};
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int status = ask_large(&c, table[i].header, table[i].body);

		if (status != table[i].status)
			fail_msg("%zu and %zu: %d", table[i].header, table[i].body, status);
	}
	end_control(&c);
}

/* The client is told to go on, and then sends what cannot be taken. */
static void test_what_is_expected_may_be_refused_later(void **state)
{
	struct control_rig c;
	int fd;
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "POST /change HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
		      "Expect: 100-continue\r\n\r\n");
	response = receive(&c, fd, 25);
	assert_string_equal(response, "HTTP/1.1 100 Continue\r\n\r\n");
	free(response);
	send_text(fd, "nothing\r\n");
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(status_of(response), 413);
	assert_true(is_json_error(response));
	free(response);
	close(fd);
	end_control(&c);
}

/* Behind others that were. */
static void test_a_request_sent_ahead_may_make_no_sense(void **state)
{
	struct control_rig c;
	int fd;
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "GET /echo/1 HTTP/1.1\r\n\r\nGET /echo/2 HTTP/1.1\r\n\r\nnonsense\r\n\r\n");
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(count(response, "HTTP/1.1 200 "), 2);
	assert_true(is_json_error(strstr(response, "HTTP/1.1 400 ")));
	free(response);
	close(fd);
	end_control(&c);
}

static void test_head_is_get_without_content(void **state)
{
	struct control_rig c;
	char *get;
	char *head;

	(void)state;
	begin_control(&c, 5, &one_job);
	get = talk(&c, "GET /private HTTP/1.1" LINES);
	head = talk(&c, "HEAD /private HTTP/1.1" LINES);
	assert_int_equal(status_of(head), 200);
	assert_string_equal(body_of(get), "{}");
	assert_string_equal(body_of(head), "");
	assert_non_null(strstr(head, "\r\nContent-Length: 2\r\n"));
	free(get);
	free(head);
	end_control(&c);
}

static void test_a_connection_is_kept(void **state)
{
	struct control_rig c;
	int fd;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	for (int i = 0; i < 3; i++) {
		char *response;

		send_text(fd, "GET /private HTTP/1.1\r\nHost: x\r\n\r\n");
		response = receive(&c, fd, 100);
		assert_int_equal(status_of(response), 200);
		assert_null(strstr(response, "Connection: close"));
		free(response);
	}
	close(fd);
	end_control(&c);
}

static void test_what_is_sent_ahead_is_answered_in_order(void **state)
{
	struct control_rig c;
	int fd;
	char *response;
	const char *at;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "GET /echo/one HTTP/1.1\r\nHost: x\r\n\r\n"
		      "POST /change HTTP/1.1\r\nContent-Length: 11\r\n\r\n{\"two\":  2}"
		      "GET /echo/three HTTP/1.1\r\nHost: x\r\n\r\nGET /echo/fo");
	for (int i = 0; i < 20; i++)
		go_round(&c);
	send_text(fd, "ur HTTP/1.1" LINES);
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(count(response, "HTTP/1.1 2"), 4);
	at = strstr(response, "\"one\"");
	assert_non_null(at);
	at = strstr(at, "{\"two\": 2}");
	assert_non_null(at);
	at = strstr(at, "\"three\"");
	assert_non_null(at);
	assert_non_null(strstr(at, "\"four\""));
	free(response);
	close(fd);
	end_control(&c);
}

static void test_a_request_may_come_by_the_byte(void **state)
{
	static const char request[] =
		"POST /change HTTP/1.1\r\nContent-Length: 8" LINES "{\"a\":1} ";
	struct control_rig c;
	int fd;
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	for (const char *at = request; *at; at++) {
		assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
		go_round(&c);
	}
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(status_of(response), 202);
	free(response);
	close(fd);
	end_control(&c);
}

static void test_a_client_may_close_its_half(void **state)
{
	struct control_rig c;
	int fd;
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "GET /private HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(status_of(response), 200);
	free(response);
	close(fd);
	end_control(&c);
}

/* --- who asks --- */

/* A client of that user and group, who need not be ours; its other group, unless 0. */
static int connect_as(struct control_rig *c, uid_t uid, gid_t gid, gid_t other)
{
	int fd;

	assert_int_equal(setgroups(other ? 1 : 0, &other), 0);
	assert_int_equal(setegid(gid), 0);
	assert_int_equal(seteuid(uid), 0);
	fd = connect_client(c);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(0), 0);
	return fd;
}

static void begin_for_all(struct control_rig *c)
{
	begin_control(c, 5, &one_job);
	assert_int_equal(chmod(c->dir, 0755), 0);
	c->control->group = 4711;
}

static void test_privileges(void **state)
{
	static const struct {
		const char *who;
		uid_t uid;
		gid_t gid;
		gid_t other;
		int get;
		int post;
		const char *why;
	} table[] = {
		{"root", 0, 0, 0, 200, 202, ""},
		{"a member", 1000, 1000, 4711, 200, 403, "uid 1000 may look, but only root"},
		{"a member by its main group", 1000, 4711, 0, 200, 403, ""},
		{"a stranger", 1000, 1000, 4712, 403, 403, "uid 1000 is not in the group"},
		{"a stranger of root's group", 1000, 0, 0, 403, 403, ""},
	};
	struct control_rig c;

	(void)state;
	if (geteuid() != 0)
		skip();
	begin_for_all(&c);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int fd = connect_as(&c, table[i].uid, table[i].gid, table[i].other);
		char *response;

		send_text(fd, "GET /private HTTP/1.1\r\n\r\n");
		response = receive(&c, fd, 100);
		if (status_of(response) != table[i].get)
			fail_msg("GET by %s: %s", table[i].who, response);
		free(response);
		send_text(fd, "POST /change HTTP/1.1" LINES);
		response = receive(&c, fd, SIZE_MAX);
		if (status_of(response) != table[i].post || !strstr(response, table[i].why))
			fail_msg("POST by %s: %s", table[i].who, response);
		free(response);
		close(fd);
	}
	end_control(&c);
}

static void test_without_the_group_nobody_is_in_it(void **state)
{
	struct control_rig c;
	char *response;
	int fd;

	(void)state;
	if (geteuid() != 0)
		skip();
	begin_for_all(&c);
	c.control->group = CREDENTIALS_NO_GROUP;
	fd = connect_as(&c, 1000, 1000, 4711);
	send_text(fd, "GET /private HTTP/1.1" LINES);
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(status_of(response), 403);
	assert_non_null(strstr(response, "there was no group \\\"everyd\\\""));
	free(response);
	close(fd);
	end_control(&c);
}

static void test_who_asks_is_known(void **state)
{
	struct control_rig c;
	json_t *body;
	char expected[80];

	(void)state;
	begin_control(&c, 5, &one_job);
	assert_int_equal(ask(&c, "GET", "/echo/x", NULL, &body), 200);
	if (geteuid() == 0)
		sprintf(expected, "root (uid 0, pid %d)", (int)getpid());
	else
		sprintf(expected, "uid %u, pid %d", (unsigned)geteuid(), (int)getpid());
	assert_string_equal(json_string_value(json_object_get(body, "who")), expected);
	json_decref(body);
	end_control(&c);
}

/* --- how many --- */

static void test_strangers_are_few(void **state)
{
	enum { STRANGERS = 33 };
	struct control_rig c;
	int fds[STRANGERS];
	char *response;

	(void)state;
	if (geteuid() != 0)
		skip();
	begin_for_all(&c);
	for (int i = 0; i < STRANGERS; i++) {
		fds[i] = connect_as(&c, 1000, 1000, 0);
		for (int round = 0; round < 5; round++)
			go_round(&c);
	}
	response = receive(&c, fds[STRANGERS - 1], SIZE_MAX);
	assert_int_equal(status_of(response), 503);
	assert_non_null(strstr(response, "too many"));
	free(response);
	send_text(fds[0], "GET /private HTTP/1.1" LINES);
	response = receive(&c, fds[0], SIZE_MAX);
	assert_int_equal(status_of(response), 403);
	free(response);
	for (int i = 0; i < STRANGERS; i++)
		close(fds[i]);
	end_control(&c);
}

/* Enough for both ends of so many connections; if they cannot be had, the test is skipped. */
static void need_descriptors(rlim_t connections)
{
	const rlim_t needed = 2 * connections + 100;
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur >= needed)
		return;
	limit.rlim_cur = needed;
	if (limit.rlim_max < needed || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		skip();
}

static void test_clients_beyond_the_bound_wait(void **state)
{
	struct control_rig c;
	int fds[CONTROL_CLIENTS_MAX + 1];
	char *response;
	char buf[10];

	(void)state;
	need_descriptors(CONTROL_CLIENTS_MAX);
	begin_control(&c, 5, &one_job);
	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++) {
		fds[i] = connect_client(&c);
		go_round(&c);
	}
	send_text(fds[CONTROL_CLIENTS_MAX], "GET /private HTTP/1.1" LINES);
	for (int round = 0; round < 100; round++)
		go_round(&c);
	assert_int_equal(recv(fds[CONTROL_CLIENTS_MAX], buf, sizeof(buf), 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(fds[7]);
	response = receive(&c, fds[CONTROL_CLIENTS_MAX], SIZE_MAX);
	assert_int_equal(status_of(response), 200);
	free(response);
	for (int i = 0; i <= CONTROL_CLIENTS_MAX; i++)
		if (i != 7)
			close(fds[i]);
	end_control(&c);
}

/* --- how long --- */

/* As if all the time had gone by in which something is awaited. */
static void pass_deadlines(struct control_rig *c)
{
	struct client *client;

	TAILQ_FOREACH(client, &c->control->awaited, link)
	{
		client->deadline = 0;
	}
	event_active(&c->control->deadline, EV_TIMEOUT, 0);
	go_round(c);
}

static void test_who_says_nothing_is_cut_off(void **state)
{
	static const char *const starts[] = {
		"",
		"GET /pri",
		"GET /private HTTP/1.1\r\nHo",
		"POST /change HTTP/1.1\r\nContent-Length: 10\r\n\r\n{",
		"POST /change HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{",
		"POST /change HTTP/1.1\r\nContent-Length: 10000000\r\n\r\n{",
		/* Answered, and not taken. */
		"GET /large HTTP/1.1\r\n\r\n",
		"GET /private HTTP/1.1\r\n\r\nGET /large HTTP/1.1\r\n\r\n",
	};
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	for (size_t i = 0; i < ARRAY_LENGTH(starts); i++) {
		int fd = connect_client(&c);

		send_text(fd, starts[i]);
		for (int round = 0; round < 20; round++)
			go_round(&c);
		assert_int_equal(LIST_FIRST(&c.control->doors)->clients, 1);
		pass_deadlines(&c);
		if (LIST_FIRST(&c.control->doors)->clients != 0)
			fail_msg("%s", starts[i]);
		assert_int_equal(c.control->held, 0);
		close(fd);
	}
	end_control(&c);
}

static void test_who_waits_for_us_is_not_cut_off(void **state)
{
	static const char *const requests[] = {"GET /wait HTTP/1.1\r\n\r\n",
					       "GET /stream HTTP/1.1\r\n\r\n"};
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
		int fd = connect_client(&c);

		send_text(fd, requests[i]);
		for (int round = 0; round < 20; round++)
			go_round(&c);
		pass_deadlines(&c);
		assert_non_null(waiting);
		close(fd);
		gone = 0;
		for (int round = 0; round < 20; round++)
			go_round(&c);
		assert_int_equal(gone, 1);
	}
	end_control(&c);
}

/* --- answers that come later --- */

static void test_an_answer_may_come_later(void **state)
{
	struct control_rig c;
	int fd;
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "GET /wait HTTP/1.1\r\n\r\nGET /private HTTP/1.1" LINES);
	for (int round = 0; round < 20; round++)
		go_round(&c);
	send_text(fd, "and more");
	for (int round = 0; round < 20; round++)
		go_round(&c);
	assert_non_null(waiting);
	exchange_reply(waiting, STATUS_OK, json_pack("{ss}", "later", "yes"));
	response = receive(&c, fd, SIZE_MAX);
	assert_int_equal(count(response, "HTTP/1.1 200"), 2);
	assert_non_null(strstr(response, "{\"later\": \"yes\"}"));
	free(response);
	close(fd);
	end_control(&c);
}

static void test_who_sends_much_ahead_is_cut_off(void **state)
{
	static const char *const requests[] = {"GET /wait HTTP/1.1\r\n\r\n",
					       "GET /stream HTTP/1.1\r\n\r\n"};
	static const char more[1024] = "GET";
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	for (size_t i = 0; i < ARRAY_LENGTH(requests); i++) {
		int fd = connect_client(&c);
		int sent = 0;

		gone = 0;
		send_text(fd, requests[i]);
		for (; sent < 1000 && gone == 0; sent++) {
			if (send(fd, more, sizeof(more), MSG_NOSIGNAL) < 0)
				break;
			go_round(&c);
		}
		assert_int_equal(gone, 1);
		assert_true(sent < 100);
		close(fd);
	}
	end_control(&c);
}

static void test_the_end_of_the_server_is_the_end_of_those_who_wait(void **state)
{
	struct control_rig c;
	int fds[3];

	(void)state;
	begin_control(&c, 5, &one_job);
	fds[0] = connect_client(&c);
	send_text(fds[0], "GET /wait HTTP/1.1\r\n\r\n");
	fds[1] = connect_client(&c);
	send_text(fds[1], "GET /stream HTTP/1.1\r\n\r\n");
	for (int round = 0; round < 20; round++)
		go_round(&c);
	/* One that has connected, and is not known yet. */
	fds[2] = connect_client(&c);
	gone = 0;
	end_control(&c);
	assert_int_equal(gone, 2);
	for (size_t i = 0; i < ARRAY_LENGTH(fds); i++)
		close(fds[i]);
}

/* --- answers that go on --- */

static void test_a_stream_comes_in_pieces(void **state)
{
	struct control_rig c;
	int fd;
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "GET /stream HTTP/1.1\r\n\r\n");
	response = receive(&c, fd, 100);
	assert_non_null(strstr(response, "\r\nContent-Type: text/event-stream\r\n"));
	assert_non_null(strstr(response, "\r\nTransfer-Encoding: chunked\r\n"));
	free(response);
	exchange_send(waiting, "data: 1\n\n", 9);
	response = receive(&c, fd, 14);
	assert_string_equal(response, "9\r\ndata: 1\n\n\r\n");
	free(response);
	exchange_end(waiting);
	response = receive(&c, fd, SIZE_MAX);
	assert_string_equal(response, "0\r\n\r\n");
	free(response);
	close(fd);
	end_control(&c);
}

static void test_who_lags_is_cut_off_and_told(void **state)
{
	static const char last[] = "is more than is kept for a client\"}}\n\n\r\n0\r\n\r\n";
	char piece[1024];
	struct control_rig c;
	int fd;
	char *response;
	size_t sent = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	begin_control(&c, 5, &one_job);
	fd = connect_client(&c);
	send_text(fd, "GET /stream HTTP/1.1\r\n\r\n");
	for (int round = 0; round < 20; round++)
		go_round(&c);
	gone = 0;
	while (gone == 0 && sent < 10 * EXCHANGE_LAG_MAX) {
		exchange_send(waiting, piece, sizeof(piece));
		sent += sizeof(piece);
		if (sent % (16 * sizeof(piece)) == 0)
			go_round(&c);
	}
	assert_int_equal(gone, 1);
	assert_true(sent > EXCHANGE_LAG_MAX && sent < 4 * EXCHANGE_LAG_MAX);
	response = receive(&c, fd, SIZE_MAX);
	assert_true(strlen(response) > EXCHANGE_LAG_MAX);
	assert_string_equal(response + strlen(response) - strlen(last), last);
	free(response);
	close(fd);
	end_control(&c);
}

static void test_what_waits_to_be_taken_has_a_bound(void **state)
{
	enum { CLIENTS = 20 }; /* by 4 MB each */
	struct control_rig c;
	int fds[CLIENTS];
	char *response;

	(void)state;
	begin_control(&c, 5, &one_job);
	for (int i = 0; i < CLIENTS; i++) {
		fds[i] = connect_client(&c);
		send_text(fds[i], "GET /large HTTP/1.1\r\nConnection: close\r\n\r\n");
		for (int round = 0; round < 20; round++)
			go_round(&c);
	}
	assert_in_range(c.control->held, (size_t)60 * 1024 * 1024, (size_t)64 * 1024 * 1024);
	response = receive(&c, fds[CLIENTS - 1], SIZE_MAX);
	assert_int_equal(status_of(response), 503);
	assert_non_null(strstr(response, "\"busy\""));
	free(response);
	for (int i = 0; i < CLIENTS; i++)
		close(fds[i]);
	for (int round = 0; round < 50; round++)
		go_round(&c);
	assert_int_equal(c.control->held, 0);
	assert_int_equal(ask(&c, "GET", "/private", NULL, NULL), 200);
	end_control(&c);
}

/* --- TCP --- */

static int connect_tcp(struct control_rig *c)
{
	struct sockaddr_in address;
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(getsockname(evconnlistener_get_fd(c->control->tcp->listener),
				     (struct sockaddr *)&address, &size),
			 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	return fd;
}

static void test_by_tcp_one_may_look_at_some(void **state)
{
	static const struct {
		const char *request;
		int status;
	} table[] = {
		{"GET /echo/x HTTP/1.1\r\nHost: localhost" END, 200},
		{"HEAD /echo/x HTTP/1.1\r\nHost: localhost:1234" END, 200},
		{"GET /echo/x HTTP/1.1\r\nHost: 127.0.0.1:80" END, 200},
		{"GET /echo/x HTTP/1.1\r\nHost: [::1]" END, 200},
		{"GET /echo/x HTTP/1.1\r\nHost: evil.example.com" END, 403},
		{"GET /echo/x HTTP/1.1\r\nHost: localhost.evil.example.com" END, 403},
		{"GET /echo/x HTTP/1.1\r\nHost:" END, 403},
		{"GET /echo/x HTTP/1.1" END, 403},
		{"GET /echo/x HTTP/1.0\r\n\r\n", 403},
		{"GET /private HTTP/1.1\r\nHost: localhost" END, 404},
		{"GET /stream HTTP/1.1\r\nHost: localhost" END, 404},
		{"POST /echo/x HTTP/1.1\r\nHost: localhost" END, 405},
		{"POST /change HTTP/1.1\r\nHost: localhost" END, 404},
		{"POST /both HTTP/1.1\r\nHost: localhost" END, 404},
		{"OPTIONS /echo/x HTTP/1.1\r\nHost: localhost" END, 405},
	};
	struct control_rig c;

	(void)state;
	begin_control(&c, 5, &one_job);
	control_listen(c.control, "127.0.0.1:0");
	assert_non_null(c.control->tcp);
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		int fd = connect_tcp(&c);
		char *response;

		send_text(fd, table[i].request);
		response = receive(&c, fd, SIZE_MAX);
		if (status_of(response) != table[i].status)
			fail_msg("%s\nis answered by\n%s", table[i].request, response);
		free(response);
		close(fd);
	}
	end_control(&c);
}

/* Opens streams up to a bound, by connect_one(), and one more, which is refused until another one
   ends; who asks for anything else is answered all the while. */
static void fill_with_streams(struct control_rig *c, unsigned max,
			      int (*connect_one)(struct control_rig *c))
{
	static const char wish[] = "GET /news HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int *fds = calloc(max + 1, sizeof(*fds));
	char *response;

	assert_non_null(fds);
	for (unsigned i = 0; i <= max; i++) {
		fds[i] = connect_one(c);
		send_text(fds[i], wish);
		response = receive(c, fds[i], 15);
		if (status_of(response) != (i < max ? 200 : 503))
			fail_msg("stream %u is answered by\n%s", i, response);
		if (i == max)
			assert_non_null(strstr(response, "follow events or logs already"));
		free(response);
	}
	send_text(fds[max], "GET /echo/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
	response = receive(c, fds[max], 15);
	assert_int_equal(status_of(response), 200);
	free(response);
	close(fds[max / 2]);
	for (int round = 0; round < 20; round++)
		go_round(c);
	send_text(fds[max], wish);
	response = receive(c, fds[max], 15);
	assert_int_equal(status_of(response), 200);
	free(response);
	for (unsigned i = 0; i <= max; i++)
		if (i != max / 2)
			close(fds[i]);
	free(fds);
}

static int connect_reader(struct control_rig *c)
{
	return connect_as(c, 1000, 1000, 4711);
}

static void test_streams_leave_room_for_others(void **state)
{
	struct control_rig c;

	(void)state;
	if (geteuid() == 0)
		need_descriptors(500);
	begin_for_all(&c);
	control_listen(c.control, "127.0.0.1:0");
	fill_with_streams(&c, 25, connect_tcp);
	if (geteuid() == 0)
		fill_with_streams(&c, 400, connect_reader);
	end_control(&c);
}

static void test_the_tcp_listener_goes_where_it_is_told(void **state)
{
	struct control_rig c;
	struct door *before;
	char *response;
	int fd;

	(void)state;
	begin_control(&c, 5, &one_job);
	assert_null(c.control->tcp);
	control_listen(c.control, NULL);
	assert_null(c.control->tcp);
	control_listen(c.control, "127.0.0.1:0");
	before = c.control->tcp;
	fd = connect_tcp(&c);
	/* The same again changes nothing. */
	control_listen(c.control, "127.0.0.1:0");
	assert_ptr_equal(c.control->tcp, before);
	send_text(fd, "GET /echo/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
	free(receive(&c, fd, 100));
	control_listen(c.control, "somewhere:0");
	assert_null(c.control->tcp);
	response = receive(&c, fd, SIZE_MAX);
	assert_string_equal(response, "");
	free(response);
	close(fd);
	control_listen(c.control, NULL);
	end_control(&c);
}

/* What evhttp does not take: no chunk begins like that. */
static void test_who_sends_without_end_is_cut_off(void **state)
{
	static const struct model_spec spec = {.jobs = {{.name = "a"}}};
	static char much[4096];
	struct control_rig c;
	bool cut = false;
	int fd;

	(void)state;
	memset(much, 'x', sizeof(much));
	begin_control(&c, 0, &spec);
	fd = connect_client(&c);
	send_text(fd, "POST /v1/stop HTTP/1.1\r\nHost: localhost\r\n"
		      "Transfer-Encoding: chunked\r\n\r\nffff\r\n");
	for (int round = 0; round < ROUNDS_MAX && !cut; round++) {
		go_round(&c);
		cut = send(fd, much, sizeof(much), MSG_NOSIGNAL) < 0 && errno != EAGAIN;
	}
	assert_true(cut);
	close(fd);
	end_control(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests_are_answered),
		cmocka_unit_test(test_many_parameters_are_too_many),
		cmocka_unit_test(test_sizes_have_bounds),
		cmocka_unit_test(test_what_is_expected_may_be_refused_later),
		cmocka_unit_test(test_a_request_sent_ahead_may_make_no_sense),
		cmocka_unit_test(test_head_is_get_without_content),
		cmocka_unit_test(test_a_connection_is_kept),
		cmocka_unit_test(test_what_is_sent_ahead_is_answered_in_order),
		cmocka_unit_test(test_a_request_may_come_by_the_byte),
		cmocka_unit_test(test_a_client_may_close_its_half),
		cmocka_unit_test(test_privileges),
		cmocka_unit_test(test_without_the_group_nobody_is_in_it),
		cmocka_unit_test(test_who_asks_is_known),
		cmocka_unit_test(test_strangers_are_few),
		cmocka_unit_test(test_clients_beyond_the_bound_wait),
		cmocka_unit_test(test_who_says_nothing_is_cut_off),
		cmocka_unit_test(test_who_waits_for_us_is_not_cut_off),
		cmocka_unit_test(test_an_answer_may_come_later),
		cmocka_unit_test(test_who_sends_much_ahead_is_cut_off),
		cmocka_unit_test(test_the_end_of_the_server_is_the_end_of_those_who_wait),
		cmocka_unit_test(test_a_stream_comes_in_pieces),
		cmocka_unit_test(test_who_lags_is_cut_off_and_told),
		cmocka_unit_test(test_what_waits_to_be_taken_has_a_bound),
		cmocka_unit_test(test_by_tcp_one_may_look_at_some),
		cmocka_unit_test(test_streams_leave_room_for_others),
		cmocka_unit_test(test_the_tcp_listener_goes_where_it_is_told),
		cmocka_unit_test(test_who_sends_without_end_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
