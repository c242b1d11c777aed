/* See import.h. */
#include "ctl/import.h"

#include "calendar/cron.h"
#include "ctl/import_internal.h"
#include "ctl/quote.h"
#include "ctl/root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* When Debian's units start anacron, if START_HOURS_RANGE does not say it. */
#define ANACRON_HOUR   7
#define ANACRON_MINUTE 30

#define HOUR_MINUTES 60
#define DAY_MINUTES  (24 * HOUR_MINUTES)

/* What takes mails unless everyd.conf names another program. */
#define SENDMAIL "/usr/sbin/sendmail"

/* A longer period is none that is meant. */
#define PERIOD_DIGITS 5

/* What jobs of cron have in common. A file in an include_dir has its own defaults. */
static const char head[] =
	"# Made by everyctl import from what cron(8) and anacron(8) run.\n"
	"#\n"
	"# These defaults are what cron does. What everyd would do otherwise, and what you may\n"
	"# like better, is said behind them. Options of each job are in everyd.conf(5).\n"
	"defaults {\n"
	"\toverlap     = \"allow\"   # cron starts a job whether its last run has ended or not;\n"
	"\tmax_running = 1000      # \"skip\" is safer, and needs no flock(1) any more\n"
	"\tcatch_up    = \"none\"    # what was missed is not made up for; \"last\" would do it "
	"once\n"
	"\tleftover    = \"leave\"   # what a job leaves in the background goes on; or \"kill\"\n"
	"\tmail_when   = \"output\"  # mail is sent of all that is printed; \"failure\" is "
	"quieter\n"
	"\tshell       = \"/bin/sh\"\n"
	"\tenvironment = {'PATH=" IMPORT_PATH "'}\n"
	"}\n"
	"# How many runs there are at once, of all jobs, is bounded by workers in everyd.conf.\n";

/* Said where it is so. */
static const char no_sendmail[] =
	"# There is no " SENDMAIL " on this machine: cron dropped what it would have mailed,\n"
	"# and everyd will warn of it. To leave it at that, remove each mailto below.\n";

/* Is there such a file on the machine? */
static bool exists(const struct import *import, const char *path)
{
	_cleanup_close_ int fd = root_open(import->root, path, O_PATH);

	return fd >= 0;
}

int import_init(struct import *import, const char *root)
{
	*import = (struct import){.root = root};
	diags_init(&import->diags);
	arena_init(&import->arena);
	zones_init(&import->zones, &import->arena);
	import->debian = exists(import, "/etc/debian_version");
	import->anacron = exists(import, "/usr/sbin/anacron");
	import->out = open_memstream(&import->text, &import->len);
	if (!import->out)
		return -ENOMEM;
	(void)fputs(head, import->out);
	if (!exists(import, SENDMAIL))
		(void)fputs(no_sendmail, import->out);
	return 0;
}

void import_done(struct import *import)
{
	if (import->out)
		(void)fclose(import->out);
	free(import->text);
	free(import->user);
	jobnames_done(&import->names);
	jobnames_done(&import->groups);
	arena_done(&import->arena);
	diags_done(&import->diags);
}

int import_finish(struct import *import)
{
	return fflush(import->out) == 0 && !ferror(import->out) ? 0 : -ENOMEM;
}

int import_note(struct import *import, enum diag_severity severity,
		const struct import_place *place, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int r;

	va_start(ap, format);
	r = vasprintf(&text, format, ap);
	va_end(ap);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	diags_add(&import->diags, severity, place->path, place->line, "%s", text);
	return quote_comment(import->out,
			     severity == DIAG_ERROR ? "# NOT IMPORTED: " : "# Note: ", text,
			     strlen(text));
}

int import_check_size(const struct import *import)
{
	return ftello(import->out) > (off_t)IMPORT_OUTPUT_MAX ? -EFBIG : 0;
}

/* The line itself as a comment. */
static int say_line(struct import *import, const struct crontab_line *line)
{
	return quote_comment(import->out, "#   ", line->text, line->len);
}

/* --- jobs of crontabs --- */

/* It is cron's part of anacron, which everyd takes over as a whole. */
static bool starts_anacron(const struct import *import, const struct crontab_line *line)
{
	return import->anacron && strstr(line->command, "anacron") &&
	       (strstr(line->command, "anacron start") || strstr(line->command, "anacron -s"));
}

