/* See convert_internal.h. */
#include "config/convert_internal.h"

#include "calendar/cron.h"
#include "config/values.h"
#include "core/names.h"

/* Variables that begin with this are everyd's own. */
#define OWN_PREFIX "EVERYD_"

/* All texts of the list, one after the other. NULL: out of memory. */
static const char *join(const struct conversion *c)
{
	const struct option_given *given = c->given;
	size_t len = 0;
	char *joined;

	if (given->n_texts == 1)
		return given->texts[0];
	for (size_t i = 0; i < given->n_texts; i++)
		len += strlen(given->texts[i]) + 1;
	joined = arena_alloc(c->arena, len);
	for (size_t i = 0, at = 0; joined && i < given->n_texts; i++) {
		size_t n = strlen(given->texts[i]) + 1;

		memcpy(joined + at, given->texts[i], n);
		at += n;
	}
	return joined;
}

static int set_texts(const struct conversion *c)
{
	struct text_list *list = target(c);
	const char *texts = NULL;

	if (c->given->n_texts > 0) {
		texts = join(c);
		if (!texts)
			return -ENOMEM;
	}
	*list = (struct text_list){.texts = texts, .n = (uint32_t)c->given->n_texts};
	return 0;
}

/* Sorted by resource, so that lists that mean the same are the same. */
int convert_limits(struct conversion *c)
{
	struct job_rlimit limits[VALUE_RLIMITS_MAX];
	bool set[VALUE_RLIMITS_MAX] = {false};
	struct job_rlimit *items;
	uint32_t n = 0;
	int r = 0;

	for (size_t i = 0; i < c->given->n_texts; i++) {
		struct job_rlimit limit = {0};
		const char *problem = NULL;

		c->text = c->given->texts[i];
		if (value_rlimit(c->text, &limit, &problem) < 0) {
			r = refuse(c, "\"%s\": %s", shown(c), problem);
			continue;
		}
		if (set[limit.resource])
			r = refuse(c, "\"%s\": this limit is set a second time", shown(c));
		set[limit.resource] = true;
		limits[limit.resource] = limit;
		n++;
	}
	if (r < 0)
		return r;
	items = n > 0 ? arena_alloc(c->arena, n * sizeof(*items)) : NULL;
	if (n > 0 && !items)
		return -ENOMEM;
	n = 0;
	for (size_t i = 0; i < VALUE_RLIMITS_MAX; i++)
		if (set[i])
			items[n++] = limits[i];
	*(struct job_rlimits *)target(c) = (struct job_rlimits){.items = items, .n = n};
	return 0;
}

int convert_outcomes(struct conversion *c)
{
	bool words = c->option->type == OPTION_OUTCOMES;
	struct outcome_set set = {0};
	int r = 0;

	for (size_t i = 0; i < c->given->n_texts; i++) {
		c->text = c->given->texts[i];
		if (value_outcome(c->text, (unsigned)c->option->min, words, &set) < 0)
			r = refuse(c, "\"%s\" is not an exit status from %lld to %lld%s", shown(c),
				   (long long)c->option->min, (long long)c->option->max,
				   words ? ", \"timeout\", \"signal\" or \"start\"" : "");
	}
	if (r == 0)
		*(struct outcome_set *)target(c) = set;
	return r;
}

int convert_set(struct conversion *c)
{
	unsigned set = 0;
	int r = 0;

	if (c->given->n_texts == 0)
		return refuse(c, "the list is empty; write %s", c->option->doc);
	for (size_t i = 0; i < c->given->n_texts; i++) {
		int choice;

		c->text = c->given->texts[i];
		choice = find_choice(c);
		if (choice < 0)
			r = choice;
		else
			set |= 1U << choice;
	}
	if (r == 0)
		*(unsigned *)target(c) = set;
	return r;
}

int convert_cron(struct conversion *c)
{
	const struct option_given *given = c->given;
	struct cron_expr *exprs;
	int r = 0;

	if (given->n_texts == 0)
		return refuse(c, "the list is empty; write %s", c->option->doc);
	if (given->n_texts > CRON_EXPRS_MAX)
		return refuse(c, "it takes at most %d expressions", CRON_EXPRS_MAX);
	exprs = arena_alloc(c->arena, given->n_texts * sizeof(*exprs));
	if (!exprs)
		return -ENOMEM;
	for (size_t i = 0; i < given->n_texts; i++) {
		char problem[CRON_PROBLEM_SIZE];

		c->text = given->texts[i];
		if (cron_expr_parse(c->text, c->place->title, &exprs[i], problem) < 0)
			r = refuse(c, "\"%s\": %s", shown(c), problem);
	}
	if (r == 0)
		*(struct cron_list *)target(c) =
			(struct cron_list){.exprs = exprs, .n = (uint32_t)given->n_texts};
	return r;
}

