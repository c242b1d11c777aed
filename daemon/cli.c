/* See cli.h. */
#include "cli.h"

#include "config/path.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the exit statuses mean is in everyd(8). */
#define EXIT_USAGE 2

static const char help[] =
	"Usage: everyd [OPTION]...\n"
	"Run the commands of a configuration file every so often, in the foreground.\n"
	"\n"
	"  -c, --config FILE      read FILE; see everyd.conf(5)\n"
	"  -t, --test             check the configuration, say what is wrong with it, and exit\n"
	"      --log WHERE        journal, stderr, or auto: the journal when standard error is\n"
	"                         connected to it (default auto)\n"
	"      --log-level LEVEL  error, warning, notice, info or debug (default info)\n"
	"      --help             show this help and exit\n"
	"      --version          show the version and exit\n"
	"\n"
	"Signals: HUP reloads, TERM and INT stop, USR1 logs the status. See everyd(8).\n";

enum {
	OPT_LOG = 256,
	OPT_LOG_LEVEL,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
	{"config", required_argument, NULL, 'c'},
	{"test", no_argument, NULL, 't'},
	{"log", required_argument, NULL, OPT_LOG},
	{"log-level", required_argument, NULL, OPT_LOG_LEVEL},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{0},
};

static const struct {
	const char *name;
	enum cli_log log;
} logs[] = {
	{"auto", CLI_LOG_AUTO},
	{"journal", CLI_LOG_JOURNAL},
	{"stderr", CLI_LOG_STDERR},
};

static int parse_log(const char *text, enum cli_log *ret_log)
{
	for (size_t i = 0; i < ARRAY_LENGTH(logs); i++) {
		if (strcmp(text, logs[i].name) == 0) {
			*ret_log = logs[i].log;
			return 0;
		}
	}
	return -EINVAL;
}

static int usage(int *ret_status)
{
	(void)fputs("Try 'everyd --help' for more.\n", stderr);
	*ret_status = EXIT_USAGE;
	return -EINVAL;
}

static int said(const char *text, int *ret_status)
{
	(void)fputs(text, stdout);
	*ret_status = fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	return -ECANCELED;
}

int cli_parse(int argc, char *argv[], struct cli *ret_cli, int *ret_status)
{
	struct cli cli = {.log = CLI_LOG_AUTO, .level = LOG_LEVEL_INFO};
	const char *config = NULL;
	int opt;
	int r;

	while ((opt = getopt_long(argc, argv, "c:t", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			config = optarg;
			break;
		case 't':
			cli.test = true;
			break;
		case OPT_LOG:
			if (parse_log(optarg, &cli.log) < 0) {
				(void)fprintf(stderr,
					      "everyd: --log is auto, journal or stderr, "
					      "not '%s'\n",
					      optarg);
				return usage(ret_status);
			}
			break;
		case OPT_LOG_LEVEL:
			if (log_level_parse(optarg, &cli.level) < 0) {
				(void)fprintf(stderr,
					      "everyd: --log-level is error, warning, notice, "
					      "info or debug, not '%s'\n",
					      optarg);
				return usage(ret_status);
			}
			break;
		case OPT_HELP:
			return said(help, ret_status);
		case OPT_VERSION:
			return said("everyd " EVERYD_VERSION "\n", ret_status);
		default:
			return usage(ret_status);
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "everyd: unexpected argument '%s'\n", argv[optind]);
		return usage(ret_status);
	}

	if (config) {
		cli.config = strdup(config);
		r = cli.config ? 0 : -ENOMEM;
	} else {
		r = path_default(&cli.config);
	}
	if (r < 0) {
		(void)fprintf(stderr, "everyd: where is the configuration? Say -c FILE: %s\n",
			      strerrordesc_np(-r));
		*ret_status = EXIT_FAILURE;
		return r;
	}
	*ret_cli = cli;
	return 0;
}

void cli_done(struct cli *cli)
{
	free(cli->config);
	cli->config = NULL;
}
