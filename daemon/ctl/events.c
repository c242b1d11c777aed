/* everyctl events: what happens, as it happens. */
#include "ctl/commands.h"

#include "ctl/follow.h"

static int events(struct online *online, void *ctx)
{
	const char *const *job = ctx;
	struct url url;

	url_begin(&url, "/v1/events");
	url_param(&url, "job", *job);
	return follow(online, &url, NULL, false);
}

int events_run(struct ctl *ctl, struct ctl_args *args)
{
	const char *job;
	const char *value;

	if (ctl_option(args, &value) != -1 || online_one_word(args, "job", false, &job) != CTL_OK)
		return CTL_USAGE;
	return online_do(ctl, events, &job);
}
