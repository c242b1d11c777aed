/* See build.h. */
#include "config/build.h"

#include "calendar/duration.h"
#include "config/drafts.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

/* A place that names a group, checked when all files are read. */
struct group_use {
	const char *group;
	const char *file;
	const char *job; /* NULL: the file's defaults */
	unsigned line;
};

/* A growing array. */
struct vector {
	void *items;
	size_t count;
	size_t capacity;
};

struct builder {
	struct model *model;
	const char *host;
	struct diags *diags;
	struct option_set main_defaults; /* built in, and of the main file */
	struct option_set defaults;      /* those, and of the file in hand */
	bool in_main;
	const char *file;
	struct vector jobs;       /* struct job, in the order of the files */
	struct vector groups;     /* struct group */
	struct vector group_uses; /* struct group_use */
	struct drafts drafts;
};

/* Room for one more item. Returns it, or NULL without memory. */
static void *push(struct vector *vector, size_t item_size)
{
	if (vector->count == vector->capacity) {
		size_t capacity = vector->capacity ? vector->capacity * 2 : 64;
		void *items = reallocarray(vector->items, capacity, item_size);

		if (!items)
			return NULL;
		vector->items = items;
		vector->capacity = capacity;
	}
	return (char *)vector->items + vector->count++ * item_size;
}

int builder_new(const char *host, struct diags *diags, struct builder **ret_builder)
{
	struct builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		return -ENOMEM;
	builder->host = host;
	builder->diags = diags;
	builder->model = model_new();
	if (!builder->model) {
		builder_free(builder);
		return -ENOMEM;
	}
	option_set_fallbacks(&builder->main_defaults);
	builder->in_main = true;
	*ret_builder = builder;
	return 0;
}

void builder_free(struct builder *builder)
{
	if (!builder)
		return;
	model_unref(builder->model);
	free(builder->jobs.items);
	free(builder->groups.items);
	free(builder->group_uses.items);
	drafts_done(&builder->drafts);
	free(builder);
}

const char *builder_keep(struct builder *builder, const char *text)
{
	return arena_copy(&builder->model->arena, text, strlen(text));
}

void builder_begin_file(struct builder *builder, const char *file)
{
	builder->in_main = !builder->file;
	builder->file = file;
	builder->defaults = builder->main_defaults;
}

void builder_take_top(struct builder *builder, const struct option_given *given)
{
	struct place place = {
		.file = builder->file,
		.line = given->line,
		.option = given->option->name,
	};

	/* Only the main file has any: they are kept with its defaults. */
	(void)!option_convert(given, &place, builder->diags, &builder->main_defaults);
}

/* Converts what a section gives. */
static void convert(struct builder *builder, const struct place *at,
		    const struct option_given *given, size_t n_given, struct option_set *set)
{
	for (size_t i = 0; i < n_given; i++) {
		struct place place = *at;

		place.line = given[i].line;
		place.option = given[i].option->name;
		(void)!option_convert(&given[i], &place, builder->diags, set);
	}
}

/* Reports which required options are not among those given. */
static void check_required(struct builder *builder, const struct place *at, enum option_where where,
			   const struct option_given *given, size_t n_given)
{
	uint32_t there = 0;

	for (size_t i = 0; i < n_given; i++)
		there |= UINT32_C(1) << option_id(given[i].option);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		struct place place = *at;

		if (!option->required || !(option->where & where) || there >> i & 1)
			continue;
		place.option = option->name;
		place_report(builder->diags, DIAG_ERROR, &place, "missing; it is %s", option->doc);
	}
}

/* Which of those given it is; NULL: not given. */
static const struct option_given *find_given(const struct option_given *given, size_t n_given,
					     enum option_id id)
{
	for (size_t i = 0; i < n_given; i++)
		if (option_id(given[i].option) == id)
			return &given[i];
	return NULL;
}

static unsigned line_of(const struct option_given *given, size_t n_given, enum option_id id)
{
	const struct option_given *found = find_given(given, n_given, id);

	return found ? found->line : 0;
}

static int use_group(struct builder *builder, const char *group, const char *job, unsigned line)
{
	struct group_use *use = push(&builder->group_uses, sizeof(*use));

	if (!use)
		return -ENOMEM;
	*use = (struct group_use){.group = group, .file = builder->file, .job = job, .line = line};
	return 0;
}

