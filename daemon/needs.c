/* See needs.h. */
#include "needs.h"

#include "base/log.h"
#include "exec/run.h"
#include "service/journal.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *option;
	enum cgroup_controller controller;
	const char *name; /* of the controller; NULL: it needs something else */
} table[NEED_COUNT] = {
	[NEED_MEMORY_MAX] = {"memory_max", CGROUP_MEMORY, "memory"},
	[NEED_CPU_MAX] = {"cpu_max", CGROUP_CPU, "cpu"},
	[NEED_CPU_WEIGHT] = {"cpu_weight", CGROUP_CPU, "cpu"},
	[NEED_TASKS_MAX] = {"tasks_max", CGROUP_PIDS, "pids"},
	[NEED_MAILTO] = {"mailto", CGROUP_CONTROLLERS, NULL},
	[NEED_JOURNAL] = {"output = \"journal\"", CGROUP_CONTROLLERS, NULL},
};

static bool has(const struct job_settings *settings, enum need need)
{
	switch (need) {
	case NEED_MEMORY_MAX:
		return settings->memory_max > 0;
	case NEED_CPU_MAX:
		return settings->cpu_max > 0;
	case NEED_CPU_WEIGHT:
		return settings->cpu_weight > 0;
	case NEED_TASKS_MAX:
		return settings->tasks_max > 0;
	case NEED_MAILTO:
		return settings->mail_to.n > 0;
	case NEED_JOURNAL:
		return settings->output == OUTPUT_JOURNAL;
	case NEED_COUNT:
		break;
	}
	return false;
}

static bool is_met(const struct means *means, enum need need)
{
	if (table[need].name)
		return means->controllers[table[need].controller];
	return need == NEED_MAILTO ? means->sendmail : means->journal;
}

void needs_find(const struct model *model, const struct means *means, struct needs *ret_needs)
{
	struct needs needs = {0};

	for (enum need need = 0; need < NEED_COUNT; need++) {
		if (is_met(means, need))
			continue;
		for (size_t i = 0; i < model->n_jobs; i++)
			needs.jobs[need] += has(model->jobs[i].settings, need);
	}
	if (needs.jobs[NEED_MAILTO] > 0)
		(void)snprintf(needs.sendmail, sizeof(needs.sendmail), "%s",
			       model->daemon.sendmail);
	*ret_needs = needs;
}

void needs_update(struct needs *needs, const struct model *model, const struct run_context *context)
{
	struct means means = {
		.sendmail = access(model->daemon.sendmail, X_OK) == 0,
		.journal = journal_is_there(),
	};

	for (int i = 0; i < CGROUP_CONTROLLERS; i++)
		means.controllers[i] = run_context_can(context, (enum cgroup_controller)i);
	needs_find(model, &means, needs);
}

/* "memory_max of 3 jobs has no effect" */
static int describe(const struct needs *needs, enum need need, char *buf, size_t size)
{
	return snprintf(buf, size, "%s of %zu job%s has no effect", table[need].option,
			needs->jobs[need], needs->jobs[need] == 1 ? "" : "s");
}

void needs_report(const struct needs *needs)
{
	char text[128];

	for (enum need need = 0; need < NEED_COUNT; need++) {
		if (needs->jobs[need] == 0)
			continue;
		(void)describe(needs, need, text, sizeof(text));
		if (table[need].name)
			log_msg(LOG_LEVEL_WARNING,
				"%s: everyd has no control group with the %s controller "
				"(see everyd(8), Control groups)",
				text, table[need].name);
		else if (need == NEED_MAILTO)
			log_msg(LOG_LEVEL_WARNING, "%s: there is no program %s (option sendmail)",
				text, needs->sendmail);
		else
			log_msg(LOG_LEVEL_WARNING,
				"%s: there is no journal; it goes where everyd's own messages go",
				text);
	}
}

void needs_describe(const struct needs *needs, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (enum need need = 0; need < NEED_COUNT && at < size; need++) {
		int n = 0;

		if (needs->jobs[need] == 0)
			continue;
		if (at > 0)
			n = snprintf(buf + at, size - at, ", ");
		at += (size_t)n;
		if (at < size)
			at += (size_t)describe(needs, need, buf + at, size - at);
	}
}
