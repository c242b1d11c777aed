/* See comparison.h. */
#include "ctl/comparison.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_FIRST 32

void comparison_init(struct comparison *comparison)
{
	*comparison = (struct comparison){0};
}

static void difference_done(struct difference *difference)
{
	free(difference->name);
	free(difference->here);
	free(difference->there);
}

void comparison_done(struct comparison *comparison)
{
	for (size_t i = 0; i < comparison->n; i++)
		difference_done(&comparison->items[i]);
	free(comparison->items);
	comparison_init(comparison);
}

static int reserve(struct comparison *comparison)
{
	size_t size = comparison->size > 0 ? 2 * comparison->size : SIZE_FIRST;
	struct difference *items;

	if (comparison->n < comparison->size)
		return 0;
	items = reallocarray(comparison->items, size, sizeof(*items));
	if (!items)
		return -ENOMEM;
	comparison->items = items;
	comparison->size = size;
	return 0;
}

static int add(struct comparison *comparison, const char *section, const char *name, size_t len,
	       const char *here, const char *there)
{
	struct difference difference = {.section = section};

	if (here == there || (here && there && strcmp(here, there) == 0))
		return 0;
	if (reserve(comparison) < 0)
		return -ENOMEM;
	difference.name = strndup(name, len);
	difference.here = here ? strdup(here) : NULL;
	difference.there = there ? strdup(there) : NULL;
	if (!difference.name || (here && !difference.here) || (there && !difference.there)) {
		difference_done(&difference);
		return -ENOMEM;
	}
	comparison->items[comparison->n++] = difference;
	return 0;
}

int comparison_add(struct comparison *comparison, const char *section, const char *name,
		   const char *here, const char *there)
{
	return add(comparison, section, name, strlen(name), here, there);
}

/* --- environments --- */

/* A variable of one of them. */
struct variable {
	const char *item;
	size_t len; /* of its name */
	size_t at;  /* where it stands */
};

static int compare_names(const struct variable *a, const struct variable *b)
{
	size_t len = a->len < b->len ? a->len : b->len;
	int order = memcmp(a->item, b->item, len);

	return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

static int compare_variables(const void *a, const void *b)
{
	const struct variable *first = a;
	const struct variable *second = b;
	int order = compare_names(first, second);

	return order != 0 ? order : (first->at > second->at) - (first->at < second->at);
}

/* By name, each once; what has no "=" is no variable. */
static int sort(char *const *environment, struct variable **ret_variables, size_t *ret_n)
{
	struct variable *variables;
	size_t count = 0;
	size_t n = 0;
	size_t kept = 0;

	while (environment[count])
		count++;
	variables = calloc(count + 1, sizeof(*variables));
	if (!variables)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(environment[i], '=');

		if (equals)
			variables[n++] = (struct variable){environment[i],
							   (size_t)(equals - environment[i]), i};
	}
	qsort(variables, n, sizeof(*variables), compare_variables);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || compare_names(&variables[i], &variables[kept - 1]) != 0)
			variables[kept++] = variables[i];
	*ret_variables = variables;
	*ret_n = kept;
	return 0;
}

static const char *value_of(const struct variable *variable)
{
	return variable->item + variable->len + 1;
}

/* Which comes next: negative, ours; positive, theirs; 0: both, as they have the same name. NULL:
   there is none left, of one of the two. */
static int side_of(const struct variable *our, const struct variable *their)
{
	if (!our)
		return 1;
	return their ? compare_names(our, their) : -1;
}

int comparison_add_environment(struct comparison *comparison, const char *section,
			       char *const *here, char *const *there)
{
	_cleanup_free_ struct variable *ours = NULL;
	_cleanup_free_ struct variable *theirs = NULL;
	size_t n_ours;
	size_t n_theirs;
	size_t i = 0;
	size_t j = 0;

	if (sort(here, &ours, &n_ours) < 0 || sort(there, &theirs, &n_theirs) < 0)
		return -ENOMEM;
	while (i < n_ours || j < n_theirs) {
		int order = side_of(i < n_ours ? &ours[i] : NULL, j < n_theirs ? &theirs[j] : NULL);
		const struct variable *either = order <= 0 ? &ours[i] : &theirs[j];
		const char *our = order <= 0 ? value_of(&ours[i++]) : NULL;
		const char *their = order >= 0 ? value_of(&theirs[j++]) : NULL;

		if (add(comparison, section, either->item, either->len, our, their) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* --- printing --- */

enum paint {
	PAINT_HEAD,
	PAINT_SECTION,
	PAINT_HERE,
	PAINT_THERE,
};

/* As git diff has them. */
static const char *const paints[] = {
	[PAINT_HEAD] = "\033[1m",
	[PAINT_SECTION] = "\033[36m",
	[PAINT_HERE] = "\033[31m",
	[PAINT_THERE] = "\033[32m",
};

static void print(FILE *file, bool color, enum paint paint, const char *before, const char *text,
		  const char *after)
{
	(void)fprintf(file, "%s%s%s%s%s\n", color ? paints[paint] : "", before, text, after,
		      color ? "\033[0m" : "");
}

static int print_value(FILE *file, bool color, enum paint paint, const struct difference *item,
		       const char *value)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *clean = NULL;

	if (!value)
		return 0;
	if (asprintf(&text, "%s=%s", item->name, value) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	clean = malloc(TEXT_GROWTH * strlen(text) + 1);
	if (!clean)
		return -ENOMEM;
	(void)text_sanitize(clean, text, strlen(text));
	print(file, color, paint, paint == PAINT_HERE ? "-" : "+", clean, "");
	return 0;
}

int comparison_print(const struct comparison *comparison, const char *here, const char *there,
		     bool color, FILE *file)
{
	const char *section = NULL;

	if (comparison->n > 0) {
		print(file, color, PAINT_HEAD, "--- ", here, "");
		print(file, color, PAINT_HEAD, "+++ ", there, "");
	}
	for (size_t i = 0; i < comparison->n; i++) {
		const struct difference *item = &comparison->items[i];

		if (item->section != section)
			print(file, color, PAINT_SECTION, "@@ ", item->section, " @@");
		section = item->section;
		if (print_value(file, color, PAINT_HERE, item, item->here) < 0 ||
		    print_value(file, color, PAINT_THERE, item, item->there) < 0)
			return -ENOMEM;
	}
	return 0;
}