/* The user is known by name, or it is not said. */
static int take_tab_job(struct import *import, struct import_state *state,
			const struct import_source *source, const struct crontab_line *line)
{
	bool reboot = strcmp(line->when, "@reboot") == 0;
	const struct import_job job = {
		.place = {source->path, line->number},
		.cron = reboot ? NULL : line->when,
		.on = reboot ? "start" : NULL,
		.user = source->format == CRONTAB_SYSTEM ? line->user : source->owner,
		.command = line->command,
		.input = line->input,
		.workdir = state->home,
		.shell = state->shell,
		.splay = state->random_delay,
		.single = line->single,
		.failures_only = line->failures_only,
	};
	struct runparts runparts;
	int r = 0;

	if (starts_anacron(import, line)) {
		(void)fputs("# Not needed any more:\n", import->out);
		return say_line(import, line);
	}
	if (source->format == CRONTAB_SYSTEM && !line->input &&
	    runparts_recognize(line->command, &runparts)) {
		struct import_job pattern = job;

		r = say_line(import, line);
		if (r < 0)
			return r;
		if (runparts.unless_anacron && import->anacron) {
			(void)fputs("# anacron does it.\n", import->out);
			return 0;
		}
		pattern.nice = runparts.nice;
		return import_scripts(import, state, &pattern, runparts.dir);
	}
	if (source->format == CRONTAB_USER && !state->hinted &&
	    strncmp(line->command, "root", 4) == 0 && strchr(" \t", line->command[4])) {
		state->hinted = true;
		r = import_note(import, DIAG_WARNING, &job.place,
				"if \"root\" is no command but a user, say --system");
	}
	if (r == 0 && reboot)
		r = import_note(import, DIAG_WARNING, &job.place,
				"\"@reboot\" is whenever everyd starts, not only with the machine");
	if (r == 0)
		r = import_job(import, state, &job);
	return r == 0 ? say_line(import, line) : r;
}

/* --- jobs of anacrontabs --- */

/* Room for a schedule. */
#define WHEN_SIZE 40

/* When a job of so many days is due: a cron expression, or else `every` with an offset. */
struct period {
	char cron[WHEN_SIZE]; /* "": none */
	char every[WHEN_SIZE];
	char offset[WHEN_SIZE];
};

/* Returns false if the period is none. */
static bool period_of(const char *when, unsigned minute, struct period *ret_period)
{
	static const struct {
		const char *when;
		const char *days; /* the fields behind minute and hour */
	} periods[] = {
		{"1", "* * *"},         {"@daily", "* * *"},   {"7", "* * 0"},
		{"@weekly", "* * 0"},   {"@monthly", "1 * *"}, {"@yearly", "1 1 *"},
		{"@annually", "1 1 *"}, {"@annualy", "1 1 *"},
	};
	struct period period = {.cron = ""};

	when += when[0] == '0' && when[1] ? strspn(when, "0") : 0;
	for (size_t i = 0; i < ARRAY_LENGTH(periods); i++) {
		if (strcmp(periods[i].when, when) != 0)
			continue;
		(void)snprintf(period.cron, sizeof(period.cron), "%u %u %s", minute % HOUR_MINUTES,
			       minute / HOUR_MINUTES, periods[i].days);
		*ret_period = period;
		return true;
	}
	if (when[0] == '@' || strlen(when) > PERIOD_DIGITS || strtol(when, NULL, 10) < 1 ||
	    strtol(when, NULL, 10) > SCHEDULE_MAX_INTERVAL / USEC_PER_DAY)
		return false;
	(void)snprintf(period.every, sizeof(period.every), "%sd", when);
	(void)snprintf(period.offset, sizeof(period.offset), "%uh%um", minute / HOUR_MINUTES,
		       minute % HOUR_MINUTES);
	*ret_period = period;
	return true;
}

static int take_anacron_job(struct import *import, const struct import_state *state,
			    const struct import_source *source, const struct crontab_line *line)
{
	struct import_job job = {
		.place = {source->path, line->number},
		.name = line->id,
		.user = source->owner,
		.command = line->command,
		.workdir = "/",
		.splay = state->random_delay,
		.catch_up = true,
	};
	unsigned minute = state->first_hour >= 0 ? (unsigned)state->first_hour * HOUR_MINUTES
						 : ANACRON_HOUR * HOUR_MINUTES + ANACRON_MINUTE;
	struct runparts runparts;
	struct period period;
	int r = 0;

	minute = (minute + line->delay) % DAY_MINUTES;
	if (!period_of(line->when, minute, &period)) {
		r = import_note(import, DIAG_ERROR, &job.place, "%s: this is not a period",
				line->when);
		return r < 0 ? r : say_line(import, line);
	}
	job.cron = period.cron[0] ? period.cron : NULL;
	job.every = period.cron[0] ? NULL : period.every;
	job.offset = period.cron[0] ? NULL : period.offset;
	if (job.every)
		r = import_note(import, DIAG_WARNING, &job.place,
				"a period of %s days is counted in UTC", line->when);
	if (r == 0 && runparts_recognize(line->command, &runparts)) {
		job.nice = runparts.nice;
		r = say_line(import, line);
		return r < 0 ? r : import_scripts(import, state, &job, runparts.dir);
	}
	if (r == 0)
		r = import_job(import, state, &job);
	return r == 0 ? say_line(import, line) : r;
}

