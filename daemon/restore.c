/* See restore.h. */
#include "restore.h"

#include "base/log.h"
#include "core/model.h"
#include "daemon.h"
#include "exec/adopt.h"
#include "exec/nascent.h"
#include "exec/run.h"
#include "records.h"

#include <string.h>

/* How long the start waits for processes that were about to be made when the daemon was killed.
   Beyond that they are taken for lost. */
#define NASCENT_PATIENCE (5 * USEC_PER_SEC)

/* Numbers of processes say nothing in another boot. */
static bool is_of_this_boot(const struct daemon *daemon, const struct past_run *run)
{
	return daemon->boot[0] && strcmp(run->boot, daemon->boot) == 0;
}

/* Is it still there? Completes what is known of it. */
static void find_process(const struct daemon *daemon, const struct past_job *job,
			 const struct job_settings *settings, struct past_run *run)
{
	long start;
	pid_t pid;

	if (run->state != PAST_STARTED || !is_of_this_boot(daemon, run))
		return;
	pid = run_find_process(daemon->runs, run, job->name, settings, &start);
	if (pid == 0)
		return;
	run->alive = true;
	run->pid = pid;
	run->start = start;
}

/* Nobody else gives it a verdict. */
static void end_run(struct daemon *daemon, const struct past_job *job, const struct past_run *run,
		    enum reason reason)
{
	struct log_about about = {.job = job->name, .run = run->id, .slot = run->slot};
	enum verdict verdict = VERDICT_LOST;

	if (run->state == PAST_ACCEPTED)
		verdict = VERDICT_CANCELLED;
	else if (run->state == PAST_BACKOFF)
		verdict = run->verdict;
	about.message = verdict == VERDICT_LOST        ? LOG_MESSAGE_RUN_LOST
			: verdict == VERDICT_CANCELLED ? LOG_MESSAGE_NOT_RUN
						       : LOG_MESSAGE_RUN_FAILED;
	about.verdict = verdict_info(verdict)->name;
	about.reason = reason_word(reason);
	if (run->alive)
		log_about(LOG_LEVEL_WARNING, &about, "still runs as pid %d, and is left alone: %s",
			  run->pid, reason_text(reason));
	else
		log_about(verdict_info(verdict)->level, &about, "%s (%s)",
			  verdict_info(verdict)->name, reason_text(reason));
	records_past_ended(daemon, job, run, verdict, reason);
}

/* Was it asked for longer ago than slots of its job are caught up? Who did may have done without,
   or asked again. */
static bool is_outdated(const struct past_run *run, const struct job_settings *settings)
{
	usec_t window = settings->catch_up_window;
	usec_t age;

	return run->manual && run->state == PAST_ACCEPTED && window > 0 &&
	       !__builtin_sub_overflow(clock_wall(), run->slot, &age) && age > window;
}

/* Returns whether it is still one that the engine is to hear of. */
static bool prepare_run(struct daemon *daemon, const struct past_job *job,
			const struct past_run *run, const struct job *configured)
{
	/* What it was to run with may not be there any more. */
	bool bare = run->own_environment && run->state != PAST_STARTED;

	if (!configured || bare || is_outdated(run, configured->settings)) {
		end_run(daemon, job, run, configured ? REASON_DOWN : REASON_REMOVED);
		return false;
	}
	if (run->state == PAST_ACCEPTED && !run->manual)
		records_forget(daemon, run);
	return true;
}

static void prepare_job(struct daemon *daemon, const struct model *model, struct past_job *job)
{
	const struct job *configured = model_find_job(model, job->name);
	size_t n = 0;

	for (size_t i = 0; i < job->n_runs; i++) {
		struct past_run *run = &job->runs[i];

		find_process(daemon, job, configured ? configured->settings : NULL, run);
		if (prepare_run(daemon, job, run, configured))
			job->runs[n++] = *run;
	}
	job->n_runs = n;
	if (!configured && job->schedule)
		records_past_gone(daemon, job);
}

/* Is there a process to be looked for of which it is not known which one it is? */
static bool has_unknown(const struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->past.n_jobs; i++) {
		const struct past_job *job = &daemon->past.jobs[i];

		for (size_t j = 0; j < job->n_runs; j++)
			if (job->runs[j].state == PAST_STARTED && job->runs[j].pid == 0 &&
			    is_of_this_boot(daemon, &job->runs[j]))
				return true;
	}
	return false;
}

void restore_prepare(struct daemon *daemon, const struct model *model)
{
	if (has_unknown(daemon) && !nascent_await(NASCENT_PATIENCE))
		log_msg(LOG_LEVEL_WARNING,
			"some processes have not become their programs since the daemon before "
			"this one was killed: they are not watched over");
	for (size_t i = 0; i < daemon->past.n_jobs; i++)
		prepare_job(daemon, model, &daemon->past.jobs[i]);
}
