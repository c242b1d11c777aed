/* everyctl show: all about one job. */
#include "ctl/commands.h"

#include "calendar/times.h"
#include "ctl/json.h"
#include "ctl/online.h"
#include "ctl/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum table_color format_state(const json_t *object, const struct when *when,
				     char buf[static FIELD_TEXT_SIZE])
{
	(void)when;
	return field_format_state(object, buf);
}

static enum table_color format_paused(const json_t *object, const struct when *when,
				      char buf[static FIELD_TEXT_SIZE])
{
	const char *reason = field_text(object, "pause.reason");
	char until[FIELD_TEXT_SIZE];

	if (field(object, "pause"))
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%s%s%s%.60s",
			       field(object, "pause.until") ? "until " : "until it is resumed",
			       field(object, "pause.until")
				       ? field_format_time(object, "pause.until", when, until)
				       : "",
			       reason ? ": " : "", reason ? reason : "");
	return TABLE_WARN;
}

/* "/etc/everyd/everyd.conf:12" */
static enum table_color format_origin(const json_t *object, const struct when *when,
				      char buf[static FIELD_TEXT_SIZE])
{
	const char *file = field_text(object, "file");

	(void)when;
	if (file)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%.100s:%" PRId64, file,
			       field_integer(object, "line", 0));
	return TABLE_PLAIN;
}

static enum table_color format_setting_origin(const json_t *object, const struct when *when,
					      char buf[static FIELD_TEXT_SIZE])
{
	(void)format_origin(object, when, buf);
	if (!buf[0])
		(void)stpcpy(buf, "default");
	return TABLE_FAINT;
}

static enum table_color format_last(const json_t *object, const struct when *when,
				    char buf[static FIELD_TEXT_SIZE])
{
	const char *verdict = field_text(object, "last.verdict");
	char ended[FIELD_TEXT_SIZE];
	char took[FIELD_TEXT_SIZE];

	if (verdict && field(object, "last.took"))
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%.20s %s, took %s", verdict,
			       field_format_relative(object, "last.ended", when, ended),
			       field_format_span(object, "last.took", took));
	else if (verdict)
		(void)snprintf(buf, FIELD_TEXT_SIZE, "%.20s %s", verdict,
			       field_format_relative(object, "last.ended", when, ended));
	return field_color(verdict);
}

static const struct view_member members[] = {
	{"job", VIEW_TEXT, "name", NULL},
	{"schedule", VIEW_TEXT, "schedule", NULL},
	{"time zone", VIEW_TEXT, "zone", NULL},
	{"defined in", VIEW_CUSTOM, NULL, format_origin},
	{"group", VIEW_TEXT, "group", NULL},
	{"state", VIEW_CUSTOM, NULL, format_state},
	{"paused", VIEW_CUSTOM, NULL, format_paused},
	{"overdue", VIEW_YES, "overdue", NULL},
	{"next", VIEW_BOTH, "next", NULL},
	{"last run", VIEW_CUSTOM, NULL, format_last},
	{"last success", VIEW_BOTH, "last_success", NULL},
	{"failures in a row", VIEW_INTEGER, "failures", NULL},
};

static const struct view_member run_members[] = {
	{"RUN", VIEW_INTEGER, "run", NULL},  {"SLOT", VIEW_TIME, "slot", NULL},
	{"STATE", VIEW_WORD, "state", NULL}, {"PID", VIEW_INTEGER, "pid", NULL},
	{"AGE", VIEW_SPAN, "age", NULL},     {"ATTEMPT", VIEW_INTEGER, "attempts", NULL},
};

static const char *const run_spare[] = {"ATTEMPT", "PID", NULL};

static const struct view_member setting_members[] = {
	{"SETTING", VIEW_TEXT, "name", NULL},
	{"FROM", VIEW_CUSTOM, NULL, format_setting_origin},
	/* The last one is what is cut: commands are long. */
	{"VALUE", VIEW_TEXT, "value", NULL},
};

/* A table under a title, if it has any rows. */
static int section(const struct online *online, const char *title, const struct view_member *rows,
		   size_t n_rows, const char *const *spare, const json_t *items)
{
	if (json_array_size(items) == 0)
		return 0;
	(void)printf("\n%s:\n", title);
	return view_table(online->ctl, &online->when, rows, n_rows, spare, items);
}

static void print_slots(const struct online *online, const json_t *slots)
{
	const json_t *slot;
	size_t i;

	if (json_array_size(slots) > 0)
		(void)puts("\nNext:");
	json_array_foreach(slots, i, slot)
	{
		char text[FIELD_TEXT_SIZE];
		char relative[FIELD_TEXT_SIZE];

		(void)printf("%s  %s\n", field_format_time(slot, "due", &online->when, text),
			     field_format_relative(slot, "due", &online->when, relative));
	}
}

static int show(struct online *online, void *ctx)
{
	const char *const *name = ctx;
	_cleanup_(cleanup_value) json_t *job = NULL;
	struct url url;
	int r;

	online_job_url(&url, *name, "");
	r = online_get(online, &url, &job);
	if (r != CTL_OK)
		return r;
	if (online->ctl->json)
		return online_printed(json_print(json_incref(job)));
	r = view_page(online->ctl, &online->when, members, ARRAY_LENGTH(members), job);
	if (r == 0)
		r = section(online, "Runs", run_members, ARRAY_LENGTH(run_members), run_spare,
			    field_array(job, "runs"));
	print_slots(online, field_array(job, "slots"));
	if (r == 0)
		r = section(online, "Settings", setting_members, ARRAY_LENGTH(setting_members),
			    NULL, field_array(job, "settings"));
	return online_printed(r);
}

int show_run(struct ctl *ctl, struct ctl_args *args)
{
	const char *name;
	const char *value;

	if (ctl_option(args, &value) != -1 || online_one_word(args, "job", true, &name) != CTL_OK)
		return CTL_USAGE;
	return online_do(ctl, show, &name);
}
