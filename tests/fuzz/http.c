/*
 * Holds: whatever a client sends, by the control socket or by TCP and in whatever pieces, the
 * server answers in HTTP or not at all, has nothing of it when it is gone, and goes on answering
 * others.
 *
 * The input: a byte for the way in, a byte for the length of the pieces, then what is sent.
 */
#include "config/config.h"
#include "control/control_internal.h"
#include "core/engine.h"
#include "fuzz.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Rounds of the loop, after each piece and at the end. */
#define ROUNDS_PIECE 2
#define ROUNDS_END   40

static const char config[] = "concurrency_group \"db\" { limit = 1 }\n"
			     "job \"backup\" { every = '1h' command = 'true'\n"
			     "concurrency_group = \"db\" }\n"
			     "job \"report\" { cron = '30 7 * * mon-fri' command = 'true' }\n";

struct world {
	struct engine *engine;
	struct event_base *base;
	struct control *control;
	char path[64];
	in_port_t port; /* as the network has it */
	/* What a reload is waited for by. */
	void (*done)(void *ctx, const struct control_reloaded *what);
	void *waiter;
};

/* --- the daemon --- */

static void tell_facts(void *ctx, struct control_facts *ret_facts)
{
	(void)ctx;
	*ret_facts = (struct control_facts){.config_path = "/etc/everyd/everyd.conf",
					    .started = USEC_PER_SEC,
					    .workers = 8,
					    .needs = "",
					    .has_ledger = true,
					    .ledger = ""};
}

static void tell_job(void *ctx, const struct engine_job *job, struct control_job_facts *ret_facts)
{
	(void)ctx;
	(void)job;
	*ret_facts = (struct control_job_facts){.number = 0};
}

static void tell_run(void *ctx, const struct engine_run *run, struct control_run_facts *ret_facts)
{
	(void)ctx;
	(void)run;
	*ret_facts = (struct control_run_facts){.pid = 0};
}

static void take_effect(void *ctx, const struct effect *effect)
{
	struct world *world = ctx;

	if (world->control)
		control_effect(world->control, effect);
}

static void take_step(void *ctx, const struct engine_event *event)
{
	struct world *world = ctx;

	engine_step(world->engine, event, clock_wall(), (struct effect_sink){take_effect, world});
}

static int run_now(void *ctx, struct engine_job *job, const struct text_list *environment,
		   bool force, uint64_t *ret_run)
{
	const char *text = environment->texts;

	(void)ctx;
	(void)job;
	/* All of it can be read. */
	for (uint32_t i = 0; i < environment->n; i++)
		text += strlen(text) + 1;
	if (!force)
		return -EBUSY;
	*ret_run = 7;
	return 0;
}

static int reload(void *ctx, void (*done)(void *ctx, const struct control_reloaded *what),
		  void *waiter)
{
	struct world *world = ctx;

	if (world->waiter)
		return -EAGAIN;
	world->done = done;
	world->waiter = waiter;
	return 0;
}

static void forget(void *ctx, void *waiter)
{
	struct world *world = ctx;

	if (world->waiter == waiter)
		world->waiter = NULL;
}

static void stop(void *ctx)
{
	(void)ctx;
}

static void followed(void *ctx, bool is)
{
	(void)ctx;
	(void)is;
}

static const struct control_host_ops ops = {
	.facts = tell_facts,
	.job_facts = tell_job,
	.run_facts = tell_run,
	.step = take_step,
	.run_now = run_now,
	.reload = reload,
	.forget = forget,
	.stop = stop,
	.followed = followed,
};

/* --- the server --- */

static void load(struct world *world)
{
	_cleanup_close_ int fd = memfd_create("config", MFD_CLOEXEC);
	struct model *model;
	struct engine_load *load = NULL;
	struct diags diags;
	char path[40];

	holds(fd >= 0 && fchmod(fd, 0600) == 0);
	holds(write(fd, config, strlen(config)) == (ssize_t)strlen(config));
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	diags_init(&diags);
	holds(config_load(path, "host", &diags, &model) == 0);
	diags_done(&diags);
	holds(engine_prepare(world->engine, model, NULL, &load) == 0);
	model_unref(model);
	take_step(world, &(struct engine_event){.kind = ENGINE_LOAD, .load = load});
}

