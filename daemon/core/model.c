/* See model.h. */
#include "core/model.h"

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

static bool same_command(const struct job *a, const struct job *b)
{
	const char *p = a->command;
	const char *q = b->command;

	if (a->n_args != b->n_args || a->use_shell != b->use_shell)
		return false;
	for (uint32_t i = 0; i < a->n_args; i++) {
		size_t size = strlen(p) + 1;

		if (strcmp(p, q) != 0)
			return false;
		p += size;
		q += size;
	}
	return true;
}

static bool same_group(const struct group *a, const struct group *b)
{
	return a && b ? !strcmp(a->name, b->name) : a == b;
}

bool job_settings_equal(const struct job_settings *a, const struct job_settings *b)
{
	return a->timeout == b->timeout && a->kill_grace == b->kill_grace &&
	       a->overlap == b->overlap && a->max_running == b->max_running &&
	       a->leftover == b->leftover && same_group(a->group, b->group) &&
	       !strcmp(a->shell, b->shell);
}

bool job_equal(const struct job *a, const struct job *b)
{
	return schedule_equal(&a->schedule, &b->schedule) && same_command(a, b) &&
	       (a->settings == b->settings || job_settings_equal(a->settings, b->settings));
}
