/* See validate.h. */
#include "core/validate.h"

#include "calendar/duration.h"

static void check_groups(const struct model *model, struct diags *diags)
{
	_cleanup_free_ bool *used = calloc(model->n_groups, sizeof(*used));

	if (!used)
		return; /* no group, or no memory to warn about any */
	for (size_t i = 0; i < model->n_jobs; i++)
		if (model->jobs[i].settings->group)
			used[model->jobs[i].settings->group - model->groups] = true;
	for (size_t i = 0; i < model->n_groups; i++)
		if (!used[i])
			diags_add(diags, DIAG_WARNING, model->groups[i].file, model->groups[i].line,
				  "concurrency_group \"%s\": no job uses it",
				  model->groups[i].name);
}

/* Slots that come as fast as they may be caught up: what was missed once is behind for ever. */
static void check_catch_up(const struct model *model, struct diags *diags)
{
	char interval[DURATION_TEXT_SIZE];
	unsigned rate = model->daemon.catch_up_rate;

	if (rate == 0)
		return;
	for (size_t i = 0; i < model->n_jobs; i++) {
		const struct job *job = &model->jobs[i];

		if (job->settings->catch_up != CATCH_UP_ALL ||
		    job->schedule.kind != SCHEDULE_EVERY ||
		    job->schedule.interval > USEC_PER_SEC / rate)
			continue;
		diags_add(diags, DIAG_WARNING, model->files[job->file].path, job->line,
			  "job \"%s\": with catch_up = \"all\", every = \"%s\" and catch_up_rate = "
			  "%u it never catches up",
			  job->name, duration_format(job->schedule.interval, interval), rate);
	}
}

void model_validate(const struct model *model, struct diags *diags)
{
	check_groups(model, diags);
	check_catch_up(model, diags);
}
