/* See validate.h. */
#include "core/validate.h"

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

void model_validate(const struct model *model, struct diags *diags)
{
	check_groups(model, diags);
}
