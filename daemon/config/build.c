/* See build.h. */
#include "config/build.h"

#include "config/convert.h"
#include "config/drafts.h"
#include "config/origins.h"
#include "config/section.h"
#include "config/timing.h"
#include "config/uses.h"
#include "core/names.h"
#include "core/settings.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* What jobs are given that do not say otherwise. */
struct defaults {
	struct option_values values;
	struct option_set given; /* those not built in */
};

/* A growing array. */
struct vector {
	void *items;
	size_t count;
	size_t capacity;
};

struct builder {
	struct model *model;
	struct diags *diags;
	struct option_set required_of_job;
	struct option_set required_of_group;
	struct option_set of_settings; /* what a draft is made of */
	struct defaults main_defaults; /* built in, and of the main file; its top level too */
	struct defaults defaults;      /* those, and of the file in hand */
	struct draft *plain;           /* that of the defaults; NULL: not made yet */
	struct section top;            /* but for its values, which are in main_defaults */
	struct option_given top_given[OPTION_COUNT]; /* without their texts */
	bool in_main;
	const char *file;
	unsigned default_lines[OPTION_COUNT]; /* where its defaults stand; 0: it gives none */
	struct arena scratch;                 /* of the section in hand */
	struct vector jobs;                   /* struct job, in the order of the files */
	struct vector groups;                 /* struct group */
	struct vector files;                  /* struct model_file */
	struct uses uses;
	struct drafts drafts;
	struct timing timing;
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

/* Which options are required where, and which are part of a job's settings. */
static void sort_options(struct builder *builder)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		enum option_id id = (enum option_id)i;

		if (option->required && option->where & IN_JOB)
			option_set_add(&builder->required_of_job, id);
		if (option->required && option->where & IN_GROUP)
			option_set_add(&builder->required_of_group, id);
		if (option->offset >= offsetof(struct option_values, settings) ||
		    id == OPT_CONCURRENCY_GROUP)
			option_set_add(&builder->of_settings, id);
	}
}

int builder_new(const char *host, struct diags *diags, struct builder **ret_builder)
{
	struct builder *builder = calloc(1, sizeof(*builder));

	if (!builder)
		return -ENOMEM;
	builder->diags = diags;
	builder->model = model_new();
	if (!builder->model) {
		builder_free(builder);
		return -ENOMEM;
	}
	arena_init(&builder->scratch);
	timing_init(&builder->timing, &builder->model->arena, host, diags);
	sort_options(builder);
	option_fallbacks(&builder->main_defaults.values, &(struct option_set){0});
	builder->in_main = true;
	builder->top.given = builder->top_given;
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
	free(builder->files.items);
	arena_done(&builder->scratch);
	uses_done(&builder->uses);
	drafts_done(&builder->drafts);
	timing_done(&builder->timing);
	free(builder);
}

const char *builder_keep(struct builder *builder, const char *text)
{
	return arena_copy(&builder->model->arena, text, strlen(text));
}

/* The file in hand has been read: keeps where its defaults stand. */
static int end_file(struct builder *builder)
{
	struct origin origins[OPTION_COUNT];
	unsigned char packed[ORIGINS_SIZE + 1];
	struct model_file *file;
	size_t count = 0;
	size_t len;

	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (builder->default_lines[i] > 0)
			origins[count++] = (struct origin){.option = (enum option_id)i,
							   .line = builder->default_lines[i]};
	if (count == 0)
		return 0;
	memset(builder->default_lines, 0, sizeof(builder->default_lines));
	file = (struct model_file *)builder->files.items + builder->files.count - 1;
	len = origins_pack(0, origins, count, packed);
	file->defaults = (const unsigned char *)arena_copy(&builder->model->arena, packed, len);
	return file->defaults ? 0 : -ENOMEM;
}

