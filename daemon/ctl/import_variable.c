/* The variables of a crontab: what they mean for the jobs behind them. */
#include "ctl/import_internal.h"

#include "core/names.h"
#include "ctl/quote.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

/* Variables that begin with this are everyd's own. */
#define OWN_PREFIX "EVERYD_"

/* Numbers of hours and of minutes have no more. */
#define NUMBER_DIGITS 5

void import_state_done(struct import_state *state)
{
	for (size_t i = 0; i < state->n_variables; i++) {
		free(state->variables[i].name);
		free(state->variables[i].value);
	}
	free(state->variables);
	free(state->shell);
	free(state->home);
	free(state->mailto);
	free(state->zone);
	*state = (struct import_state){.first_hour = -1};
}

/* --- addresses --- */

/* At a "$": how long the name of a variable is that stands for the user; 0: it is none. */
static size_t user_variable(const char *text)
{
	static const char *const names[] = {"$USER", "${USER}", "$LOGNAME", "${LOGNAME}"};

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		size_t len = strlen(names[i]);

		if (strncmp(text, names[i], len) == 0)
			return len;
	}
	return 0;
}

/* A new text; NULL: out of memory. */
static char *expand(const char *text, size_t len, const char *user)
{
	char *expanded = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&expanded, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < len;) {
		size_t n = text[i] == '$' ? user_variable(text + i) : 0;

		if (n > 0)
			(void)fputs(user, out);
		else
			(void)fputc(text[i], out);
		i += n > 0 ? n : 1;
	}
	if (fclose(out) == 0)
		return expanded;
	free(expanded);
	return NULL;
}

char *import_addresses(const char *mailto, const char *user, size_t *ret_n, char **ret_bad)
{
	_cleanup_free_ char *bad = NULL;
	char *list = NULL;
	size_t size = 0;
	size_t n = 0;
	FILE *out = open_memstream(&list, &size);
	bool failed = !out;

	while (!failed && *(mailto += strspn(mailto, ", \t"))) {
		size_t len = strcspn(mailto, ", \t");
		_cleanup_free_ char *address = expand(mailto, len, user);

		mailto += len;
		failed = !address;
		if (address && name_is_address(address)) {
			(void)fputs(n++ > 0 ? ", " : "", out);
			quote_value(out, address);
		} else if (!bad) {
			bad = steal_ptr(address);
		}
	}
	if ((out && fclose(out) != 0) || failed) {
		free(list);
		return NULL;
	}
	*ret_n = n;
	*ret_bad = steal_ptr(bad);
	return list;
}

/* --- one function for each variable that has a meaning --- */

struct taking {
	struct import *import;
	struct import_state *state;
	struct import_place place;
	enum crontab_format format;
	const char *name;
	const char *value;
};

static int refuse(const struct taking *taking, const char *why)
{
	int r = import_note(taking->import, DIAG_ERROR, &taking->place, "%s: %s", taking->name,
			    why);

	return r < 0 ? r : 0;
}

/* Returns 1 or -ENOMEM. */
static int set_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 1;
}

static int take_environment(const struct taking *taking)
{
	struct import_state *state = taking->state;
	struct import_variable *variables;
	char *value;

	if (!name_is_variable(taking->name, strlen(taking->name)))
		return refuse(taking, "this is not the name of a variable");
	if (strncmp(taking->name, OWN_PREFIX, strlen(OWN_PREFIX)) == 0)
		return refuse(taking, "variables that begin with " OWN_PREFIX " are everyd's own");
	for (size_t i = 0; i < state->n_variables; i++)
		if (strcmp(state->variables[i].name, taking->name) == 0)
			return set_text(&state->variables[i].value, taking->value);
	if (state->n_variables == IMPORT_VARIABLES_MAX)
		return refuse(taking, "there are too many variables");
	variables = reallocarray(state->variables, state->n_variables + 1, sizeof(*variables));
	if (!variables)
		return -ENOMEM;
	state->variables = variables;
	value = strdup(taking->value);
	variables += state->n_variables;
	*variables = (struct import_variable){strdup(taking->name), value};
	if (!variables->name || !value) {
		free(variables->name);
		free(value);
		return -ENOMEM;
	}
	state->n_variables++;
	if (strcmp(taking->name, "PATH") == 0)
		state->path = true;
	return 1;
}

static int take_mailto(const struct taking *taking)
{
	_cleanup_free_ char *addresses = NULL;
	_cleanup_free_ char *bad = NULL;
	size_t n;
	int r;

	addresses = import_addresses(taking->value, "root", &n, &bad);
	if (!addresses)
		return -ENOMEM;
	r = set_text(&taking->state->mailto, taking->value);
	return r < 0 || !bad ? r : refuse(taking, "this is not a mail address that everyd takes");
}

static int take_mailfrom(const struct taking *taking)
{
	if (!taking->value[0])
		return 1;
	return refuse(taking, "all mails come from one address, which is mail_from at the top of "
			      "everyd.conf");
}

static int take_shell(const struct taking *taking)
{
	if (taking->value[0] != '/' || strlen(taking->value) >= PATH_MAX)
		return refuse(taking, "this is not an absolute path; the jobs get /bin/sh");
	return set_text(&taking->state->shell, taking->value);
}

