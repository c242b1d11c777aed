/* everyctl stop: as if systemd told the daemon to. */
#include "ctl/commands.h"

#include "ctl/json.h"
#include "ctl/online.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int stop(struct online *online, void *ctx)
{
	_cleanup_(cleanup_value) json_t *answer = NULL;
	struct url url;
	int status;

	(void)ctx;
	url_begin(&url, "/v1/stop");
	status = client_ask_json(online->client, &url, json_object(), &answer);
	/* With nothing to wait for it is gone at once. */
	if (status != CTL_OK && strcmp(client_failure(online->client)->code, CLIENT_GONE) == 0)
		answer = json_pack("{s:b}", "stopping", true);
	else if (status != CTL_OK)
		return client_complain(online->client);
	if (online->ctl->json)
		return online_printed(json_print(steal_ptr(answer)));
	(void)puts("everyd stops, as soon as its runs have ended or stop_timeout is over");
	return CTL_OK;
}

int stop_run(struct ctl *ctl, struct ctl_args *args)
{
	return online_do_plain(ctl, args, stop);
}
