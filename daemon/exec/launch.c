/* See launch.h. */
#include "exec/launch.h"

#include "exec/context.h"
#include "exec/identity.h"
#include "exec/outfile.h"
#include "exec/outlet.h"
#include "exec/watch.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTE_SIZE (PATH_MAX + 256)

void launch_init(struct launch *launch, struct run *run, const struct run_context *context,
		 struct run_local *local, const struct run_control *control)
{
	*launch = (struct launch){
		.run = run,
		.context = context,
		.local = local,
		.control = control,
		.settings = run->job->settings,
	};
}

void launch_done(struct launch *launch)
{
	identity_put(launch->identity);
	launch->identity = NULL;
}

void launch_note(const struct launch *launch, enum log_level level, const char *format, ...)
{
	const struct run_sink *sink = &launch->context->sink;
	char text[NOTE_SIZE];
	size_t len = 0;
	va_list ap;

	if (launch->name)
		len = (size_t)snprintf(text, sizeof(text), "%s: ", launch->name);
	va_start(ap, format);
	(void)vsnprintf(text + len, sizeof(text) - len, format, ap);
	va_end(ap);
	sink->note(sink->ctx, launch->run, level, text);
}

bool launch_is_cancelled(const struct launch *launch)
{
	return launch->control->woken(launch->control->ctx) > 0;
}

static int fail(struct spawn_error *ret_error, const char *stage, int code)
{
	*ret_error = (struct spawn_error){stage, code};
	return -1;
}

int launch_expand(const struct launch *launch, const char *path, char *buf, size_t size)
{
	bool home = path[0] == '~' && (path[1] == '/' || path[1] == '\0');
	int n = snprintf(buf, size, "%s%s", home ? launch->identity->home : "", path + home);

	return n >= 0 && (size_t)n < size ? 0 : -ENAMETOOLONG;
}

/* --- user and environment --- */

int launch_find_user(struct launch *launch, const char *user, const char *group,
		     struct spawn_error *ret_error)
{
	const char *stage;
	int r = identity_get(launch->context->identities, user, group, &launch->identity, &stage);

	return r < 0 ? fail(ret_error, stage, -r) : 0;
}

/* Reads a file that is not too large. Returns 0 or -errno. */
static int read_file(const char *path, const struct identity *identity, char **ret_text,
		     size_t *ret_len)
{
	_cleanup_close_ int fd = outfile_open_input(path, identity, true);
	_cleanup_free_ char *text = NULL;
	size_t len = 0;

	if (fd < 0)
		return fd;
	text = malloc(ENVIRONMENT_FILE_MAX + 1);
	if (!text)
		return -ENOMEM;
	for (;;) {
		ssize_t n = read(fd, text + len, ENVIRONMENT_FILE_MAX + 1 - len);

		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > ENVIRONMENT_FILE_MAX)
			return -EFBIG;
	}
	*ret_text = steal_ptr(text);
	*ret_len = len;
	return 0;
}

/* Takes one with "-" in front. Says what is wrong. Returns 0 or -errno. */
static int add_file(struct launch *launch, const char *path)
{
	_cleanup_free_ char *text = NULL;
	bool optional = path[0] == '-';
	unsigned line = 0;
	size_t len = 0;
	int r;

	path += optional;
	r = read_file(path, launch->identity, &text, &len);
	if (r == -ENOENT && optional)
		return 0;
	if (r == 0)
		r = environment_read(&launch->local->command.environment, text, len, &line);
	if (line > 0)
		launch_note(launch, LOG_LEVEL_WARNING,
			    "environment_file %s, line %u: is no assignment", path, line);
	else if (r < 0)
		launch_note(launch, LOG_LEVEL_WARNING, "environment_file %s: %s", path,
			    strerrordesc_np(-r));
	return r;
}

static int add_files(struct launch *launch, bool needed)
{
	const char *path = launch->settings->environment_files.texts;

	for (uint32_t i = 0; i < launch->settings->environment_files.n; i++) {
		int r = add_file(launch, path);

		if (r < 0 && needed)
			return r;
		path += strlen(path) + 1;
	}
	return 0;
}

