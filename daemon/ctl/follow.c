/* See follow.h. */
#include "ctl/follow.h"

#include "ctl/field.h"
#include "ctl/record.h"

#include <stdio.h>
#include <string.h>

struct following {
	const struct online *online;
	const char *name;
	bool of_run;
	bool over; /* it is */
};

/* Is it the last of a run? */
static bool is_end(const char *name)
{
	static const char *const ends[] = {"ended", "put-off", "withdrawn"};

	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++)
		if (strcmp(name, ends[i]) == 0)
			return true;
	return false;
}

static bool on_event(void *ctx, const char *name, json_t *data)
{
	struct following *following = ctx;
	const struct ctl *ctl = following->online->ctl;
	const char *message = field_text(data, "error.message");

	if (message) {
		(void)ctl_fail("everyd ended it: %s", message);
		return false;
	}
	if (ctl->json || !following->name || strcmp(name, following->name) == 0)
		record_print(ctl, &following->online->when, name, data);
	following->over = following->of_run && is_end(name);
	return !following->over && !ferror(stdout);
}

int follow(struct online *online, const struct url *url, const char *name, bool of_run)
{
	struct following following = {.online = online, .name = name, .of_run = of_run};
	_cleanup_(cleanup_client_stream) struct client_stream *stream = NULL;
	int status = client_stream_new(online->client, url, on_event, &following, &stream);

	while (status == CTL_OK && !client_stream_ended(stream))
		status = client_streams_wait(online->client, USEC_PER_DAY);
	if (status != CTL_OK)
		return client_complain(online->client);
	/* What could not be written is told at the end. */
	if (following.over || ferror(stdout))
		return CTL_OK;
	return ctl_fail("everyd is gone: it was stopped, or is being restarted");
}
