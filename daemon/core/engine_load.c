/*
 * Putting a model in force: everything that can fail happens in engine_prepare(), so that
 * ENGINE_LOAD only moves pointers.
 */
#include "core/diff.h"
#include "core/engine_internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct engine_load {
	const struct model *base;     /* in force when this was prepared */
	struct model *model;          /* a reference */
	struct engine_job **jobs;     /* in the order of model->jobs; new ones where added */
	unsigned char *fates;         /* an enum diff_fate for each */
	struct engine_group **groups; /* in the order of model->groups; new ones not yet in force */
	bool *groups_added;
	struct agenda_entry *entries; /* the agenda's new storage; NULL: it has enough */
	struct run_queue runs;        /* those that the new bounds need */
	size_t n_runs;
	size_t retrying; /* runs that may be between two attempts at the same time */
	size_t telling;  /* jobs that may have notices */
	size_t bounds[PLACE_COUNT];
	struct past_load past;
	struct engine_diff diff;
	struct engine_named named;
};

void engine_load_free(struct engine_load *load)
{
	struct engine_run *run;

	if (!load)
		return;
	/* With one of them alone the other says nothing yet. */
	for (size_t i = 0; load->jobs && load->fates && i < load->model->n_jobs; i++)
		if (load->fates[i] == DIFF_ADDED)
			job_free(load->jobs[i]);
	for (size_t i = 0; load->groups && load->groups_added && i < load->model->n_groups; i++)
		if (load->groups_added[i])
			free(load->groups[i]);
	while ((run = TAILQ_FIRST(&load->runs))) {
		TAILQ_REMOVE(&load->runs, run, link);
		free(run);
	}
	free(load->jobs);
	free(load->fates);
	free(load->groups);
	free(load->groups_added);
	free(load->entries);
	past_load_done(&load->past);
	model_unref(load->model);
	free(load);
}

struct model *engine_ref_model(struct engine *engine)
{
	return engine->model ? model_ref(engine->model) : NULL;
}

const struct engine_named *engine_load_named(const struct engine_load *load)
{
	return &load->named;
}

static void cleanup_load(struct engine_load **load)
{
	engine_load_free(*load);
}

static struct engine_job *job_new(const struct engine *engine)
{
	struct engine_job *job = calloc(1, JOB_SIZE + engine->job_tail);

	if (!job)
		return NULL;
	job->next = USEC_INFINITY;
	job->held = USEC_INFINITY;
	job->backlog = USEC_INFINITY;
	job->accounted = INT64_MIN;
	job->agenda_index = AGENDA_NONE;
	return job;
}

static bool tells(const struct job *def)
{
	return def && notice_is_possible(def->settings);
}

static bool retries(const struct job *def)
{
	return def && def->settings->retries > 0;
}

/* What a job may need, of which either definition may be NULL; until the load is put in force, runs
   begin under the old one. */
static void count_places(struct engine_load *load, const struct job *before,
			 const struct job *after, unsigned live)
{
	load->telling += tells(before) || tells(after);
	if (!retries(before) && !retries(after))
		return;
	if (before && policy_limit(before) > live)
		live = policy_limit(before);
	if (after && policy_limit(after) > live)
		live = policy_limit(after);
	load->retrying += live;
}

/* What jobs need that are gone, and what is left from models before the one in force. */
static void count_left(const struct engine *engine, struct engine_load *load)
{
	const struct engine_run *run;

	for (run = TAILQ_FIRST(&engine->live); run; run = TAILQ_NEXT(run, link)) {
		const struct job *counted = run->job->gone ? NULL : run->job->def;

		load->telling += tells(run->def) && !tells(counted);
		load->retrying += !counted || (run->place == PLACE_RETRY && !retries(counted));
	}
	for (run = TAILQ_FIRST(&engine->notices); run; run = TAILQ_NEXT(run, link))
		load->telling += run->job->gone || !tells(run->job->def);
}

