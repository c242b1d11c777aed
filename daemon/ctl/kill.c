/* everyctl kill: ends runs. */
#include "ctl/commands.h"

#include "ctl/field.h"
#include "ctl/json.h"
#include "ctl/online.h"
#include "ctl/target.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
	OPT_RUN,
	OPT_SIGNAL,
};

const struct ctl_option kill_options[] = {
	[OPT_RUN] = {0, "run", "RUN", "only that run, by its number"},
	[OPT_SIGNAL] = {'s', "signal", "SIGNAL",
			"term: kill_signal, and after kill_grace SIGKILL (default); or kill"},
	{0},
};

struct wish {
	struct target target;
	const char *run; /* NULL: all of the jobs */
	const char *signal;
};

static void say_killed(const char *what, const json_t *answer)
{
	const json_t *runs = field_array(answer, "runs");
	int64_t withdrawn = field_integer(answer, "withdrawn", 0);
	size_t n = json_array_size(runs);

	(void)printf("%s: ", what);
	if (n > 1)
		(void)printf("%zu runs are being stopped", n);
	else if (n == 1 || !runs)
		(void)printf("being stopped");
	else if (withdrawn <= 0)
		(void)printf("nothing runs or waits");
	if (withdrawn > 0)
		(void)printf("%s%" PRId64 " that %s will not run", n > 0 ? "; " : "", withdrawn,
			     withdrawn == 1 ? "waits" : "wait");
	(void)putchar('\n');
}

static void say_job(struct online *online, const struct target *target, const char *what,
		    const json_t *answer)
{
	(void)online;
	(void)target;
	say_killed(what, answer);
}

static int kill_one(struct online *online, const char *run, json_t *body)
{
	_cleanup_(cleanup_value) json_t *answer = NULL;
	char what[64];
	struct url url;
	int r;

	url_begin(&url, "/v1/runs");
	url_segment(&url, run);
	url_path(&url, "/kill");
	r = client_post(online->client, &url, json_incref(body), &answer);
	if (r != CTL_OK)
		return r;
	if (online->ctl->json)
		return online_printed(json_print(json_pack("{s:[O]}", "items", answer)));
	(void)snprintf(what, sizeof(what), "run %.40s", run);
	say_killed(what, answer);
	return CTL_OK;
}

static int kill_wish(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *body =
		json_pack("{s:s}", "signal", wish->signal ? wish->signal : "term");

	if (wish->run)
		return kill_one(online, wish->run, body);
	return target_send(&wish->target, online, "kill", body, say_job);
}

int kill_run(struct ctl *ctl, struct ctl_args *args)
{
	struct wish wish = {.run = NULL};
	const char *value;
	int option;
	int status;

	while ((option = ctl_option(args, &value)) >= 0) {
		if (option == OPT_RUN)
			wish.run = value;
		else
			wish.signal = value;
	}
	if (option == -2)
		return CTL_USAGE;
	if (wish.signal && strcmp(wish.signal, "term") != 0 && strcmp(wish.signal, "kill") != 0)
		return ctl_usage(args, "--signal is term or kill, not '%s'", wish.signal);
	if (wish.run && !wish.run[0])
		return ctl_usage(args, "'' is no run");
	if (wish.run && args->next < args->argc)
		return ctl_usage(args, "either jobs or --run");
	if (!wish.run && args->next == args->argc)
		return ctl_usage(args, "say which job, or --run");
	status = target_take_jobs(&wish.target, args);
	return status == CTL_OK ? online_do(ctl, kill_wish, &wish) : status;
}
