/* See section.h. */
#include "config/section.h"

#include "calendar/duration.h"

#include <stdarg.h>
#include <stdio.h>

static const struct option_given *find_given(const struct section *section, enum option_id id)
{
	for (size_t i = 0; i < section->n_given; i++)
		if (option_id(section->given[i].option) == id)
			return &section->given[i];
	return NULL;
}

unsigned section_line(const struct section *section, enum option_id id)
{
	const struct option_given *found = find_given(section, id);

	return found ? found->line : section->at.line;
}

static bool is_own(const struct section *section, enum option_id id)
{
	return option_set_has(&section->own, id);
}

/* The place of an option. */
static struct place place_of(const struct section *section, enum option_id id)
{
	struct place place = section->at;

	place.line = section_line(section, id);
	place.option = option_table[id].name;
	return place;
}

void section_check_required(const struct section *section, const struct option_set *required,
			    struct diags *diags)
{
	struct option_set there = {0};

	for (size_t i = 0; i < section->n_given; i++)
		option_set_add(&there, option_id(section->given[i].option));
	for (size_t w = 0; w < ARRAY_LENGTH(there.words); w++) {
		uint64_t missing = required->words[w] & ~there.words[w];

		for (; missing; missing &= missing - 1) {
			size_t id = w * 64 + (size_t)__builtin_ctzll(missing);
			struct place place = section->at;

			place.option = option_table[id].name;
			place_report(diags, DIAG_ERROR, &place, "missing; it is %s",
				     option_table[id].doc);
		}
	}
}

/* A job has one of them. */
static const enum option_id schedules[] = {OPT_EVERY, OPT_CRON, OPT_AFTER, OPT_ON};

void section_check_schedule(const struct section *section, struct diags *diags)
{
	enum option_id first = OPTION_COUNT;

	for (size_t i = 0; i < ARRAY_LENGTH(schedules); i++) {
		struct place place;

		if (!find_given(section, schedules[i]))
			continue;
		if (first == OPTION_COUNT) {
			first = schedules[i];
			continue;
		}
		place = place_of(section, schedules[i]);
		place_report(diags, DIAG_ERROR, &place,
			     "the job has %s already; give it one of every, cron, after and on",
			     option_table[first].name);
	}
	if (first == OPTION_COUNT)
		place_report(diags, DIAG_ERROR, &section->at,
			     "it has no schedule; give it every, cron, after or on");
}

/* Options that belong to one schedule. */
static const struct {
	enum option_id id;
	enum option_id schedule;
} belonging[] = {
	{OPT_OFFSET, OPT_EVERY},
	{OPT_TIMEZONE, OPT_CRON},
	{OPT_DST_GAP, OPT_CRON},
	{OPT_DST_OVERLAP, OPT_CRON},
};

bool section_forbids(const struct section *section, enum option_id id)
{
	for (size_t i = 0; i < ARRAY_LENGTH(belonging); i++)
		if (belonging[i].id == id)
			return !is_own(section, belonging[i].schedule);
	return false;
}

static void check_belonging(const struct section *section, struct diags *diags)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_LENGTH(schedules); i++)
		any |= find_given(section, schedules[i]) != NULL;
	/* It may stand in what could not be read; and if it does not, that is enough to say. */
	if (!any)
		return;
	for (size_t i = 0; i < ARRAY_LENGTH(belonging); i++) {
		struct place place;

		if (!find_given(section, belonging[i].id) ||
		    find_given(section, belonging[i].schedule))
			continue;
		place = place_of(section, belonging[i].id);
		place_report(diags, DIAG_ERROR, &place, "it goes with %s only",
			     option_table[belonging[i].schedule].name);
	}
}

/* Options that do nothing unless one of some others is there too. OPTION_COUNT: no more. */
static const struct {
	enum option_id id;
	enum option_id needs[8];
	const char *text; /* what is missing, in words that follow "without" */
} needs[] = {
#define RETRYING {OPT_RETRIES, OPTION_COUNT}, "retries"
	{OPT_RETRY_DELAY, RETRYING},
	{OPT_RETRY_BACKOFF, RETRYING},
	{OPT_RETRY_MAX_DELAY, RETRYING},
	{OPT_RETRY_ON, RETRYING},
#undef RETRYING
#define TELLING                                                                                    \
	{OPT_ON_FAILURE, OPT_ON_RECOVERY, OPT_MAILTO, OPTION_COUNT},                               \
		"on_failure, on_recovery or mailto"
	{OPT_NOTIFY_AFTER, TELLING},
	{OPT_NOTIFY_WHEN, TELLING},
#undef TELLING
	{OPT_MAIL_WHEN, {OPT_MAILTO, OPTION_COUNT}, "mailto"},
	{OPT_HOOK_TIMEOUT,
	 {OPT_ON_START, OPT_ON_SUCCESS, OPT_ON_FAILURE, OPT_ON_RECOVERY, OPT_ON_MISSED, OPT_ONLY_IF,
	  OPT_MAILTO, OPTION_COUNT},
	 "a hook, only_if or mailto"},
};

