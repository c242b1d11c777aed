/* See validate.h. */
#include "core/validate.h"

#include <string.h>

/* Arguments that mean something to a shell and hardly anything to a program. */
static const char *const shell_words[] = {"|", "||", "&&", "&", ">", ">>", "<", "2>", "2>&1"};

static void check_list(const struct job *job, struct diags *diags)
{
	const char *arg = job->command.args;

	if (strpbrk(arg, " \t\n"))
		diags_add(diags, DIAG_WARNING, job->file, job->line,
			  "job \"%s\": command: the program's name has white space in it; the "
			  "elements of a list are not split, a string would go to the shell",
			  job->name);
	for (uint32_t i = 0; i < job->command.n_args; i++, arg += strlen(arg) + 1) {
		for (size_t w = 0; w < ARRAY_LENGTH(shell_words); w++) {
			if (strcmp(arg, shell_words[w]) != 0)
				continue;
			diags_add(diags, DIAG_WARNING, job->file, job->line,
				  "job \"%s\": command: \"%s\" is a plain argument in a list; a "
				  "string would go to the shell",
				  job->name, arg);
			return;
		}
	}
}

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
	for (size_t i = 0; i < model->n_jobs; i++)
		if (!model->jobs[i].command.use_shell)
			check_list(&model->jobs[i], diags);
	check_groups(model, diags);
}
