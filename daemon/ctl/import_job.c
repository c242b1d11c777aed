/* Jobs as sections of a configuration. */
#include "ctl/import_internal.h"

#include "base/account.h"
#include "calendar/cron.h"
#include "core/names.h"
#include "ctl/quote.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* The most options that a job is given here. */
#define FIELDS_MAX 20

/* The most bytes of a command, as the kernel has it for an argument. */
#define COMMAND_MAX ((size_t)128 * 1024 - 1)

#define DEFAULT_SHELL "/bin/sh"

const struct import_directory import_directories[IMPORT_DIRECTORIES] = {
	{"/etc/cron.hourly", "17 * * * *"},
	{"/etc/cron.daily", "25 6 * * *"},
	{"/etc/cron.weekly", "47 6 * * 7"},
	{"/etc/cron.monthly", "52 6 1 * *"},
};

/* --- a section --- */

struct field {
	const char *name;
	char *value; /* as it is written */
};

struct fields {
	struct field items[FIELDS_MAX];
	size_t n;
	bool failed; /* for want of memory */
};

static void fields_done(struct fields *fields)
{
	for (size_t i = 0; i < fields->n; i++)
		free(fields->items[i].value);
}

/* Takes the value over. */
static void add(struct fields *fields, const char *name, char *value)
{
	if (!value)
		fields->failed = true;
	else
		fields->items[fields->n++] = (struct field){name, value};
}

static _printf_(3, 4) void add_plain(struct fields *fields, const char *name, const char *format,
				     ...)
{
	char *value = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&value, format, ap) < 0)
		value = NULL;
	va_end(ap);
	add(fields, name, value);
}

/* The texts in quotes; more than one, or any number if `list`, as a list. */
static void add_texts(struct fields *fields, const char *name, const char *const *texts, size_t n,
		      bool list)
{
	char *value = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&value, &size);

	if (!out) {
		fields->failed = true;
		return;
	}
	(void)fputs(list ? "{" : "", out);
	for (size_t i = 0; i < n; i++) {
		(void)fputs(i > 0 ? ", " : "", out);
		quote_value(out, texts[i]);
	}
	(void)fputs(list ? "}" : "", out);
	if (fclose(out) != 0) {
		free(value);
		value = NULL;
	}
	add(fields, name, value);
}

static void add_text(struct fields *fields, const char *name, const char *text)
{
	if (text)
		add_texts(fields, name, &text, 1, false);
}

static void write_section(FILE *out, const char *name, const struct fields *fields)
{
	size_t width = 0;

	for (size_t i = 0; i < fields->n; i++)
		if (strlen(fields->items[i].name) > width)
			width = strlen(fields->items[i].name);
	(void)fprintf(out, "job \"%s\" {\n", name);
	for (size_t i = 0; i < fields->n; i++)
		(void)fprintf(out, "\t%-*s = %s\n", (int)width, fields->items[i].name,
			      fields->items[i].value);
	(void)fputs("}\n", out);
}

/* --- what it says --- */

/* Does this shell have here-documents as sh(1) has them? */
static bool is_posix(const char *shell)
{
	static const char *const names[] = {"sh",  "bash",  "dash", "ksh",  "mksh",
					    "zsh", "rbash", "ash",  "ksh93"};
	const char *slash = strrchr(shell, '/');

	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(slash ? slash + 1 : shell, names[i]) == 0)
			return true;
	return false;
}

/* Is a line of the text this one? */
static bool has_line(const char *text, const char *line)
{
	size_t len = strlen(line);

	for (;; text++) {
		if (strncmp(text, line, len) == 0 && (text[len] == '\n' || text[len] == '\0'))
			return true;
		text = strchr(text, '\n');
		if (!text)
			return false;
	}
}

/* The command with its standard input, which is that of all of it. It stands behind the input, so
   that nothing of that is taken for the command, however this is quoted. A new text; NULL: out of
   memory. */
static char *command_with_input(const char *command, const char *input)
{
	char *end = strdup("END");
	char *text = NULL;
	size_t len;

	while (end && has_line(input, end)) {
		char *longer = NULL;

		if (asprintf(&longer, "%s_", end) < 0)
			longer = NULL;
		free(end);
		end = longer;
	}
	len = strlen(input);
	if (end && asprintf(&text, "exec <<'%s'\n%s%s%s\n%s", end, input,
			    len > 0 && input[len - 1] == '\n' ? "" : "\n", end, command) < 0)
		text = NULL;
	free(end);
	return text;
}

