/*
 * What lives of the daemon before this one have left, as of the first load: what jobs had come to,
 * runs without a verdict, and slots that nobody acted on meanwhile.
 */
#include "core/engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void past_load_done(struct past_load *load)
{
	free(load->jobs);
	free(load->live);
	free(load->slots);
	*load = (struct past_load){0};
}

/* --- in preparation: all that needs memory --- */

static bool is_looked_at_anew(const struct past_run *run)
{
	return run->state == PAST_ACCEPTED && !run->manual;
}

/* Slots that are looked at anew. */
static size_t count_slots(const struct past_job *job)
{
	size_t n = job->held != USEC_INFINITY;

	for (size_t i = 0; i < job->n_runs; i++)
		n += is_looked_at_anew(&job->runs[i]);
	return n;
}

static struct engine_pause *pause_new(usec_t until, const char *reason)
{
	size_t len = reason ? strlen(reason) : 0;
	struct engine_pause *pause = malloc(sizeof(*pause) + len + 1);

	if (!pause)
		return NULL;
	pause->until = until;
	if (reason)
		memcpy(pause->reason, reason, len);
	pause->reason[len] = '\0';
	return pause;
}

static int compare_slots(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a;
	usec_t y = *(const usec_t *)b;

	return (x > y) - (x < y);
}

static int compare_live(const void *a, const void *b)
{
	uint64_t x = ((const struct past_live *)a)->run->id;
	uint64_t y = ((const struct past_live *)b)->run->id;

	return (x > y) - (x < y);
}

static bool has_grid(const struct past_job *past, const struct schedule *schedule)
{
	char grid[SCHEDULE_GRID_SIZE];

	return past->schedule && strcmp(past->schedule, schedule_grid(schedule, grid)) == 0;
}

/* What the job had come to. One that had left the configuration begins anew. */
static int recall(const struct past_job *past, struct engine_job *job)
{
	if (!past->schedule)
		return 0;
	if (past->paused) {
		job->pause = pause_new(past->until, past->reason);
		if (!job->pause)
			return -ENOMEM;
	}
	job->failures = past->failures;
	job->told = past->told;
	job->last_id = past->last_id;
	job->last_verdict = past->last_verdict;
	return 0;
}

static void list_runs(struct past_load *load, const struct past_job *past, size_t number,
		      size_t *n_slots)
{
	size_t first = *n_slots;

	for (size_t i = 0; i < past->n_runs; i++) {
		const struct past_run *run = &past->runs[i];

		if (is_looked_at_anew(run)) {
			load->slots[(*n_slots)++] = run->slot;
			continue;
		}
		load->live[load->n_live++] = (struct past_live){run, number};
		load->places[run_place_of(run)]++;
	}
	if (past->held != USEC_INFINITY)
		load->slots[(*n_slots)++] = past->held;
	qsort(&load->slots[first], *n_slots - first, sizeof(*load->slots), compare_slots);
}

static int prepare_job(struct past_load *load, const struct past_job *past, size_t number,
		       const struct job *def, struct engine_job *job, size_t *n_slots)
{
	struct past_entry *entry = &load->jobs[number];
	size_t first = *n_slots;

	list_runs(load, past, number, n_slots);
	*entry = (struct past_entry){
		.job = past,
		.continued = has_grid(past, &def->schedule),
		.n_slots = *n_slots - first,
	};
	/* Other slots, too, begin behind those that are on record. */
	job->accounted = past->accounted;
	if (entry->n_slots > 0 && load->slots[*n_slots - 1] > job->accounted)
		job->accounted = load->slots[*n_slots - 1];
	return recall(past, job);
}

int past_prepare(struct engine_job *const *jobs, const struct model *model, const struct past *past,
		 struct past_load *ret_load)
{
	size_t n_live = 0;
	size_t n_slots = 0;
	size_t known = 0;
	int r;

	for (size_t i = 0; i < past->n_jobs; i++) {
		n_live += past->jobs[i].n_runs;
		n_slots += count_slots(&past->jobs[i]);
	}
	/* One more than needed: NULL then always means that there is no memory. */
	ret_load->jobs = calloc(model->n_jobs + 1, sizeof(*ret_load->jobs));
	ret_load->live = calloc(n_live + 1, sizeof(*ret_load->live));
	ret_load->slots = calloc(n_slots + 1, sizeof(*ret_load->slots));
	if (!ret_load->jobs || !ret_load->live || !ret_load->slots)
		return -ENOMEM;
	ret_load->past = past;
	n_slots = 0;
	for (size_t i = 0; i < model->n_jobs; i++) {
		const char *name = model->jobs[i].name;

		while (known < past->n_jobs && strcmp(past->jobs[known].name, name) < 0)
			known++;
		if (known == past->n_jobs || strcmp(past->jobs[known].name, name) != 0)
			continue;
		r = prepare_job(ret_load, &past->jobs[known], i, &model->jobs[i], jobs[i],
				&n_slots);
		if (r < 0)
			return r;
	}
	qsort(ret_load->live, ret_load->n_live, sizeof(*ret_load->live), compare_live);
	return 0;
}