static void name(struct engine_named *named, enum diff_fate fate, const struct job *def)
{
	if (named->n[fate] < ENGINE_NAMED_MAX)
		named->names[fate][named->n[fate]++] = def->name;
}

static int prepare_jobs(const struct engine *engine, struct engine_load *load)
{
	struct diff diff = {.before = engine->model, .after = load->model};
	size_t n = load->model->n_jobs;
	size_t before;
	size_t after;
	enum diff_fate fate;

	/* One more than needed: NULL then always means that there is no memory. */
	load->jobs = calloc(n + 1, sizeof(*load->jobs));
	load->fates = malloc(n + 1);
	if (!load->jobs || !load->fates)
		return -ENOMEM;
	memset(load->fates, DIFF_UNCHANGED, n);

	while (diff_next(&diff, &fate, &before, &after)) {
		bool was = fate != DIFF_ADDED;
		const struct job *def_before = was ? &engine->model->jobs[before] : NULL;
		const struct job *def_after =
			fate != DIFF_REMOVED ? &load->model->jobs[after] : NULL;

		count_places(load, def_before, def_after, was ? engine->jobs[before]->live : 0);
		if (fate != DIFF_UNCHANGED)
			name(&load->named, fate, fate == DIFF_REMOVED ? def_before : def_after);
		switch (fate) {
		case DIFF_REMOVED:
			load->diff.removed++;
			continue;
		case DIFF_ADDED:
			load->diff.added++;
			load->jobs[after] = job_new(engine);
			if (!load->jobs[after])
				return -ENOMEM;
			break;
		case DIFF_CHANGED:
			load->diff.changed++;
			load->jobs[after] = engine->jobs[before];
			break;
		case DIFF_UNCHANGED:
			load->diff.unchanged++;
			load->jobs[after] = engine->jobs[before];
			break;
		}
		load->fates[after] = (unsigned char)fate;
	}
	if (n > engine->agenda.capacity) {
		load->entries = calloc(n, sizeof(*load->entries));
		if (!load->entries)
			return -ENOMEM;
	}
	return 0;
}

static int prepare_groups(const struct engine *engine, struct engine_load *load)
{
	size_t n = load->model->n_groups;

	load->groups = calloc(n + 1, sizeof(*load->groups));
	load->groups_added = calloc(n + 1, sizeof(*load->groups_added));
	if (!load->groups || !load->groups_added)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const char *name = load->model->groups[i].name;
		const struct group *before = NULL;

		if (engine->model)
			before = model_find_group(engine->model, name);
		if (before) {
			load->groups[i] = engine->groups[before - engine->model->groups];
			continue;
		}
		load->groups[i] = calloc(1, sizeof(*load->groups[i]));
		if (!load->groups[i])
			return -ENOMEM;
		load->groups_added[i] = true;
		TAILQ_INIT(&load->groups[i]->waiters);
	}
	return 0;
}

/* So many places there are until the runs of the past have been restored. */
static size_t at_first(const struct engine_load *load, int place)
{
	size_t past = load->past.places[place];

	return load->bounds[place] > past ? load->bounds[place] : past;
}

static int prepare_runs(const struct engine *engine, struct engine_load *load)
{
	size_t n = 0;

	count_left(engine, load);
	run_bounds(&load->model->daemon, load->retrying, load->telling, load->bounds);

	/* Those beyond the bounds in force go as they come back: they do not count. */
	for (int i = 0; i < PLACE_COUNT; i++) {
		size_t bound = at_first(load, i);

		if (bound > engine->bounds[i])
			n += bound - engine->bounds[i];
	}
	for (; load->n_runs < n; load->n_runs++) {
		struct engine_run *run = calloc(1, RUN_SIZE + engine->run_tail);

		if (!run)
			return -ENOMEM;
		TAILQ_INSERT_TAIL(&load->runs, run, link);
	}
	return 0;
}

int engine_prepare(struct engine *engine, struct model *model, const struct past *past,
		   struct engine_load **ret_load)
{
	_cleanup_(cleanup_load) struct engine_load *load = calloc(1, sizeof(*load));
	int r;

