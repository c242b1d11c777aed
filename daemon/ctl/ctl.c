/* See ctl.h. */
#include "ctl/ctl.h"

#include "base/diag.h"
#include "base/text.h"
#include "config/config.h"
#include "ctl/invocation.h"
#include "ctl/option.h"
#include "service/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Typing errors up to this many letters are recognized. */
#define NEAR 2

/* Moves the word at `from` to the front of those that are left, which keep their order. */
static void bring_forward(struct ctl_args *args, int from)
{
	char *word = args->argv[from];

	memmove(&args->argv[args->next + 1], &args->argv[args->next],
		(size_t)(from - args->next) * sizeof(*args->argv));
	args->argv[args->next++] = word;
}

static void say_unknown(const struct ctl_args *args, const char *word)
{
	const char *nearest = option_nearest(args->command->options, invocation_options, word);

	if (nearest)
		(void)ctl_usage(args, "there is no option '%s'; did you mean '--%s'?", word,
				nearest);
	else if (args->letters)
		(void)ctl_usage(args, "there is no option '-%c'", args->letters[0]);
	else
		(void)ctl_usage(args, "there is no option '%s'", word);
}

int ctl_option(struct ctl_args *args, const char **ret_value)
{
	const struct ctl_option *options = args->command->options;
	const char *value = NULL;
	const char *rest = NULL;
	const char *word;
	int option;
	int at = args->next;

	while (at < args->argc && !option_is_one(args->argv[at]))
		at++;
	if (at == args->argc)
		return -1;
	word = args->argv[at];
	if (strcmp(word, "--") == 0) {
		bring_forward(args, at);
		return -1;
	}

	/* A word of several letters stays where it is until the last of them is taken. */
	if (word[1] != '-' && !args->letters)
		args->letters = word + 1;
	option = args->letters ? option_match_letter(options, args->letters, &value, &rest)
			       : option_match(options, word, &value);
	if (option < 0) {
		say_unknown(args, word);
		return -2;
	}
	if (!options[option].argument && value) {
		(void)ctl_usage(args, "no value belongs behind '--%s'", options[option].name);
		return -2;
	}
	args->letters = rest;
	if (!rest)
		bring_forward(args, at);
	if (options[option].argument && !value) {
		if (at + 1 == args->argc) {
			(void)ctl_usage(args, "a value is missing behind '--%s': %s",
					options[option].name, options[option].argument);
			return -2;
		}
		value = args->argv[at + 1];
		bring_forward(args, at + 1);
	}
	*ret_value = value;
	return option;
}

/* What is said may have words of the command line in it, or of files. */
static void _printf_(1, 0) say(const char *format, va_list ap)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_free_ char *shown = NULL;
	int len = vasprintf(&text, format, ap);

	if (len < 0) {
		text = NULL;
		return;
	}
	shown = malloc(TEXT_GROWTH * (size_t)len + 1);
	if (!shown)
		return;
	(void)text_sanitize(shown, text, (size_t)len);
	(void)fputs(shown, stderr);
}

int ctl_usage(const struct ctl_args *args, const char *format, ...)
{
	va_list ap;

	(void)fprintf(stderr, "everyctl %s: ", args->command->name);
	va_start(ap, format);
	say(format, ap);
	va_end(ap);
	(void)fprintf(stderr, "\nTry 'everyctl help %s' for more.\n", args->command->name);
	return CTL_USAGE;
}

int ctl_fail(const char *format, ...)
{
	va_list ap;

	(void)fputs("everyctl: ", stderr);
	va_start(ap, format);
	say(format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return CTL_FAILED;
}

int ctl_load_diags(const struct ctl *ctl, struct diags *diags, struct model **ret_model)
{
	char host[64];

	if (!ctl->config) {
		(void)ctl_fail("where is the configuration? Say -c FILE");
		return -ENOENT;
	}
	machine_key(host, sizeof(host));
	return config_load(ctl->config, host, diags, ret_model);
}

int ctl_load(const struct ctl *ctl, bool warnings, struct model **ret_model)
{
	struct diags diags;
	int r;

	diags_init(&diags);
	r = ctl_load_diags(ctl, &diags, ret_model);
	if (ctl->config)
		config_tell(ctl->config, r, &diags, warnings, stderr);
	diags_done(&diags);
	return r;
}

const struct job *ctl_find_job(const struct model *model, const char *name)
{
	const struct job *job = model_find_job(model, name);
	const char *nearest = NULL;
	unsigned least = NEAR + 1;

	if (job)
		return job;
	for (size_t i = 0; i < model->n_jobs; i++) {
		unsigned distance = text_distance(name, model->jobs[i].name);

		if (distance < least) {
			least = distance;
			nearest = model->jobs[i].name;
		}
	}
	if (nearest)
		(void)ctl_fail("there is no job '%s'; did you mean '%s'?", name, nearest);
	else
		(void)ctl_fail("there is no job '%s'", name);
	return NULL;
}

int ctl_find_jobs(const struct model *model, const struct ctl_args *args,
		  const struct job ***ret_jobs, size_t *ret_n)
{
	size_t most = (size_t)(args->argc - args->next);
	_cleanup_free_ const struct job **jobs = calloc(most + 1, sizeof(*jobs));
	_cleanup_free_ bool *found = calloc(model->n_jobs + 1, sizeof(*found));
	size_t n = 0;

	if (!jobs || !found) {
		(void)ctl_fail("%s", strerrordesc_np(ENOMEM));
		return -ENOMEM;
	}
	for (size_t i = 0; i < most; i++) {
		const struct job *job = ctl_find_job(model, args->argv[args->next + (int)i]);

		if (!job)
			return -ENOENT;
		if (!found[job - model->jobs])
			jobs[n++] = job;
		found[job - model->jobs] = true;
	}
	*ret_jobs = steal_ptr(jobs);
	*ret_n = n;
	return 0;
}
