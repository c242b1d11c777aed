/* See follow.h. */
#include "ctl/follow.h"

#include "ctl/field.h"
#include "ctl/record.h"

#include <stdio.h>
#include <string.h>

struct following {
	const struct online *online;
	const char *name;
};

static bool on_event(void *ctx, const char *name, json_t *data)
{
	const struct following *following = ctx;
	const struct ctl *ctl = following->online->ctl;
	const char *message = field_text(data, "error.message");

	if (message) {
		(void)ctl_fail("everyd ended it: %s", message);
		return false;
	}
	if (ctl->json || !following->name || strcmp(name, following->name) == 0)
		record_print(ctl, &following->online->when, name, data);
	return !ferror(stdout);
}

int follow(struct online *online, const struct url *url, const char *name)
{
	struct following following = {.online = online, .name = name};
	_cleanup_(cleanup_client_stream) struct client_stream *stream = NULL;
	int status = client_stream_new(online->client, url, on_event, &following, &stream);

	while (status == CTL_OK && !client_stream_ended(stream))
		status = client_streams_wait(online->client, USEC_PER_DAY);
	if (status != CTL_OK)
		return client_complain(online->client);
	/* What could not be written is told at the end. */
	return ferror(stdout) ? CTL_OK
			      : ctl_fail("everyd is gone: it was stopped, or is being restarted");
}