/* --- in force --- */

usec_t past_expect(const struct step *step, const struct past_job *past, usec_t within)
{
	usec_t left;

	if (past->last_success == 0 ||
	    __builtin_sub_overflow(usec_add(past->last_success, within), step->now, &left) ||
	    left > within)
		return within;
	return left > 0 ? left : 1;
}

void past_restore_runs(struct step *step, const struct past_load *load)
{
	struct engine *engine = step->engine;

	if (!load->past)
		return;
	if (load->past->last_run > engine->last_id)
		engine->last_id = load->past->last_run;
	if (load->past->last_streak > engine->last_streak)
		engine->last_streak = load->past->last_streak;
	for (size_t i = 0; i < load->n_live; i++) {
		const struct past_live *live = &load->live[i];
		struct engine_run *run = run_restore(step, engine->jobs[live->job], live->run);

		attempt_restore(step, run, live->run);
	}
}

/* Slots of a grid that is no more. */
static void cancel_slots(struct step *step, struct engine_job *job, const usec_t *slots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		policy_not_run(step, job, (struct span){slots[i], slots[i], 1}, VERDICT_CANCELLED,
			       REASON_RESCHEDULED);
}

/* When a run of it ended last, or a slot did not run, or it was first known; but now, if that is a
   time to come. */
static usec_t last_done(const struct step *step, const struct past_job *past)
{
	usec_t done = past->last_ended > past->accounted ? past->last_ended : past->accounted;

	return done < step->now ? done : step->now;
}

/* Goes on with what waited and, if nothing is under way, has the slot that is next. */
static void continue_others(struct step *step, struct engine_job *job, const struct past_job *past,
			    const usec_t *slots, size_t n_slots)
{
	const struct schedule *schedule = &job->def->schedule;
	/* Nor after a run that was lost, of which that is known from now on. */
	bool awaited = job->next == USEC_INFINITY && n_slots == 0;

	if (pause_is_over(job, step->now))
		pause_end(step, job);
	due_catch_up(step, job, slots, n_slots, (struct span){0}, REASON_DOWN);
	if (schedule->kind == SCHEDULE_AFTER && awaited && !due_is_busy(job))
		job->next = usec_add(last_done(step, past), schedule->interval);
	due_follow(step, job);
	due_look(step, job, REASON_DOWN);
}

static void continue_slots(struct step *step, struct engine_job *job, const usec_t *slots,
			   size_t n_slots)
{
	const struct schedule *schedule = &job->def->schedule;
	struct span due = span_between(schedule, job->accounted, due_at(schedule, step->now));

	if (pause_is_over(job, step->now))
		pause_end(step, job);
	if (due.count > 0)
		job->next = schedule_next(schedule, due.last);
	else
		job->next = due_after_accounted(step, job);
	due_catch_up(step, job, slots, n_slots, due, REASON_DOWN);
	job_arm(step, job, job->next);
}

/* A paused job that is to have a run for each goes on to hold what it held. */
static bool keeps_held(const struct engine_job *job, const struct step *step)
{
	return job->pause && !pause_is_over(job, step->now) && catch_up_all(job);
}

static void restore_slots(struct step *step, struct engine_job *job, const struct past_entry *entry,
			  usec_t *slots)
{
	size_t n = entry->n_slots;
	usec_t held = entry->job->held;

	if (held != USEC_INFINITY && entry->continued && keeps_held(job, step)) {
		size_t i = 0;

		while (slots[i] != held)
			i++;
		n--;
		memmove(&slots[i], &slots[i + 1], (n - i) * sizeof(*slots));
		job->held = held;
	} else if (held != USEC_INFINITY) {
		job_held(step, job, USEC_INFINITY);
	}
	if (entry->continued && schedule_is_grid(&job->def->schedule)) {
		continue_slots(step, job, slots, n);
		return;
	}
	if (entry->continued) {
		continue_others(step, job, entry->job, slots, n);
		return;
	}
	cancel_slots(step, job, slots, n);
	if (pause_is_over(job, step->now))
		due_look(step, job, REASON_DOWN);
	due_follow(step, job);
}

void past_restore_slots(struct step *step, const struct past_load *load)
{
	struct engine *engine = step->engine;
	usec_t *slots = load->slots;

	for (size_t i = 0; load->past && i < engine->model->n_jobs; i++) {
		const struct past_entry *entry = &load->jobs[i];

		if (!entry->job)
			continue;
		restore_slots(step, engine->jobs[i], entry, slots);
		slots += entry->n_slots;
	}
}
