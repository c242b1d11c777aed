/* everyctl list: the jobs, and how each is doing. */
#include "ctl/commands.h"

#include "ctl/json.h"
#include "ctl/online.h"
#include "ctl/view.h"

#include <stdio.h>

/* More jobs are read by nobody, and asked for by -n. */
#define COUNT_USUAL 1000
#define COUNT_MAX   10000000

enum {
	OPT_COUNT,
	OPT_GROUP,
	OPT_SORT,
	OPT_STATE,
	OPT_USER,
	OPT_VERDICT,
};

const struct ctl_option list_options[] = {
	[OPT_COUNT] = {'n', "count", "N", "at most N jobs (default 1000)"},
	[OPT_GROUP] = {'g', "group", "GROUP", "those of that concurrency group"},
	[OPT_SORT] = {'s', "sort", "KEY", "by name, next, last, or failures (default name)"},
	[OPT_STATE] = {0, "state", "STATE", "those running, paused, failing, waiting, or overdue"},
	[OPT_USER] = {'u', "user", "USER", "those of that user"},
	[OPT_VERDICT] = {0, "verdict", "VERDICT", "those whose last run came to that"},
	{0},
};

/* What goes into the query, by option. */
static const char *const params[] = {
	[OPT_GROUP] = "group", [OPT_SORT] = "sort",       [OPT_STATE] = "state",
	[OPT_USER] = "user",   [OPT_VERDICT] = "verdict",
};

struct wish {
	const char *values[ARRAY_LENGTH(params)]; /* NULL: not given */
	const char *pattern;                      /* NULL: all names */
	uint64_t count;
};

static enum table_color format_state(const json_t *object, const struct when *when,
				     char buf[static FIELD_TEXT_SIZE])
{
	(void)when;
	return field_format_state(object, buf);
}

static const struct view_member members[] = {
	{"JOB", VIEW_TEXT, "name", NULL},
	{"STATE", VIEW_CUSTOM, NULL, format_state},
	{"NEXT", VIEW_RELATIVE, "next", NULL},
	{"LAST", VIEW_RELATIVE, "last.ended", NULL},
	{"VERDICT", VIEW_WORD, "last.verdict", NULL},
	{"TOOK", VIEW_SPAN, "last.took", NULL},
	{"FAILURES", VIEW_INTEGER, "failures", NULL},
	{"SCHEDULE", VIEW_TEXT, "schedule", NULL},
};

static const char *const spare[] = {"SCHEDULE", "FAILURES", "TOOK", "LAST", NULL};

static int list(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *answer = NULL;
	struct url url;
	int r;

	url_begin(&url, "/v1/jobs");
	url_param(&url, "name", wish->pattern);
	for (size_t i = 0; i < ARRAY_LENGTH(params); i++)
		url_param(&url, params[i], wish->values[i]);
	r = online_list(online, &url, wish->count, &answer);
	if (r != CTL_OK)
		return r;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(answer)));
	r = view_table(online->ctl, &online->when, members, ARRAY_LENGTH(members), spare,
		       field_array(answer, "items"));
	if (r == 0 && field(answer, "next"))
		(void)fputs("... there are more: see --count\n", stderr);
	return online_printed(r);
}

int list_run(struct ctl *ctl, struct ctl_args *args)
{
	struct wish wish = {.count = COUNT_USUAL};
	const char *value;
	int option;
	int status;

	while ((option = ctl_option(args, &value)) >= 0) {
		if (option != OPT_COUNT)
			wish.values[option] = value;
		else if (when_count("--count", value, COUNT_MAX, &wish.count) < 0)
			return CTL_USAGE;
	}
	if (option == -2)
		return CTL_USAGE;
	status = online_one_word(args, "pattern", false, &wish.pattern);
	return status == CTL_OK ? online_do(ctl, list, &wish) : status;
}
