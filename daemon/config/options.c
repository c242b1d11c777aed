/* See options.h. */
#include "config/options.h"

#include "calendar/duration.h"
#include "calendar/schedule.h"
#include "core/model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A name that is further away than this is not what was meant. */
#define SUGGESTION_DISTANCE 2

/* The kernel takes no longer argument: MAX_ARG_STRLEN, execve(2). */
#define ARGUMENT_MAX ((size_t)128 * 1024)

/* A string command's room for the words of a suggestion. */
#define CHOICES_SIZE 200

/* In the order of enum overlap_policy. */
static const char *const overlap_choices[] = {
	[OVERLAP_SKIP] = "skip",
	[OVERLAP_QUEUE] = "queue",
	[OVERLAP_REPLACE] = "replace",
	[OVERLAP_ALLOW] = "allow",
	NULL,
};

/* In the order of enum leftover_policy. */
static const char *const leftover_choices[] = {
	[LEFTOVER_KILL] = "kill",
	[LEFTOVER_LEAVE] = "leave",
	NULL,
};

/* clang-format off */
const struct option option_table[OPTION_COUNT] = {
	[OPT_WORKERS] = {
		.name = "workers",
		.type = OPTION_INTEGER,
		.where = IN_MAIN,
		.fallback = "8",
		.min = 1,
		.max = MODEL_WORKERS_MAX,
		.doc = "how many runs may go on at the same time",
	},
	[OPT_QUEUE] = {
		.name = "queue",
		.type = OPTION_INTEGER,
		.where = IN_MAIN,
		.fallback = "1024",
		.min = 0,
		.max = MODEL_QUEUE_MAX,
		.doc = "how many accepted runs may wait for a worker",
	},
	[OPT_STOP_TIMEOUT] = {
		.name = "stop_timeout",
		.type = OPTION_DURATION,
		.where = IN_MAIN,
		.fallback = "30s",
		.min = 0,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long running jobs may go on when everyd stops",
	},
	[OPT_INCLUDE_DIR] = {
		.name = "include_dir",
		.type = OPTION_FILE,
		.where = IN_MAIN,
		.doc = "a directory whose *.conf files are read too",
	},
	[OPT_INCLUDE] = {
		.name = "include",
		.type = OPTION_FUNCTION,
		.where = IN_MAIN | IN_INCLUDED,
		.doc = "another file to read",
	},
	[OPT_DEFAULTS] = {
		.name = "defaults",
		.type = OPTION_SECTION,
		.where = IN_MAIN | IN_INCLUDED,
		.inside = IN_DEFAULTS,
		.doc = "what jobs get that do not say otherwise",
	},
	[OPT_JOB] = {
		.name = "job",
		.type = OPTION_SECTION,
		.where = IN_MAIN | IN_INCLUDED,
		.titled = true,
		.inside = IN_JOB,
		.doc = "a command and when to run it",
	},
	[OPT_GROUP] = {
		.name = "concurrency_group",
		.type = OPTION_SECTION,
		.where = IN_MAIN | IN_INCLUDED,
		.titled = true,
		.inside = IN_GROUP,
		.doc = "a limit that several jobs share",
	},
	[OPT_LIMIT] = {
		.name = "limit",
		.type = OPTION_INTEGER,
		.where = IN_GROUP,
		.required = true,
		.min = 1,
		.max = MODEL_WORKERS_MAX,
		.doc = "how many runs of the group's jobs may go on at the same time",
	},
	[OPT_EVERY] = {
		.name = "every",
		.type = OPTION_DURATION,
		.where = IN_JOB,
		.required = true,
		.min = SCHEDULE_MIN_INTERVAL,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "the time from one slot to the next, as in every = \"15m\"",
	},
	[OPT_OFFSET] = {
		.name = "offset",
		.type = OPTION_DURATION,
		.where = IN_JOB,
		.fallback = "0",
		.min = 0,
		.max = SCHEDULE_MAX_INTERVAL - 1,
		.doc = "by how much the slots are shifted",
	},
	[OPT_COMMAND] = {
		.name = "command",
		.type = OPTION_COMMAND,
		.where = IN_JOB,
		.required = true,
		.doc = "what to run, as in command = 'date >> log' or command = {\"/bin/date\", \"-u\"}",
	},
	[OPT_SPLAY] = {
		.name = "splay",
		.type = OPTION_DURATION,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "0",
		.min = 0,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "the bound of a delay that differs from job to job",
	},
	[OPT_TIMEOUT] = {
		.name = "timeout",
		.type = OPTION_DURATION,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "0",
		.min = 0,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "how long a run may take",
	},
	[OPT_KILL_GRACE] = {
		.name = "kill_grace",
		.type = OPTION_DURATION,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "10s",
		.min = 0,
		.max = SCHEDULE_MAX_INTERVAL,
		.doc = "the time from SIGTERM to SIGKILL",
	},
	[OPT_OVERLAP] = {
		.name = "overlap",
		.type = OPTION_CHOICE,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "skip",
		.choices = overlap_choices,
		.doc = "what happens when a job is due while it still runs",
	},
	[OPT_MAX_RUNNING] = {
		.name = "max_running",
		.type = OPTION_INTEGER,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "4",
		.min = 1,
		.max = 1000,
		.doc = "how many runs of the job may overlap",
	},
	[OPT_CONCURRENCY_GROUP] = {
		.name = "concurrency_group",
		.type = OPTION_NAME,
		.where = IN_JOB | IN_DEFAULTS,
		.doc = "the group whose limit the job shares",
	},
	[OPT_LEFTOVER] = {
		.name = "leftover",
		.type = OPTION_CHOICE,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "kill",
		.choices = leftover_choices,
		.doc = "what happens to processes that a run leaves behind",
	},
	[OPT_SHELL] = {
		.name = "shell",
		.type = OPTION_PROGRAM,
		.where = IN_JOB | IN_DEFAULTS,
		.fallback = "/bin/sh",
		.doc = "the program that runs a command given as a string",
	},
};
/* clang-format on */

