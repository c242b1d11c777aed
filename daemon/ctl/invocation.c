/* See invocation.h. */
#include "ctl/invocation.h"

#include "base/text.h"
#include "ctl/option.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Typing errors up to this many letters are recognized. */
#define NEAR 2

enum {
	OPT_CONFIG,
	OPT_SOCKET,
	OPT_JSON,
	OPT_NO_HEADER,
	OPT_COLOR,
	OPT_HELP,
	OPT_VERSION,
};

const struct ctl_option invocation_options[] = {
	[OPT_CONFIG] = {'c', "config", "FILE", "read the configuration in FILE"},
	[OPT_SOCKET] = {0, "socket", "PATH", "ask the everyd that listens there"},
	[OPT_JSON] = {0, "json", NULL, "write JSON"},
	[OPT_NO_HEADER] = {0, "no-header", NULL, "write tables without titles"},
	[OPT_COLOR] = {0, "color", "WHEN", "always, never, or auto: on terminals (default auto)"},
	[OPT_HELP] = {0, "help", NULL, "show help and exit"},
	[OPT_VERSION] = {0, "version", NULL, "show the version and exit"},
	{0},
};

static const char *const colors[] = {
	[INVOCATION_COLOR_AUTO] = "auto",
	[INVOCATION_COLOR_ALWAYS] = "always",
	[INVOCATION_COLOR_NEVER] = "never",
};

/* For mistakes in front of the command, or with none. */
static int mistake(const char *what, const char *word, const char *more)
{
	(void)ctl_fail("%s '%s'%s", what, word, more);
	(void)fputs("Try 'everyctl --help' for more.\n", stderr);
	return -EINVAL;
}

static int take_color(struct invocation *invocation, const char *word)
{
	assert(word);
	for (size_t i = 0; i < ARRAY_LENGTH(colors); i++) {
		if (strcmp(word, colors[i]) == 0) {
			invocation->color = (enum invocation_color)i;
			return 0;
		}
	}
	return mistake("--color is auto, always or never, not", word, "");
}

static int take(struct invocation *invocation, int option, const char *value)
{
	switch (option) {
	case OPT_CONFIG:
		invocation->config = value;
		return 0;
	case OPT_SOCKET:
		invocation->socket = value;
		return 0;
	case OPT_JSON:
		invocation->json = true;
		return 0;
	case OPT_NO_HEADER:
		invocation->no_header = true;
		return 0;
	case OPT_COLOR:
		return take_color(invocation, value);
	case OPT_HELP:
		invocation->help = true;
		return 0;
	default:
		invocation->version = true;
		return 0;
	}
}

const struct ctl_command *invocation_find_command(const char *name)
{
	const char *nearest = NULL;
	unsigned least = NEAR + 1;

	for (const struct ctl_command *command = ctl_commands; command->name; command++) {
		unsigned distance = text_distance(name, command->name);

		if (distance == 0)
			return command;
		if (distance < least) {
			least = distance;
			nearest = command->name;
		}
	}
	if (nearest)
		(void)ctl_fail("there is no command '%s'; did you mean '%s'?", name, nearest);
	else
		(void)mistake("there is no command", name, "");
	return NULL;
}

/* A word that is an option before the command, or one of all commands behind it. How many words
   it takes up, 0: it is none, or -EINVAL. */
static int take_word(struct invocation *invocation, int argc, char *argv[], int at)
{
	const char *value = NULL;
	int option = option_match(invocation_options, argv[at], &value);
	int words = 1;
	int r;

	if (option < 0)
		return 0;
	if (!invocation_options[option].argument && value)
		return mistake("no value belongs behind", argv[at], "");
	if (invocation_options[option].argument && !value) {
		if (at + 1 == argc)
			return mistake("a value is missing behind", argv[at], "");
		value = argv[at + 1];
		words = 2;
	}
	r = take(invocation, option, value);
	return r < 0 ? r : words;
}

/* What is left for the command stays in argv, from `begin` on. */
static int take_args(struct invocation *invocation, int argc, char *argv[], int begin)
{
	const struct ctl_option *own = invocation->command->options;
	int kept = begin + 1;

	for (int i = begin + 1; i < argc;) {
		int words;

		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[kept++] = argv[i++];
			break;
		}
		words = take_word(invocation, argc, argv, i);
		if (words < 0)
			return words;
		i += words;
		if (words > 0)
			continue;
		/* A value may look like anything. */
		if (option_takes_next(own, argv[i]) && i + 1 < argc)
			argv[kept++] = argv[i++];
		argv[kept++] = argv[i++];
	}
	argv[kept] = NULL;
	invocation->args = (struct ctl_args){
		.command = invocation->command,
		.argc = kept - begin,
		.argv = argv + begin,
		.next = 1,
	};
	return 0;
}

int invocation_parse(int argc, char *argv[], struct invocation *ret_invocation)
{
	struct invocation invocation = {.color = INVOCATION_COLOR_AUTO};
	int i = 1;
	int r;

	while (i < argc && option_is_one(argv[i])) {
		r = take_word(&invocation, argc, argv, i);
		if (r < 0)
			return r;
		if (r == 0) {
			const char *nearest = option_nearest(invocation_options, NULL, argv[i]);
			char more[64] = "";

			if (nearest)
				(void)snprintf(more, sizeof(more), "; did you mean '--%s'?",
					       nearest);
			return mistake("there is no option", argv[i], more);
		}
		i += r;
	}
	if (i < argc) {
		invocation.command = invocation_find_command(argv[i]);
		if (!invocation.command)
			return -EINVAL;
		r = take_args(&invocation, argc, argv, i);
		if (r < 0)
			return r;
	} else if (!invocation.help && !invocation.version) {
		(void)fputs("everyctl: say what to do\nTry 'everyctl --help' for more.\n", stderr);
		return -EINVAL;
	}
	*ret_invocation = invocation;
	return 0;
}