int builder_begin_file(struct builder *builder, const char *file)
{
	struct model_file *begun;
	int r = end_file(builder);

	if (r < 0)
		return r;
	begun = push(&builder->files, sizeof(*begun));
	if (!begun)
		return -ENOMEM;
	*begun = (struct model_file){.path = file};
	builder->in_main = !builder->file;
	if (builder->in_main)
		builder->top.at.file = file;
	builder->file = file;
	builder->defaults = builder->main_defaults;
	builder->plain = NULL;
	return 0;
}

int builder_take_top(struct builder *builder, const struct option_given *given)
{
	struct daemon_settings *daemon = &builder->main_defaults.values.daemon;
	const char **const texts[] = {
		&daemon->sendmail,      &daemon->mail_from,        &daemon->state_dir,
		&daemon->status_listen, &daemon->metrics_textfile,
	};
	enum option_id id = option_id(given->option);
	struct place place = {
		.file = builder->file,
		.line = given->line,
		.option = given->option->name,
	};
	int r;

	/* Only the main file has any: they are kept with its defaults. */
	r = option_convert(given, &place, builder->diags, &builder->scratch,
			   &builder->main_defaults.values);
	for (size_t i = 0; r == 0 && i < ARRAY_LENGTH(texts); i++) {
		if (*texts[i] != given->texts[0])
			continue;
		*texts[i] = builder_keep(builder, given->texts[0]);
		if (!*texts[i])
			r = -ENOMEM;
	}
	if (r == 0 && !option_set_has(&builder->top.own, id)) {
		option_set_add(&builder->top.own, id);
		builder->top_given[builder->top.n_given++] =
			(struct option_given){.option = given->option, .line = given->line};
	}
	return r == -EINVAL ? 0 : r;
}

/* Converts what a section gives. Returns 0, problems or not; or -ENOMEM. */
static int convert(struct builder *builder, struct section *section)
{
	for (size_t i = 0; i < section->n_given; i++) {
		const struct option_given *given = &section->given[i];
		struct place place = section->at;
		int r;

		place.line = given->line;
		place.option = given->option->name;
		r = option_convert(given, &place, builder->diags, &builder->scratch,
				   &section->values);
		if (r == -ENOMEM)
			return r;
		if (r == 0)
			option_set_add(&section->own, option_id(given->option));
	}
	return 0;
}

/* Notes the groups and users that a section names. `draft` has their names to keep; NULL: they
   are copied. */