const char option_name_rule[] =
	"1 to 200 of A-Z a-z 0-9 _ . @ : + - and begin with neither \"-\" nor \".\"";
_Static_assert(MODEL_NAME_MAX == 200, "option_name_rule names the bound");
_Static_assert(OPTION_COUNT <= 32, "option_set has one bit for each");

bool option_name_is_valid(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789_.@:+-");

	return len > 0 && len <= MODEL_NAME_MAX && !name[len] && name[0] != '-' && name[0] != '.';
}

const struct option *option_find(const char *name, size_t len, enum option_where where)
{
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];

		if ((option->where & where) && !strncmp(option->name, name, len) &&
		    !option->name[len])
			return option;
	}
	return NULL;
}

/* Where it would be right, in words that follow "it stands". */
static const char *where_text(const struct option *option)
{
	if (option->where & IN_INCLUDED)
		return "at the top level of a file (is a \"}\" missing above?)";
	if (option->where & IN_MAIN)
		return "at the top level of the main file";
	if (option->where & IN_DEFAULTS)
		return "in a job or in defaults";
	if (option->where & IN_JOB)
		return "in a job";
	return "in a concurrency_group";
}

void option_report_unknown(struct diags *diags, const struct place *place, const char *name,
			   size_t len, enum option_where where)
{
	char shown[QUOTED_SIZE];
	char known[CHOICES_SIZE];
	unsigned nearest = SUGGESTION_DISTANCE + 1;
	const char *suggestion = NULL;
	size_t used = 0;

	quoted(name, len, shown);
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		unsigned distance = text_distance(shown, option->name);

		if (distance == 0) {
			place_report(diags, DIAG_ERROR, place,
				     "\"%s\" does not belong here; it stands %s", shown,
				     where_text(option));
			return;
		}
		if (!(option->where & where))
			continue;
		if (distance < nearest) {
			nearest = distance;
			suggestion = option->name;
		}
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
					 used ? ", " : "", option->name);
	}
	if (suggestion)
		place_report(diags, DIAG_ERROR, place,
			     "unknown option \"%s\"; did you mean \"%s\"?", shown, suggestion);
	else
		place_report(diags, DIAG_ERROR, place, "unknown option \"%s\"; possible here: %s",
			     shown, known);
}

static int check_duration(const struct option *option, const char *text, const char *shown,
			  const struct place *place, struct diags *diags, usec_t *ret_span)
{
	char bound[DURATION_TEXT_SIZE];
	usec_t span = 0;
	int r = duration_parse(text, &span);

	if (r == -EINVAL) {
		place_report(
			diags, DIAG_ERROR, place,
			"\"%s\" is not a duration; use numbers with units us ms s m h d w, as in "
			"\"1h30m\"",
			shown);
		return r;
	}
	if (r < 0 || span > option->max) {
		place_report(diags, DIAG_ERROR, place, "\"%s\" is too long; the most is \"%s\"",
			     shown, duration_format(option->max, bound));
		return -EINVAL;
	}
	if (span < option->min) {
		place_report(diags, DIAG_ERROR, place, "\"%s\" is too short; the least is \"%s\"",
			     shown, duration_format(option->min, bound));
		return -EINVAL;
	}
	*ret_span = span;
	return 0;
}

static int check_integer(const struct option *option, const char *text, const char *shown,
			 const struct place *place, struct diags *diags, int64_t *ret_number)
{
	size_t digits = strspn(text, "0123456789");
	int64_t number = 0;

	for (size_t i = 0; i < digits && number <= option->max; i++)
		number = number * 10 + (text[i] - '0');
	if (digits == 0 || text[digits] || number < option->min || number > option->max) {
		place_report(diags, DIAG_ERROR, place,
			     "\"%s\" is not a whole number from %lld to %lld", shown,
			     (long long)option->min, (long long)option->max);
		return -EINVAL;
	}
	*ret_number = number;
	return 0;
}