	if (!load)
		return -ENOMEM;
	TAILQ_INIT(&load->runs);
	load->base = engine->model;
	load->model = model_ref(model);
	r = prepare_jobs(engine, load);
	if (r == 0 && past)
		r = past_prepare(load->jobs, model, past, &load->past);
	if (r == 0)
		r = prepare_groups(engine, load);
	if (r == 0)
		r = prepare_runs(engine, load);
	if (r < 0)
		return r;
	*ret_load = steal_ptr(load);
	return 0;
}

/* Exchanges the two tables and what each group's definition brings; frees groups that are done. */
static void apply_groups(struct engine *engine, struct engine_load *load)
{
	size_t n_before = engine->model ? engine->model->n_groups : 0;
	struct engine_group **before = engine->groups;
	struct engine_run *run;

	for (size_t i = 0; i < n_before; i++)
		before[i]->in_force = false;

	/* A group that comes back while runs of its old life go on: its limit counts them too. */
	for (run = TAILQ_FIRST(&engine->live); run; run = TAILQ_NEXT(run, link)) {
		const struct group *def = run->group ? run->def->settings->group : NULL;
		size_t i;

		def = def ? model_find_group(load->model, def->name) : NULL;
		if (!def)
			continue;
		i = (size_t)(def - load->model->groups);
		if (load->groups[i] == run->group)
			continue;
		free(load->groups[i]);
		load->groups[i] = run->group;
	}

	for (size_t i = 0; i < load->model->n_groups; i++) {
		load->groups[i]->in_force = true;
		load->groups[i]->limit = load->model->groups[i].limit;
		group_update(engine, load->groups[i]);
	}
	for (size_t i = 0; i < n_before; i++)
		if (!before[i]->in_force && group_is_idle(before[i]))
			free(before[i]);
	engine->groups = load->groups;
	load->groups = before;
}

static void remove_job(struct step *step, struct engine_job *job)
{
	agenda_remove(&step->engine->agenda, job);
	emit(step, &(struct effect){.kind = EFFECT_DISARM, .job = job});
	policy_withdraw(step, job, REASON_REMOVED);
	if (job->def->settings->expect_within > 0)
		notice_expect(step, job, USEC_INFINITY);
	notice_forget(step->engine, job, true, true);
	emit(step, &(struct effect){.kind = EFFECT_JOB_GONE, .job = job});
	free(job->pause);
	job->pause = NULL;
	job->overdue = false;
	job->gone = true;
	job_left(step, job);
}

/* Both tables have the surviving jobs in the same order. */
static void remove_jobs(struct step *step, const struct engine_load *load)
{
	struct engine *engine = step->engine;
	size_t after = 0;

	for (size_t i = 0; engine->model && i < engine->model->n_jobs; i++) {
		while (after < load->model->n_jobs && load->fates[after] == DIFF_ADDED)
			after++;
		if (after < load->model->n_jobs && load->jobs[after] == engine->jobs[i])
			after++;
		else
			remove_job(step, engine->jobs[i]);
	}
}

static void revive_jobs(struct run_queue *queue, struct engine_load *load)
{
	struct engine_run *run;

	for (run = TAILQ_FIRST(queue); run; run = TAILQ_NEXT(run, link)) {
		const struct job *def;
		size_t i;

		if (!run->job->gone)
			continue;
		def = model_find_job(load->model, run->job->def->name);
		if (!def)
			continue;
		i = (size_t)(def - load->model->jobs);
		assert(load->fates[i] == DIFF_ADDED);
		job_free(load->jobs[i]);
		load->jobs[i] = run->job;
		run->job->gone = false;
	}
}

