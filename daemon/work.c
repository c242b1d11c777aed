/* See work.h. */
#include "work.h"

#include "base/log.h"
#include "daemon.h"
#include "directory.h"
#include "exec/adopt.h"
#include "exec/notice.h"
#include "exec/run.h"
#include "pool/pool.h"
#include "records.h"

#include <string.h>

/* A run on its worker. */
struct task {
	struct daemon *daemon;
	struct run_tail *tail;
	struct run *run;
	struct pool_worker *worker;
};

static int work_woken(void *ctx)
{
	const struct task *task = ctx;

	return pool_woken(task->worker);
}

static void work_intend(void *ctx)
{
	const struct task *task = ctx;

	records_intend(task->daemon, task->tail);
}

/* Mostly this need not be known before the run ends; on_start is not to wait for that. */
static void work_started(void *ctx)
{
	const struct task *task = ctx;
	const struct job_settings *settings = task->run->job->settings;

	records_process(task->daemon, task->tail,
			atomic_load_explicit(&task->run->pid, memory_order_relaxed));
	pool_note_started(task->worker, command_line_is_set(&settings->hooks[HOOK_START]));
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
	struct run_tail *tail = daemon_tail_of_item(item);
	struct task task = {daemon, tail, &tail->run, worker};
	struct run_control control = {
		.wakefd = pool_wakefd(worker),
		.woken = work_woken,
		.intend = work_intend,
		.started = work_started,
		.ctx = &task,
	};

	if (task.run->notice.hooks != 0 || task.run->notice.mail)
		notice_execute(task.run, daemon->runs, pool_local(worker), &control);
	else if (task.run->adopted > 0)
		run_adopt(task.run, daemon->runs, pool_local(worker), &control);
	else
		run_execute(task.run, daemon->runs, pool_local(worker), &control);
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
	const char *missed;
	bool taken;

	if (r < 0)
		return r;
	missed = directory_missed(daemon->directory, &taken);
	if (missed && taken)
		log_msg(LOG_LEVEL_WARNING,
			"another everyd runs with %s: jobs that both of them have run twice; the "
			"control socket of this one is in %s",
			missed, directory_path(daemon->directory));
	else if (missed)
		log_msg(LOG_LEVEL_WARNING,
			"%s cannot be had: the control socket and files for hooks are in %s",
			missed, directory_path(daemon->directory));
	r = run_context_new(&run_sink, directory_path(daemon->directory), &daemon->runs);
	if (r == 0 && run_context_trouble(daemon->runs) < 0)
		log_msg(LOG_LEVEL_WARNING, "runs have no control groups: %s",
			strerrordesc_np(-run_context_trouble(daemon->runs)));
	return r;
}
