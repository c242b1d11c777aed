/* See command.h. */
#include "exec/command.h"

#include "exec/identity.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a command without a slash in it is looked for unless the job says otherwise. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* --- what all commands share --- */

static int set_user(struct environment *environment, const struct identity *identity)
{
	int r = environment_set(environment, "HOME", identity->home);

	if (r == 0)
		r = environment_set(environment, "USER", identity->name);
	if (r == 0)
		r = environment_set(environment, "LOGNAME", identity->name);
	return r;
}

int command_base_init(struct command_base *base, const struct identity *own)
{
	struct environment made;
	const char *lang = getenv("LANG");
	const char *tz = getenv("TZ");
	int r;

	environment_init(&made);
	r = environment_set(&made, "PATH", DEFAULT_PATH);
	if (r == 0)
		r = set_user(&made, own);
	if (r == 0)
		r = environment_set(&made, "LANG", lang && *lang ? lang : "C.UTF-8");
	if (r == 0 && tz)
		r = environment_set(&made, "TZ", tz);
	if (r < 0) {
		environment_done(&made);
		return r;
	}
	base->environment = made;
	return 0;
}

void command_base_done(struct command_base *base)
{
	environment_done(&base->environment);
}

/* --- environment --- */

void command_init(struct command *command)
{
	*command = (struct command){0};
	environment_init(&command->environment);
}

void command_done(struct command *command)
{
	environment_done(&command->environment);
	free(command->argv);
	free(command->text);
	command_init(command);
}

/* Those of the daemon's variables that there are. */
static int pass(struct environment *environment, const struct text_list *names)
{
	const char *name = names->texts;

	for (uint32_t i = 0; i < names->n; i++) {
		const char *value = getenv(name);
		int r = value ? environment_set(environment, name, value) : 0;

		if (r < 0)
			return r;
		name += strlen(name) + 1;
	}
	return 0;
}

int command_put(struct command *command, const struct text_list *assignments)
{
	const char *assignment = assignments->texts;

	for (uint32_t i = 0; i < assignments->n; i++) {
		int r = environment_put(&command->environment, assignment);

		if (r < 0)
			return r;
		assignment += strlen(assignment) + 1;
	}
	return 0;
}

int command_begin(struct command *command, const struct command_base *base,
		  const struct job_settings *settings, const struct identity *identity)
{
	struct environment *environment = &command->environment;
	int r = environment_copy(environment, &base->environment);

	if (r == 0)
		r = set_user(environment, identity);
	if (r == 0)
		r = environment_set(environment, "SHELL", settings->shell);
	if (r == 0)
		r = pass(environment, &settings->pass_environment);
	if (r == 0)
		r = command_put(command, &settings->environment);
	return r;
}

int command_mark(struct command *command, const char *job, uint64_t run, usec_t slot,
		 unsigned attempt)
{
	struct environment *environment = &command->environment;
	char text[CLOCK_TEXT_SIZE];
	int r = environment_set(environment, "EVERYD_JOB", job);

	(void)snprintf(text, sizeof(text), "%" PRIu64, run);
	if (r == 0 && run > 0)
		r = environment_set(environment, "EVERYD_RUN", text);
	if (r == 0 && slot != USEC_INFINITY)
		r = environment_set(environment, "EVERYD_SLOT", clock_format_utc(slot, 6, text));
	(void)snprintf(text, sizeof(text), "%u", attempt);
	if (r == 0 && attempt > 0)
		r = environment_set(environment, "EVERYD_ATTEMPT", text);
	return r;
}

/* --- paths and arguments --- */

/* What is in the buffers is not kept. */
static int reserve(struct command *command, size_t n_argv, size_t text)
{
	if (n_argv > command->argv_size) {
		char **argv = calloc(n_argv, sizeof(*argv));

		if (!argv)
			return -ENOMEM;
		free(command->argv);
		command->argv = argv;
		command->argv_size = n_argv;
	}
	if (text > command->text_size) {
		char *buffer = malloc(text);

		if (!buffer)
			return -ENOMEM;
		free(command->text);
		command->text = buffer;
		command->text_size = text;
	}
	return 0;
}

/* exec takes arguments as if it could write to them. */
static char *argument(const char *text)
{
	union {
		const char *in;
		char *out;
	} cast = {text};

	return cast.out;
}

static int set_arguments(struct command *command, const struct command_line *line,
			 const char *shell)
{
	const char *slash = strrchr(shell, '/');
	const char *at = line->args;
	size_t n = 0;

	if (reserve(command, (line->use_shell ? 3 : (size_t)line->n_args) + 1, 0) < 0)
		return -ENOMEM;
	if (line->use_shell) {
		command->argv[n++] = argument(slash ? slash + 1 : shell);
		command->argv[n++] = argument("-c");
		command->argv[n++] = argument(line->args);
	}
	while (!line->use_shell && n < line->n_args) {
		command->argv[n++] = argument(at);
		at += strlen(at) + 1;
	}
	command->argv[n] = NULL;
	return 0;
}

static int set_paths(struct command *command, const char *program)
{
	const char *path = environment_get(&command->environment, "PATH");
	size_t len = strlen(program);
	size_t n = 0;
	char *at;

	if (strchr(program, '/')) {
		command->paths[0] = program;
		command->paths[1] = NULL;
		return 0;
	}
	if (!path)
		path = "";
	if (reserve(command, 0, strlen(path) + COMMAND_DIRECTORIES * (len + 2)) < 0)
		return -ENOMEM;
	at = command->text;
	while (*path && n < COMMAND_DIRECTORIES) {
		size_t length = strcspn(path, ":");

		if (*path == '/') {
			command->paths[n++] = at;
			at = mempcpy(at, path, length);
			*at++ = '/';
			at = mempcpy(at, program, len + 1);
		}
		path += length + (path[length] == ':');
	}
	command->paths[n] = NULL;
	return n > 0 ? 0 : -ENOENT;
}

/* EVERYD_HOOK tells what is a hook's from what is its run's, which may go on beside it. */
static void set_marks(struct command *command)
{
	static char hook[] = "EVERYD_HOOK";
	const struct environment *environment = &command->environment;
	char *run = environment_item(environment, "EVERYD_RUN");
	char *slot = environment_item(environment, "EVERYD_SLOT");
	char *of_hook = environment_item(environment, hook);
	size_t n = 0;

	command->marks[n++] = environment_item(environment, "EVERYD_JOB");
	if (run)
		command->marks[n++] = run;
	/* Another daemon may have a job of that name, too, and count its runs likewise. */
	if (slot)
		command->marks[n++] = slot;
	command->marks[n++] = of_hook ? of_hook : hook;
	command->marks[n] = NULL;
}

int command_identify(struct command *command, const char *job, uint64_t run, usec_t slot)
{
	int r;

	environment_clear(&command->environment);
	r = command_mark(command, job, run, slot, 0);
	if (r == 0)
		r = environment_finish(&command->environment);
	if (r == 0)
		set_marks(command);
	return r;
}

int command_finish(struct command *command, const struct command_line *line, const char *shell)
{
	int r = set_arguments(command, line, shell);

	if (r == 0)
		r = set_paths(command, line->use_shell ? shell : line->args);
	if (r == 0)
		r = environment_finish(&command->environment);
	if (r == 0)
		set_marks(command);
	return r;
}