static int take_home(const struct taking *taking)
{
	int r;

	if (taking->value[0] != '/' || strlen(taking->value) >= PATH_MAX)
		return refuse(taking, "this is not an absolute path; the jobs run in their user's "
				      "home");
	r = take_environment(taking);
	return r > 0 ? set_text(&taking->state->home, taking->value) : r;
}

/* To Debian's cron and anacron these are variables as any other. */
static int note_foreign(const struct taking *taking)
{
	if (!taking->import->debian)
		return 0;
	return import_note(taking->import, DIAG_WARNING, &taking->place,
			   "%s: the jobs go by it, but Debian's %s knows nothing of it",
			   taking->name, taking->format == CRONTAB_ANACRON ? "anacron" : "cron");
}

static int take_zone(const struct taking *taking)
{
	char problem[ZONES_PROBLEM_SIZE];
	const struct zone *zone;
	int r;

	taking->state->zone_unknown = false;
	r = set_text(&taking->state->zone, taking->value);
	if (r < 0 || !taking->value[0])
		return r;
	r = zones_find(&taking->import->zones, taking->value, &zone, problem);
	if (r == -ENOMEM)
		return r;
	taking->state->zone_unknown = r < 0;
	if (r < 0)
		return refuse(taking, problem);
	r = note_foreign(taking);
	return r < 0 ? r : 1;
}

/* A whole number, all of `text` up to `end`. -1: it is none. */
static int number(const char *text, const char *end)
{
	size_t len = (size_t)(end - text);

	if (len == 0 || len > NUMBER_DIGITS || strspn(text, DIGITS) < len)
		return -1;
	return (int)strtol(text, NULL, 10);
}

static int take_random_delay(const struct taking *taking)
{
	int minutes = number(taking->value, taking->value + strlen(taking->value));
	int r = 0;

	if (minutes < 0)
		return refuse(taking, "this is not a number of minutes");
	taking->state->random_delay = (unsigned)minutes;
	if (minutes > 0)
		r = note_foreign(taking);
	return r < 0 ? r : 1;
}

/* "3-22"; the first hour alone matters for when a job is due. */
static int take_hours(const struct taking *taking)
{
	const char *value = taking->value + strspn(taking->value, " ");
	const char *dash = value + strcspn(value, "-");
	const char *end = value + strlen(value);
	int first = number(value, dash);
	int last = *dash ? number(dash + 1, end) : first;
	int r;

	if (first < 0 || first > 23 || last < first || last > 24)
		return refuse(taking, "these are not hours, as in \"3-22\"");
	taking->state->first_hour = first;
	r = note_foreign(taking);
	return r < 0 ? r : 1;
}

static int take_no_mail(const struct taking *taking)
{
	return taking->value[0] ? set_text(&taking->state->mailto, "") : 1;
}

/* cron(8) does not let it be set. */
static int take_nothing(const struct taking *taking)
{
	(void)taking;
	return 1;
}

static int take_encoding(const struct taking *taking)
{
	int r = import_note(taking->import, DIAG_WARNING, &taking->place,
			    "%s: everyd's mails are UTF-8", taking->name);

	return r < 0 ? r : 1;
}

static int take_level(const struct taking *taking)
{
	return refuse(taking, "everyd knows no SELinux levels");
}

#define TABS    (1 << CRONTAB_USER | 1 << CRONTAB_SYSTEM)
#define ANACRON (1 << CRONTAB_ANACRON)

static const struct {
	const char *name;
	unsigned formats; /* in which it has a meaning: bits 1 << enum crontab_format */
	int (*take)(const struct taking *taking); /* as import_variable() */
} meanings[] = {
	{"MAILTO", TABS | ANACRON, take_mailto},
	{"MAILFROM", TABS | ANACRON, take_mailfrom},
	{"SHELL", TABS, take_shell},
	{"HOME", TABS, take_home},
	{"LOGNAME", TABS | ANACRON, take_nothing},
	{"USER", TABS | ANACRON, take_nothing},
	{"CRON_TZ", TABS, take_zone},
	{"RANDOM_DELAY", TABS | ANACRON, take_random_delay},
	{"START_HOURS_RANGE", ANACRON, take_hours},
	{"PREFERRED_HOUR", ANACRON, take_hours},
	{"NO_MAIL_OUTPUT", ANACRON, take_no_mail},
	{"INHERIT_OUTPUTS", ANACRON, take_no_mail},
	{"CONTENT_TYPE", TABS, take_encoding},
	{"CONTENT_TRANSFER_ENCODING", TABS, take_encoding},
	{"MLS_LEVEL", TABS, take_level},
};

int import_variable(struct import *import, struct import_state *state,
		    const struct import_source *source, const struct crontab_line *line)
{
	const struct taking taking = {
		.import = import,
		.state = state,
		.place = {source->path, line->number},
		.format = source->format,
		.name = line->name,
		.value = line->value,
	};

	for (size_t i = 0; i < ARRAY_LENGTH(meanings); i++)
		if (meanings[i].formats & 1U << source->format &&
		    strcmp(meanings[i].name, line->name) == 0)
			return meanings[i].take(&taking);
	return take_environment(&taking);
}