int launch_begin(struct launch *launch, bool needed, struct spawn_error *ret_error)
{
	const struct run *run = launch->run;
	struct command *command = &launch->local->command;
	int r = command_begin(command, &launch->context->base, launch->settings, launch->identity);

	if (r < 0)
		return fail(ret_error, "environment", -r);
	r = add_files(launch, needed);
	if (r < 0)
		return fail(ret_error, "environment_file", -r);
	if (run->environment)
		r = command_put(command, run->environment);
	if (r < 0)
		return fail(ret_error, "environment", -r);
	r = command_mark(command, run->job->name, run->id, run->slot, run->attempt);
	return r < 0 ? fail(ret_error, "environment", -r) : 0;
}

int launch_prepare(struct launch *launch, char directory[static PATH_MAX],
		   struct launch_order *ret_order, struct spawn_error *ret_error)
{
	const struct job_settings *settings = launch->settings;
	struct launch_order order = {.settings = settings, .input = -1};

	if (launch_find_user(launch, settings->user, settings->user_group, ret_error) < 0 ||
	    launch_begin(launch, true, ret_error) < 0)
		return -1;
	if (settings->workdir) {
		if (launch_expand(launch, settings->workdir, directory, PATH_MAX) < 0)
			return fail(ret_error, "workdir", ENAMETOOLONG);
		order.directory = directory;
		order.directory_required = true;
	}
	*ret_order = order;
	return 0;
}

/* --- output --- */

struct job_settings launch_log_settings(const struct job_settings *settings)
{
	bool lines = settings->output == OUTPUT_JOURNAL || settings->output == OUTPUT_STDERR;

	return (struct job_settings){.output = lines ? settings->output : OUTPUT_LOG};
}

static void hear_line(void *ctx, const struct log_line *line)
{
	const struct run_sink *sink = &((struct launch *)ctx)->context->sink;

	sink->line(sink->ctx, line);
}

static void hear_note(void *ctx, enum log_level level, const char *text)
{
	launch_note(ctx, level, "%s", text);
}

/* Who waits for a record may be told to stop meanwhile. */
static bool hear_intention(void *ctx)
{
	const struct launch *launch = ctx;

	launch->control->intend(launch->control->ctx);
	return !launch_is_cancelled(launch);
}

static void hear_start(void *ctx)
{
	const struct run_control *control = ((struct launch *)ctx)->control;

	control->started(control->ctx);
}

static void hear_output(void *ctx, int stream, const char *data, size_t len)
{
	struct launch *launch = ctx;

	outlet_feed(launch->local->outlet, (enum outlet_stream)stream, data, len, clock_elapsed());
}

/* What goes to the sink as it is, and nowhere else. */
static void hear_raw(void *ctx, int stream, const char *data, size_t len)
{
	const struct run_sink *sink = &((struct launch *)ctx)->context->sink;

	sink->output(sink->ctx, stream, data, len);
	hear_output(ctx, stream, data, len);
}

static bool is_raw(const struct launch *launch, const struct launch_order *order)
{
	return order->own && launch->context->sink.output;
}

static void begin_output(struct launch *launch, const struct launch_order *order)
{
	static const struct job_settings nowhere = {.output = OUTPUT_DISCARD};
	struct outlet_sink sink = {.line = hear_line, .note = hear_note, .ctx = launch};
	struct outlet_source source = {
		.job = launch->run->job->name,
		.run = launch->run->id,
		.settings = is_raw(launch, order) ? &nowhere : order->output,
		.identity = launch->identity,
		.wall = clock_wall(),
		.keep = order->keep,
	};
	int r = outlet_begin(launch->local->outlet, &source, &sink);

	if (r < 0)
		launch_note(launch, LOG_LEVEL_WARNING, "output %s: %s; what it prints goes nowhere",
			    outlet_path(launch->local->outlet), strerrordesc_np(-r));
}

static void end_output(struct launch *launch, const struct launch_order *order,
		       struct run_result *result)
{
	_cleanup_free_ struct kept_output *kept = NULL;
	uint64_t printed;
	uint64_t dropped;

