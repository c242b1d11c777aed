/*
 * What the engine's tests share: models in a few words, a clock that goes where it is told, and a
 * sink that writes each step's effects as text, so that a test reads as the rule it holds.
 *
 * Times are seconds. An occurrence is NAME@SLOT.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define S(seconds) ((usec_t)(seconds)*USEC_PER_SEC)

/* Zero stands for what a test does not care about: every 10 s, max_running 1. */
struct job_spec {
	const char *name;
	int every;
	int offset;
	int after; /* else ... */
	unsigned on;
	const struct cron *cron;
	int delay;
	enum overlap_policy overlap;
	unsigned max_running;
	const char *group;
	const char *command;
	const struct job_settings *with; /* all else */
};

struct group_spec {
	const char *name;
	unsigned limit;
};

struct model_spec {
	unsigned workers; /* 0: 100 */
	unsigned queue;
	unsigned catch_up_rate;
	enum durability durability;
	struct job_spec jobs[8];     /* by name */
	struct group_spec groups[4]; /* by name */
};

struct rig {
	struct engine *engine;
	usec_t now;
	bool on_record; /* log what is to be recorded of jobs and slots, too */
	char log[4096]; /* effects since the last expect() */
};

static inline struct schedule build_schedule(const struct job_spec *spec)
{
	struct schedule schedule = {.interval = S(spec->every ? spec->every : 10),
				    .offset = S(spec->offset)};

	if (spec->after > 0)
		schedule = (struct schedule){.kind = SCHEDULE_AFTER, .interval = S(spec->after)};
	else if (spec->on != 0)
		schedule = (struct schedule){.kind = SCHEDULE_ON, .on = (unsigned char)spec->on};
	else if (spec->cron)
		schedule = (struct schedule){.kind = SCHEDULE_CRON, .cron = spec->cron};
	schedule.delay = S(spec->delay);
	return schedule;
}

static inline void build_job(struct model *model, struct job *job, const struct job_spec *spec)
{
	const char *command = spec->command ? spec->command : "true";
	struct job_settings *settings = arena_alloc(&model->arena, sizeof(*settings));

	assert_non_null(settings);
	if (spec->with)
		*settings = *spec->with;
	settings->overlap = spec->overlap;
	settings->max_running = spec->max_running ? spec->max_running : 1;
	settings->group = spec->group ? model_find_group(model, spec->group) : NULL;
	settings->shell = "/bin/sh";
	assert_true(!spec->group || settings->group);
	*job = (struct job){
		.name = arena_copy(&model->arena, spec->name, strlen(spec->name)),
		.schedule = build_schedule(spec),
		.settings = settings,
		.command = {arena_copy(&model->arena, command, strlen(command)), 1, false},
	};
	assert_true(job->name && job->command.args);
}

static inline struct model *build_model(const struct model_spec *spec)
{
	struct model *model = model_new();
	struct job *jobs;
	struct group *groups;

	assert_non_null(model);
	jobs = arena_alloc(&model->arena,
			   sizeof(spec->jobs) / sizeof(spec->jobs[0]) * sizeof(*jobs));
	groups = arena_alloc(&model->arena,
			     sizeof(spec->groups) / sizeof(spec->groups[0]) * sizeof(*groups));
	assert_true(jobs && groups);
	model->daemon = (struct daemon_settings){
		.workers = spec->workers ? spec->workers : 100,
		.queue = spec->queue,
		.stop_timeout = S(30),
		.catch_up_rate = spec->catch_up_rate,
		.durability = spec->durability,
	};
	model->files = arena_alloc(&model->arena, sizeof(*model->files));
	assert_non_null(model->files);
	model->files[model->n_files++] = (struct model_file){.path = "test"};
	model->groups = groups;
	for (const struct group_spec *group = spec->groups; group->name; group++)
		groups[model->n_groups++] = (struct group){
			.name = arena_copy(&model->arena, group->name, strlen(group->name)),
			.limit = group->limit,
			.file = "test",
		};
	model->jobs = jobs;
	for (const struct job_spec *job = spec->jobs; job->name; job++)
		build_job(model, &jobs[model->n_jobs++], job);
	return model;
}

