/* Jobs that somebody wants not to run for a while. */
#include "core/engine_internal.h"

#include <stdlib.h>

void pause_begin(struct step *step, struct engine_job *job, struct engine_pause *pause)
{
	if (step->engine->stopping || job->gone) {
		free(pause);
		return;
	}
	if (pause->until <= step->now) {
		free(pause);
		pause_stop(step, job);
		return;
	}
	free(job->pause);
	job->pause = pause;
	emit(step, &(struct effect){.kind = EFFECT_PAUSED, .job = job});
	job_state(step, job);
	catch_up_line_up(step->engine, job);
	job_rearm(step, job);
}

void pause_end(struct step *step, struct engine_job *job)
{
	free(job->pause);
	job->pause = NULL;
	emit(step, &(struct effect){.kind = EFFECT_RESUMED, .job = job});
	job_state(step, job);
	catch_up_expire(step, job, VERDICT_PAUSED, REASON_PAUSED);
	job->backlog_reason = REASON_PAUSED;
	policy_release(step, job);
}

void pause_stop(struct step *step, struct engine_job *job)
{
	if (step->engine->stopping || job->gone || !job->pause)
		return;
	pause_end(step, job);
	job_rearm(step, job);
}