/* --- a crontab --- */

static int take_bad(struct import *import, struct import_state *state,
		    const struct import_source *source, const struct crontab_line *line)
{
	const struct import_place place = {source->path, line->number};
	int r = import_note(import, DIAG_ERROR, &place, "%s", line->problem);

	if (state->bad_line == 0)
		state->bad_line = line->number;
	return r < 0 ? r : say_line(import, line);
}

/* Returns 0 or more; or -errno. */
static int take_line(struct import *import, struct import_state *state,
		     const struct import_source *source, const struct crontab_line *line)
{
	int r;

	switch (line->kind) {
	case CRONTAB_BLANK:
		(void)fputc('\n', import->out);
		return 0;
	case CRONTAB_COMMENT:
		return quote_comment(import->out, "", line->text, line->len);
	case CRONTAB_VARIABLE:
		r = import_variable(import, state, source, line);
		return r < 0 ? r : quote_comment(import->out, "# ", line->text, line->len);
	case CRONTAB_JOB:
		return source->format == CRONTAB_ANACRON
			       ? take_anacron_job(import, state, source, line)
			       : take_tab_job(import, state, source, line);
	case CRONTAB_BAD:
		break;
	}
	return take_bad(import, state, source, line);
}

/* The last line, which nothing ends. */
static int note_unended(struct import *import, const struct import_source *source, unsigned line)
{
	const struct import_place place = {source->path, line};
	bool all = import->debian && source->format != CRONTAB_ANACRON;

	return import_note(import, DIAG_WARNING, &place,
			   all ? "nothing ends this line: Debian's cron passes over all of a "
				 "crontab that ends so"
			       : "cron(8) may not have run this line, as nothing ends it");
}

/* To Debian's cron, a crontab is good as a whole or not at all. */
static int note_bad(struct import *import, const struct import_state *state,
		    const struct import_source *source)
{
	const struct import_place place = {source->path, state->bad_line};

	if (state->bad_line == 0 || !import->debian || source->format == CRONTAB_ANACRON)
		return 0;
	return import_note(
		import, DIAG_WARNING, &place,
		"Debian's cron passes over all of a crontab with an error in it, and may "
		"have run none of these jobs");
}

int import_tab(struct import *import, const struct import_source *source, const char *text,
	       size_t len)
{
	_cleanup_(import_state_done) struct import_state state = {.first_hour = -1};
	_cleanup_(crontab_done) struct crontab crontab;
	struct crontab_line line;
	bool behind_job = false;
	int r = quote_comment(import->out, "\n# --- ", source->path, strlen(source->path));

	(void)fputc('\n', import->out);
	import->tabs++;
	crontab_init(&crontab, source->format, import->debian, text, len);
	while (r >= 0 && (r = crontab_next(&crontab, &line)) > 0) {
		if (behind_job && line.kind != CRONTAB_BLANK)
			(void)fputc('\n', import->out);
		r = take_line(import, &state, source, &line);
		behind_job = line.kind == CRONTAB_JOB;
		if (r >= 0 && line.unended && line.kind != CRONTAB_COMMENT)
			r = note_unended(import, source, line.number);
		if (r >= 0)
			r = import_check_size(import);
	}
	return r < 0 ? r : note_bad(import, &state, source);
}

int import_directory(struct import *import, const char *path)
{
	const struct import_state state = {.first_hour = -1};
	struct import_job pattern = {.place = {path, 0}, .user = "root"};
	int r;

	for (size_t i = 0; i < IMPORT_DIRECTORIES; i++)
		if (strcmp(path, import_directories[i].path) == 0)
			pattern.cron = import_directories[i].cron;
	if (!pattern.cron)
		return -EINVAL;
	import->tabs++;
	r = quote_comment(import->out, "\n# --- ", path, strlen(path));
	(void)fputc('\n', import->out);
	return r < 0 ? r : import_scripts(import, &state, &pattern, path);
}
