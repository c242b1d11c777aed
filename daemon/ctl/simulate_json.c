/* A simulation as a JSON document, whose shape everyctl(1) tells: see simulate.h. */
#include "calendar/zone.h"
#include "core/model.h"
#include "ctl/json.h"
#include "ctl/simulate.h"
#include "ctl/simulate_advice.h"

#include <errno.h>

/* Appends, taking the reference; out of memory shows in *ret_failed. */
static void append(json_t *array, json_t *value, bool *ret_failed)
{
	if (json_array_append_new(array, value) < 0)
		*ret_failed = true;
}

/* NULL if something failed on the way. */
static json_t *finished(json_t *value, bool failed)
{
	if (!failed)
		return value;
	json_decref(value);
	return NULL;
}

static json_t *verdicts(const struct sim_job_book *book)
{
	json_t *object = json_object();
	bool failed = !object;

	for (int i = 0; !failed && i < VERDICT_COUNT; i++)
		if (book->verdicts[i] > 0)
			failed = json_object_set_new(object, verdict_info((enum verdict)i)->name,
						     json_integer((json_int_t)book->verdicts[i])) <
				 0;
	return finished(object, failed);
}

static json_t *incidents(const struct simulation *simulation, const struct sim_job_book *book)
{
	const struct zone *zone = simulation->zone;
	json_t *array = json_array();
	bool failed = !array;

	for (const struct sim_incident *i = book->incidents; !failed && i; i = i->next)
		append(array,
		       json_pack("{s:s, s:s, s:I, s:o, s:o}", "verdict",
				 verdict_info(i->verdict)->name, "reason", reason_word(i->reason),
				 "slots", (json_int_t)i->count, "first", json_time(i->first, zone),
				 "last", json_time(i->last, zone)),
		       &failed);
	return finished(array, failed);
}

static json_t *figures(const struct simulation *simulation, const struct sim_job_book *book)
{
	return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:o}", "slots",
			 (json_int_t)book->slots, "runs", (json_int_t)book->begun, "attempts",
			 (json_int_t)book->tries, "verdicts", verdicts(book), "longest_wait",
			 value_span(book->longest_wait), "longest_run",
			 value_span(book->longest_run), "busy", value_span(book->busy), "overdue",
			 (json_int_t)book->overdue, "did_not_run", incidents(simulation, book));
}

static json_t *jobs(const struct simulation *simulation)
{
	static const char *const sources[] = {
		[SIM_ASSUMED] = "assumed", [SIM_RECORDED] = "ledger", [SIM_GIVEN] = "given"};
	json_t *array = json_array();
	bool failed = !array;

	for (size_t i = 0; !failed && i < simulation->model->n_jobs; i++) {
		const struct sim_habit *habit = &simulation->guess->habits[i];
		json_t *job;

		if (!simulation->shown[i])
			continue;
		job = json_pack("{s:o, s:o, s:s, s:o}", "job",
				value_text(simulation->model->jobs[i].name), "next",
				json_time(simulation->next[i], simulation->zone), "duration_from",
				sources[habit->source], "duration", value_span(habit->span));
		if (job && json_object_update_new(
				   job, figures(simulation, &simulation->book->jobs[i])) < 0) {
			json_decref(job);
			job = NULL;
		}
		append(array, job, &failed);
	}
	return finished(array, failed);
}

static json_t *peak(const struct simulation *simulation, const struct sim_peak *peak)
{
	return json_pack("{s:I, s:o}", "count", (json_int_t)peak->count, "at",
			 peak->count > 0 ? json_time(peak->at, simulation->zone) : json_null());
}

static json_t *shifts(const struct simulation *simulation)
{
	json_t *array = json_array();
	bool failed = !array;

	for (size_t i = 0; !failed && i < simulation->shifts->count; i++) {
		const struct sim_shift *shift = &simulation->shifts->items[i];

		append(array,
		       json_pack("{s:o, s:o, s:o, s:I}", "zone", value_text(zone_name(shift->zone)),
				 "at", json_time(shift->change.time * USEC_PER_SEC, shift->zone),
				 "by", json_integer(shift->change.after - shift->change.before),
				 "jobs", (json_int_t)shift->n_jobs),
		       &failed);
	}
	return finished(array, failed);
}

