/* everyctl why: what came of the occurrence at a time, and the reason for it. */
#include "ctl/commands.h"

#include "calendar/times.h"
#include "ctl/field.h"
#include "ctl/json.h"
#include "ctl/online.h"

#include <stdio.h>

struct wish {
	const char *job;
	const char *time; /* NULL: the last one */
};

static int why(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *answer = NULL;
	char text[TIMES_TEXT_SIZE];
	const char *sentence;
	usec_t time;
	struct url url;
	int r;

	online_job_url(&url, wish->job, "/why");
	if (wish->time) {
		if (when_time(&online->when, "why", wish->time, &time) < 0)
			return CTL_USAGE;
		url_param(&url, "time", times_format_rfc3339(time, online->when.zone, text));
	}
	r = online_get(online, &url, &answer);
	if (r != CTL_OK)
		return r;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(answer)));
	sentence = field_text(answer, "sentence");
	online_print_text("", sentence ? sentence : "everyd does not say");
	return CTL_OK;
}

int why_run(struct ctl *ctl, struct ctl_args *args)
{
	struct wish wish = {.job = NULL};
	const char *value;

	if (ctl_option(args, &value) != -1)
		return CTL_USAGE;
	if (args->next == args->argc)
		return ctl_usage(args, "say which job");
	wish.job = args->argv[args->next++];
	if (!wish.job[0])
		return ctl_usage(args, "'' is no job");
	if (online_one_word(args, "time", false, &wish.time) != CTL_OK)
		return CTL_USAGE;
	return online_do(ctl, why, &wish);
}
