/* Plans, and the models that they stand for. */
#include "world_internal.h"

#include <stdio.h>
#include <string.h>

struct plan plan_copy(const struct plan *plan)
{
	struct plan copy = *plan;

	copy.jobs = calloc(plan->n_jobs, sizeof(*copy.jobs));
	if (!copy.jobs)
		abort();
	memcpy(copy.jobs, plan->jobs, plan->n_jobs * sizeof(*copy.jobs));
	return copy;
}

void plan_done(struct plan *plan)
{
	free(plan->jobs);
	plan->jobs = NULL;
}

static void fill_settings(struct job_settings *settings, const struct job_plan *job)
{
	*settings = (struct job_settings){
		.overlap = job->overlap,
		.max_running = job->max_running,
		.shell = "/bin/sh",
		.retries = job->retries,
		.retry_backoff = job->retry_backoff,
		.retry_delay = job->retry_delay,
		.retry_max_delay = job->retry_max_delay,
		.retry_on.timeout = job->retry_timeouts_only,
		.mail_when = job->mail_when,
		.notify_when = job->notify_when,
		.notify_after = job->notify_after,
		.expect_within = job->expect_within,
		.catch_up = job->catch_up,
		.catch_up_window = job->catch_up_window,
	};
	for (int hook = 0; hook < HOOK_COUNT; hook++)
		if (job->hooks >> hook & 1)
			settings->hooks[hook] = (struct command_line){"hook", 1, false};
	if (job->mail)
		settings->mail_to = (struct text_list){"root", 1};
}

struct model *plan_model(const struct plan *plan)
{
	struct model *model = model_new();
	struct job *jobs;
	struct group *groups;
	char name[32];

	if (!model)
		abort();
	jobs = arena_alloc(&model->arena, plan->n_jobs * sizeof(*jobs));
	groups = arena_alloc(&model->arena, WORLD_GROUPS * sizeof(*groups));
	if (!jobs || !groups)
		abort();
	model->daemon = (struct daemon_settings){
		.workers = plan->workers,
		.queue = plan->queue,
		.stop_timeout = 30 * USEC_PER_SEC,
		.catch_up_rate = plan->catch_up_rate,
		.durability = plan->durability,
	};
	model->jobs = jobs;
	model->groups = groups;
	for (int i = 0; i < WORLD_GROUPS; i++) {
		int len = snprintf(name, sizeof(name), "g%d", i);

		if (plan->limits[i] > 0)
			groups[model->n_groups++] = (struct group){
				.name = arena_copy(&model->arena, name, (size_t)len),
				.limit = plan->limits[i],
				.file = "sim",
			};
	}
	for (size_t i = 0; i < plan->n_jobs; i++) {
		const struct job_plan *job = &plan->jobs[i];
		struct job_settings *settings;
		int len = snprintf(name, sizeof(name), "j%06zu", i);

		if (!job->present)
			continue;
		settings = arena_alloc(&model->arena, sizeof(*settings));
		if (!settings)
			abort();
		fill_settings(settings, job);
		jobs[model->n_jobs++] = (struct job){
			.name = arena_copy(&model->arena, name, (size_t)len),
			.schedule = job->schedule,
			.settings = settings,
			.command = {job->command % 2 ? "odd" : "even", 1, false},
		};
		if (job->group >= 0) {
			(void)snprintf(name, sizeof(name), "g%d", job->group);
			settings->group = model_find_group(model, name);
		}
	}
	return model;
}