static json_t *warnings(const struct simulation *simulation)
{
	struct sim_advice advice;
	json_t *array = json_array();
	bool failed = !array;

	sim_advice_find(simulation, &advice);
	for (size_t i = 0; !failed && i < advice.count; i++)
		append(array, value_text(advice.texts[i]), &failed);
	return finished(array, failed);
}

static json_t *timeline(const struct simulation *simulation)
{
	const struct sim_book *book = simulation->book;
	const struct zone *zone = simulation->zone;
	json_t *array = json_array();
	bool failed = !array;

	for (size_t i = 0; !failed && i < book->n_events; i++) {
		const struct sim_event *event = &book->events[i];
		bool open = event->end == USEC_INFINITY;

		if (!simulation->shown[event->job])
			continue;
		append(array,
		       json_pack(
			       "{s:o, s:o, s:o, s:o, s:o, s:s, s:I, s:I}", "job",
			       value_text(simulation->model->jobs[event->job].name), "slot",
			       json_time(event->slot, zone), "begin", json_time(event->begin, zone),
			       "end", json_time(event->end, zone), "verdict",
			       open ? json_null() : value_text(verdict_info(event->verdict)->name),
			       "reason", reason_word(event->reason), "attempt",
			       (json_int_t)event->attempt, "slots",
			       (json_int_t)(event->count > 0 ? event->count : 1)),
		       &failed);
	}
	return finished(array, failed);
}

static json_t *heat_row(const struct sim_heat *heat, size_t row)
{
	const struct sim_heat_cell *cells = &heat->cells[row * heat->n_fine];
	char label[SIM_HEAT_LABEL_SIZE];
	json_t *array = json_array();
	bool failed = !array;

	for (size_t i = 0; !failed && i < heat->n_fine; i++)
		append(array,
		       cells[i].covered == 0
			       ? json_null()
			       : json_pack("{s:I, s:f, s:I}", "starts", (json_int_t)cells[i].begun,
					   "busy", sim_heat_value(&cells[i], SIM_MEASURE_BUSY),
					   "lost", (json_int_t)cells[i].lost),
		       &failed);
	return json_pack("{s:s, s:o}", "row", sim_heat_coarse_label(heat, row, label), "cells",
			 finished(array, failed));
}

static json_t *heat_map(const struct sim_heat *heat)
{
	json_t *array = json_array();
	bool failed = !array;

	for (size_t i = 0; !failed && i < heat->n_coarse; i++)
		append(array, heat_row(heat, i), &failed);
	return finished(array, failed);
}

/* Adds a member, unless the document has failed already. */
static void add(json_t **document, const char *name, json_t *value)
{
	if (!*document) {
		json_decref(value);
		return;
	}
	if (json_object_set_new(*document, name, value) < 0) {
		json_decref(*document);
		*document = NULL;
	}
}

int sim_print_json(const struct simulation *simulation, bool with_timeline,
		   const struct sim_heat *heat)
{
	const struct sim_book *book = simulation->book;
	const struct zone *zone = simulation->zone;
	double span = (double)(book->to - book->from);
	json_t *document = json_pack(
		"{s:o, s:o, s:o, s:I, s:I}", "from", json_time(simulation->from, zone), "to",
		json_time(simulation->to, zone), "zone", value_text(zone_name(zone)), "workers",
		(json_int_t)simulation->model->daemon.workers, "queue",
		(json_int_t)simulation->model->daemon.queue);

	add(&document, "jobs", jobs(simulation));
	add(&document, "total", figures(simulation, &book->total));
	add(&document, "peak_running", peak(simulation, &book->running));
	add(&document, "peak_queue", peak(simulation, &book->queued));
	add(&document, "busiest_minute", peak(simulation, &book->minute));
	add(&document, "average_running", json_real((double)book->work / span));
	add(&document, "saturated", json_real((double)book->saturated / span));
	add(&document, "clock_changes", shifts(simulation));
	add(&document, "warnings", warnings(simulation));
	if (with_timeline) {
		add(&document, "timeline", timeline(simulation));
		add(&document, "timeline_unlisted", json_integer((json_int_t)book->unlisted));
	}
	if (heat)
		add(&document, "heatmap", heat_map(heat));
	return json_print(document);
}