static int note_uses(struct builder *builder, const struct section *section, const char *job,
		     const struct draft *draft)
{
	const struct option_values *values = &section->values;
	const struct {
		enum option_id option;
		enum use_kind kind;
		const char *name;
		const char *kept;
	} rows[] = {
		{OPT_CONCURRENCY_GROUP, USE_GROUP, values->concurrency_group,
		 draft ? draft->group_name : NULL},
		{OPT_USER, USE_USER, values->settings.user, draft ? draft->settings.user : NULL},
		{OPT_USER_GROUP, USE_USER_GROUP, values->settings.user_group,
		 draft ? draft->settings.user_group : NULL},
	};

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct use use = {
			.kind = rows[i].kind,
			.line = section_line(section, rows[i].option),
			.name = rows[i].kept,
			.file = builder->file,
			.job = job,
		};

		if (!option_set_has(&section->own, rows[i].option))
			continue;
		assert(rows[i].name);
		if (!use.name)
			use.name = builder_keep(builder, rows[i].name);
		if (!use.name || uses_add(&builder->uses, &use) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* A command as the model has it. NULL: out of memory. */
static const char *keep_command(struct builder *builder, const struct command_line *command)
{
	const char *end = command->args;

	for (uint32_t i = 0; i < command->n_args; i++)
		end += strlen(end) + 1;
	return arena_copy(&builder->model->arena, command->args, (size_t)(end - command->args) - 1);
}

/* The draft that is equal to what the section comes to; most jobs give none of its options, and
   have that of the defaults. NULL: out of memory. */
static struct draft *share_draft(struct builder *builder, const struct section *section)
{
	struct draft draft = {
		.settings = section->values.settings,
		.group_name = section->values.concurrency_group,
	};
	bool plain = true;

	for (size_t i = 0; i < ARRAY_LENGTH(section->own.words); i++)
		if (section->own.words[i] & builder->of_settings.words[i])
			plain = false;
	if (plain && builder->plain)
		return builder->plain;
	if (draft.settings.overlap != OVERLAP_ALLOW)
		draft.settings.max_running = 1;
	if (!plain)
		return drafts_share(&builder->drafts, &builder->model->arena, &draft);
	builder->plain = drafts_share(&builder->drafts, &builder->model->arena, &draft);
	return builder->plain;
}

/* The rest of a job whose options are good. */
static int fill_job(struct builder *builder, struct job *job, const struct section *section,
		    struct draft **ret_draft)
{
	const struct option_values *values = &section->values;
	struct draft *draft = share_draft(builder, section);

	job->command = values->command;
	job->command.args = keep_command(builder, &values->command);
	if (!draft || !job->command.args)
		return -ENOMEM;
	job->settings = &draft->settings;
	*ret_draft = draft;
	return timing_schedule(&builder->timing, section, job->name, &job->schedule);
}

/* The name of a job, and behind its NUL where its options stand. NULL: out of memory. */
static const char *keep_name(struct builder *builder, const struct section *section)
{
	size_t len = strlen(section->at.title) + 1;
	struct origin origins[OPTION_COUNT];
	_cleanup_free_ char *text = malloc(len + ORIGINS_SIZE + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < section->n_given; i++)
		origins[i] = (struct origin){.option = option_id(section->given[i].option),
					     .line = section->given[i].line};
	memcpy(text, section->at.title, len);
	len += origins_pack(section->at.line, origins, section->n_given,
			    (unsigned char *)text + len);
	return arena_copy(&builder->model->arena, text, len);
}

static int take_job(struct builder *builder, struct section *section, bool whole)
{
	size_t errors = builder->diags->errors;
	struct draft *draft = NULL;
	struct job *job;
	int r;

	if (builder->jobs.count == BUILD_JOBS_MAX) {
		place_report(builder->diags, DIAG_ERROR, &section->at, "more than %d jobs",
			     BUILD_JOBS_MAX);
		return -E2BIG;
	}
	assert(section->at.title);
	section->values = builder->defaults.values;
	section->defaults = builder->defaults.given;
	r = convert(builder, section);
	if (r == 0)
		r = timing_find_zone(&builder->timing, section);
	if (r < 0)
		return r;
	if (whole) {
		section_check_required(section, &builder->required_of_job, builder->diags);
		section_check_schedule(section, builder->diags);
	}
	section_check_job(section, builder->diags);

	job = push(&builder->jobs, sizeof(*job));
	if (!job)
		return -ENOMEM;
	*job = (struct job){
		.line = section->at.line,
		.file = (unsigned)(builder->files.count - 1),
	};
	job->name = keep_name(builder, section);
	if (!job->name)
		return -ENOMEM;
	/* With an error anywhere there will be no model: the names alone are looked at. */
	if (builder->diags->errors == errors && whole)
		r = fill_job(builder, job, section, &draft);
	return r < 0 ? r : note_uses(builder, section, job->name, draft);
}

static int take_group(struct builder *builder, struct section *section, bool whole)
{
	struct group *group;
	int r;

	assert(section->at.title);
	r = convert(builder, section);
	if (r < 0)
		return r;
	if (whole)
		section_check_required(section, &builder->required_of_group, builder->diags);
	group = push(&builder->groups, sizeof(*group));
	if (!group)
		return -ENOMEM;
	*group = (struct group){
		.file = builder->file,
		.line = section->at.line,
		.limit = section->values.limit,
	};
	group->name = builder_keep(builder, section->at.title);
	return group->name ? 0 : -ENOMEM;
}

/* Texts of defaults outlive the section they stand in. */
static int take_defaults(struct builder *builder, struct section *section)
{
	struct option_values *values = &section->values;
	int r;

	*values = builder->defaults.values;
	r = convert(builder, section);
	if (r == 0)
		r = timing_find_zone(&builder->timing, section);
	if (r == 0)
		section_check_defaults(section, builder->diags);
	if (r == 0)
		r = settings_copy(&builder->model->arena, &values->settings, &values->settings);
	if (r < 0)
		return r;
	if (values->concurrency_group) {
		values->concurrency_group = builder_keep(builder, values->concurrency_group);
		if (!values->concurrency_group)
			return -ENOMEM;
	}
	values->timezone = NULL; /* its zone stays */
	for (size_t i = 0; i < section->n_given; i++)
		builder->default_lines[option_id(section->given[i].option)] =
			section->given[i].line;
	builder->defaults.values = *values;
	option_set_merge(&builder->defaults.given, &section->own);
	builder->plain = NULL;
	if (builder->in_main)
		builder->main_defaults = builder->defaults;
	return note_uses(builder, section, NULL, NULL);
}

int builder_take_section(struct builder *builder, const struct option *option, const char *title,
			 unsigned line, bool whole, const struct option_given *given,
			 size_t n_given)
{
	struct section section;
	int r;

	section.at = (struct place){
		.file = builder->file,
		.line = line,
		.section = option->name,
		.title = title,
	};
	section.given = given;
	section.n_given = n_given;
	section.own = (struct option_set){0};
	if (title && !name_is_valid(title))
		place_report(builder->diags, DIAG_ERROR, &section.at, "the name must be %s",
			     name_rule);
	switch (option_id(option)) {
	case OPT_JOB:
		r = take_job(builder, &section, whole);
		break;
	case OPT_GROUP:
		r = take_group(builder, &section, whole);
		break;
	default:
		r = take_defaults(builder, &section);
		break;
	}
	arena_clear(&builder->scratch);
	return r;
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
	const struct model_file *files = builder->files.items;
	size_t count = builder->jobs.count;
	struct model *model = builder->model;

	if (count == 0)
		return 0;
	named = reallocarray(NULL, count, sizeof(*named));
	model->jobs = arena_alloc(&model->arena, count * sizeof(*jobs));
	if (!named || !model->jobs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		named[i] = (struct named){jobs[i].name, files[jobs[i].file].path, jobs[i].line,
					  &jobs[i]};
	qsort(named, count, sizeof(*named), compare_named);
	report_duplicates(builder, OPT_JOB, named, count);
	for (size_t i = 0; i < count; i++)
		model->jobs[i] = *(const struct job *)named[i].item;
	model->n_jobs = count;
	return 0;
}

static int finish_files(struct builder *builder)
{
	struct model *model = builder->model;
	size_t count;
	int r = end_file(builder);

	count = builder->files.count;
	if (r < 0 || count == 0)
		return r;
	model->files = arena_alloc(&model->arena, count * sizeof(*model->files));
	if (!model->files)
		return -ENOMEM;
	memcpy(model->files, builder->files.items, count * sizeof(*model->files));
	model->n_files = count;
	return 0;
}

int builder_finish(struct builder *builder, struct model **ret_model)
{
	int r;

	builder->model->daemon = builder->main_defaults.values.daemon;
	builder->model->local_zone = builder->timing.zones.local_zone;
	builder->top.values = builder->main_defaults.values;
	section_check_top(&builder->top, builder->diags);
	r = finish_groups(builder);
	if (r == 0) {
		drafts_resolve(&builder->drafts, builder->model);
		uses_check(&builder->uses, builder->model, builder->diags);
		r = finish_jobs(builder);
	}
	if (r == 0)
		r = finish_files(builder);
	if (r == 0 && builder->diags->errors > 0)
		r = -EINVAL;
	if (r < 0)
		return r;
	*ret_model = steal_ptr(builder->model);
	return 0;
}