static inline void record(struct rig *rig, const char *format, ...) _printf_(2, 3);
static inline void record(struct rig *rig, const char *format, ...)
{
	size_t used = strlen(rig->log);
	va_list ap;

	if (used > 0)
		used += (size_t)sprintf(rig->log + used, "; ");
	va_start(ap, format);
	assert_true(vsnprintf(rig->log + used, sizeof(rig->log) - used, format, ap) <
		    (int)(sizeof(rig->log) - used));
	va_end(ap);
}

/* As "failure+mail failed x1": what is told, of which verdict, and the number of failures. */
static inline void record_notice(struct rig *rig, const struct engine_run *run)
{
	static const char *const hooks[HOOK_COUNT] = {
		[HOOK_START] = "start",     [HOOK_SUCCESS] = "success",
		[HOOK_FAILURE] = "failure", [HOOK_RECOVERY] = "recovery",
		[HOOK_MISSED] = "missed",
	};
	const struct engine_notice *notice = &run->notice;
	char what[100] = "";

	assert_true(engine_run_is_notice(run));
	for (int i = 0; i < HOOK_COUNT; i++)
		if (notice->hooks & 1U << i)
			strcat(strcat(what, *what ? "+" : ""), hooks[i]);
	if (notice->mail)
		strcat(strcat(what, *what ? "+" : ""), "mail");
	if (notice->hooks & 1U << HOOK_MISSED)
		record(rig, "tell %s: missed %s %s x%d", run->def->name,
		       verdict_info(notice->verdict)->name, reason_word(notice->reason),
		       (int)notice->missed);
	else if (notice->hooks & 1U << HOOK_START)
		record(rig, "tell %s@%g: start", run->def->name, (double)run->slot / 1e6);
	else if (notice->reason == REASON_OVERDUE)
		record(rig, "tell %s: %s overdue %s run %d", run->def->name, what,
		       verdict_info(notice->verdict)->name, (int)run->id);
	else
		record(rig, "tell %s@%g: %s %s x%d", run->def->name, (double)run->slot / 1e6, what,
		       verdict_info(notice->verdict)->name, (int)notice->failures);
}

/* In brackets, what goes to the ledger alone. */
static inline void record_posting(struct rig *rig, const struct effect *effect)
{
	const struct engine_streak *streak = effect->streak;
	const struct engine_job *job = effect->job;

	switch (effect->kind) {
	case EFFECT_ACCEPTED:
		record(rig, "[run %d %s@%g]", (int)effect->run->id, effect->run->def->name,
		       (double)effect->run->slot / 1e6);
		break;
	case EFFECT_NOT_RUN:
		record(rig, "[streak %d %s@%g-%g %s %s x%d]", (int)streak->id, job->def->name,
		       (double)streak->first / 1e6, (double)streak->last / 1e6,
		       verdict_info(streak->verdict)->name, reason_word(streak->reason),
		       (int)streak->count);
		if (effect->unrun)
			sprintf(rig->log + strlen(rig->log) - 1, " for run %d]",
				(int)effect->unrun->id);
		break;
	case EFFECT_HELD:
		if (effect->at == USEC_INFINITY)
			record(rig, "[%s holds nothing]", job->def->name);
		else
			record(rig, "[%s holds %g]", job->def->name, (double)effect->at / 1e6);
		break;
	case EFFECT_JOB_KNOWN:
		record(rig, "[%s from %g]", job->def->name, (double)effect->at / 1e6);
		break;
	case EFFECT_JOB_GONE:
		record(rig, "[%s gone]", job->def->name);
		break;
	default:
		record(rig, "[%s: %d failures%s%s]", job->def->name, (int)job->failures,
		       job->told ? ", told" : "", job->pause ? ", paused" : "");
		break;
	}
}

