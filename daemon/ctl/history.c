/* everyctl history: what came of each occurrence, as the ledger has it. */
#include "ctl/commands.h"

#include "calendar/times.h"
#include "ctl/json.h"
#include "ctl/online.h"
#include "ctl/view.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define COUNT_USUAL 20
#define COUNT_MAX   10000000

enum {
	OPT_COUNT,
	OPT_FROM,
	OPT_TO,
	OPT_VERDICT,
};

const struct ctl_option history_options[] = {
	[OPT_COUNT] = {'n', "count", "N", "the last N (default 20)"},
	[OPT_FROM] = {0, "from", "TIME", "of slots from then on"},
	[OPT_TO] = {0, "to", "TIME", "of slots before"},
	[OPT_VERDICT] = {0, "verdict", "VERDICT,...", "of these verdicts only"},
	{0},
};

struct wish {
	const char *job; /* NULL: all */
	const char *from;
	const char *to;
	const char *verdicts;
	uint64_t count;
};

/* A run under way has no verdict yet. */
static enum table_color format_verdict(const json_t *object, const struct when *when,
				       char buf[static FIELD_TEXT_SIZE])
{
	const char *verdict = field_text(object, "verdict");
	const char *state = field_text(object, "state");
	int64_t count = field_integer(object, "count", 1);

	(void)when;
	if (count > 1)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%s %" PRId64 " times", verdict ? verdict : "",
			       count);
	else
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%s", verdict ? verdict : state ? state : "");
	return field_color(verdict);
}

/* Why, or how it ended. Returns false if there is nothing to say. */
static bool describe_cause(const json_t *object, char *buf, size_t size)
{
	const char *verdict = field_text(object, "verdict");
	const char *reason = field_text(object, "reason");
	const char *problem = field_text(object, "problem");
	int64_t signal = field_integer(object, "signal", 0);
	int64_t exit = field_integer(object, "exit", 0);
	bool failed = verdict && strcmp(verdict, "failed") == 0;
	const char *name = signal > 0 && signal < NSIG ? sigabbrev_np((int)signal) : NULL;

	if (reason)
		(void)snprintf(buf, size, "%s", reason);
	else if (problem)
		(void)snprintf(buf, size, "%s", problem);
	else if (failed && name)
		(void)snprintf(buf, size, "SIG%s", name);
	else if (failed && exit > 0)
		(void)snprintf(buf, size, "exit status %" PRId64, exit);
	return reason || problem || (failed && (name || exit > 0));
}

/* That, after how many attempts, and on whose behalf. */
static enum table_color format_why(const json_t *object, const struct when *when,
				   char buf[static FIELD_TEXT_SIZE])
{
	int64_t attempts = field_integer(object, "attempts", 1);
	char cause[80];
	const char *between = "";

	(void)when;
	if (describe_cause(object, cause, sizeof(cause))) {
		(void)stpcpy(buf, cause);
		between = ", ";
	}
	if (attempts > 1) {
		(void)snprintf(buf + strlen(buf), FIELD_TEXT_SIZE - strlen(buf),
			       "%s%" PRId64 " attempts", between, attempts);
		between = ", ";
	}
	if (field_true(object, "manual"))
		(void)snprintf(buf + strlen(buf), FIELD_TEXT_SIZE - strlen(buf), "%sby hand",
			       between);
	return TABLE_FAINT;
}

static const struct view_member members[] = {
	{"SLOT", VIEW_TIME, "slot", NULL},      {"JOB", VIEW_TEXT, "job", NULL},
	{"RUN", VIEW_INTEGER, "run", NULL},     {"VERDICT", VIEW_CUSTOM, NULL, format_verdict},
	{"TOOK", VIEW_SPAN, "took", NULL},      {"CPU", VIEW_SPAN, "cpu", NULL},
	{"MEMORY", VIEW_BYTES, "memory", NULL}, {"PRINTED", VIEW_BYTES, "printed", NULL},
	{"WHY", VIEW_CUSTOM, NULL, format_why},
};

static const char *const spare[] = {"PRINTED", "MEMORY", "CPU", "TOOK", "RUN", NULL};

/* A time as everyd takes it. Returns false after it was said. */
static bool convert(const struct when *when, const char *option, const char *text,
		    char buf[static TIMES_TEXT_SIZE])
{
	usec_t time;

	if (when_time(when, option, text, &time) < 0)
		return false;
	(void)times_format_rfc3339(time, when->zone, buf);
	return true;
}

static int history(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *answer = NULL;
	char from[TIMES_TEXT_SIZE];
	char to[TIMES_TEXT_SIZE];
	struct url url;
	int r;

	if ((wish->from && !convert(&online->when, "--from", wish->from, from)) ||
	    (wish->to && !convert(&online->when, "--to", wish->to, to)))
		return CTL_USAGE;
	url_begin(&url, "/v1/runs");
	url_param(&url, "job", wish->job);
	url_param(&url, "verdict", wish->verdicts);
	url_param(&url, "from", wish->from ? from : NULL);
	url_param(&url, "to", wish->to ? to : NULL);
	r = online_list(online, &url, wish->count, &answer);
	if (r != CTL_OK)
		return r;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(answer)));
	return online_printed(view_table(online->ctl, &online->when, members, ARRAY_LENGTH(members),
					 spare, field_array(answer, "items")));
}

int history_run(struct ctl *ctl, struct ctl_args *args)
{
	struct wish wish = {.count = COUNT_USUAL};
	const char *value;
	int option;
	int status;

	while ((option = ctl_option(args, &value)) >= 0) {
		switch (option) {
		case OPT_COUNT:
			if (when_count("--count", value, COUNT_MAX, &wish.count) < 0)
				return CTL_USAGE;
			break;
		case OPT_FROM:
			wish.from = value;
			break;
		case OPT_TO:
			wish.to = value;
			break;
		default:
			wish.verdicts = value;
			break;
		}
	}
	if (option == -2)
		return CTL_USAGE;
	status = online_one_word(args, "job", false, &wish.job);
	return status == CTL_OK ? online_do(ctl, history, &wish) : status;
}