/* Has one of them a value that does something? One that is wrong counts, as it was meant to; and a
   number, whatever it is: one that is 0 was written to switch something off for a while. */
static bool any_set(const struct section *section, const enum option_id *ids)
{
	for (; *ids != OPTION_COUNT; ids++) {
		const struct option *option = &option_table[*ids];
		const void *value = (const char *)&section->values + option->offset;

		if (find_given(section, *ids) && !is_own(section, *ids))
			return true;
		if (option->type == OPTION_COMMAND && command_line_is_set(value))
			return true;
		if (option->type == OPTION_ADDRESSES && ((const struct text_list *)value)->n > 0)
			return true;
		if (option->type == OPTION_INTEGER &&
		    (option_set_has(&section->defaults, *ids) || is_own(section, *ids)))
			return true;
	}
	return false;
}

bool section_ignores(const struct section *section, enum option_id id)
{
	const struct option_values *values = &section->values;

	switch (id) {
	case OPT_STATE_DIR:
	case OPT_HISTORY_KEEP:
	case OPT_HISTORY_RUNS:
		return values->daemon.durability == DURABILITY_NONE;
	case OPT_MAX_RUNNING:
		return values->settings.overlap != OVERLAP_ALLOW;
	case OPT_CATCH_UP_WINDOW:
		return values->settings.catch_up == CATCH_UP_NONE;
	default:
		break;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(needs); i++)
		if (needs[i].id == id)
			return !any_set(section, needs[i].needs);
	return false;
}

static void check_needs(const struct section *section, struct diags *diags)
{
	for (size_t i = 0; i < ARRAY_LENGTH(needs); i++) {
		struct place place;

		if (!is_own(section, needs[i].id) || !section_ignores(section, needs[i].id))
			continue;
		place = place_of(section, needs[i].id);
		place_report(diags, DIAG_WARNING, &place, "means nothing without %s",
			     needs[i].text);
	}
}

/* Reports about two durations, `fault` being what is wrong with the first for the second. */
static void report_spans(const struct section *section, struct diags *diags,
			 enum diag_severity severity, enum option_id id, usec_t span,
			 const char *fault, enum option_id other, usec_t other_span,
			 const char *consequence)
{
	struct place place = place_of(section, id);
	char text[DURATION_TEXT_SIZE];
	char other_text[DURATION_TEXT_SIZE];

	place_report(diags, severity, &place, "\"%s\" is %s %s = \"%s\"%s",
		     duration_format(span, text), fault, option_table[other].name,
		     duration_format(other_span, other_text), consequence);
}

/* What holds in defaults too: it is wrong for every job. */
static void check_durations(const struct section *section, struct diags *diags)
{
	const struct job_settings *settings = &section->values.settings;

	if (settings->max_runtime > 0 && settings->min_runtime > settings->max_runtime &&
	    (is_own(section, OPT_MIN_RUNTIME) || is_own(section, OPT_MAX_RUNTIME)))
		report_spans(section, diags, DIAG_ERROR, OPT_MIN_RUNTIME, settings->min_runtime,
			     "more than", OPT_MAX_RUNTIME, settings->max_runtime,
			     "; no run could take as long as is expected");
	if (settings->timeout > 0 && settings->max_runtime >= settings->timeout &&
	    (is_own(section, OPT_TIMEOUT) || is_own(section, OPT_MAX_RUNTIME)))
		report_spans(section, diags, DIAG_WARNING, OPT_MAX_RUNTIME, settings->max_runtime,
			     "not less than", OPT_TIMEOUT, settings->timeout,
			     ": a run is stopped before it can exceed it");
	if (settings->timeout > 0 && settings->min_runtime >= settings->timeout &&
	    (is_own(section, OPT_TIMEOUT) || is_own(section, OPT_MIN_RUNTIME)))
		report_spans(section, diags, DIAG_WARNING, OPT_MIN_RUNTIME, settings->min_runtime,
			     "not less than", OPT_TIMEOUT, settings->timeout,
			     ": a run is stopped before it has taken as long as is expected");
	if (settings->retry_delay > settings->retry_max_delay &&
	    (is_own(section, OPT_RETRY_DELAY) || is_own(section, OPT_RETRY_MAX_DELAY)))
		report_spans(section, diags, DIAG_WARNING, OPT_RETRY_DELAY, settings->retry_delay,
			     "more than", OPT_RETRY_MAX_DELAY, settings->retry_max_delay,
			     ", which holds");
}