static inline void record_effect(void *ctx, const struct effect *effect)
{
	struct rig *rig = ctx;
	const struct engine_streak *streak = effect->streak;
	const struct engine_run *run = effect->run;
	const char *name;

	switch (effect->kind) {
	case EFFECT_ARM:
		record(rig, "arm %s %g", effect->job->def->name, (double)effect->at / 1e6);
		break;
	case EFFECT_DISARM:
		record(rig, "disarm %s", effect->job->def->name);
		break;
	case EFFECT_JOB_FREE:
		record(rig, "free %s", effect->job->def->name);
		break;
	case EFFECT_START:
		record(rig, "start %s@%g", run->def->name, (double)run->slot / 1e6);
		if (run->attempt > 1)
			sprintf(rig->log + strlen(rig->log), " #%u", run->attempt);
		break;
	case EFFECT_RETRY:
		name = verdict_info(effect->verdict)->name;
		record(rig, "retry %s@%g in %g: %s%s%s", run->def->name, (double)run->slot / 1e6,
		       (double)effect->span / 1e6, name, effect->reason ? " " : "",
		       reason_word(effect->reason));
		break;
	case EFFECT_RETRY_OFF:
		record(rig, "no retry %s@%g", run->def->name, (double)run->slot / 1e6);
		break;
	case EFFECT_NOTICE:
		record_notice(rig, run);
		break;
	case EFFECT_NOTICE_DROPPED:
		assert_true(engine_run_is_notice(run));
		record(rig, "drop %s@%g %s", run->def->name, (double)run->slot / 1e6,
		       reason_word(effect->reason));
		break;
	case EFFECT_DROPS_END:
		record(rig, "dropped %s x%d", effect->job->def->name, (int)effect->job->drops);
		break;
	case EFFECT_EXPECT:
		if (effect->span == USEC_INFINITY)
			record(rig, "expect nothing of %s", effect->job->def->name);
		else
			record(rig, "expect %s in %g", effect->job->def->name,
			       (double)effect->span / 1e6);
		break;
	case EFFECT_OVERDUE:
		record(rig, "overdue %s", effect->job->def->name);
		break;
	case EFFECT_CANCEL:
		record(rig, "%s %s@%g", effect->mode == CANCEL_KILL ? "kill" : "term",
		       run->def->name, (double)run->slot / 1e6);
		break;
	case EFFECT_ENDED:
		name = verdict_info(effect->verdict)->name;
		record(rig, "end %s@%g %s%s%s", run->def->name, (double)run->slot / 1e6, name,
		       effect->reason ? " " : "", reason_word(effect->reason));
		break;
	case EFFECT_STREAK_BEGIN:
		assert_int_equal(streak->count, 1);
		assert_int_equal(streak->first, streak->last);
		record(rig, "%s@%g %s %s ...", effect->job->def->name, (double)streak->first / 1e6,
		       verdict_info(streak->verdict)->name, reason_word(streak->reason));
		break;
	case EFFECT_STREAK_END:
		record(rig, "%s@%g-%g %s %s x%d", effect->job->def->name,
		       (double)streak->first / 1e6, (double)streak->last / 1e6,
		       verdict_info(streak->verdict)->name, reason_word(streak->reason),
		       (int)streak->count);
		break;
	case EFFECT_BURST_BEGIN:
		record(rig, "full");
		break;
	case EFFECT_BURST_END:
		record(rig, "room again, refused %d", (int)effect->count);
		break;
	case EFFECT_LOADED:
		record(rig, "loaded +%zu ~%zu -%zu =%zu", effect->diff.added, effect->diff.changed,
		       effect->diff.removed, effect->diff.unchanged);
		break;
	case EFFECT_ADOPT:
		assert_int_equal(effect->past->id, run->id);
		record(rig, "adopt %s@%g", run->def->name, (double)run->slot / 1e6);
		break;
	case EFFECT_RETRY_RESTORED:
		record(rig, "retry %s@%g in %g", run->def->name, (double)run->slot / 1e6,
		       (double)effect->span / 1e6);
		break;
	case EFFECT_PUT_OFF:
		record(rig, "put off %s@%g", run->def->name, (double)run->slot / 1e6);
		break;
	case EFFECT_PAUSED:
		record(rig, "paused %s", effect->job->def->name);
		break;
	case EFFECT_RESUMED:
		record(rig, "resumed %s", effect->job->def->name);
		break;
	case EFFECT_CATCH_UP:
		record(rig, "next in %g", (double)effect->span / 1e6);
		break;
	case EFFECT_ACCEPTED:
	case EFFECT_NOT_RUN:
	case EFFECT_HELD:
	case EFFECT_JOB_KNOWN:
	case EFFECT_JOB_GONE:
	case EFFECT_JOB_STATE:
		if (rig->on_record)
			record_posting(rig, effect);
		break;
	case EFFECT_DRAINED:
		record(rig, "drained");
		break;
	}
}