static int check_choice(const struct option *option, const char *text, const char *shown,
			const struct place *place, struct diags *diags, int64_t *ret_index)
{
	char known[CHOICES_SIZE];
	size_t used = 0;

	for (size_t i = 0; option->choices[i]; i++) {
		if (!strcmp(option->choices[i], text)) {
			*ret_index = (int64_t)i;
			return 0;
		}
		used += (size_t)snprintf(known + used, sizeof(known) - used, "%s\"%s\"",
					 used ? ", " : "", option->choices[i]);
	}
	place_report(diags, DIAG_ERROR, place, "\"%s\" is not one of %s", shown, known);
	return -EINVAL;
}

static int check_command(const struct option_given *given, const struct place *place,
			 struct diags *diags)
{
	if (given->n_texts == 0) {
		place_report(diags, DIAG_ERROR, place,
			     "the list is empty; write the program and its arguments");
		return -EINVAL;
	}
	if (!given->texts[0][strspn(given->texts[0], " \t\r\n")]) {
		place_report(diags, DIAG_ERROR, place,
			     given->list ? "the first element is empty; it is the program to run"
					 : "it is empty; write what the shell is to run");
		return -EINVAL;
	}
	for (size_t i = 0; i < given->n_texts; i++) {
		if (strlen(given->texts[i]) >= ARGUMENT_MAX) {
			place_report(diags, DIAG_ERROR, place,
				     "longer than the kernel takes, which is %zu bytes for each "
				     "argument; put it into a script",
				     ARGUMENT_MAX - 1);
			return -EINVAL;
		}
	}
	return 0;
}

static int check_text(const struct option *option, const char *text, const char *shown,
		      const struct place *place, struct diags *diags, const char **ret_text)
{
	if (option->type == OPTION_NAME && !option_name_is_valid(text)) {
		place_report(diags, DIAG_ERROR, place, "\"%s\": a name must be %s", shown,
			     option_name_rule);
		return -EINVAL;
	}
	if (option->type == OPTION_PROGRAM && text[0] != '/') {
		place_report(diags, DIAG_ERROR, place,
			     "\"%s\" is not an absolute path; write it as in \"%s\"", shown,
			     option->fallback);
		return -EINVAL;
	}
	if (!text[0]) {
		place_report(diags, DIAG_ERROR, place, "it is empty; write %s", option->doc);
		return -EINVAL;
	}
	*ret_text = text;
	return 0;
}

int option_convert(const struct option_given *given, const struct place *place, struct diags *diags,
		   struct option_set *set)
{
	const struct option *option = given->option;
	struct option_value value = {0};
	char shown[QUOTED_SIZE];
	const char *text;
	int r;

	if (option->type == OPTION_COMMAND) {
		r = check_command(given, place, diags);
		if (r == 0)
			set->given |= UINT32_C(1) << option_id(option);
		return r;
	}
	if (given->list) {
		place_report(diags, DIAG_ERROR, place, "it takes one value, not a list");
		return -EINVAL;
	}

	text = given->texts[0];
	quoted(text, strlen(text), shown);
	switch (option->type) {
	case OPTION_DURATION:
		r = check_duration(option, text, shown, place, diags, &value.number);
		break;
	case OPTION_INTEGER:
		r = check_integer(option, text, shown, place, diags, &value.number);
		break;
	case OPTION_CHOICE:
		r = check_choice(option, text, shown, place, diags, &value.number);
		break;
	default:
		r = check_text(option, text, shown, place, diags, &value.text);
		break;
	}
	if (r < 0)
		return r;
	set->values[option_id(option)] = value;
	set->given |= UINT32_C(1) << option_id(option);
	return 0;
}

void option_set_fallbacks(struct option_set *ret_set)
{
	*ret_set = (struct option_set){0};
	for (size_t i = 0; i < OPTION_COUNT; i++) {
		const struct option *option = &option_table[i];
		struct option_given given = {
			.option = option,
			.texts = &option->fallback,
			.n_texts = 1,
		};
		struct diags none;

		if (!option->fallback)
			continue;
		/* A default that is not good leaves its option unset, which a test would see. */
		diags_init(&none);
		(void)!option_convert(&given, &(struct place){0}, &none, ret_set);
		diags_done(&none);
	}
}

void option_set_merge(struct option_set *set, const struct option_set *more)
{
	for (size_t i = 0; i < OPTION_COUNT; i++)
		if (more->given >> i & 1)
			set->values[i] = more->values[i];
	set->given |= more->given;
}
