/* everyctl check: what the daemon would say about its configuration, and what it takes it for. */
#include "ctl/commands.h"

#include "base/diag.h"
#include "config/config.h"
#include "config/dump.h"
#include "core/model.h"
#include "ctl/json.h"

#include <errno.h>
#include <string.h>

enum {
	OPT_DUMP,
};

const struct ctl_option check_options[] = {
	[OPT_DUMP] = {0, "dump", NULL,
		      "write all settings in force, of JOBs or of all, as a configuration"},
	{0},
};

static json_t *problem_json(const struct diag *diag)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "severity",
			 diag->severity == DIAG_WARNING ? "warning" : "error", "file",
			 value_text(diag->file), "line",
			 diag->line > 0 ? json_integer(diag->line) : json_null(), "text",
			 value_text(diag->text));
}

/* `model` is NULL if it could not be loaded. */
static int print_json(const struct ctl *ctl, const struct diags *diags, int result,
		      const struct model *model)
{
	_cleanup_(cleanup_value) json_t *problems = json_array();
	int r = problems ? 0 : -1;

	for (size_t i = 0; r == 0 && i < diags->count; i++)
		r = json_array_append_new(problems, problem_json(&diags->items[i]));
	if (r < 0)
		return -ENOMEM;
	return json_print(
		json_pack("{s:o, s:b, s:o, s:o, s:I, s:I, s:O}", "config", value_text(ctl->config),
			  "ok", result == 0, "failure",
			  result < 0 && diags->errors == 0 ? value_text(strerrordesc_np(-result))
							   : json_null(),
			  "jobs", model ? json_integer((json_int_t)model->n_jobs) : json_null(),
			  "errors", (json_int_t)diags->errors, "warnings",
			  (json_int_t)diags->warnings, "problems", problems));
}

static int check_json(const struct ctl *ctl)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	struct diags diags;
	int result;
	int r = 0;

	diags_init(&diags);
	result = ctl_load_diags(ctl, &diags, &model);
	if (ctl->config)
		r = print_json(ctl, &diags, result, model);
	diags_done(&diags);
	/* What could not be written is told at the end. */
	if (r < 0 && r != -EIO)
		return ctl_fail("%s", strerrordesc_np(-r));
	return result < 0 ? CTL_FAILED : CTL_OK;
}

static int check(const struct ctl *ctl)
{
	_cleanup_(cleanup_model) struct model *model = NULL;

	if (ctl_load(ctl, true, &model) < 0)
		return CTL_FAILED;
	(void)printf("%s: ok, %zu job%s\n", ctl->config, model->n_jobs,
		     model->n_jobs == 1 ? "" : "s");
	return CTL_OK;
}

static int dump(const struct ctl *ctl, const struct ctl_args *args)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	_cleanup_free_ const struct job **jobs = NULL;
	_cleanup_free_ const char **names = NULL;
	size_t n;
	int r;

	if (ctl_load(ctl, false, &model) < 0 || ctl_find_jobs(model, args, &jobs, &n) < 0)
		return CTL_FAILED;
	names = calloc(n + 1, sizeof(*names));
	if (!names)
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	for (size_t i = 0; i < n; i++)
		names[i] = jobs[i]->name;
	r = config_dump(model, names, n, stdout);
	/* What could not be written is told at the end. */
	return r < 0 && r != -EIO ? ctl_fail("%s", strerrordesc_np(-r)) : CTL_OK;
}

int check_run(struct ctl *ctl, struct ctl_args *args)
{
	const char *value;
	bool dumps = false;
	int option;

	while ((option = ctl_option(args, &value)) >= 0)
		dumps = true;
	if (option == -2)
		return CTL_USAGE;
	if (dumps && ctl->json)
		return ctl_usage(args, "--dump writes a configuration, not JSON");
	if (!dumps && args->next < args->argc)
		return ctl_usage(args, "jobs go with --dump");
	if (dumps)
		return dump(ctl, args);
	return ctl->json ? check_json(ctl) : check(ctl);
}