/* Options of a job that are fine one by one but not together. `set` holds the job's own, `all`
   the defaults too. */
static void check_together(struct builder *builder, const struct place *at,
			   const struct option_given *given, size_t n_given,
			   const struct option_set *set, const struct option_set *all)
{
	enum overlap_policy overlap = (enum overlap_policy)all->values[OPT_OVERLAP].number;
	usec_t every = all->values[OPT_EVERY].number;
	usec_t timeout = all->values[OPT_TIMEOUT].number;
	char every_text[DURATION_TEXT_SIZE];
	char text[DURATION_TEXT_SIZE];
	struct place place = *at;

	if (option_is_given(set, OPT_MAX_RUNNING) && overlap != OVERLAP_ALLOW) {
		place.line = line_of(given, n_given, OPT_MAX_RUNNING);
		place.option = "max_running";
		place_report(
			builder->diags, DIAG_WARNING, &place,
			"means nothing with overlap = \"%s\"; it goes with overlap = \"allow\"",
			option_table[OPT_OVERLAP].choices[overlap]);
	}
	if (!option_is_given(set, OPT_EVERY))
		return;
	if (all->values[OPT_OFFSET].number >= every) {
		place.line = line_of(given, n_given, OPT_OFFSET);
		place.option = "offset";
		place_report(builder->diags, DIAG_ERROR, &place,
			     "\"%s\" is not less than every = \"%s\"; it shifts the slots within "
			     "one interval",
			     duration_format(all->values[OPT_OFFSET].number, text),
			     duration_format(every, every_text));
	}
	/* Not of defaults, which suit some jobs and not others. */
	if (option_is_given(set, OPT_SPLAY) && all->values[OPT_SPLAY].number > every) {
		place.line = line_of(given, n_given, OPT_SPLAY);
		place.option = "splay";
		place_report(builder->diags, DIAG_WARNING, &place,
			     "\"%s\" is longer than every = \"%s\": a slot may be due after the "
			     "next one's time",
			     duration_format(all->values[OPT_SPLAY].number, text),
			     duration_format(every, every_text));
	}
	if (option_is_given(set, OPT_TIMEOUT) && timeout >= every &&
	    (overlap == OVERLAP_SKIP || overlap == OVERLAP_QUEUE)) {
		place.line = line_of(given, n_given, OPT_TIMEOUT);
		place.option = "timeout";
		place_report(builder->diags, DIAG_WARNING, &place,
			     "\"%s\" is not less than every = \"%s\": a run may last until slots "
			     "after it are skipped",
			     duration_format(timeout, text), duration_format(every, every_text));
	}
}

/* A command as the model has it: strings one after the other. NULL: out of memory. */
static const char *keep_command(struct builder *builder, const struct option_given *command)
{
	size_t len = 0;
	char *kept;

	if (command->n_texts == 1)
		return builder_keep(builder, command->texts[0]);
	for (size_t i = 0; i < command->n_texts; i++)
		len += strlen(command->texts[i]) + 1;
	kept = arena_alloc(&builder->model->arena, len);
	for (size_t i = 0, at = 0; kept && i < command->n_texts; i++) {
		size_t n = strlen(command->texts[i]) + 1;

		memcpy(kept + at, command->texts[i], n);
		at += n;
	}
	return kept;
}

/* The rest of a job whose options are good. */
static int fill_job(struct builder *builder, struct job *job, const struct option_given *command,
		    const struct option_set *all)
{
	const struct option_value *values = all->values;
	struct draft draft = {
		.settings =
			{
				.timeout = values[OPT_TIMEOUT].number,
				.kill_signal = SIGTERM,
				.kill_grace = values[OPT_KILL_GRACE].number,
				.overlap = (enum overlap_policy)values[OPT_OVERLAP].number,
				.max_running = 1,
				.leftover = (enum leftover_policy)values[OPT_LEFTOVER].number,
				.shell = values[OPT_SHELL].text,
			},
		.group_name = values[OPT_CONCURRENCY_GROUP].text,
	};
	struct draft *shared;

	if (draft.settings.overlap == OVERLAP_ALLOW)
		draft.settings.max_running = (unsigned)values[OPT_MAX_RUNNING].number;
	shared = drafts_share(&builder->drafts, &builder->model->arena, &draft);
	job->command = (struct command_line){
		.args = keep_command(builder, command),
		.n_args = (uint32_t)command->n_texts,
		.use_shell = !command->list,
	};
	if (!shared || !job->command.args)
		return -ENOMEM;
	job->settings = &shared->settings;
	job->schedule = (struct schedule){
		.interval = values[OPT_EVERY].number,
		.offset = values[OPT_OFFSET].number,
		.delay = schedule_splay(values[OPT_SPLAY].number, builder->host, job->name),
	};
	return 0;
}

