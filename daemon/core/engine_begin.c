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
	emit(step, &(struct effect){.kind = EFFECT_JOB_KNOWN, .job = job, .at = at});
	/* Else it is looked at when all have their definitions. */
	if (!pause_is_over(job, step->now) && engine_job_due(job) > step->now)
		job_arm(step, job, job->next);
}

void begin_renewed(struct step *step, struct engine_job *job)
{
	const struct schedule *schedule = &job->def->schedule;
	usec_t due = due_at(schedule, step->now);

	if (catch_up_all(job) && job->backlog != USEC_INFINITY) {
		usec_t from = due > job->accounted ? due : job->accounted;

		job->backlog = schedule_next(schedule, job->backlog - 1);
		job_arm(step, job, due_wait_for(step, schedule, schedule_next(schedule, from)));
		catch_up_forget_future(step, job);
		return;
	}
	begin_slots(step, job, step->now);
	if (job->backlog != USEC_INFINITY && job->backlog <= job->accounted)
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
