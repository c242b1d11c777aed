/* everyctl explain: what a cron expression or an interval means, and what it does not mean. */
#include "ctl/commands.h"

#include "calendar/cron.h"
#include "calendar/duration.h"
#include "calendar/schedule.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "ctl/dst.h"
#include "ctl/json.h"
#include "ctl/when.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* How many of the next slots are shown. */
#define SLOTS 5

/* So many changes of the clocks are looked at for one that matters: forty years. */
#define CHANGES_MAX 80

/* More than there are. */
#define WARNINGS_MAX 32

/* The column behind the labels. */
#define LABEL_WIDTH 11

/* 1970-01-01 was one. */
static const char epoch_weekday[] = "Thursday";

enum {
	OPT_ZONE,
	OPT_FROM,
	OPT_JOB,
};

const struct ctl_option explain_options[] = {
	[OPT_ZONE] = {0, "zone", "ZONE", "read it in that zone (default local time)"},
	[OPT_FROM] = {0, "from", "TIME", "show what is due from then on (default now)"},
	[OPT_JOB] = {0, "job", "NAME", "the job that it is for: \"~\" depends on the name"},
	{0},
};

struct explanation {
	struct when when;
	usec_t from;
	const char *text;
	bool joined; /* of several words */
	struct schedule schedule;
	char canonical[CRON_TEXT_SIZE];
	char meaning[SCHEDULE_DESCRIBE_SIZE];
	const char *warnings[WARNINGS_MAX]; /* the arena's */
	size_t n_warnings;
	usec_t slots[SLOTS];
	size_t n_slots;
	struct dst_change change; /* the next one that matters */
	char change_what[DST_TEXT_SIZE];
	char change_effect[DST_TEXT_SIZE]; /* empty: there is none */
};

/* --- what there is to say --------------------------------------------------------------------- */

static void warn(void *ctx, const char *sentence)
{
	struct explanation *e = ctx;
	const char *kept = arena_copy(&e->when.arena, sentence, strlen(sentence));

	/* Without memory there are more urgent problems. */
	if (kept && e->n_warnings < WARNINGS_MAX)
		e->warnings[e->n_warnings++] = kept;
}

static void _printf_(2, 3) warnf(struct explanation *e, const char *format, ...)
{
	char text[300];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	warn(e, text);
}

/* The grid of `every`, in `text` or behind the word. */
static int read_interval(struct explanation *e, const char *text, usec_t interval)
{
	char span[DURATION_TEXT_SIZE];
	int32_t offset = zone_segment(e->when.zone, e->from / USEC_PER_SEC).offset;

	if (interval < SCHEDULE_MIN_INTERVAL || interval > SCHEDULE_MAX_INTERVAL) {
		(void)ctl_fail("\"%s\": an interval is at least 100ms and at most 36525d", text);
		return -EINVAL;
	}
	e->schedule = (struct schedule){.kind = SCHEDULE_EVERY, .interval = interval};
	(void)snprintf(e->canonical, sizeof(e->canonical), "every %s",
		       duration_format(interval, span));
	if (USEC_PER_DAY % interval != 0 && interval % USEC_PER_DAY != 0)
		warnf(e, "its times of day differ from day to day: %s does not divide a day", span);
	if (interval % USEC_PER_DAY == 0 && offset != 0)
		warnf(e,
		      "it is due at 00:00 UTC, whatever local time that is: \"offset\" shifts it, "
		      "\"cron\" follows local time");
	if (interval % USEC_PER_WEEK == 0)
		warnf(e, "weeks are counted from 1970-01-01, a %s: \"offset\" shifts it",
		      epoch_weekday);
	return 0;
}

static int read_cron(struct explanation *e, const char *job)
{
	const struct cron *cron;
	int r = when_cron(&e->when, e->text, job ? job : "", &cron);

	if (r < 0)
		return r;
	e->schedule = (struct schedule){.kind = SCHEDULE_CRON, .cron = cron};
	(void)cron_expr_format(cron->exprs, e->canonical);
	cron_expr_advise(cron->exprs, e->text, warn, e);
	if (strchr(e->text, '~') && !job)
		warnf(e, "\"~\" depends on the name of the job, which --job gives");
	return 0;
}

/* "15m" or "every 15m" is an interval, all else a cron expression. */
static int read_schedule(struct explanation *e, const char *job)
{
	static const char word[] = "every ";
	bool is_word = strncmp(e->text, word, strlen(word)) == 0;
	usec_t interval;
	int r = duration_parse(is_word ? e->text + strlen(word) : e->text, &interval);

	if (r == 0)
		return read_interval(e, e->text, interval);
	if (r == -ERANGE)
		return read_interval(e, e->text, USEC_INFINITY);
	if (is_word) {
		(void)ctl_fail("\"%s\" is no interval; write it as 15m, 1h30m or 2d", e->text);
		return -EINVAL;
	}
	return read_cron(e, job);
}

static void find_slots(struct explanation *e)
{
	usec_t slot = e->from - 1;

	while (e->n_slots < SLOTS) {
		slot = schedule_next(&e->schedule, slot);
		if (slot == USEC_INFINITY)
			break;
		e->slots[e->n_slots++] = slot;
	}
}

/* The next change of the clocks that skips or repeats a time that it matches. */
static void find_change(struct explanation *e)
{
	int64_t time = e->from / USEC_PER_SEC;

	if (e->schedule.kind != SCHEDULE_CRON)
		return;
	for (int i = 0; i < CHANGES_MAX && e->change_effect[0] == '\0'; i++) {
		if (!dst_next_change(e->when.zone, time, &e->change))
			return;
		time = e->change.time;
		(void)dst_describe_change(&e->change, e->change_what);
		(void)dst_explain_change(e->schedule.cron, &e->change, e->change_effect);
	}
}

