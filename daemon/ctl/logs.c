/* everyctl logs: what runs have printed, or print. */
#include "ctl/commands.h"

#include "base/text.h"
#include "ctl/field.h"
#include "ctl/follow.h"
#include "ctl/json.h"
#include "ctl/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUNT_USUAL 1
#define COUNT_MAX   10000

/* everyd's code for a run that has not ended. */
#define RUN_LIVE "run-live"

enum {
	OPT_COUNT,
	OPT_FOLLOW,
	OPT_RUN,
};

const struct ctl_option logs_options[] = {
	[OPT_COUNT] = {'n', "count", "N", "of the last N runs (default 1)"},
	[OPT_FOLLOW] = {'f', "follow", NULL, "what is printed from now on, as it comes"},
	[OPT_RUN] = {0, "run", "RUN", "of that run, by its number"},
	{0},
};

struct wish {
	const char *job; /* NULL: all */
	const char *run; /* NULL: the last ones */
	uint64_t count;
	bool counted;
	bool follow;
};

/* The bytes as they are; on a terminal, line by line, nothing that steers it. `whole`: the last
   line ends even so. */
static void print_output(const char *text, size_t len, bool whole)
{
	if (terminal_width() == 0) {
		(void)fwrite(text, 1, len, stdout);
		if (whole && len > 0 && text[len - 1] != '\n')
			(void)putchar('\n');
		return;
	}
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t n = end ? (size_t)(end - text) : len;
		_cleanup_free_ char *clean = malloc(TEXT_GROWTH * n + 1);

		if (clean) {
			(void)text_sanitize(clean, text, n);
			(void)puts(clean);
		}
		n += end != NULL;
		text += n;
		len -= n;
	}
}

static void output_url(struct url *url, const char *run)
{
	url_begin(url, "/v1/runs");
	url_segment(url, run);
	url_path(url, "/output");
}

/* Prints, or adds to `items`, what one run printed. `of_many`: that it has not ended yet is said,
   and no failure. */
static int take_output(struct online *online, const char *run, bool of_many, json_t *items)
{
	struct client_answer answer = {.json = NULL};
	struct url url;
	int r;

	output_url(&url, run);
	url_param(&url, "format", online->ctl->json ? "json" : "text");
	r = client_ask(online->client, &url, NULL, &answer);
	if (r != CTL_OK && of_many && strcmp(client_failure(online->client)->code, RUN_LIVE) == 0) {
		/* Where it belongs among the others. */
		(void)fflush(stdout);
		(void)client_say(online->client);
		return CTL_OK;
	}
	if (r != CTL_OK)
		return client_complain(online->client);
	if (online->ctl->json && json_array_append(items, answer.json) < 0)
		r = ctl_fail("%s", strerrordesc_np(ENOMEM));
	if (!online->ctl->json)
		print_output(answer.text ? answer.text : "", answer.len, of_many);
	if (!online->ctl->json && answer.len == 0 && !of_many)
		(void)fprintf(stderr, "run %s printed nothing\n", run);
	client_answer_done(&answer);
	return r;
}

/* "--- backup, run 812, 2026-03-01 03:00:00 CET, ok" */
static void print_title(const struct online *online, const json_t *run)
{
	const char *job = field_text(run, "job");
	const char *verdict = field_text(run, "verdict");
	const char *state = field_text(run, "state");
	char text[FIELD_TEXT_SIZE];

	(void)printf("--- %s, run %" PRId64 ", %s, %s\n", job ? job : "-",
		     field_integer(run, "run", 0),
		     field_format_time(run, "slot", &online->when, text),
		     verdict ? verdict
		     : state ? state
			     : "-");
}

/* Of the last runs, the oldest first. Streaks of what did not run printed nothing. */
static int take_last(struct online *online, const struct wish *wish, json_t *items)
{
	_cleanup_(cleanup_value) json_t *list = NULL;
	const json_t *runs;
	struct url url;
	int r;

	url_begin(&url, "/v1/runs");
	url_param(&url, "job", wish->job);
	url_param(&url, "kind", "run");
	r = online_list(online, &url, wish->count, &list);
	if (r != CTL_OK)
		return r;
	runs = field_array(list, "items");
	if (!online->ctl->json && json_array_size(runs) == 0)
		(void)fputs("no run is on record\n", stderr);
	for (size_t i = json_array_size(runs); r == CTL_OK && i-- > 0;) {
		const json_t *run = json_array_get(runs, i);
		char number[24];

		(void)snprintf(number, sizeof(number), "%" PRId64, field_integer(run, "run", 0));
		if (!online->ctl->json && json_array_size(runs) > 1)
			print_title(online, run);
		r = take_output(online, number, json_array_size(runs) > 1, items);
	}
	return r;
}

static int logs(struct online *online, void *ctx)
{
	const struct wish *wish = ctx;
	_cleanup_(cleanup_value) json_t *items = json_array();
	struct url url;
	int r;

	if (wish->follow) {
		url_begin(&url, "/v1/logs");
		url_param(&url, "job", wish->job);
		url_param(&url, "run", wish->run);
		return follow(online, &url, "line", wish->run != NULL);
	}
	r = wish->run ? take_output(online, wish->run, false, items)
		      : take_last(online, wish, items);
	if (r == CTL_OK && online->ctl->json)
		return online_printed(json_print(json_pack("{s:O}", "items", items)));
	return r;
}

int logs_run(struct ctl *ctl, struct ctl_args *args)
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
			wish.counted = true;
			break;
		case OPT_FOLLOW:
			wish.follow = true;
			break;
		default:
			wish.run = value;
			break;
		}
	}
	if (option == -2)
		return CTL_USAGE;
	if (wish.run && !wish.run[0])
		return ctl_usage(args, "'' is no run");
	if (wish.counted && (wish.follow || wish.run))
		return ctl_usage(args, "--count goes with neither --follow nor --run");
	status = online_one_word(args, "job", false, &wish.job);
	if (status == CTL_OK && wish.job && wish.run && !wish.follow)
		return ctl_usage(args, "either a job or --run");
	return status == CTL_OK ? online_do(ctl, logs, &wish) : status;
}
