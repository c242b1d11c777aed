/* everyctl check-health: a plugin for Nagios and its kin. */
#include "ctl/commands.h"

#include "base/text.h"
#include "ctl/checkup.h"
#include "ctl/json.h"
#include "ctl/online.h"

#include <stdio.h>
#include <string.h>

/* How long an answer may take: shorter than those who run plugins wait for these. */
#define PATIENCE (5 * USEC_PER_SEC)

/* Jobs that are counted. */
#define LISTED_MAX "1000"

/* One line without "|", which parts the data from it. */
static int say(const struct online *online, const struct checkup *checkup)
{
	char text[TEXT_GROWTH * CHECKUP_TEXT_SIZE + 1];

	if (online->ctl->json) {
		int r = json_print(
			json_pack("{s:s, s:o, s:o}", "health", checkup_name(checkup->level), "text",
				  value_text(checkup->text), "data", value_text(checkup->data)));

		return online_printed(r) == CTL_OK ? (int)checkup->level : CHECKUP_UNKNOWN;
	}
	(void)text_sanitize(text, checkup->text, strlen(checkup->text));
	for (char *bar = text; (bar = strchr(bar, '|'));)
		*bar = '/';
	(void)printf("EVERYD %s - %s%s%s\n", checkup_name(checkup->level), text,
		     checkup->data[0] ? " | " : "", checkup->data);
	return (int)checkup->level;
}

/* What could not be asked: that everyd does not run is bad, all else is not known. */
static int say_failure(const struct online *online)
{
	static const char *const bad[] = {"unreachable", "timeout", CLIENT_GONE};
	const struct client_failure *failure = client_failure(online->client);
	struct checkup checkup = {
		.level = CHECKUP_UNKNOWN,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
		if (strcmp(failure->code, bad[i]) == 0)
			checkup.level = CHECKUP_CRITICAL;
	}
	(void)snprintf(checkup.text, sizeof(checkup.text), "%.*s", (int)sizeof(checkup.text) - 1,
		       failure->text);
	/* It is to be one line. */
	for (char *end = checkup.text; (end = strchr(end, '\n'));)
		*end = ' ';
	return say(online, &checkup);
}

/* The jobs in a state. Returns CTL_OK, or another exit status as client_ask_json(). */
static int ask_for_jobs(struct online *online, const char *state, json_t **ret_list)
{
	struct url url;

	url_begin(&url, "/v1/jobs");
	url_param(&url, "state", state);
	url_param(&url, "limit", LISTED_MAX);
	return client_ask_json(online->client, &url, NULL, ret_list);
}

static int check_daemon(struct online *online)
{
	_cleanup_(cleanup_value) json_t *status = NULL;
	_cleanup_(cleanup_value) json_t *failing = NULL;
	_cleanup_(cleanup_value) json_t *overdue = NULL;
	struct checkup checkup;
	struct url url;

	url_begin(&url, "/v1/status");
	if (client_ask_json(online->client, &url, NULL, &status) != CTL_OK ||
	    ask_for_jobs(online, "failing", &failing) != CTL_OK ||
	    ask_for_jobs(online, "overdue", &overdue) != CTL_OK)
		return say_failure(online);
	checkup_daemon(&checkup, status, failing, overdue);
	return say(online, &checkup);
}

static int check_health(struct online *online, void *ctx)
{
	const char *const *name = ctx;
	_cleanup_(cleanup_value) json_t *job = NULL;
	struct checkup checkup;
	struct url url;

	client_wait_for(online->client, PATIENCE);
	if (!*name)
		return check_daemon(online);
	online_job_url(&url, *name, "");
	if (client_ask_json(online->client, &url, NULL, &job) != CTL_OK)
		return say_failure(online);
	online->when.now = clock_wall();
	checkup_job(&checkup, job, &online->when);
	return say(online, &checkup);
}

int check_health_run(struct ctl *ctl, struct ctl_args *args)
{
	const char *name;
	const char *value;

	if (ctl_option(args, &value) != -1 || online_one_word(args, "job", false, &name) != CTL_OK)
		return CHECKUP_UNKNOWN;
	return online_do(ctl, check_health, &name);
}
