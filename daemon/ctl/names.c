/* everyctl names: the names of the jobs, for completions and scripts. */
#include "ctl/commands.h"

#include "core/model.h"
#include "ctl/json.h"

#include <errno.h>
#include <string.h>

static int print_json(const struct model *model)
{
	_cleanup_(cleanup_value) json_t *names = json_array();
	int r = names ? 0 : -1;

	for (size_t i = 0; r == 0 && i < model->n_jobs; i++)
		r = json_array_append_new(names, value_text(model->jobs[i].name));
	return r < 0 ? -ENOMEM : json_print(steal_ptr(names));
}

int names_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	const char *value;
	int r = 0;

	if (ctl_option(args, &value) != -1)
		return CTL_USAGE;
	if (args->next < args->argc)
		return ctl_usage(args, "unexpected argument '%s'", args->argv[args->next]);
	if (ctl_load(ctl, false, &model) < 0)
		return CTL_FAILED;
	if (ctl->json)
		r = print_json(model);
	for (size_t i = 0; !ctl->json && i < model->n_jobs; i++)
		(void)puts(model->jobs[i].name);
	/* What could not be written is told at the end. */
	return r < 0 && r != -EIO ? ctl_fail("%s", strerrordesc_np(-r)) : CTL_OK;
}
