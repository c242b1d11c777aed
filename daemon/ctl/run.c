/* everyctl run: has the daemon run a job now, and may wait for what comes of it. */
#include "ctl/commands.h"

#include "core/names.h"
#include "ctl/field.h"
#include "ctl/json.h"
#include "ctl/outcome.h"
#include "ctl/run_watch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	OPT_ENVIRONMENT,
	OPT_FORCE,
	OPT_WAIT,
};

const struct ctl_option run_options[] = {
	[OPT_ENVIRONMENT] = {'e', "environment", "NAME=VALUE", "set this variable, too"},
	[OPT_FORCE] = {'f', "force", NULL, "whatever of it runs already"},
	[OPT_WAIT] = {'w', "wait", NULL,
		      "show what it prints, and end with its exit status when it has ended"},
	{0},
};

struct wish {
	const char *job;
	json_t *environment;
	bool force;
	bool wait;
};

static int ask_for_run(struct online *online, const struct wish *wish, json_t **ret_answer)
{
	struct url url;

	online_job_url(&url, wish->job, "/run");
	return client_post(
		online->client, &url,
		json_pack("{s:O, s:b}", "environment", wish->environment, "force", wish->force),
		ret_answer);
}

/* How it ended, as the ledger will have it. */
static int tell_end(const struct online *online, json_t *run)
{
	const char *job = field_text(run, "job");
	char text[OUTCOME_TEXT_SIZE];
	int status = outcome_status(run, text);

	if (online->ctl->json)
		(void)online_printed(json_print(json_incref(run)));
	else if (text[0])
		(void)ctl_fail("%s[%" PRId64 "]: %s", job ? job : "", field_integer(run, "run", 0),
			       text);
	return status;
}

/* Listens before it asks, so that nothing is missed. */
static int run_and_wait(struct online *online, const struct wish *wish)
{
	_cleanup_(cleanup_value) json_t *answer = NULL;
	_cleanup_(cleanup_value) json_t *run = NULL;
	struct run_watch watch;
	int status = run_watch_begin(&watch, online, wish->job);

	if (status == CTL_OK)
		status = ask_for_run(online, wish, &answer);
	if (status == CTL_OK)
		status = run_watch_end(&watch, (uint64_t)field_integer(answer, "run", 0), &run);
	run_watch_done(&watch);
	/* Whatever kept it from being seen to its end is none of the command's exit statuses. */
	return status == CTL_OK ? tell_end(online, run) : EXEC_FAILED;
}

static int run(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *answer = NULL;
	int status;

	if (wish->wait)
		return run_and_wait(online, wish);
	status = ask_for_run(online, wish, &answer);
	if (status != CTL_OK)
		return status;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(answer)));
	(void)printf("%s: run %" PRId64 "\n", wish->job, field_integer(answer, "run", 0));
	return CTL_OK;
}

/* Returns 0, or the exit status after it was said. */
static int add_variable(struct ctl_args *args, struct wish *wish, const char *assignment)
{
	size_t len = strcspn(assignment, "=");

	if (!assignment[len] || !name_is_variable(assignment, len))
		return ctl_usage(args, "'%s' is not NAME=VALUE", assignment);
	/* JSON is UTF-8; what would be changed on the way is not sent. */
	if (json_array_append_new(wish->environment, json_string(assignment)) < 0)
		return ctl_fail("the value of %.*s is no text", (int)len, assignment);
	return 0;
}

int run_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_(cleanup_value) json_t *environment = json_array();
	struct wish wish = {.environment = environment};
	const char *value;
	int option;
	int status = environment ? CTL_OK : ctl_fail("%s", strerrordesc_np(ENOMEM));

	while (status == CTL_OK && (option = ctl_option(args, &value)) != -1) {
		switch (option) {
		case OPT_ENVIRONMENT:
			status = add_variable(args, &wish, value);
			break;
		case OPT_FORCE:
			wish.force = true;
			break;
		case OPT_WAIT:
			wish.wait = true;
			break;
		default:
			status = CTL_USAGE;
			break;
		}
	}
	if (status == CTL_OK)
		status = online_one_word(args, "job", true, &wish.job);
	return status == CTL_OK ? online_do(ctl, run, &wish) : status;
}
