/* From when on a job has slots: one that is new, that comes back, or whose schedule or zone is not
   what it was. */
#include "calendar/cron.h"
#include "core/engine_internal.h"

static void account_for(struct engine_job *job, usec_t slot)
{
	if (slot > job->accounted)
		job->accounted = slot;
}

/* Of a job that is not of a grid; its slot may be due, but not before now. */
static usec_t first_slot(const struct step *step, const struct engine_job *job, usec_t since)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t due = due_at(schedule, step->now);
	usec_t slot = usec_add(since, schedule->interval);

	if (schedule->kind != SCHEDULE_AFTER || due_is_busy(job))
		return USEC_INFINITY;
	return slot > due ? slot : due;
}

static void known(const struct step *step, struct engine_job *job, usec_t at)
{
	emit(step, &(struct effect){.kind = EFFECT_JOB_KNOWN, .job = job, .at = at});
}

/* If it is due, or its pause is over, it is looked at when all have their definitions. */
static void arm_unless_due(const struct step *step, struct engine_job *job)
{
	if (!pause_is_over(job, step->now) && engine_job_due(job) > step->now)
		job_arm(step, job, job->next);
}

void begin_slots(struct step *step, struct engine_job *job, usec_t since)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t due = due_at(schedule, step->now);
	usec_t at = since;

	if (schedule_is_grid(schedule)) {
		account_for(job, due);
		job->next = due_after_accounted(step, job);
		at = job->next > job->accounted ? job->accounted : due;
	} else {
		account_for(job, since);
		job->next = first_slot(step, job, since);
	}
	known(step, job, at);
	arm_unless_due(step, job);
}

/* All wait that there are now, from the first one that waited on: none comes twice. */
static void renew_backlog(struct step *step, struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t due = due_at(schedule, step->now);
	usec_t next;

	account_for(job, job->backlog - 1);
	known(step, job, job->accounted);
	job->backlog = schedule_next(schedule, job->accounted);
	next = schedule_next(schedule, due > job->accounted ? due : job->accounted);
	job->next = due_wait_for(step, schedule, next);
	arm_unless_due(step, job);
	catch_up_forget_future(step, job);
}

void begin_renewed(struct step *step, struct engine_job *job)
{
	if (catch_up_all(job) && job->backlog != USEC_INFINITY) {
		renew_backlog(step, job);
		return;
	}
	/* The one that waits is behind those that are to come, and on record from now on. */
	if (job->backlog != USEC_INFINITY)
		account_for(job, job->backlog);
	begin_slots(step, job, step->now);
	if (job->backlog != USEC_INFINITY)
		job_held(step, job, job->backlog);
}

usec_t begin_since(const struct step *step, const struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;

	if (schedule->kind != SCHEDULE_AFTER || job->next == USEC_INFINITY)
		return step->now;
	return job->next - schedule->interval;
}

bool begin_has_other_data(const struct schedule *a, const struct schedule *b)
{
	return a->kind == SCHEDULE_CRON && !cron_equal(a->cron, b->cron);
}
