/* See adopt.h. */
#include "exec/adopt.h"

#include "exec/command.h"
#include "exec/context.h"
#include "exec/identity.h"
#include "exec/launch.h"
#include "exec/marks.h"
#include "exec/process.h"
#include "exec/watch.h"

#include <errno.h>
#include <string.h>

/* --- is it there? --- */

struct search {
	char *const *marks;
	const struct identity *identity;
	pid_t pid;  /* of the one that was found; 0: none */
	long start; /* the earliest so far */
};

/* Whom the main process makes have its marks too, and may lead sessions; but they begin later. */
static bool look_at(void *ctx, const struct process *process)
{
	_cleanup_close_ int pidfd = -1;
	struct search *search = ctx;
	struct process held;

	if (process->pid != process->session || process_is_dead(process) ||
	    (search->pid > 0 && process->start >= search->start))
		return true;
	pidfd = process_hold(process->pid, &held);
	if (pidfd < 0 || held.session != held.pid ||
	    marks_match(held.pid, search->marks, search->identity) <= 0 || process_has_ended(pidfd))
		return true;
	search->pid = held.pid;
	search->start = held.start;
	return true;
}

static void cleanup_identity(const struct identity **identity)
{
	identity_put(*identity);
}

/* By its environment. `pid`: it has that number; 0: any. */
static void search_by_marks(struct search *search, const struct run_context *context,
			    const struct past_run *run, const char *job,
			    const struct job_settings *settings)
{
	_cleanup_(cleanup_identity) const struct identity *identity = NULL;
	_cleanup_(command_done) struct command command;
	struct process process;
	const char *stage;

	command_init(&command);
	if (command_identify(&command, job, run->id, run->slot) < 0 ||
	    identity_get(context->identities, settings->user, settings->user_group, &identity,
			 &stage) < 0)
		return;
	search->marks = command.marks;
	search->identity = identity;
	if (run->pid == 0)
		(void)!process_each(look_at, search);
	else if (process_read(run->pid, &process) == 0)
		(void)look_at(search, &process);
	/* Both end here. */
	search->marks = NULL;
	search->identity = NULL;
}

static void search_by_start(struct search *search, pid_t pid, long start)
{
	struct process process;
	_cleanup_close_ int pidfd = process_hold(pid, &process);

	if (pidfd < 0 || process.start != start)
		return;
	search->pid = pid;
	search->start = start;
}

pid_t run_find_process(const struct run_context *context, const struct past_run *run,
		       const char *job, const struct job_settings *settings, long *ret_start)
{
	struct search search = {0};

	if (run->pid > 0 && run->start > 0)
		search_by_start(&search, run->pid, run->start);
	else if (settings)
		search_by_marks(&search, context, run, job, settings);
	/* What cannot be kept is killed with what else was left. */
	if (search.pid == 0 || cgroups_keep(context->cgroups, search.pid) < 0)
		return 0;
	*ret_start = search.start;
	return search.pid;
}

/* --- watching over it --- */

static void hear_note(void *ctx, enum log_level level, const char *text)
{
	launch_note(ctx, level, "%s", text);
}

/* Returns whether the tree is that of the process that is held. */
static bool begin_tree(struct launch *launch, struct tree *tree, struct cgroup *cgroup, int pidfd,
		       const struct process *process)
{
	const struct run_context *context = launch->context;
	struct command *command = &launch->local->command;
	const struct job_settings *settings = launch->settings;
	struct spawn_error error;

	/* Without any of these less of what it leaves behind is found. */
	(void)!launch_find_user(launch, settings->user, settings->user_group, &error);
	(void)!cgroup_open(cgroup, context->cgroups, process->pid);
	if (process_has_ended(pidfd))
		return false;
	if (command_identify(command, launch->run->job->name, launch->run->id, launch->run->slot) <
	    0)
		command->marks[0] = NULL;
	tree_begin(tree, process->pid, cgroup, command->marks, launch->identity);
	tree_adopt(tree, pidfd, process);
	return true;
}

static void watch_over(struct launch *launch, int pidfd, const struct process *process)
{
	const struct supervise_listener listener = {.note = hear_note, .ctx = launch};
	const struct job_settings *settings = launch->settings;
	struct run *run = launch->run;
	struct supervise_plan plan = {
		.timeout = settings->timeout,
		.max_runtime = settings->max_runtime,
		.kill_signal = settings->kill_signal,
		.kill_grace = settings->kill_grace,
		.leftover = settings->leftover,
	};
	struct supervision supervision = {
		.supervisor = watcher_supervisor(launch->local->watcher),
		.plan = &plan,
		.control = launch->control,
		.listener = &listener,
		.result = &run->result,
		.pid = process->pid,
		.pipes = {-1, -1},
	};
	struct cgroup cgroup;

	cgroup_init(&cgroup);
	if (begin_tree(launch, &supervision.supervisor->tree, &cgroup, pidfd, process)) {
		atomic_store_explicit(&run->pid, process->pid, memory_order_relaxed);
		supervise_begin(&supervision, run->adopted_since);
		supervision.reaped = supervise_main(&supervision, pidfd);
		supervision.over = true;
		atomic_store_explicit(&run->pid, 0, memory_order_relaxed);
		supervise_leftovers(&supervision);
	}
	cgroup_done(&cgroup, launch->context->cgroups);
}

void run_adopt(struct run *run, const struct run_context *context, struct run_local *local,
	       const struct run_control *control)
{
	struct process process;
	_cleanup_close_ int pidfd = process_hold(run->adopted, &process);
	struct launch launch;

	run->result = (struct run_result){
		.kind = RESULT_UNSEEN,
		.queued = run->queued,
		.started = run->adopted_since,
		.ended = clock_elapsed(),
		.pid = run->adopted,
	};
	atomic_store_explicit(&run->begun, clock_elapsed(), memory_order_relaxed);
	launch_init(&launch, run, context, local, control);
	if (pidfd >= 0 && process.start == run->adopted_start)
		watch_over(&launch, pidfd, &process);
	else if (pidfd < 0 && pidfd != -ESRCH)
		launch_note(&launch, LOG_LEVEL_WARNING,
			    "goes on as pid %d without being watched: %s", run->adopted,
			    strerrordesc_np(-pidfd));
	launch_done(&launch);
}
