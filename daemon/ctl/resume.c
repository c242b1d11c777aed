/* everyctl resume: jobs that were paused go on. */
#include "ctl/commands.h"

#include "ctl/field.h"
#include "ctl/json.h"
#include "ctl/target.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	OPT_ALL,
	OPT_GROUP,
};

const struct ctl_option resume_options[] = {
	[OPT_ALL] = {'a', "all", NULL, "all that are paused"},
	[OPT_GROUP] = {'g', "group", "GROUP", "the jobs of that concurrency group"},
	{0},
};

static void say_resumed(struct online *online, const struct target *target, const char *what,
			const json_t *answer)
{
	int64_t n = field_integer(answer, "resumed", -1);
	char next[FIELD_TEXT_SIZE];

	if (target_is_jobs(target) && n == 0)
		(void)printf("%s: was not paused\n", what);
	else if (!target_is_jobs(target) && n >= 0)
		(void)printf("%s: %" PRId64 " job%s resumed\n", what, n, n == 1 ? "" : "s");
	else if (field_time(answer, "next", &online->when) == USEC_INFINITY)
		(void)printf("%s: resumed\n", what);
	else
		(void)printf("%s: resumed, next %s\n", what,
			     field_format_relative(answer, "next", &online->when, next));
}

static int send_target(struct online *online, void *ctx)
{
	const struct target *target = ctx;
	_cleanup_(cleanup_value) json_t *body = json_object();

	return target_send(target, online, "resume", body, say_resumed);
}

int resume_run(struct ctl *ctl, struct ctl_args *args)
{
	struct target target = {.all = false};
	const char *value;
	int option;
	int status;

	while ((option = ctl_option(args, &value)) >= 0) {
		if (option == OPT_ALL)
			target.all = true;
		else
			target.group = value;
	}
	if (option == -2)
		return CTL_USAGE;
	status = target_take(&target, args);
	return status == CTL_OK ? online_do(ctl, send_target, &target) : status;
}