static void apply_job(struct step *step, const struct engine_load *load, struct engine_job *job,
		      size_t i)
{
	const struct job *def = &load->model->jobs[i];
	const struct past_entry *entry = load->past.past ? &load->past.jobs[i] : NULL;
	const struct past_job *past = entry ? entry->job : NULL;
	enum diff_fate fate = (enum diff_fate)load->fates[i];
	bool begins = fate == DIFF_ADDED ? !entry || !entry->continued
					 : !schedule_same_grid(&job->def->schedule, &def->schedule);
	usec_t expected = fate == DIFF_ADDED ? 0 : job->def->settings->expect_within;
	usec_t expect = def->settings->expect_within;
	bool no_alarm = expect != expected || !notice_of_overdue_is_possible(def->settings);
	bool renewed = fate == DIFF_CHANGED && !begins &&
		       begin_has_other_data(&job->def->schedule, &def->schedule);
	usec_t since = fate == DIFF_CHANGED ? begin_since(step, job) : step->now;

	/* First what need not be told any more, lest that is told for what else is missed now. */
	notice_forget(step->engine, job, !command_line_is_set(&def->settings->hooks[HOOK_MISSED]),
		      no_alarm);
	catch_up_redefine(step, job, def);
	if (begins)
		begin_slots(step, job, since);
	else if (renewed)
		begin_renewed(step, job);
	/* What is on record may be of another life of it. */
	if (fate == DIFF_ADDED && (load->base || (past && !past->schedule)))
		job_state(step, job);
	if (expect != expected) {
		job->overdue = false;
		if (past)
			expect = past_expect(step, past, expect);
		notice_expect(step, job, expect > 0 ? expect : USEC_INFINITY);
	}
}

/* A changed job: what it waits for may be due already, or be let go. */
static void review_job(struct step *step, struct engine_job *job)
{
	if (!job_is_armed(step, job) || pause_is_over(job, step->now))
		due_look(step, job, REASON_LATE);
	policy_release(step, job);
}

void load_apply(struct step *step, struct engine_load *load)
{
	struct engine *engine = step->engine;
	struct engine_diff diff = load->diff;
	size_t n_jobs = load->model->n_jobs;
	struct engine_job **jobs = load->jobs;
	struct model *before = engine->model;

	if (engine->stopping) {
		engine_load_free(load);
		return;
	}
	assert(load->base == engine->model);
	remove_jobs(step, load);
	/* A job that comes back while runs of its old life go on: its overlap policy sees them. */
	revive_jobs(&engine->live, load);
	revive_jobs(&engine->notices, load);
	apply_groups(engine, load);
	if (load->entries)
		agenda_grow(&engine->agenda, steal_ptr(load->entries), n_jobs);
	TAILQ_CONCAT(&engine->free, &load->runs, link);
	engine->n_runs += load->n_runs;
	for (int i = 0; i < PLACE_COUNT; i++)
		engine->bounds[i] = at_first(load, i);

	load->jobs = engine->jobs;
	engine->jobs = jobs;
	engine->model = load->model;
	for (size_t i = 0; i < n_jobs; i++)
		apply_job(step, load, jobs[i], i);
	engine->notice_line.limit = engine->model->daemon.workers / 4;
	if (engine->notice_line.limit == 0)
		engine->notice_line.limit = 1;
	group_update(engine, &engine->notice_line);
	past_restore_runs(step, &load->past);
	attempt_reload(step);
	past_restore_slots(step, &load->past);
	memcpy(engine->bounds, load->bounds, sizeof(engine->bounds));
	run_trim(engine);
	for (size_t i = 0; i < n_jobs; i++)
		if (load->fates[i] == DIFF_CHANGED)
			review_job(step, jobs[i]);
	due_event(step, load->base ? SCHEDULE_ON_RELOAD : SCHEDULE_ON_START);

	/* What is left of it are the old tables, whose items live on or are gone. */
	free(load->jobs);
	free(load->groups);
	free(load->groups_added);
	free(load->fates);
	past_load_done(&load->past);
	free(load);
	model_unref(before);

	step->eased = true;
	engine_settle(step);
	emit(step, &(struct effect){.kind = EFFECT_LOADED, .diff = diff});
}
