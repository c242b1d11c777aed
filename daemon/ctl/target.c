/* See target.h. */
#include "ctl/target.h"

#include "ctl/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* "job " and a name. */
#define WHAT_SIZE 512

int target_take_jobs(struct target *target, struct ctl_args *args)
{
	target->jobs = args->argv + args->next;
	target->n_jobs = (size_t)(args->argc - args->next);
	for (size_t i = 0; i < target->n_jobs; i++)
		if (!target->jobs[i][0])
			return ctl_usage(args, "'' is no job");
	return CTL_OK;
}

int target_take(struct target *target, struct ctl_args *args)
{
	int status = target_take_jobs(target, args);

	if (status != CTL_OK)
		return status;
	if (target->n_jobs == 0 && !target->group && !target->all)
		return ctl_usage(args, "say what: JOB..., --group GROUP, or --all");
	if (target->group && !target->group[0])
		return ctl_usage(args, "'' is no group");
	if ((target->n_jobs > 0) + (target->group != NULL) + target->all > 1)
		return ctl_usage(args, "either jobs, or --group, or --all");
	return CTL_OK;
}

/* The nth request of a target: its URL, and what it is for. */
static void describe(const struct target *target, size_t n, const char *verb, struct url *url,
		     char what[static WHAT_SIZE])
{
	url_begin(url, "/v1");
	if (target->all) {
		(void)snprintf(what, WHAT_SIZE, "everything");
	} else if (target->group) {
		(void)snprintf(what, WHAT_SIZE, "group %s", target->group);
		url_path(url, "/groups");
		url_segment(url, target->group);
	} else {
		(void)snprintf(what, WHAT_SIZE, "%s", target->jobs[n]);
		url_path(url, "/jobs");
		url_segment(url, target->jobs[n]);
	}
	url_path(url, "/");
	url_path(url, verb);
}

int target_send(const struct target *target, struct online *online, const char *verb, json_t *body,
		void (*done)(struct online *online, const struct target *target, const char *what,
			     const json_t *answer))
{
	_cleanup_(cleanup_value) json_t *answers = json_array();
	size_t n = target->n_jobs > 0 ? target->n_jobs : 1;
	int status = CTL_OK;

	if (!answers || !body)
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	for (size_t i = 0; i < n; i++) {
		json_t *answer = NULL;
		char what[WHAT_SIZE];
		struct url url;
		int r;

		describe(target, i, verb, &url, what);
		r = client_ask_json(online->client, &url, json_incref(body), &answer);
		if (r != CTL_OK) {
			(void)client_say(online->client);
			answer = client_failure_json(online->client);
		} else if (!online->ctl->json) {
			done(online, target, what, answer);
		}
		if (json_array_append_new(answers, answer) < 0)
			return ctl_fail("%s", strerrordesc_np(ENOMEM));
		if (status == CTL_OK)
			status = r;
		/* A job that is not there says nothing of the others, as these do. */
		if (r == CTL_UNREACHABLE || r == CTL_DENIED)
			break;
	}
	if (online->ctl->json) {
		int r = online_printed(json_print(json_pack("{s:O}", "items", answers)));

		return status == CTL_OK ? r : status;
	}
	return status;
}
