/* See help.h; and the command "help". */
#include "ctl/help.h"

#include "ctl/commands.h"
#include "ctl/invocation.h"

#include <stdio.h>

/* The column that what things are begins in. */
#define DOC_COLUMN 26

/* "  -n, --count N           how many" */
static void print_option(const struct ctl_option *option)
{
	int n = option->letter ? printf("  -%c, --%s", option->letter, option->name)
			       : printf("      --%s", option->name);

	if (option->argument)
		n += printf(" %s", option->argument);
	(void)printf("%*s%s\n", n < DOC_COLUMN - 1 ? DOC_COLUMN - n : 2, "", option->doc);
}

static void print_options(const char *title, const struct ctl_option *options)
{
	if (!options)
		return;
	(void)printf("\n%s:\n", title);
	for (const struct ctl_option *option = options; option->name; option++)
		print_option(option);
}

int help_all(void)
{
	(void)fputs("Usage: everyctl [OPTION]... COMMAND [ARGUMENT]...\n"
		    "Steer everyd, and see what its configuration means.\n"
		    "\nCommands:\n",
		    stdout);
	for (const struct ctl_command *command = ctl_commands; command->name; command++) {
		int n = printf("  %s %s", command->name, command->arguments);

		(void)printf("%*s%s\n", n < DOC_COLUMN - 1 ? DOC_COLUMN - n : 2, "", command->doc);
	}
	print_options("Options of all commands", invocation_options);
	(void)fputs("\n'everyctl help COMMAND' has more; see also everyctl(1).\n", stdout);
	return CTL_OK;
}

int help_command(const struct ctl_command *command)
{
	(void)printf("Usage: everyctl %s%s%s%s\n", command->name,
		     command->options ? " [OPTION]..." : "", command->arguments[0] ? " " : "",
		     command->arguments);
	/* The first letter only: names of files and jobs may follow. */
	(void)printf("%c%s.\n", command->doc[0] & ~0x20, command->doc + 1);
	print_options("Options", command->options);
	print_options("Options of all commands", invocation_options);
	return CTL_OK;
}

int help_run(struct ctl *ctl, struct ctl_args *args)
{
	const struct ctl_command *command;
	const char *value;

	(void)ctl;
	if (ctl_option(args, &value) != -1)
		return CTL_USAGE;
	if (args->argc - args->next > 1)
		return ctl_usage(args, "one command at a time");
	if (args->next == args->argc)
		return help_all();
	command = invocation_find_command(args->argv[args->next]);
	return command ? help_command(command) : CTL_USAGE;
}
