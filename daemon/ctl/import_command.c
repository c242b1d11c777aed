/* everyctl import: what cron runs, as a configuration of everyd. */
#include "ctl/commands.h"

#include "ctl/import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

enum {
	OPTION_USER,
	OPTION_SYSTEM,
	OPTION_ANACRON,
	OPTION_OUTPUT,
	OPTION_ROOT,
};

const struct ctl_option import_options[] = {
	[OPTION_USER] = {'u', "user", "NAME", "the files are crontabs of this user"},
	[OPTION_SYSTEM] = {0, "system", NULL, "they are system crontabs, with a user in each line"},
	[OPTION_ANACRON] = {0, "anacron", NULL, "they are anacrontabs"},
	[OPTION_OUTPUT] = {'o', "output", "FILE", "write to this file, which must not be there"},
	[OPTION_ROOT] = {0, "root", "DIR", "the machine's files are below this directory"},
	{0},
};

/* What the options say. */
struct request {
	struct import_source source; /* path NULL: to be guessed */
	const char *output;          /* NULL: standard output */
	const char *root;
};

/* Returns CTL_OK or CTL_USAGE. */
static int parse(struct ctl_args *args, struct request *ret_request)
{
	struct request request = {.root = ""};
	unsigned formats = 0;
	const char *value;
	int option;

	while ((option = ctl_option(args, &value)) >= 0) {
		switch (option) {
		case OPTION_USER:
			request.source.owner = value;
			break;
		case OPTION_SYSTEM:
		case OPTION_ANACRON:
			request.source.path = "";
			request.source.format =
				option == OPTION_SYSTEM ? CRONTAB_SYSTEM : CRONTAB_ANACRON;
			formats++;
			break;
		case OPTION_OUTPUT:
			request.output = value;
			break;
		case OPTION_ROOT:
			request.root = strcmp(value, "/") == 0 ? "" : value;
			break;
		}
	}
	if (option == -2)
		return CTL_USAGE;
	if (request.source.owner && !request.source.owner[0])
		return ctl_usage(args, "the name of the user is empty");
	if (formats > 1 || (formats == 1 && request.source.owner))
		return ctl_usage(args, "--user, --system and --anacron exclude each other");
	if (request.source.owner) {
		request.source.path = "";
		request.source.format = CRONTAB_USER;
	}
	if (request.source.path && args->next == args->argc)
		return ctl_usage(args, "which file is it? \"-\" is standard input");
	*ret_request = request;
	return CTL_OK;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

/* A new file, for its owner alone: crontabs are not for everyone to read. */
static int write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r < 0)
		(void)unlink(path);
	return r;
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

/* Says what was not, or not quite, carried over, and how much was. */
static void tell(const struct import *import)
{
	const struct diags *diags = &import->diags;

	for (size_t i = 0; i < diags->count; i++) {
		_cleanup_free_ char *text = diag_format(&diags->items[i]);

		if (text)
			(void)fprintf(stderr, "%s\n", text);
	}
	if (diags->errors + diags->warnings > diags->count)
		(void)fprintf(stderr, "... and %zu more\n",
			      diags->errors + diags->warnings - diags->count);
	(void)fprintf(stderr, "everyctl: %zu job%s from %zu crontab%s", import->jobs,
		      plural(import->jobs), import->tabs, plural(import->tabs));
	if (diags->errors > 0)
		(void)fprintf(stderr, "; %zu thing%s not imported, see above", diags->errors,
			      diags->errors == 1 ? " was" : "s were");
	(void)fputc('\n', stderr);
}

static int import_all(struct import *import, const struct request *request,
		      const struct ctl_args *args)
{
	int r = 0;

	if (args->next == args->argc)
		return import_machine(import);
	for (int i = args->next; r == 0 && i < args->argc; i++)
		r = import_path(import, &request->source, args->argv[i]);
	return r;
}

int import_run(struct ctl *ctl, struct ctl_args *args)
{
	_cleanup_(import_done) struct import import = {.tabs = 0};
	struct request request = {.root = ""};
	int r;

	(void)ctl;
	if (parse(args, &request) != CTL_OK)
		return CTL_USAGE;
	r = import_init(&import, request.root);
	if (r == 0)
		r = import_all(&import, &request, args);
	if (r == 0)
		r = import_finish(&import);
	if (r == -EFBIG)
		return ctl_fail("what is made of this would be longer than %zu bytes",
				IMPORT_OUTPUT_MAX);
	if (r < 0)
		return ctl_fail("%s", strerrordesc_np(-r));
	if (import.tabs == 0 && import.diags.errors == 0)
		return ctl_fail("there are no crontabs here");
	if (request.output)
		r = write_file(request.output, import.text, import.len);
	else
		(void)fwrite(import.text, 1, import.len, stdout);
	tell(&import);
	if (r < 0)
		return ctl_fail("cannot write %s: %s", request.output, strerrordesc_np(-r));
	return import.diags.errors > 0 ? CTL_FAILED : CTL_OK;
}
