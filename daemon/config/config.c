/* See config.h. */
#include "config/config.h"

#include "config/build.h"
#include "config/convert.h"
#include "config/parse.h"
#include "config/scan.h"
#include "config/trust.h"
#include "core/validate.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most files that one configuration may have. */
#define CONFIG_FILES_MAX 10000

#define CONFIG_SUFFIX ".conf"

/* A file to be read. The texts are the model's. */
struct source {
	const char *path;
	struct place from; /* what names it; .file NULL: the main file */
	dev_t dev;         /* when it has been read */
	ino_t ino;
};

struct loader {
	struct builder *builder;
	struct diags *diags;
	struct source *sources; /* in the order in which they are read */
	size_t count;
	size_t capacity;
	size_t current; /* the one that is being read */
	bool too_many;  /* has been reported */
	int passing;    /* why a file could not be read, where that may pass; 0: no such reason */
};

static void loader_done(struct loader *loader)
{
	builder_free(loader->builder);
	free(loader->sources);
}

/* Queues a file. Returns 0, too many or not; or -ENOMEM. */
static int add_source(struct loader *loader, const char *path, const struct place *from)
{
	const char *kept;

	if (loader->count == CONFIG_FILES_MAX) {
		if (!loader->too_many)
			place_report(loader->diags, DIAG_ERROR, from, "more than %d files",
				     CONFIG_FILES_MAX);
		loader->too_many = true;
		return 0;
	}
	if (loader->count == loader->capacity) {
		size_t capacity = loader->capacity ? loader->capacity * 2 : 16;
		struct source *sources = reallocarray(loader->sources, capacity, sizeof(*sources));

		if (!sources)
			return -ENOMEM;
		loader->sources = sources;
		loader->capacity = capacity;
	}
	kept = builder_keep(loader->builder, path);
	if (!kept)
		return -ENOMEM;
	loader->sources[loader->count++] = (struct source){.path = kept, .from = *from};
	return 0;
}

/* A path that stands in the file in hand, made independent of where everyd was started. */
static char *resolve(const struct loader *loader, const char *path)
{
	const char *file = loader->sources[loader->current].path;
	const char *slash = strrchr(file, '/');
	char *resolved = NULL;

	if (path[0] == '/' || !slash)
		return strdup(path);
	if (asprintf(&resolved, "%.*s/%s", (int)(slash - file), file, path) < 0)
		return NULL;
	return resolved;
}

/* Likewise, and absolute. NULL with errno set. */
static char *resolve_fully(const struct loader *loader, const char *path)
{
	_cleanup_free_ char *resolved = resolve(loader, path);
	_cleanup_free_ char *here = NULL;
	char *full = NULL;

	if (!resolved || resolved[0] == '/')
		return steal_ptr(resolved);
	here = getcwd(NULL, 0);
	if (!here || asprintf(&full, "%s/%s", here, resolved) < 0)
		return NULL;
	return full;
}

static int take_section(void *ctx, const struct option *section, const char *title, unsigned line,
			bool whole, const struct option_given *given, size_t n_given)
{
	const struct loader *loader = ctx;

	return builder_take_section(loader->builder, section, title, line, whole, given, n_given);
}

/* include("FILE") or include_dir, in the file in hand. */
static struct place include_place(const struct loader *loader, enum option_id id, unsigned line)
{
	return (struct place){
		.file = loader->sources[loader->current].path,
		.line = line,
		.option = option_table[id].name,
	};
}

