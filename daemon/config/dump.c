/* See dump.h. */
#include "config/dump.h"

#include "base/text_file.h"
#include "calendar/cron.h"
#include "calendar/zone.h"
#include "config/convert.h"
#include "config/origins.h"
#include "config/place.h"
#include "config/section.h"
#include "config/write.h"
#include "core/model.h"

#include <errno.h>
#include <string.h>

/* The longest names, so that values stand in a column. */
#define TOP_WIDTH 13
#define JOB_WIDTH 17

struct dump {
	const struct model *model;
	FILE *out;
	struct option_values fallbacks;
	struct option_set has_fallback;
};

/* Does the option have the value that is built in? */
static bool is_fallback(const struct dump *dump, const struct option *option,
			const struct option_values *values)
{
	return option_set_has(&dump->has_fallback, option_id(option)) &&
	       option_number(option, values) == option_number(option, &dump->fallbacks);
}

/* A section as it would be if all that is not built in were given in it. */
static struct section section_of(const struct dump *dump, const struct option_values *values,
				 enum option_where where)
{
	struct section section = {.values = *values};

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];

		if (option->where & where && option->type != OPTION_SECTION &&
		    option->type != OPTION_FUNCTION && option_is_set(option, values) &&
		    !is_fallback(dump, option, values))
			option_set_add(&section.own, (enum option_id)i);
	}
	return section;
}

/* Does the option say anything in a section where it may stand? */
static bool is_told(const struct dump *dump, const struct section *section,
		    const struct option *option, enum option_where where)
{
	const struct option_values *values = &section->values;

	if (!(option->where & where) || option->type == OPTION_SECTION ||
	    option->type == OPTION_FUNCTION || !option_is_set(option, values) ||
	    section_forbids(section, option_id(option)))
		return false;
	/* If it is not what is built in, it has to be written all the same. */
	return !section_ignores(section, option_id(option)) || !is_fallback(dump, option, values);
}

static void dump_options(const struct dump *dump, const struct option_values *values,
			 enum option_where where)
{
	const struct section section = section_of(dump, values, where);

	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];

		if (!is_told(dump, &section, option, where))
			continue;
		(void)fprintf(dump->out, "%s%-*s = ", where == IN_MAIN ? "" : "\t",
			      where == IN_MAIN  ? TOP_WIDTH
			      : where == IN_JOB ? JOB_WIDTH
						: 0,
			      option->name);
		option_write(option, values, dump->out);
		(void)putc('\n', dump->out);
	}
}

/* Where a section stands in the files. */
static void dump_place(const struct dump *dump, const char *file, unsigned line)
{
	char shown[QUOTED_SIZE];

	if (file)
		(void)fprintf(dump->out, "# %s:%u\n", quoted(file, strlen(file), shown), line);
}

static void dump_group(const struct dump *dump, const struct group *group)
{
	const struct option_values values = {.limit = group->limit};

	(void)putc('\n', dump->out);
	dump_place(dump, group->file, group->line);
	(void)fprintf(dump->out, "%s \"%s\" {\n", option_table[OPT_GROUP].name, group->name);
	dump_options(dump, &values, IN_GROUP);
	(void)fputs("}\n", dump->out);
}

static struct option_values job_values(const struct dump *dump, const struct job *job)
{
	const struct schedule *schedule = &job->schedule;
	const struct cron *cron;
	struct option_values values = {
		.command = job->command,
		.settings = *job->settings,
	};

	/* Which is all that the model knows of it then. */
	if (job->settings->overlap != OVERLAP_ALLOW)
		values.settings.max_running = dump->fallbacks.settings.max_running;
	if (job->settings->group)
		values.concurrency_group = job->settings->group->name;
	switch (schedule->kind) {
	case SCHEDULE_EVERY:
		values.every = schedule->interval;
		values.offset = schedule->offset;
		break;
	case SCHEDULE_CRON:
		cron = schedule->cron;
		values.cron = (struct cron_list){cron->exprs, cron->n_exprs};
		values.timezone = cron->zone == dump->model->local_zone ? OPTION_LOCAL_ZONE
									: zone_name(cron->zone);
		values.dst_gap = cron->gap;
		values.dst_overlap = cron->overlap;
		break;
	case SCHEDULE_AFTER:
		values.after = schedule->interval;
		break;
	case SCHEDULE_ON:
		values.on = schedule->on;
		break;
	}
	return values;
}