static void add_schedule(struct fields *fields, const struct import_state *state,
			 const struct import_job *job)
{
	add_text(fields, "cron", job->cron);
	add_text(fields, "on", job->on);
	add_text(fields, "every", job->every);
	add_text(fields, "offset", job->offset);
	if (job->cron && state->zone && state->zone[0])
		add_text(fields, "timezone", state->zone);
	if (job->splay > 0)
		add_plain(fields, "splay", "\"%um\"", job->splay);
}

static void add_environment(struct fields *fields, const struct import_state *state)
{
	size_t n = state->n_variables;
	_cleanup_free_ char **texts = NULL;
	size_t used = 0;

	if (n == 0)
		return;
	texts = calloc(n + 1, sizeof(*texts));
	if (texts && !state->path)
		texts[used++] = strdup("PATH=" IMPORT_PATH);
	for (size_t i = 0; texts && i < n; i++, used++)
		if (asprintf(&texts[used], "%s=%s", state->variables[i].name,
			     state->variables[i].value) < 0)
			texts[used] = NULL;
	for (size_t i = 0; i < used; i++)
		fields->failed |= !texts[i];
	fields->failed |= !texts;
	if (!fields->failed)
		add_texts(fields, "environment", (const char *const *)texts, used, true);
	for (size_t i = 0; i < used; i++)
		free(texts[i]);
}

static void add_mail(struct fields *fields, const struct import_state *state,
		     const struct import_job *job)
{
	const char *user = job->user ? job->user : "";
	_cleanup_free_ char *bad = NULL;
	_cleanup_free_ char *list = NULL;
	size_t n = 0;

	list = import_addresses(state->mailto ? state->mailto : user, user, &n, &bad);
	if (!list) {
		fields->failed = true;
		return;
	}
	/* Said, so that it does not come from elsewhere. */
	if (n == 1)
		add_plain(fields, "mailto", "%s", list);
	else
		add_plain(fields, "mailto", "{%s}", list);
	if (n > 0 && job->failures_only) {
		add_text(fields, "mail_when", "failure");
		add_text(fields, "notify_when", "always");
	}
}

static void add_all(struct fields *fields, const struct import_state *state,
		    const struct import_job *job, const char *command)
{
	add_schedule(fields, state, job);
	if (job->program)
		add_texts(fields, "command", &job->program, 1, true);
	else
		add_text(fields, "command", command);
	if (!job->program && job->shell && strcmp(job->shell, DEFAULT_SHELL) != 0)
		add_text(fields, "shell", job->shell);
	add_text(fields, "user", job->user);
	add_text(fields, "workdir", job->workdir);
	add_environment(fields, state);
	add_mail(fields, state, job);
	if (job->nice)
		add_plain(fields, "nice", "10");
	add_text(fields, "concurrency_group", job->group);
	if (job->single)
		add_text(fields, "overlap", "skip");
	if (job->catch_up) {
		add_text(fields, "catch_up", "last");
		add_text(fields, "catch_up_window", "infinity");
	}
}

/* --- whether it can be --- */

/* Is there such a user? Of another machine's users nothing is known. Returns 1, 0 or -ENOMEM. */
static int check_user(struct import *import, const struct import_job *job)
{
	struct account account;
	int r;

	if (!job->user || import->root[0])
		return 1;
	if (!import->user || strcmp(import->user, job->user) != 0) {
		free(import->user);
		import->user = strdup(job->user);
		if (!import->user)
			return -ENOMEM;
		r = account_find(job->user, &account);
		if (r == -ENOMEM)
			return r;
		/* Should the name service not answer now, it may when it matters. */
		import->user_known = r != -ENOENT;
		if (r == 0)
			account_done(&account);
	}
	if (import->user_known)
		return 1;
	r = import_note(import, DIAG_ERROR, &job->place, "there is no such user");
	return r < 0 ? r : 0;
}

/* The returns of import_job(); with 1 *ret_command is the whole of it. */
static int check(struct import *import, const struct import_state *state,
		 const struct import_job *job, const char *name, char **ret_command)
{
	char problem[CRON_PROBLEM_SIZE];
	struct cron_expr expr;
	int r;

	if (job->cron && cron_expr_parse(job->cron, name, &expr, problem) < 0) {
		r = import_note(import, DIAG_ERROR, &job->place, "%s: %s", job->cron, problem);
		return r < 0 ? r : 0;
	}
	if (job->cron && state->zone_unknown) {
		r = import_note(import, DIAG_ERROR, &job->place, "its time zone is not known");
		return r < 0 ? r : 0;
	}
	if (job->input && !is_posix(job->shell ? job->shell : DEFAULT_SHELL)) {
		r = import_note(import, DIAG_ERROR, &job->place,
				"everyd gives a command no input, and its shell is none that could "
				"take it from a here-document");
		return r < 0 ? r : 0;
	}
	r = check_user(import, job);
	if (r <= 0)
		return r;
	if (job->input)
		*ret_command = command_with_input(job->command, job->input);
	else
		*ret_command = strdup(job->command ? job->command : "");
	if (!*ret_command)
		return -ENOMEM;
	if (strlen(*ret_command) <= COMMAND_MAX)
		return 1;
	r = import_note(import, DIAG_ERROR, &job->place, "the command is too long");
	return r < 0 ? r : 0;
}