	outlet_end(launch->local->outlet, &printed, &dropped, &kept);
	if (!order->own)
		return;
	result->printed = printed;
	result->dropped = dropped;
	launch->run->output = steal_ptr(kept);
}

/* --- one command --- */

static bool is_limited(const struct cgroup_limits *limits)
{
	return limits->memory_max || limits->cpu_max || limits->tasks_max || limits->cpu_weight;
}

/* One that only tells who belongs to the run is done without if it cannot be had. */
static int prepare_group(struct launch *launch, const struct job_settings *settings)
{
	struct run_local *local = launch->local;
	struct cgroup_limits limits = {
		.memory_max = settings->memory_max,
		.cpu_max = settings->cpu_max,
		.tasks_max = settings->tasks_max,
		.cpu_weight = settings->cpu_weight,
	};
	int r;

	if (!launch->context->cgroups)
		return 0;
	local->cgroups = launch->context->cgroups;
	r = cgroup_prepare(&local->cgroup, local->cgroups, &limits);
	return is_limited(&limits) ? r : 0;
}

static void end_group(struct run_local *local, struct run_result *result)
{
	int64_t memory = 0;

	if (!local->cgroups)
		return;
	if (local->cgroup.limited) {
		result->out_of_memory = cgroup_ran_out_of_memory(&local->cgroup);
		cgroup_usage(&local->cgroup, &memory, &result->cpu);
		if (memory > 0)
			result->max_rss = (long)(memory / 1024);
	}
	/* A job of root may have made a group what nobody can be born in: the next has another. */
	if (result->kind == RESULT_SPAWN_FAILED)
		cgroup_done(&local->cgroup, local->cgroups);
	else
		cgroup_release(&local->cgroup, local->cgroups);
}

static void run_watched(struct launch *launch, const struct launch_order *order,
			struct run_result *result)
{
	const struct run_context *context = launch->context;
	const struct job_settings *settings = order->settings;
	struct run_local *local = launch->local;
	struct command *command = &local->command;
	struct watch_listener listener = {
		.intend = order->own && launch->control->intend ? hear_intention : NULL,
		.started = order->own ? hear_start : NULL,
		.heard = {is_raw(launch, order) ? hear_raw : hear_output, hear_note, launch},
	};
	struct watch_plan plan = {
		.spawn =
			{
				.paths = command->paths,
				.argv = command->argv,
				.envp = command->environment.items,
				.directory = order->directory ? order->directory
							      : launch->identity->home,
				.directory_required = order->directory_required,
				.stdio = {order->input >= 0 ? order->input : context->null},
				.seats = context->seats,
				.cgroup = local->cgroup.fd,
				.identity = launch->identity,
				.settings = settings,
				.signals = context->signals,
				.files = context->files_raised ? &context->files : NULL,
			},
		.direct = order->stdio,
		.cgroup = &local->cgroup,
		.marks = command->marks,
		.supervise =
			{
				.timeout = order->timeout,
				.max_runtime = order->max_runtime,
				.kill_signal = settings->kill_signal,
				.kill_grace = settings->kill_grace,
				.leftover = settings->leftover,
			},
		.pid = &launch->run->pid,
	};

	if (order->stdio)
		memcpy(plan.spawn.stdio, order->stdio, sizeof(plan.spawn.stdio));
	begin_output(launch, order);
	watch(local->watcher, &plan, launch->control, &listener, result);
	end_output(launch, order, result);
}

void launch_command(struct launch *launch, const struct launch_order *order,
		    struct run_result *result)
{
	struct spawn_error error;
	int r = command_finish(&launch->local->command, order->line, launch->settings->shell);

	if (r < 0) {
		(void)fail(&error, r == -ENOENT ? "exec" : "memory", -r);
	} else {
		r = prepare_group(launch, order->settings);
		if (r == 0) {
			run_watched(launch, order, result);
			end_group(launch->local, result);
			return;
		}
		(void)fail(&error, "cgroup", -r);
	}
	result->kind = RESULT_SPAWN_FAILED;
	result->stage = error.stage;
	result->code = error.code;
}