static inline void step(struct rig *rig, struct engine_event event)
{
	engine_step(rig->engine, &event, rig->now, (struct effect_sink){record_effect, rig});
}

/* The effects since the last time, in order. */
static inline void expect_at(struct rig *rig, const char *effects, const char *file, int line)
{
	if (strcmp(rig->log, effects) != 0)
		print_error("expected: %s\n     got: %s\n", effects, rig->log);
	_assert_string_equal(rig->log, effects, file, line);
	rig->log[0] = '\0';
}
#define expect(rig, effects) expect_at(rig, effects, __FILE__, __LINE__)

static inline void forget(struct rig *rig)
{
	rig->log[0] = '\0';
}

static inline void load_with(struct rig *rig, const struct model_spec *spec,
			     const struct past *past)
{
	struct model *model = build_model(spec);
	struct engine_load *load = NULL;

	assert_int_equal(engine_prepare(rig->engine, model, past, &load), 0);
	model_unref(model);
	step(rig, (struct engine_event){.kind = ENGINE_LOAD, .load = load});
}

static inline void load(struct rig *rig, const struct model_spec *spec)
{
	load_with(rig, spec, NULL);
}

/* An engine at second `now` without a model. */
static inline struct rig begin_bare(int now)
{
	struct rig rig = {.now = S(now)};

	assert_int_equal(engine_new(0, 0, &rig.engine), 0);
	return rig;
}

/* With a model in force. */
static inline struct rig begin(int now, const struct model_spec *spec)
{
	struct rig rig = begin_bare(now);

	load(&rig, spec);
	forget(&rig);
	return rig;
}

static inline void end(struct rig *rig)
{
	engine_free(rig->engine);
}

/* The loop's timers: whatever is due now, earliest first. */
static inline void fire_due(struct rig *rig)
{
	struct engine_job *job;

	while (engine_next_due(rig->engine, &job) <= rig->now)
		step(rig, (struct engine_event){.kind = ENGINE_DUE, .job = job});
}

/* Time passes; every timer fires on time. */
static inline void run_until(struct rig *rig, int now)
{
	struct engine_job *job;
	usec_t due;

	while ((due = engine_next_due(rig->engine, &job)) <= S(now)) {
		rig->now = due;
		step(rig, (struct engine_event){.kind = ENGINE_DUE, .job = job});
	}
	rig->now = S(now);
}

/* Time passes while the loop does nothing; then the timers fire. */
static inline void stall_until(struct rig *rig, int now)
{
	rig->now = S(now);
	fire_due(rig);
}

struct search {
	const char *name;
	usec_t slot;
	bool notice;
	struct engine_run *run;
	struct engine_job *job;
};

static inline bool match_run(void *ctx, struct engine_run *run)
{
	struct search *search = ctx;

	if (strcmp(run->def->name, search->name) == 0 && run->slot == search->slot &&
	    engine_run_is_notice(run) == search->notice)
		search->run = run;
	return !search->run;
}

