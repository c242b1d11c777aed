/* See model.h. */
#include "core/model.h"

#include "core/settings.h"

#include <string.h>

struct model *model_new(void)
{
	struct model *model = calloc(1, sizeof(*model));

	if (!model)
		return NULL;
	model->refs = 1;
	arena_init(&model->arena);
	return model;
}

struct model *model_ref(struct model *model)
{
	model->refs++;
	return model;
}

void model_unref(struct model *model)
{
	if (!model || --model->refs > 0)
		return;
	arena_done(&model->arena);
	free(model);
}

static int compare_job(const void *name, const void *job)
{
	return strcmp(name, ((const struct job *)job)->name);
}

const struct job *model_find_job(const struct model *model, const char *name)
{
	if (model->n_jobs == 0)
		return NULL;
	return bsearch(name, model->jobs, model->n_jobs, sizeof(*model->jobs), compare_job);
}

static int compare_group(const void *name, const void *group)
{
	return strcmp(name, ((const struct group *)group)->name);
}

const struct group *model_find_group(const struct model *model, const char *name)
{
	if (model->n_groups == 0)
		return NULL;
	return bsearch(name, model->groups, model->n_groups, sizeof(*model->groups), compare_group);
}

size_t model_job_behind(const struct model *model, const char *name)
{
	size_t low = 0;
	size_t high = model->n_jobs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(model->jobs[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool job_equal(const struct job *a, const struct job *b)
{
	return schedule_equal(&a->schedule, &b->schedule) &&
	       command_line_equal(&a->command, &b->command) &&
	       (a->settings == b->settings || settings_equal(a->settings, b->settings));
}
