/* everyctl check: what the daemon would say about its configuration. */
#include "ctl/commands.h"

#include "base/diag.h"
#include "config/config.h"
#include "core/model.h"

int check_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	const char *value;

	if (ctl_option(args, &value) != -1)
		return CTL_USAGE;
	if (args->next < args->argc)
		return ctl_usage(args, "unexpected argument '%s'", args->argv[args->next]);
	if (ctl_load(ctl, true, &model) < 0)
		return CTL_FAILED;
	(void)printf("%s: ok, %zu job%s\n", ctl->config, model->n_jobs,
		     model->n_jobs == 1 ? "" : "s");
	return CTL_OK;
}