static int check_variable(struct conversion *c, size_t len)
{
	if (!name_is_variable(c->text, len))
		return refuse(c,
			      "\"%s\": the name of a variable has letters, digits and \"_\", and "
			      "no digit first",
			      shown(c));
	if (!strncmp(c->text, OWN_PREFIX, sizeof(OWN_PREFIX) - 1))
		return refuse(c,
			      "\"%s\": variables that begin with " OWN_PREFIX " are everyd's own",
			      shown(c));
	/* Lists are bounded. */
	for (size_t i = 0; c->given->texts[i] != c->text; i++) {
		const char *other = c->given->texts[i];

		if (!strncmp(other, c->text, len) && (!other[len] || other[len] == '='))
			return refuse(c, "\"%s\": the variable is named a second time", shown(c));
	}
	return 0;
}

int convert_variables(struct conversion *c)
{
	bool values = c->option->type == OPTION_VARIABLES;
	int r = 0;

	for (size_t i = 0; i < c->given->n_texts; i++) {
		size_t len = strcspn(c->given->texts[i], "=");

		c->text = c->given->texts[i];
		if (values && !c->text[len])
			r = refuse(c, "\"%s\" is not a variable and its value, as in \"A=b\"",
				   shown(c));
		else if (!values && c->text[len])
			r = refuse(c,
				   "\"%s\" is not just the name of a variable; environment takes "
				   "values too",
				   shown(c));
		else if (check_variable(c, len) < 0)
			r = -EINVAL;
		else if (strlen(c->text) >= ARGUMENT_MAX)
			r = refuse(c, "longer than the kernel takes, which is %zu bytes",
				   ARGUMENT_MAX - 1);
	}
	return r < 0 ? r : set_texts(c);
}

int convert_files(struct conversion *c)
{
	int r = 0;

	for (size_t i = 0; i < c->given->n_texts; i++) {
		c->text = c->given->texts[i];
		if (c->text[c->text[0] == '-'] != '/')
			r = refuse(c,
				   "\"%s\" is not an absolute path, maybe with a \"-\" in front if "
				   "the file may be missing",
				   shown(c));
		else if (check_length(c) < 0)
			r = -EINVAL;
	}
	return r < 0 ? r : set_texts(c);
}

int convert_addresses(struct conversion *c)
{
	int r = 0;

	for (size_t i = 0; i < c->given->n_texts; i++) {
		c->text = c->given->texts[i];
		if (check_address(c) < 0)
			r = -EINVAL;
	}
	return r < 0 ? r : set_texts(c);
}

static void check_shell_words(struct conversion *c)
{
	/* They mean something to a shell and hardly anything to a program. */
	static const char *const words[] = {"|", "||", "&&", "&", ">", ">>", "<", "2>", "2>&1"};

	if (strpbrk(c->given->texts[0], " \t\n"))
		report(c, DIAG_WARNING,
		       "the program's name has white space in it; the elements of a list are not "
		       "split, a string would go to the shell");
	for (size_t i = 0; i < c->given->n_texts; i++) {
		for (size_t w = 0; w < ARRAY_LENGTH(words); w++) {
			if (strcmp(c->given->texts[i], words[w]) != 0)
				continue;
			report(c, DIAG_WARNING,
			       "\"%s\" is a plain argument in a list; a string would go to the "
			       "shell",
			       words[w]);
			return;
		}
	}
}

int convert_command(struct conversion *c)
{
	const struct option_given *given = c->given;
	struct command_line *command = target(c);
	const char *args;

	if (given->n_texts == 0 && c->option->required)
		return refuse(c, "the list is empty; write the program and its arguments");
	if (given->n_texts == 0) {
		*command = (struct command_line){0};
		return 0;
	}
	if (!given->texts[0][strspn(given->texts[0], " \t\r\n")])
		return refuse(c, given->list
					 ? "the first element is empty; it is the program to run"
					 : "it is empty; write what the shell is to run");
	for (size_t i = 0; i < given->n_texts; i++)
		if (strlen(given->texts[i]) >= ARGUMENT_MAX)
			return refuse(c,
				      "longer than the kernel takes, which is %zu bytes for each "
				      "argument; put it into a script",
				      ARGUMENT_MAX - 1);
	if (given->list)
		check_shell_words(c);
	args = join(c);
	if (!args)
		return -ENOMEM;
	*command = (struct command_line){
		.args = args,
		.n_args = (uint32_t)given->n_texts,
		.use_shell = !given->list,
	};
	return 0;
}
