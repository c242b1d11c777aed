/* See run.h. */
#include "exec/run.h"

#include "base/cleanup.h"
#include "base/text.h"
#include "exec/command.h"
#include "exec/output.h"
#include "exec/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct run_context {
	struct run_sink sink;
	struct command_base base;
	int null; /* /dev/null */
	int signals[SPAWN_SIGNALS];
	struct rlimit64 files; /* as it was */
	bool files_raised;
};

struct run_local {
	struct command command;
	struct watcher *watcher;
	struct output output[2];
	char clean[TEXT_GROWTH * OUTPUT_LINE_MAX + 1];
};

/* An attempt under way. */
struct attempt {
	struct run *run;
	const struct run_context *context;
	struct run_local *local;
	const struct run_control *control;
};

static const char *const stream_names[] = {"stdout", "stderr"};

/* --- what all runs share, what a worker keeps --- */

/* Where the limit cannot be raised, it stays. */
static void raise_files(struct run_context *context)
{
	struct rlimit64 raised;

	if (getrlimit64(RLIMIT_NOFILE, &context->files) < 0 ||
	    context->files.rlim_cur >= context->files.rlim_max)
		return;
	raised = (struct rlimit64){context->files.rlim_max, context->files.rlim_max};
	context->files_raised = setrlimit64(RLIMIT_NOFILE, &raised) == 0;
}

int run_context_new(const struct run_sink *sink, const char *directory,
		    struct run_context **ret_context)
{
	struct run_context *context = calloc(1, sizeof(*context));
	int r;

	(void)directory;
	if (!context)
		return -ENOMEM;
	context->sink = *sink;
	spawn_find_ignored(context->signals);
	context->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = context->null < 0 ? -errno : command_base_init(&context->base);
	if (r < 0) {
		if (context->null >= 0)
			(void)close(context->null);
		free(context);
		return r;
	}
	raise_files(context);
	*ret_context = context;
	return 0;
}

void run_context_free(struct run_context *context)
{
	if (!context)
		return;
	if (context->files_raised)
		(void)setrlimit64(RLIMIT_NOFILE, &context->files);
	command_base_done(&context->base);
	(void)close(context->null);
	free(context);
}

struct run_local *run_local_new(void)
{
	struct run_local *local = malloc(sizeof(*local));

	if (!local)
		return NULL;
	local->watcher = watcher_new();
	if (!local->watcher) {
		free(local);
		return NULL;
	}
	command_init(&local->command);
	return local;
}

void run_local_free(struct run_local *local)
{
	if (!local)
		return;
	command_done(&local->command);
	watcher_free(local->watcher);
	free(local);
}

/* --- what is heard of the command --- */

static void started(void *ctx)
{
	struct attempt *attempt = ctx;

	attempt->control->started(attempt->control->ctx);
}

struct stream {
	struct attempt *attempt;
	int index;
};

static void hand_on(void *ctx, const char *bytes, size_t len)
{
	struct stream *stream = ctx;
	const struct run_sink *sink = &stream->attempt->context->sink;
	char *clean = stream->attempt->local->clean;

	len = text_sanitize(clean, bytes, len);
	sink->line(sink->ctx, &(struct log_line){
				      .level = LOG_LEVEL_INFO,
				      .job = stream->attempt->run->job->name,
				      .run = stream->attempt->run->id,
				      .stream = stream_names[stream->index],
				      .text = clean,
				      .len = len,
			      });
}

static void output(void *ctx, int index, const char *data, size_t len)
{
	struct stream stream = {ctx, index};

	output_feed(&stream.attempt->local->output[index], data, len, hand_on, &stream);
}

static void note(void *ctx, enum log_level level, const char *text)
{
	struct attempt *attempt = ctx;
	const struct run_sink *sink = &attempt->context->sink;

	sink->note(sink->ctx, attempt->run, level, text);
}

/* --- an attempt --- */

void run_execute(struct run *run, const struct run_context *context, struct run_local *local,
		 const struct run_control *control)
{
	const struct job_settings *settings = run->job->settings;
	struct attempt attempt = {run, context, local, control};
	struct watch_listener listener = {started, output, note, &attempt};
	struct watch_plan plan = {
		.timeout = settings->timeout,
		.kill_grace = settings->kill_grace,
		.leftover = settings->leftover,
		.pid = &run->pid,
	};

	run->result = (struct run_result){.queued = run->queued};
	if (command_prepare(&local->command, &context->base, run->job, run->id, run->slot) < 0) {
		run->result.kind = RESULT_SPAWN_FAILED;
		run->result.stage = "memory";
		run->result.code = ENOMEM;
		return;
	}
	plan.marks = local->command.envp + context->base.n_env;
	plan.spawn = (struct spawn){
		.paths = local->command.paths,
		.argv = local->command.argv,
		.envp = local->command.envp,
		.directory = context->base.home,
		.stdio = {context->null},
		.cgroup = -1,
		.signals = context->signals,
		.files = context->files_raised ? &context->files : NULL,
	};
	for (int i = 0; i < 2; i++)
		output_begin(&local->output[i]);
	watch(local->watcher, &plan, control, &listener, &run->result);
	for (int i = 0; i < 2; i++) {
		struct stream stream = {&attempt, i};

		output_end(&local->output[i], hand_on, &stream);
	}
}