static void dump_job(const struct dump *dump, const struct job *job)
{
	const struct option_values values = job_values(dump, job);

	dump_place(dump, dump->model->files[job->file].path, job->line);
	(void)fprintf(dump->out, "%s \"%s\" {\n", option_table[OPT_JOB].name, job->name);
	dump_options(dump, &values, IN_JOB);
	(void)fputs("}\n", dump->out);
}

int config_dump(const struct model *model, const char *const *jobs, size_t n_jobs, FILE *out)
{
	struct option_values top = {.daemon = model->daemon};
	struct dump dump = {.model = model, .out = out};

	for (size_t i = 0; i < n_jobs; i++)
		if (!model_find_job(model, jobs[i]))
			return -ENOENT;
	option_fallbacks(&dump.fallbacks, &dump.has_fallback);
	for (size_t i = 0; i < n_jobs; i++) {
		(void)fputs(i > 0 ? "\n" : "", out);
		dump_job(&dump, model_find_job(model, jobs[i]));
	}
	if (n_jobs == 0) {
		dump_options(&dump, &top, IN_MAIN);
		for (size_t i = 0; i < model->n_groups; i++)
			dump_group(&dump, &model->groups[i]);
		for (size_t i = 0; i < model->n_jobs; i++) {
			(void)putc('\n', out);
			dump_job(&dump, &model->jobs[i]);
		}
	}
	return ferror(out) ? -EIO : 0;
}

/* What nobody is the wiser for by whom it should not be known: no commands, no environment, no
   files, no people. */
static bool is_harmless(const struct option *option)
{
	switch (option->type) {
	case OPTION_PROGRAM:
	case OPTION_ACCOUNT:
	case OPTION_FILE:
	case OPTION_PATH:
	case OPTION_DIRECTORY:
	case OPTION_OUTPUT:
	case OPTION_VARIABLES:
	case OPTION_NAMES:
	case OPTION_FILES:
	case OPTION_ADDRESS:
	case OPTION_ADDRESSES:
	case OPTION_COMMAND:
		return false;
	default:
		return true;
	}
}

int config_each_setting(const struct model *model, const struct job *job,
			bool (*fn)(void *ctx, const struct config_setting *setting), void *ctx)
{
	struct dump dump = {.model = model};
	struct option_values values;
	struct section section;
	_cleanup_free_ char *texts = NULL;
	const char *text;
	size_t size;
	int r;

	option_fallbacks(&dump.fallbacks, &dump.has_fallback);
	values = job_values(&dump, job);
	section = section_of(&dump, &values, IN_JOB);
	dump.out = text_file_open(&texts, &size);
	if (!dump.out)
		return -ENOMEM;
	/* One after the other, each with a NUL: there is no memory to run out of between them. */
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!is_told(&dump, &section, &option_table[i], IN_JOB))
			continue;
		option_write(&option_table[i], &values, dump.out);
		(void)putc('\0', dump.out);
	}
	r = ferror(dump.out) ? -ENOMEM : 0;
	if (fclose(dump.out) != 0 || r < 0)
		return -ENOMEM;
	text = texts;
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		struct config_setting setting = {
			.name = option_table[i].name,
			.value = text,
			.harmless = is_harmless(&option_table[i]),
		};

		if (!is_told(&dump, &section, &option_table[i], IN_JOB))
			continue;
		text += strlen(text) + 1;
		(void)origins_find(model, job, (enum option_id)i, &setting.file, &setting.line);
		if (!fn(ctx, &setting))
			return -ECANCELED;
	}
	return 0;
}