static inline struct engine_run *find_run(struct rig *rig, const char *name, int slot)
{
	struct search search = {.name = name, .slot = S(slot)};

	engine_each_run(rig->engine, match_run, &search);
	assert_non_null(search.run);
	return search.run;
}

static inline bool match_job(void *ctx, struct engine_job *job)
{
	struct search *search = ctx;

	if (strcmp(job->def->name, search->name) == 0)
		search->job = job;
	return !search->job;
}

static inline struct engine_job *find_job(struct rig *rig, const char *name)
{
	struct search search = {.name = name};

	engine_each_job(rig->engine, match_job, &search);
	assert_non_null(search.job);
	return search.job;
}

static inline void finish_as(struct rig *rig, const char *name, int slot, struct run_result result)
{
	step(rig, (struct engine_event){.kind = ENGINE_FINISHED,
					.run = find_run(rig, name, slot),
					.result = &result});
}

static inline void finish(struct rig *rig, const char *name, int slot)
{
	finish_as(rig, name, slot, (struct run_result){.kind = RESULT_EXITED});
}

static inline void started(struct rig *rig, const char *name, int slot)
{
	step(rig, (struct engine_event){.kind = ENGINE_STARTED, .run = find_run(rig, name, slot)});
}

/* The attempt fails. */
static inline void fail_run(struct rig *rig, const char *name, int slot)
{
	finish_as(rig, name, slot, (struct run_result){.kind = RESULT_EXITED, .code = 1});
}

static inline void retry(struct rig *rig, const char *name, int slot)
{
	step(rig,
	     (struct engine_event){.kind = ENGINE_RETRY_DUE, .run = find_run(rig, name, slot)});
}

/* An operator kills a run. */
static inline void kill_run(struct rig *rig, struct engine_run *run)
{
	step(rig, (struct engine_event){.kind = ENGINE_KILL, .run = run, .mode = CANCEL_TERM});
}

/* The notice that the shell has of the job has come back. */
static inline void told_as(struct rig *rig, struct engine_job *job, struct run_result result)
{
	assert_non_null(job->telling);
	step(rig, (struct engine_event){
			  .kind = ENGINE_FINISHED, .run = job->telling, .result = &result});
}

/* It has been carried out. */
static inline void told(struct rig *rig, const char *name)
{
	told_as(rig, find_job(rig, name), (struct run_result){.kind = RESULT_EXITED});
}

static inline void happen(struct rig *rig, enum engine_event_kind kind)
{
	step(rig, (struct engine_event){.kind = kind});
}

/* The clock is set, and the engine hears of it. */
static inline void set_clock(struct rig *rig, int now)
{
	usec_t shift = S(now) - rig->now;

	rig->now = S(now);
	step(rig, (struct engine_event){.kind = ENGINE_CLOCK_STEPPED, .shift = shift});
}

/* The machine was suspended until then. */
static inline void sleep_until(struct rig *rig, int now)
{
	rig->now = S(now);
	step(rig, (struct engine_event){.kind = ENGINE_CLOCK_STEPPED, .suspended = true});
}

/* `until` 0: until somebody resumes it. */
static inline void pause_job(struct rig *rig, const char *name, int until)
{
	struct engine_pause *pause = malloc(sizeof(*pause) + sizeof("work on it"));

	assert_non_null(pause);
	pause->until = until ? S(until) : USEC_INFINITY;
	memcpy(pause->reason, "work on it", sizeof("work on it"));
	step(rig, (struct engine_event){
			  .kind = ENGINE_PAUSE, .job = find_job(rig, name), .pause = pause});
}

static inline void resume_job(struct rig *rig, const char *name)
{
	step(rig, (struct engine_event){.kind = ENGINE_RESUME, .job = find_job(rig, name)});
}

static inline uint64_t counted(struct rig *rig, enum verdict verdict)
{
	return engine_counters(rig->engine)->verdicts[verdict];
}