static int take_job(struct builder *builder, const struct place *at, bool whole,
		    const struct option_given *given, size_t n_given)
{
	const struct option_given *command = find_given(given, n_given, OPT_COMMAND);
	size_t errors = builder->diags->errors;
	struct option_set all = builder->defaults;
	struct option_set set;
	struct job *job;

	if (builder->jobs.count == BUILD_JOBS_MAX) {
		place_report(builder->diags, DIAG_ERROR, at, "more than %d jobs", BUILD_JOBS_MAX);
		return -E2BIG;
	}
	assert(at->title);
	set.given = 0;
	convert(builder, at, given, n_given, &set);
	option_set_merge(&all, &set);
	if (whole)
		check_required(builder, at, IN_JOB, given, n_given);
	check_together(builder, at, given, n_given, &set, &all);

	job = push(&builder->jobs, sizeof(*job));
	if (!job)
		return -ENOMEM;
	*job = (struct job){.file = builder->file, .line = at->line};
	job->name = builder_keep(builder, at->title);
	if (!job->name)
		return -ENOMEM;
	if (option_is_given(&set, OPT_CONCURRENCY_GROUP)) {
		const char *group = builder_keep(builder, set.values[OPT_CONCURRENCY_GROUP].text);

		if (!group || use_group(builder, group, job->name,
					line_of(given, n_given, OPT_CONCURRENCY_GROUP)) < 0)
			return -ENOMEM;
	}
	/* With an error anywhere there will be no model: the name alone is looked at. */
	if (builder->diags->errors > errors || !command || !whole)
		return 0;
	return fill_job(builder, job, command, &all);
}

static int take_group(struct builder *builder, const struct place *at, bool whole,
		      const struct option_given *given, size_t n_given)
{
	struct option_set set;
	struct group *group;

	assert(at->title);
	set.given = 0;
	convert(builder, at, given, n_given, &set);
	if (whole)
		check_required(builder, at, IN_GROUP, given, n_given);
	group = push(&builder->groups, sizeof(*group));
	if (!group)
		return -ENOMEM;
	*group = (struct group){.file = builder->file, .line = at->line};
	if (option_is_given(&set, OPT_LIMIT))
		group->limit = (unsigned)set.values[OPT_LIMIT].number;
	group->name = builder_keep(builder, at->title);
	return group->name ? 0 : -ENOMEM;
}

/* Texts of defaults outlive the section they stand in. */
static int take_defaults(struct builder *builder, const struct place *at,
			 const struct option_given *given, size_t n_given)
{
	struct option_set set;

	set.given = 0;
	convert(builder, at, given, n_given, &set);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		if (!(set.given >> i & 1) || !set.values[i].text)
			continue;
		set.values[i].text = builder_keep(builder, set.values[i].text);
		if (!set.values[i].text)
			return -ENOMEM;
	}
	if (option_is_given(&set, OPT_CONCURRENCY_GROUP) &&
	    use_group(builder, set.values[OPT_CONCURRENCY_GROUP].text, NULL,
		      line_of(given, n_given, OPT_CONCURRENCY_GROUP)) < 0)
		return -ENOMEM;
	option_set_merge(&builder->defaults, &set);
	if (builder->in_main)
		option_set_merge(&builder->main_defaults, &set);
	return 0;
}

int builder_take_section(struct builder *builder, const struct option *section, const char *title,
			 unsigned line, bool whole, const struct option_given *given,
			 size_t n_given)
{
	struct place at = {
		.file = builder->file,
		.line = line,
		.section = section->name,
		.title = title,
	};

	if (title && !option_name_is_valid(title))
		place_report(builder->diags, DIAG_ERROR, &at, "the name must be %s",
			     option_name_rule);
	switch (option_id(section)) {
	case OPT_JOB:
		return take_job(builder, &at, whole, given, n_given);
	case OPT_GROUP:
		return take_group(builder, &at, whole, given, n_given);
	default:
		return take_defaults(builder, &at, given, n_given);
	}
}

