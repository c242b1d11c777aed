/* See next.h. */
#include "ctl/next.h"

#include "calendar/cron.h"
#include "calendar/duration.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "core/model.h"
#include "ctl/json.h"
#include "ctl/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NOTE_SIZE 400

const struct zone *next_zone(const struct schedule *schedule)
{
	return schedule->kind == SCHEDULE_CRON ? schedule->cron->zone : NULL;
}

/* --- a table ---------------------------------------------------------------------------------- */

static const struct table_column columns[] = {
	{"DUE", TABLE_LEFT},
	{"IN", TABLE_LEFT},
	{"JOB", TABLE_LEFT},
	{"NOTE", TABLE_LEFT},
};

/* What does not fit is cut off. */
static void _printf_(2, 3) add_note(char note[static NOTE_SIZE], const char *format, ...)
{
	size_t used = strlen(note);
	va_list ap;

	if (used > 0)
		used += (size_t)snprintf(note + used, NOTE_SIZE - used, "; ");
	if (used >= NOTE_SIZE)
		return;
	va_start(ap, format);
	(void)vsnprintf(note + used, NOTE_SIZE - used, format, ap);
	va_end(ap);
}

/* Whether the clocks of that zone show something else than those of the times that are shown. */
static bool differs(const struct next *next, const struct zone *zone, usec_t time)
{
	return zone_segment(zone, time / USEC_PER_SEC).offset !=
	       zone_segment(next->when.zone, time / USEC_PER_SEC).offset;
}

static void add_slot(const struct next *next, struct table *table, const struct upcoming_slot *slot)
{
	const struct zone *zone = next_zone(slot->schedule);
	char note[NOTE_SIZE] = "";
	char text[TIMES_TEXT_SIZE];
	char dst_text[DST_TEXT_SIZE];
	char span[DURATION_TEXT_SIZE];
	bool marked = false;

	if (zone && differs(next, zone, slot->due))
		add_note(note, "in %s %s", zone_name(zone), times_format(slot->due, zone, text));
	if (zone) {
		struct dst_slot dst = dst_slot(slot->schedule->cron, slot->slot);

		marked = dst.mark != DST_PLAIN;
		if (marked)
			add_note(note, "%s", dst_describe_slot(&dst, dst_text));
	}
	if (slot->due != slot->slot)
		add_note(note, "%s of splay", duration_format_short(slot->due - slot->slot, span));
	table_cell(table, TABLE_PLAIN, times_format(slot->due, next->when.zone, text));
	table_cell(table, TABLE_FAINT, times_format_relative(slot->due, next->when.now, text));
	table_cell(table, TABLE_PLAIN, slot->name);
	table_cell(table, marked ? TABLE_WARN : TABLE_FAINT, note);
}

static void add_change(const struct next *next, struct table *table,
		       const struct next_change *change)
{
	usec_t time = change->change.time * USEC_PER_SEC;
	char text[TIMES_TEXT_SIZE];
	char what[DST_TEXT_SIZE];

	table_cell(table, TABLE_WARN, times_format(time, next->when.zone, text));
	table_cell(table, TABLE_WARN, times_format_relative(time, next->when.now, text));
	table_cell(table, TABLE_PLAIN, NULL);
	table_cellf(table, TABLE_WARN, "%s: %s", zone_name(change->zone),
		    dst_describe_change(&change->change, what));
}

int next_print_table(const struct next *next, const struct ctl *ctl)
{
	struct table *table = table_new(columns, ARRAY_LENGTH(columns));
	size_t change = 0;
	int r;

	if (!table)
		return -ENOMEM;
	table_keep(table, 0);
	table_keep(table, 1);
	for (size_t i = 0; i < next->n_slots; i++) {
		while (change < next->n_changes &&
		       next->changes[change].change.time <= next->slots[i].due / USEC_PER_SEC)
			add_change(next, table, &next->changes[change++]);
		add_slot(next, table, &next->slots[i]);
	}
	for (size_t i = 0; i < next->n_others; i++) {
		const struct job *job = next->others[i];
		char text[SCHEDULE_DESCRIBE_SIZE];

		table_cell(table, TABLE_FAINT, schedule_is_grid(&job->schedule) ? "never" : "-");
		table_cell(table, TABLE_FAINT, NULL);
		table_cell(table, TABLE_PLAIN, job->name);
		table_cell(table, TABLE_FAINT, schedule_describe(&job->schedule, text));
	}
	if (next->n_more_others > 0) {
		table_cell(table, TABLE_FAINT, "-");
		table_cell(table, TABLE_FAINT, NULL);
		table_cellf(table, TABLE_FAINT, "and %zu more", next->n_more_others);
		table_cell(table, TABLE_FAINT, "whose times follow from what happens");
	}
	r = table_print(table, ctl);
	table_free(table);
	return r;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *slot_json(const struct next *next, const struct upcoming_slot *slot)
{
	const struct zone *zone = next_zone(slot->schedule);
	struct dst_slot dst = {.mark = DST_PLAIN};

	if (zone)
		dst = dst_slot(slot->schedule->cron, slot->slot);
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "job", value_text(slot->name),
			 "due", json_time(slot->due, next->when.zone), "slot",
			 json_time(slot->slot, zone ? zone : next->when.zone), "in",
			 value_span(slot->due - next->when.now), "splay",
			 value_span(slot->due - slot->slot), "zone",
			 value_text(zone ? zone_name(zone) : NULL), "dst",
			 value_text(dst_mark_name(dst.mark)));
}

static json_t *change_json(const struct next_change *change)
{
	char text[DST_TEXT_SIZE];

	return json_pack("{s:o, s:o, s:i, s:i, s:o}", "time",
			 json_time(change->change.time * USEC_PER_SEC, change->zone), "zone",
			 value_text(zone_name(change->zone)), "offset_before",
			 (int)change->change.before, "offset_after", (int)change->change.after,
			 "what", value_text(dst_describe_change(&change->change, text)));
}

static json_t *other_json(const struct job *job)
{
	char text[SCHEDULE_DESCRIBE_SIZE];

	return json_pack("{s:o, s:o}", "job", value_text(job->name), "schedule",
			 value_text(schedule_describe(&job->schedule, text)));
}

int next_print_json(const struct next *next)
{
	_cleanup_(cleanup_value) json_t *slots = json_array();
	_cleanup_(cleanup_value) json_t *changes = json_array();
	_cleanup_(cleanup_value) json_t *others = json_array();
	int r = slots && changes && others ? 0 : -1;

	for (size_t i = 0; r == 0 && i < next->n_slots; i++)
		r = json_array_append_new(slots, slot_json(next, &next->slots[i]));
	for (size_t i = 0; r == 0 && i < next->n_changes; i++)
		r = json_array_append_new(changes, change_json(&next->changes[i]));
	for (size_t i = 0; r == 0 && i < next->n_others; i++)
		r = json_array_append_new(others, other_json(next->others[i]));
	if (r < 0)
		return -ENOMEM;
	return json_print(json_pack("{s:o, s:o, s:O, s:O, s:O}", "from",
				    json_time(next->from, next->when.zone), "zone",
				    value_text(zone_name(next->when.zone)), "slots", slots,
				    "clock_changes", changes, "without_times", others));
}
