/* See follow.h. */
#include "ctl/follow.h"

#include "ctl/field.h"
#include "ctl/record.h"

#include <stdio.h>
#include <string.h>

static bool on_event(void *ctx, const char *name, json_t *data)
{
	const struct online *online = ctx;
	const char *message = field_text(data, "error.message");

	if (message) {
		(void)ctl_fail("everyd ended it: %s", message);
		return false;
	}
	record_print(online->ctl, &online->when, name, data);
	return !ferror(stdout);
}

int follow(struct online *online, const struct url *url)
{
	_cleanup_(cleanup_client_stream) struct client_stream *stream = NULL;
	int status = client_stream_new(online->client, url, on_event, online, &stream);

	while (status == CTL_OK && !client_stream_ended(stream))
		status = client_streams_wait(online->client, USEC_PER_DAY);
	if (status != CTL_OK)
		return client_complain(online->client);
	/* What could not be written is told at the end. */
	return ferror(stdout) ? CTL_OK : ctl_fail("everyd has ended it: does it still run?");
}