/* What jobs and groups have in common. */
struct named {
	const char *name;
	const char *file;
	unsigned line;
	const void *item;
};

/* By name; in the order of the files if the names are equal. */
static int compare_named(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;
	int order = strcmp(x->name, y->name);

	if (order == 0)
		order = (x->item > y->item) - (x->item < y->item);
	return order;
}

static void report_duplicates(struct builder *builder, enum option_id section,
			      const struct named *named, size_t count)
{
	size_t first = 0;

	for (size_t i = 1; i < count; i++) {
		struct place place = {
			.file = named[i].file,
			.line = named[i].line,
			.section = option_table[section].name,
			.title = named[i].name,
		};

		if (strcmp(named[i].name, named[first].name) != 0) {
			first = i;
			continue;
		}
		place_report(builder->diags, DIAG_ERROR, &place,
			     "the name is taken: the first is at %s:%u", named[first].file,
			     named[first].line);
	}
}

static int finish_groups(struct builder *builder)
{
	_cleanup_free_ struct named *named = NULL;
	const struct group *groups = builder->groups.items;
	size_t count = builder->groups.count;
	struct model *model = builder->model;

	if (count == 0)
		return 0;
	named = reallocarray(NULL, count, sizeof(*named));
	model->groups = arena_alloc(&model->arena, count * sizeof(*groups));
	if (!named || !model->groups)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		named[i] =
			(struct named){groups[i].name, groups[i].file, groups[i].line, &groups[i]};
	qsort(named, count, sizeof(*named), compare_named);
	report_duplicates(builder, OPT_GROUP, named, count);
	for (size_t i = 0; i < count; i++)
		model->groups[i] = *(const struct group *)named[i].item;
	model->n_groups = count;
	return 0;
}

static int finish_jobs(struct builder *builder)
{
	_cleanup_free_ struct named *named = NULL;
	const struct job *jobs = builder->jobs.items;
	size_t count = builder->jobs.count;
	struct model *model = builder->model;

	if (count == 0)
		return 0;
	named = reallocarray(NULL, count, sizeof(*named));
	model->jobs = arena_alloc(&model->arena, count * sizeof(*jobs));
	if (!named || !model->jobs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		named[i] = (struct named){jobs[i].name, jobs[i].file, jobs[i].line, &jobs[i]};
	qsort(named, count, sizeof(*named), compare_named);
	report_duplicates(builder, OPT_JOB, named, count);
	for (size_t i = 0; i < count; i++)
		model->jobs[i] = *(const struct job *)named[i].item;
	model->n_jobs = count;
	return 0;
}

/* All groups are known: jobs get theirs, and those that do not exist are reported. */
static void resolve_groups(struct builder *builder)
{
	const struct group_use *uses = builder->group_uses.items;

	drafts_resolve(&builder->drafts, builder->model);
	for (size_t i = 0; i < builder->group_uses.count; i++) {
		const struct group_use *use = &uses[i];
		struct place place = {
			.file = use->file,
			.line = use->line,
			.section = option_table[use->job ? OPT_JOB : OPT_DEFAULTS].name,
			.title = use->job,
			.option = option_table[OPT_CONCURRENCY_GROUP].name,
		};

		if (!model_find_group(builder->model, use->group))
			place_report(builder->diags, DIAG_ERROR, &place,
				     "there is no such group; write concurrency_group \"%s\" { "
				     "limit = 1 }",
				     use->group);
	}
}

int builder_finish(struct builder *builder, struct model **ret_model)
{
	const struct option_value *values = builder->main_defaults.values;
	int r;

	builder->model->daemon = (struct daemon_settings){
		.workers = (unsigned)values[OPT_WORKERS].number,
		.queue = (unsigned)values[OPT_QUEUE].number,
		.stop_timeout = values[OPT_STOP_TIMEOUT].number,
	};
	r = finish_groups(builder);
	if (r == 0)
		resolve_groups(builder);
	if (r == 0)
		r = finish_jobs(builder);
	if (r == 0 && builder->diags->errors > 0)
		r = -EINVAL;
	if (r < 0)
		return r;
	*ret_model = steal_ptr(builder->model);
	return 0;
}