/* Is a status tried again that is a success? */
static void check_outcomes(const struct section *section, struct diags *diags)
{
	const struct job_settings *settings = &section->values.settings;
	struct place place;

	if (!is_own(section, OPT_RETRY_ON) && !is_own(section, OPT_SUCCESS_EXIT))
		return;
	for (unsigned status = 0; status < 256; status++) {
		uint64_t bit = UINT64_C(1) << status % 64;

		if (!(settings->retry_on.exits[status / 64] & bit) ||
		    !(settings->success.exits[status / 64] & bit))
			continue;
		place = place_of(section, OPT_RETRY_ON);
		place_report(diags, DIAG_WARNING, &place,
			     "exit status %u is a success by success_exit, and not tried again",
			     status);
	}
}

/* Of defaults too: each run that takes longer than the one before would be overdue. */
static void check_expectation(const struct section *section, struct diags *diags)
{
	usec_t within = section->values.settings.expect_within;
	enum option_id id = is_own(section, OPT_EVERY) ? OPT_EVERY : OPT_AFTER;
	usec_t interval = id == OPT_EVERY ? section->values.every : section->values.after;

	if (is_own(section, id) && within > 0 && within <= interval)
		report_spans(section, diags, DIAG_WARNING, OPT_EXPECT_WITHIN, within,
			     "not longer than", id, interval,
			     ": the job is overdue before it can have succeeded again");
}

static void check_every(const struct section *section, struct diags *diags)
{
	const struct option_values *values = &section->values;
	const struct job_settings *settings = &values->settings;
	usec_t every = values->every;

	if (!is_own(section, OPT_EVERY))
		return;
	if (values->offset >= every)
		report_spans(section, diags, DIAG_ERROR, OPT_OFFSET, values->offset,
			     "not less than", OPT_EVERY, every,
			     "; it shifts the slots within one interval");
	/* Not of defaults, which suit some jobs and not others. */
	if (is_own(section, OPT_SPLAY) && settings->splay > every)
		report_spans(section, diags, DIAG_WARNING, OPT_SPLAY, settings->splay,
			     "longer than", OPT_EVERY, every,
			     ": a slot may be due after the next one's time");
	if (is_own(section, OPT_TIMEOUT) && settings->timeout >= every &&
	    (settings->overlap == OVERLAP_SKIP || settings->overlap == OVERLAP_QUEUE))
		report_spans(section, diags, DIAG_WARNING, OPT_TIMEOUT, settings->timeout,
			     "not less than", OPT_EVERY, every,
			     ": a run may last until slots after it are skipped");
}

/* Options that do nothing with the value that another one, a choice, has. */
static void check_policies(const struct section *section, struct diags *diags)
{
	enum overlap_policy overlap = section->values.settings.overlap;
	struct place place;

	if (is_own(section, OPT_MAX_RUNNING) && section_ignores(section, OPT_MAX_RUNNING)) {
		place = place_of(section, OPT_MAX_RUNNING);
		place_report(
			diags, DIAG_WARNING, &place,
			"means nothing with overlap = \"%s\"; it goes with overlap = \"allow\"",
			option_table[OPT_OVERLAP].choices[overlap]);
	}
	if (is_own(section, OPT_CATCH_UP_WINDOW) && section_ignores(section, OPT_CATCH_UP_WINDOW)) {
		place = place_of(section, OPT_CATCH_UP_WINDOW);
		place_report(diags, DIAG_WARNING, &place, "means nothing with catch_up = \"none\"");
	}
	if (is_own(section, OPT_CATCH_UP) && section->values.settings.catch_up == CATCH_UP_ALL &&
	    (is_own(section, OPT_AFTER) || is_own(section, OPT_ON))) {
		place = place_of(section, OPT_CATCH_UP);
		place_report(diags, DIAG_WARNING, &place,
			     "is as \"last\" here; with %s there is one slot to catch up at most",
			     option_table[is_own(section, OPT_ON) ? OPT_ON : OPT_AFTER].name);
	}
}

void section_check_job(const struct section *section, struct diags *diags)
{
	check_belonging(section, diags);
	check_policies(section, diags);
	check_needs(section, diags);
	check_durations(section, diags);
	check_outcomes(section, diags);
	check_every(section, diags);
	check_expectation(section, diags);
}

void section_check_defaults(const struct section *section, struct diags *diags)
{
	check_durations(section, diags);
	check_outcomes(section, diags);
}

void section_check_top(const struct section *section, struct diags *diags)
{
	static const enum option_id of_ledger[] = {OPT_STATE_DIR, OPT_HISTORY_KEEP,
						   OPT_HISTORY_RUNS};

	for (size_t i = 0; i < ARRAY_LENGTH(of_ledger); i++) {
		struct place place;

		if (!is_own(section, of_ledger[i]) || !section_ignores(section, of_ledger[i]))
			continue;
		place = place_of(section, of_ledger[i]);
		place_report(diags, DIAG_WARNING, &place,
			     "means nothing with durability = \"none\"");
	}
}