static void begin(struct world *world)
{
	struct control_host host = {.ops = &ops, .daemon = world};
	struct event_config *settings = event_config_new();
	char dir[] = "/tmp/fuzz-http-XXXXXX";
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	holds(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	log_init(log_stderr_sink(), LOG_LEVEL_ERROR);
	holds(engine_new(0, 0, &world->engine) == 0);
	load(world);
	holds(settings && event_config_set_flag(settings, EVENT_BASE_FLAG_NOLOCK) == 0);
	world->base = event_base_new_with_config(settings);
	event_config_free(settings);
	holds(world->base && event_base_priority_init(world->base, 3) == 0);
	host.engine = world->engine;
	host.base = world->base;
	holds(mkdtemp(dir));
	holds(control_new(&host, dir, &world->control) == 0);
	(void)snprintf(world->path, sizeof(world->path), "%s/" CONTROL_SOCKET, dir);
	control_listen(world->control, "127.0.0.1:0");
	holds(world->control->tcp);
	holds(getsockname(evconnlistener_get_fd(world->control->tcp->listener),
			  (struct sockaddr *)&address, &size) == 0);
	world->port = address.sin_port;
}

static int join_unix(const struct world *world)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", world->path);
	holds(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static int join_tcp(const struct world *world)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = world->port};
	/* Gone at once when it is closed: there are many. */
	struct linger linger = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	holds(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	holds(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)) == 0);
	holds(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	return fd;
}

/* Takes what there is; the first of it, in which an answer begins, is kept. None is a page of
   evhttp's own. */
static void go_round(struct world *world, int fd, unsigned rounds, char head[static 16],
		     size_t *got)
{
	static const char page[] = "<HTML><HEAD>\n<TITLE>";
	char buf[65536];
	ssize_t n;

	while (rounds-- > 0) {
		holds(event_base_loop(world->base, EVLOOP_NONBLOCK) >= 0);
		n = recv(fd, buf, sizeof(buf), 0);
		holds(n <= 0 || !memmem(buf, (size_t)n, page, sizeof(page) - 1));
		for (ssize_t i = 0; i < n && *got < 15; i++)
			head[(*got)++] = buf[i];
		if (n == 0)
			return;
	}
}

static void answer_reload(struct world *world)
{
	const struct control_reloaded what = {.r = -EINVAL, .text = "config: 1: no"};
	void *waiter = world->waiter;

	world->waiter = NULL;
	if (waiter)
		world->done(waiter, &what);
}

/* Another client is answered; then there is none any more. */
static void check_after(struct world *world)
{
	static const char request[] = "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n";
	int fd = join_unix(world);
	struct door *door;
	char head[16] = "";
	size_t got = 0;

	holds(send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request));
	go_round(world, fd, ROUNDS_END, head, &got);
	holds(strncmp(head, "HTTP/1.1 200 ", 13) == 0);
	(void)close(fd);
	go_round(world, fd, 4, head, &got);
	LIST_FOREACH(door, &world->control->doors, link)
	{
		holds(door->clients == 0);
	}
	holds(world->control->held == 0 && !world->waiter);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;
	bool tcp = fuzz_number(&data, &size, 1) & 1;
	size_t length = fuzz_number(&data, &size, 1);
	char head[16] = "";
	size_t got = 0;
	int fd;

	if (!world.control)
		begin(&world);
	fd = tcp ? join_tcp(&world) : join_unix(&world);
	if (length == 0)
		length = size;
	while (size > 0) {
		size_t piece = size < length ? size : length;
		ssize_t n = send(fd, data, piece, MSG_NOSIGNAL);

		go_round(&world, fd, ROUNDS_PIECE, head, &got);
		if (n <= 0)
			break;
		data += n;
		size -= (size_t)n;
	}
	go_round(&world, fd, ROUNDS_END / 4, head, &got);
	answer_reload(&world);
	(void)shutdown(fd, SHUT_WR);
	go_round(&world, fd, ROUNDS_END, head, &got);
	/* evhttp has whatever version it was asked in. */
	holds(got == 0 || strncmp(head, "HTTP/", got < 5 ? got : 5) == 0);
	(void)close(fd);
	go_round(&world, fd, 4, head, &got);
	check_after(&world);
	return 0;
}