/* --- saying it -------------------------------------------------------------------------------- */

static void print_label(const char *label, bool first)
{
	(void)printf("%-*s", LABEL_WIDTH, first ? label : "");
}

static void print_text(const struct explanation *e, const struct ctl *ctl)
{
	const char *yellow = ctl->color ? "\033[33m" : "";
	const char *faint = ctl->color ? "\033[2m" : "";
	const char *plain = ctl->color ? "\033[0m" : "";
	char due[TIMES_TEXT_SIZE];
	char in[TIMES_TEXT_SIZE];

	print_label("schedule", true);
	(void)printf("%s\n", e->text);
	if (strcmp(e->text, e->canonical) != 0) {
		print_label("same as", true);
		(void)printf("%s\n", e->canonical);
	}
	print_label("meaning", true);
	(void)printf("%s\n", e->meaning);
	for (size_t i = 0; i < e->n_warnings; i++) {
		print_label("beware", i == 0);
		(void)printf("%s%s%s\n", yellow, e->warnings[i], plain);
	}
	for (size_t i = 0; i < e->n_slots; i++) {
		print_label("next", i == 0);
		(void)printf("%s  %s%s%s\n", times_format(e->slots[i], e->when.zone, due), faint,
			     times_format_relative(e->slots[i], e->when.now, in), plain);
	}
	if (e->n_slots == 0) {
		print_label("next", true);
		(void)puts("never");
	}
	if (e->change_effect[0]) {
		print_label("clocks", true);
		(void)printf("%s  %s: %s\n",
			     times_format(e->change.time * USEC_PER_SEC, e->when.zone, due),
			     e->change_what, e->change_effect);
	}
}

static int print_json(const struct explanation *e)
{
	_cleanup_(cleanup_value) json_t *warnings = json_array();
	_cleanup_(cleanup_value) json_t *slots = json_array();
	json_t *change = json_null();
	int r = warnings && slots ? 0 : -1;

	for (size_t i = 0; r == 0 && i < e->n_warnings; i++)
		r = json_array_append_new(warnings, value_text(e->warnings[i]));
	for (size_t i = 0; r == 0 && i < e->n_slots; i++)
		r = json_array_append_new(slots, json_time(e->slots[i], e->when.zone));
	if (r < 0)
		return -ENOMEM;
	if (e->change_effect[0])
		change = json_pack("{s:o, s:o, s:o}", "time",
				   json_time(e->change.time * USEC_PER_SEC, e->when.zone), "what",
				   value_text(e->change_what), "effect",
				   value_text(e->change_effect));
	return json_print(
		json_pack("{s:o, s:s, s:o, s:o, s:o, s:O, s:O, s:o}", "text", value_text(e->text),
			  "kind", e->schedule.kind == SCHEDULE_CRON ? "cron" : "every", "canonical",
			  value_text(e->canonical), "meaning", value_text(e->meaning), "zone",
			  value_text(zone_name(e->when.zone)), "warnings", warnings, "next", slots,
			  "clock_change", change));
}

/* --- the command ------------------------------------------------------------------------------ */

struct given {
	const char *zone;
	const char *from;
	const char *job;
};

static int explain(struct explanation *e, const struct given *given, const struct ctl *ctl)
{
	int r;

	e->from = e->when.now;
	if (given->from && when_time(&e->when, "--from", given->from, &e->from) < 0)
		return CTL_USAGE;
	if (read_schedule(e, given->job) < 0) {
		if (e->joined)
			(void)fputs(
				"Put it into quotes: in place of \"*\" the shell puts the names "
				"of files.\n",
				stderr);
		return CTL_FAILED;
	}
	(void)schedule_describe(&e->schedule, e->meaning);
	find_slots(e);
	find_change(e);
	if (!ctl->json) {
		print_text(e, ctl);
		return CTL_OK;
	}
	r = print_json(e);
	/* What could not be written is told at the end. */
	return r < 0 && r != -EIO ? ctl_fail("%s", strerrordesc_np(-r)) : CTL_OK;
}

/* Words that the shell took apart, put together. NULL: out of memory. */
static char *join(const struct ctl_args *args)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	bool good = file;

	for (int i = args->next; good && i < args->argc; i++)
		good = fprintf(file, "%s%s", i > args->next ? " " : "", args->argv[i]) >= 0;
	if (file && fclose(file) == 0 && good)
		return text;
	free(text);
	return NULL;
}

int explain_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_free_ char *text = NULL;
	struct explanation *e;
	struct given given = {0};
	const char *value;
	int option;
	int status;

	while ((option = ctl_option(args, &value)) >= 0) {
		if (option == OPT_ZONE)
			given.zone = value;
		else if (option == OPT_FROM)
			given.from = value;
		else
			given.job = value;
	}
	if (option == -2)
		return CTL_USAGE;
	if (args->next == args->argc)
		return ctl_usage(args, "explain what? Say a cron expression or an interval");

	text = join(args);
	e = calloc(1, sizeof(*e));
	if (!text || !e) {
		free(e);
		return ctl_fail("%s", strerrordesc_np(ENOMEM));
	}
	e->text = text;
	e->joined = args->argc - args->next > 1;
	if (when_init(&e->when, given.zone) < 0) {
		free(e);
		return given.zone ? CTL_USAGE : CTL_FAILED;
	}
	status = explain(e, &given, ctl);
	when_done(&e->when);
	free(e);
	return status;
}