static int take_include(void *ctx, const char *path, unsigned line)
{
	struct loader *loader = ctx;
	struct place from = include_place(loader, OPT_INCLUDE, line);
	_cleanup_free_ char *resolved = NULL;

	if (!path[0]) {
		place_report(loader->diags, DIAG_ERROR, &from, "it is empty; write %s",
			     option_table[OPT_INCLUDE].doc);
		return 0;
	}
	resolved = resolve(loader, path);
	if (!resolved)
		return -ENOMEM;
	return add_source(loader, resolved, &from);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct names {
	char **items;
	size_t count;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* Is it of the files that include_dir reads? */
static bool is_included(const char *name)
{
	size_t len = strlen(name);
	size_t suffix = strlen(CONFIG_SUFFIX);

	return name[0] != '.' && len > suffix && !strcmp(name + len - suffix, CONFIG_SUFFIX);
}

/* The names of a directory that are to be read, sorted. */
static int list_dir(int dirfd, struct names *ret_names)
{
	_cleanup_(close_dir) DIR *dir = fdopendir(dirfd);
	_cleanup_(names_done) struct names names = {0};
	size_t capacity = 0;
	struct dirent *entry;

	if (!dir) {
		int r = -errno;

		(void)close(dirfd);
		return r;
	}
	while (errno = 0, (entry = readdir(dir))) {
		if (!is_included(entry->d_name) || names.count > CONFIG_FILES_MAX)
			continue;
		if (names.count == capacity) {
			char **items;

			capacity = capacity ? capacity * 2 : 32;
			items = reallocarray(names.items, capacity, sizeof(*items));
			if (!items)
				return -ENOMEM;
			names.items = items;
		}
		names.items[names.count] = strdup(entry->d_name);
		if (!names.items[names.count])
			return -ENOMEM;
		names.count++;
	}
	if (errno)
		return -errno;
	if (names.count > 0)
		qsort(names.items, names.count, sizeof(*names.items), compare_names);
	*ret_names = names;
	names = (struct names){0};
	return 0;
}

static int include_dir(struct loader *loader, const char *path, unsigned line)
{
	struct place from = include_place(loader, OPT_INCLUDE_DIR, line);
	_cleanup_free_ char *dir = resolve(loader, path);
	_cleanup_(names_done) struct names names = {0};
	int fd;
	int r;

	if (!dir)
		return -ENOMEM;
	fd = trust_open_dir(dir, &from, loader->diags);
	if (fd < 0)
		return 0;
	r = list_dir(fd, &names);
	if (r < 0 && r != -ENOMEM) {
		place_report(loader->diags, DIAG_ERROR, &from, "cannot read %s: %s", dir,
			     strerror(-r));
		return 0;
	}
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *file = NULL;

		if (asprintf(&file, "%s/%s", dir, names.items[i]) < 0) {
			file = NULL;
			return -ENOMEM;
		}
		r = add_source(loader, file, &from);
	}
	return r;
}

/* It is used long after the file was read, from whatever directory. */
static int take_path(struct loader *loader, const struct option_given *given)
{
	struct place place = include_place(loader, option_id(given->option), given->line);
	struct option_given full = *given;
	_cleanup_free_ char *path = NULL;
	const char *text;

	if (given->list || !given->texts[0][0])
		return builder_take_top(loader->builder, given);
	path = resolve_fully(loader, given->texts[0]);
	if (!path && errno == ENOMEM)
		return -ENOMEM;
	if (!path) {
		place_report(loader->diags, DIAG_ERROR, &place,
			     "cannot tell which directory everyd was started in: %s",
			     strerror(errno));
		return 0;
	}
	text = path;
	full.texts = &text;
	return builder_take_top(loader->builder, &full);
}

static int take_top(void *ctx, const struct option_given *given)
{
	struct loader *loader = ctx;
	struct option_values values = {0};
	struct place place = include_place(loader, option_id(given->option), given->line);

	if (option_id(given->option) != OPT_INCLUDE_DIR)
		return given->option->type == OPTION_FILE
			       ? take_path(loader, given)
			       : builder_take_top(loader->builder, given);
	/* It is a text, which takes no memory. */
	if (option_convert(given, &place, loader->diags, NULL, &values) < 0)
		return 0;
	return include_dir(loader, values.include_dir, given->line);
}

/* Has this very file been read already? Reports it. */
static bool is_repeated(struct loader *loader, const struct trusted_file *file)
{
	struct source *source = &loader->sources[loader->current];

	source->dev = file->dev;
	source->ino = file->ino;
	for (size_t i = 0; i < loader->current; i++) {
		const struct source *other = &loader->sources[i];

		if (other->dev != file->dev || other->ino != file->ino)
			continue;
		if (other->from.file)
			place_report(loader->diags, DIAG_ERROR, &source->from,
				     "%s is read a second time; the first is at %s:%u",
				     source->path, other->from.file, other->from.line);
		else
			place_report(loader->diags, DIAG_ERROR, &source->from,
				     "%s is the main file itself", source->path);
		return true;
	}
	return false;
}

/* Is that a failure that another try may not meet: of the disk, the network, for want of
   descriptors? Unlike what somebody has to put right. */
static bool may_pass(int r)
{
	static const int lasting[] = {-EPERM,   -EACCES, -EINVAL, -EFBIG,        -ENOENT,
				      -ENOTDIR, -EISDIR, -ELOOP,  -ENAMETOOLONG, -ENXIO};

	for (size_t i = 0; i < ARRAY_LENGTH(lasting); i++)
		if (r == lasting[i])
			return false;
	return r < 0;
}

/* Reads the file in hand. Returns 0, problems or not; or -errno to give up. */
static int read_source(struct loader *loader)
{
	const struct source source = loader->sources[loader->current];
	enum option_where where = loader->current == 0 ? IN_MAIN : IN_INCLUDED;
	const struct parse_sink sink = {take_section, take_include, take_top, loader};
	_cleanup_(scan_done) struct scan scan = {0};
	struct trusted_file file = {0};
	_cleanup_free_ char *text = NULL;
	int r;

	r = trust_read(source.path, &source.from, loader->diags, &file);
	if (may_pass(r) && loader->passing == 0)
		loader->passing = r;
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	text = file.text;
	if (is_repeated(loader, &file))
		return 0;
	r = builder_begin_file(loader->builder, source.path);
	if (r < 0)
		return r;
	r = scan_text(text, file.len, source.path, where, loader->diags, &scan);
	if (r == 0)
		r = parse_text(text, &scan, source.path, where, &sink, loader->diags);
	return r;
}

int config_load(const char *path, const char *host, struct diags *diags, struct model **ret_model)
{
	_cleanup_(loader_done) struct loader loader = {.diags = diags};
	_cleanup_(cleanup_model) struct model *model = NULL;
	int r;

	r = builder_new(host, diags, &loader.builder);
	if (r == 0)
		r = add_source(&loader, path, &(struct place){0});
	for (; r == 0 && loader.current < loader.count; loader.current++)
		r = read_source(&loader);
	if (r == 0)
		r = builder_finish(loader.builder, &model);
	if (r == 0)
		model_validate(model, diags);
	diags_sort(diags);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || diags->errors > 0)
		return loader.passing ? loader.passing : -EINVAL;
	*ret_model = steal_ptr(model);
	return 0;
}

void config_tell(const char *path, int result, const struct diags *diags, bool warnings, FILE *file)
{
	diags_print(diags, warnings, file);
	if (result < 0 && diags->errors == 0)
		(void)fprintf(file, "%s: %s\n", path, strerrordesc_np(-result));
	else if (result < 0)
		(void)fprintf(file, "%s: %zu error%s\n", path, diags->errors,
			      diags->errors == 1 ? "" : "s");
}
