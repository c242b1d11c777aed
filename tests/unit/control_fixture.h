/*
 * A control server in a directory of its own, in a loop of its own, with a host that is made up but
 * for its engine; and clients that speak to it by its socket. Everything is in one thread: a client
 * goes on when the loop has been round.
 */
#pragma once

#include "engine_fixture.h"

#include "control/server.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Rounds of the loop after which a client that still waits waits in vain. */
#define ROUNDS_MAX 5000

struct control_rig {
	struct rig rig; /* the engine, and what time it is */
	struct event_base *base;
	struct control *control;
	char dir[64];
	struct control_facts facts; /* that the host tells */
	unsigned stops;
	unsigned reloads;
	bool followed; /* as the host was told */
};

static inline void host_facts(void *daemon, struct control_facts *ret_facts)
{
	*ret_facts = ((struct control_rig *)daemon)->facts;
}

static inline void host_job_facts(void *daemon, const struct engine_job *job,
				  struct control_job_facts *ret_facts)
{
	(void)daemon;
	(void)job;
	*ret_facts = (struct control_job_facts){.last_ended = 0};
}

static inline void host_run_facts(void *daemon, const struct engine_run *run,
				  struct control_run_facts *ret_facts)
{
	(void)daemon;
	*ret_facts = (struct control_run_facts){.age = S(3)};
	if (run->state == RUN_STARTED)
		ret_facts->pid = 812;
}

static inline void host_step(void *daemon, const struct engine_event *event)
{
	step(&((struct control_rig *)daemon)->rig, *event);
}

static inline int host_run_now(void *daemon, struct engine_job *job,
			       const struct text_list *environment, bool force, uint64_t *ret_run)
{
	(void)daemon;
	(void)job;
	(void)environment;
	(void)force;
	*ret_run = 7;
	return 0;
}

static inline int host_reload(void *daemon, void (*done)(void *, const struct control_reloaded *),
			      void *ctx)
{
	(void)done;
	(void)ctx;
	((struct control_rig *)daemon)->reloads++;
	return 0;
}

static inline void host_forget(void *daemon, void *ctx)
{
	(void)daemon;
	(void)ctx;
}

static inline void host_stop(void *daemon)
{
	((struct control_rig *)daemon)->stops++;
}

static inline void host_followed(void *daemon, bool is)
{
	((struct control_rig *)daemon)->followed = is;
}

static const struct control_host_ops host_ops = {
	.facts = host_facts,
	.job_facts = host_job_facts,
	.run_facts = host_run_facts,
	.step = host_step,
	.run_now = host_run_now,
	.reload = host_reload,
	.forget = host_forget,
	.stop = host_stop,
	.followed = host_followed,
};

/* At second `now`, with a model in force and the server listening. The rig must stay where it
   is. */
static inline void begin_control(struct control_rig *c, int now, const struct model_spec *spec)
{
	struct event_config *config = event_config_new();
	struct control_host host;

	/* As the daemon does. */
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	*c = (struct control_rig){.rig = begin(now, spec)};
	strcpy(c->dir, "/tmp/control-XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	assert_int_equal(event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK), 0);
	c->base = event_base_new_with_config(config);
	event_config_free(config);
	assert_non_null(c->base);
	assert_int_equal(event_base_priority_init(c->base, 3), 0);
	c->facts = (struct control_facts){
		.config_path = "/etc/everyd/everyd.conf",
		.started = S(now),
		.workers = 8,
		.loaded = S(now),
		.needs = "",
		.has_ledger = true,
		.ledger = "",
	};
	host = (struct control_host){
		.ops = &host_ops,
		.daemon = c,
		.engine = c->rig.engine,
		.base = c->base,
	};
	assert_int_equal(control_new(&host, c->dir, &c->control), 0);
}

static inline void end_control(struct control_rig *c)
{
	control_free(c->control);
	event_base_free(c->base);
	end(&c->rig);
	assert_int_equal(rmdir(c->dir), 0);
}

static inline void go_round(struct control_rig *c)
{
	assert_true(event_base_loop(c->base, EVLOOP_NONBLOCK) >= 0);
}

/* A client that has connected. Returns its socket, which does not block. */
static inline int connect_client(struct control_rig *c)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	sprintf(address.sun_path, "%s/" CONTROL_SOCKET, c->dir);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static inline void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* What the client is sent, until it has `enough` bytes or the connection ends. To be freed. */
static inline char *receive(struct control_rig *c, int fd, size_t enough)
{
	size_t size = 1024 * 1024;
	char *text = malloc(size);
	size_t len = 0;

	assert_non_null(text);
	for (int round = 0; round < ROUNDS_MAX && len < enough; round++) {
		ssize_t n;

		go_round(c);
		n = recv(fd, text + len, size - 1 - len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			break;
		if (n > 0)
			len += (size_t)n;
		else /* an answer of another thread takes more than rounds */
			(void)poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, round > 100);
		assert_true(len < size - 1);
	}
	text[len] = '\0';
	return text;
}

/* One request as it stands, and all that comes back until the connection ends. To be freed. */
static inline char *talk(struct control_rig *c, const char *request)
{
	int fd = connect_client(c);
	char *text;

	send_text(fd, request);
	text = receive(c, fd, SIZE_MAX);
	close(fd);
	return text;
}

static inline int status_of(const char *response)
{
	int status = 0;

	return sscanf(response, "HTTP/1.%*1[01] %d ", &status) == 1 ? status : 0;
}

static inline const char *body_of(const char *response)
{
	const char *body = strstr(response, "\r\n\r\n");

	return body ? body + 4 : "";
}

/* "GET", "/v1/status", NULL or a body. Returns the status; *ret_body, if wanted, is to be given
   back by json_decref(), and NULL unless it was JSON. */
static inline int ask(struct control_rig *c, const char *method, const char *target,
		      const char *body, json_t **ret_body)
{
	char request[4096];
	char *response;
	int status;

	snprintf(request, sizeof(request),
		 "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		 "Content-Length: %zu\r\n\r\n%s",
		 method, target, body ? strlen(body) : 0, body ? body : "");
	response = talk(c, request);
	status = status_of(response);
	if (ret_body)
		*ret_body = json_loads(body_of(response), 0, NULL);
	free(response);
	return status;
}

/* What json_dumps() makes of a value that is then given back, compact, members sorted. */
#define assert_json(value, text)                                                                   \
	do {                                                                                       \
		char *dump_ = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);  \
		assert_non_null(dump_);                                                            \
		assert_string_equal(dump_, text);                                                  \
		free(dump_);                                                                       \
		json_decref(value);                                                                \
	} while (0)
