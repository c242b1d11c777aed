/* See work.h. */
#include "work.h"

#include "base/log.h"
#include "daemon.h"
#include "directory.h"
#include "exec/notice.h"
#include "exec/run.h"
#include "pool/pool.h"

static int work_woken(void *ctx)
{
	return pool_woken(ctx);
}

static void work_started(void *ctx)
{
	pool_note_started(ctx);
}

static void work_line(void *ctx, const struct log_line *line)
{
	(void)ctx;
	(void)log_output(line);
}

static void work_note(void *ctx, const struct run *run, enum log_level level, const char *text)
{
	(void)ctx;
	log_job(level, run->job->name, run->id, "%s", text);
}

static const struct run_sink run_sink = {.line = work_line, .note = work_note};

static void work(void *ctx, struct pool_item *item, struct pool_worker *worker)
{
	struct daemon *daemon = ctx;
	struct run_control control = {
		.wakefd = pool_wakefd(worker),
		.woken = work_woken,
		.started = work_started,
		.ctx = worker,
	};

	struct run *run = &daemon_tail_of_item(item)->run;

	if (run->notice.hooks != 0 || run->notice.mail)
		notice_execute(run, daemon->runs, pool_local(worker), &control);
	else
		run_execute(run, daemon->runs, pool_local(worker), &control);
}

static void *worker_begin(void *ctx)
{
	(void)ctx;
	return run_local_new();
}

static void worker_end(void *ctx, void *local)
{
	(void)ctx;
	run_local_free(local);
}

int work_fit_pool(struct daemon *daemon, const struct model *model)
{
	struct pool_ops ops = {
		.work = work,
		.worker_begin = worker_begin,
		.worker_end = worker_end,
		.ctx = daemon,
	};

	if (!daemon->pool)
		return pool_new(&ops, model->daemon.workers, model->daemon.queue, &daemon->pool);
	pool_resize(daemon->pool, model->daemon.workers, model->daemon.queue);
	return 0;
}

int work_new_context(struct daemon *daemon)
{
	int r = directory_new(&daemon->directory);

	if (r == 0)
		r = run_context_new(&run_sink, directory_path(daemon->directory), &daemon->runs);
	return r;
}
