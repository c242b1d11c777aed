/* See command.h. */
#include "exec/command.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where a command without a slash in it is looked for. */
static const char *const directories[COMMAND_DIRECTORIES] = {
	"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
};

/* For a user's record, as getpwuid_r(3) advises where sysconf(3) does not know. */
#define PASSWD_SIZE ((size_t)16 * 1024)
#define PASSWD_MAX  ((size_t)16 * 1024 * 1024)

/* --- what all commands share --- */

static int add(struct command_base *base, const char *name, const char *value)
{
	assert(base->n_env + 1 < COMMAND_ENV_MAX);
	if (asprintf(&base->env[base->n_env], "%s=%s", name, value) < 0) {
		base->env[base->n_env] = NULL;
		return -ENOMEM;
	}
	base->n_env++;
	return 0;
}

static int add_path(struct command_base *base)
{
	char path[256];
	char *at = path;

	for (size_t i = 0; i < COMMAND_DIRECTORIES; i++)
		at = stpcpy(stpcpy(at, i > 0 ? ":" : ""), directories[i]);
	return add(base, "PATH", path);
}

/* A user without a record, as in many a container, is called by its number. */
static int add_user(struct command_base *base)
{
	_cleanup_free_ char *buffer = NULL;
	struct passwd passwd;
	struct passwd *found = NULL;
	char number[16];
	int error = ERANGE;
	int r;

	for (size_t size = PASSWD_SIZE; error == ERANGE && size <= PASSWD_MAX; size *= 4) {
		free(buffer);
		buffer = malloc(size);
		if (!buffer)
			return -ENOMEM;
		error = getpwuid_r(geteuid(), &passwd, buffer, size, &found);
	}
	(void)snprintf(number, sizeof(number), "%u", geteuid());
	base->home = strdup(found && found->pw_dir[0] ? found->pw_dir : "/");
	if (!base->home)
		return -ENOMEM;
	r = add(base, "HOME", base->home);
	if (r == 0)
		r = add(base, "USER", found ? found->pw_name : number);
	if (r == 0)
		r = add(base, "LOGNAME", found ? found->pw_name : number);
	return r;
}

int command_base_init(struct command_base *base)
{
	struct command_base made = {0};
	const char *lang = getenv("LANG");
	const char *tz = getenv("TZ");
	int r;

	r = add_path(&made);
	if (r == 0)
		r = add_user(&made);
	if (r == 0)
		r = add(&made, "LANG", lang && *lang ? lang : "C.UTF-8");
	if (r == 0 && tz)
		r = add(&made, "TZ", tz);
	if (r < 0) {
		command_base_done(&made);
		return r;
	}
	*base = made;
	return 0;
}

void command_base_done(struct command_base *base)
{
	for (size_t i = 0; i < base->n_env; i++)
		free(base->env[i]);
	free(base->home);
	*base = (struct command_base){0};
}

/* --- one command --- */

void command_init(struct command *command)
{
	*command = (struct command){0};
}

void command_done(struct command *command)
{
	free(command->argv);
	free(command->text);
	command_init(command);
}

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

/* Appends at `at` and returns where it ends, behind its NUL. */
static char *append(char *at, const char *a, const char *b)
{
	return stpcpy(stpcpy(at, a), b) + 1;
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

/* What is to be executed, and its name among the arguments. */
static const char *set_arguments(struct command *command, const struct job *job)
{
	const char *slash;
	const char *at = job->command.args;

	if (job->command.use_shell) {
		slash = strrchr(job->settings->shell, '/');
		command->argv[0] = argument(slash ? slash + 1 : job->settings->shell);
		command->argv[1] = argument("-c");
		command->argv[2] = argument(job->command.args);
		command->argv[3] = NULL;
		return job->settings->shell;
	}
	for (uint32_t i = 0; i < job->command.n_args; i++) {
		command->argv[i] = argument(at);
		at += strlen(at) + 1;
	}
	command->argv[job->command.n_args] = NULL;
	return job->command.args;
}

int command_prepare(struct command *command, const struct command_base *base, const struct job *job,
		    uint64_t run, usec_t slot)
{
	const char *program = command_line_program(&job->command, job->settings);
	bool search = !strchr(program, '/');
	size_t n_argv = job->command.use_shell ? 4 : (size_t)job->command.n_args + 1;
	size_t n = 0;
	char slot_text[CLOCK_TEXT_SIZE];
	char run_text[24];
	char *at;
	int r;

	(void)snprintf(run_text, sizeof(run_text), "%" PRIu64, run);
	(void)clock_format_utc(slot, 6, slot_text);
	r = reserve(command, n_argv,
		    sizeof("SHELL=EVERYD_JOB=EVERYD_RUN=EVERYD_SLOT=...") + strlen(job->name) +
			    strlen(job->settings->shell) + sizeof(run_text) + sizeof(slot_text) +
			    COMMAND_DIRECTORIES * (strlen(program) + sizeof("/usr/local/sbin/")));
	if (r < 0)
		return r;

	at = command->text;
	memcpy(command->envp, base->env, base->n_env * sizeof(*base->env));
	n = base->n_env;
	command->envp[n++] = at;
	at = append(at, "SHELL=", job->settings->shell);
	command->envp[n++] = at;
	at = append(at, "EVERYD_JOB=", job->name);
	command->envp[n++] = at;
	at = append(at, "EVERYD_RUN=", run_text);
	command->envp[n++] = at;
	at = append(at, "EVERYD_SLOT=", slot_text);
	command->envp[n++] = NULL;
	assert(n <= COMMAND_ENV_MAX);

	program = set_arguments(command, job);
	n = 0;
	if (!search)
		command->paths[n++] = program;
	for (size_t i = 0; search && i < COMMAND_DIRECTORIES; i++) {
		command->paths[n++] = at;
		at = append(stpcpy(stpcpy(at, directories[i]), "/"), program, "");
	}
	command->paths[n] = NULL;
	return 0;
}