int import_job(struct import *import, const struct import_state *state,
	       const struct import_job *job)
{
	_cleanup_(fields_done) struct fields fields = {.n = 0};
	_cleanup_free_ char *command = NULL;
	char name[JOBNAME_SIZE];
	int r;

	if (job->name)
		(void)jobname_of_text(job->name, strlen(job->name), name);
	else
		(void)jobname_of_command(job->command, name);
	r = check(import, state, job, name, &command);
	if (r <= 0)
		return r;
	if (jobnames_take(&import->names, name) < 0)
		return -ENOMEM;
	add_all(&fields, state, job, command);
	if (fields.failed)
		return -ENOMEM;
	write_section(import->out, name, &fields);
	import->jobs++;
	r = import_check_size(import);
	return r < 0 ? r : 1;
}

/* --- scripts --- */

/* Says of each file that is no job why. Returns 0 or -ENOMEM. */
static int say_passed_over(struct import *import, const struct runparts_script *script)
{
	static const char *const reasons[] = {
		[RUNPARTS_BAD_NAME] = "# run-parts passes over this one because of its name: ",
		[RUNPARTS_NOT_EXECUTABLE] =
			"# run-parts passes over this one, which is no program: ",
		[RUNPARTS_ANACRON] = "# Not needed any more: ",
	};

	return quote_comment(import->out, reasons[script->fit], script->name, strlen(script->name));
}

static int write_scripts(struct import *import, const struct import_state *state,
			 const struct import_job *pattern, const char *dir,
			 const struct runparts_scripts *scripts)
{
	const char *slash = strrchr(dir, '/');
	const char *base = slash && slash[1] ? slash + 1 : dir;
	char group[JOBNAME_SIZE];
	size_t n = 0;
	int r = 1;

	for (size_t i = 0; i < scripts->count; i++)
		n += scripts->items[i].fit == RUNPARTS_RUN;
	(void)jobname_of_text(base, strlen(base), group);
	if (n > 1) {
		if (jobnames_take(&import->groups, group) < 0)
			return -ENOMEM;
		(void)fprintf(import->out,
			      "# One after the other, as run-parts has them.\n"
			      "concurrency_group \"%s\" {\n\tlimit = 1\n}\n\n",
			      group);
	}
	for (size_t i = 0; r >= 0 && i < scripts->count; i++) {
		struct import_job job = *pattern;
		_cleanup_free_ char *program = NULL;
		_cleanup_free_ char *name = NULL;

		if (scripts->items[i].fit != RUNPARTS_RUN) {
			r = say_passed_over(import, &scripts->items[i]);
			continue;
		}
		if (asprintf(&program, "%s/%s", dir, scripts->items[i].name) < 0 ||
		    asprintf(&name, "%s:%s", base, scripts->items[i].name) < 0)
			return -ENOMEM;
		job.name = name;
		job.program = program;
		job.command = NULL;
		job.workdir = "/";
		job.group = n > 1 ? group : NULL;
		r = import_job(import, state, &job);
		(void)fputs(i + 1 < scripts->count ? "\n" : "", import->out);
	}
	return r < 0 ? r : 0;
}

int import_scripts(struct import *import, const struct import_state *state,
		   const struct import_job *pattern, const char *dir)
{
	_cleanup_(runparts_done) struct runparts_scripts scripts = {0};
	int r;

	for (size_t i = 0; i < IMPORT_DIRECTORIES; i++)
		if (strcmp(dir, import_directories[i].path) == 0)
			import->scripts |= 1U << i;
	r = runparts_list(import->root, dir, import->debian, &scripts);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return import_note(import, DIAG_ERROR, &pattern->place, "cannot read %s: %s", dir,
				   strerrordesc_np(-r));
	if (scripts.count == 0) {
		(void)fprintf(import->out, "# %s is empty.\n", dir);
		return 0;
	}
	return write_scripts(import, state, pattern, dir, &scripts);
}
