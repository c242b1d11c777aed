/* everyd: runs commands every so often, with an account of each. See everyd(8). */
#include "base/diag.h"
#include "base/log.h"
#include "cli.h"
#include "config/config.h"
#include "daemon.h"
#include "service/journal.h"
#include "service/machine.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

/* Bytes; less than the pieces of a model (arena.h) have. */
#define MMAP_THRESHOLD (128 * 1024)

/* Makes what was inherited harmless: nothing of it may reach a job by accident. */
static void tidy_process(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t none;
	int fd;

	/* 0 to 2 must be something, or a descriptor of ours would be taken for one of them. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	(void)close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);

	(void)umask(022);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* A log or a notification socket that nobody reads any more is an error, not the end. */
	(void)sigaction(SIGPIPE, &ignore, NULL);
}

/* -t: what the daemon would say about its configuration, on standard error. */
static int test_config(const char *path)
{
	_cleanup_(cleanup_model) struct model *model = NULL;
	struct diags diags;
	char host[64];
	int r;

	machine_key(host, sizeof(host));
	diags_init(&diags);
	r = config_load(path, host, &diags, &model);
	config_tell(path, r, &diags, true, stderr);
	if (r == 0)
		(void)printf("%s: ok, %zu job%s\n", path, model->n_jobs,
			     model->n_jobs == 1 ? "" : "s");
	diags_done(&diags);
	return r < 0 || fflush(stdout) != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The daemon's messages go where they are wanted; the output of jobs may be wanted elsewhere. */
static void choose_sinks(const struct cli *cli)
{
	bool there = journal_is_there();
	bool journal =
		cli->log == CLI_LOG_JOURNAL || (cli->log == CLI_LOG_AUTO && journal_is_stderr());

	if (journal && !there)
		(void)fputs("everyd: there is no journal here; the log goes to standard error\n",
			    stderr);
	log_init(journal && there ? journal_sink() : log_stderr_sink(), cli->level);
	if (there)
		log_set_target(LOG_TARGET_JOURNAL, journal_sink());
	log_set_target(LOG_TARGET_STDERR, log_stderr_sink());
}

static int run(const struct cli *cli)
{
	struct daemon *daemon = NULL;
	int status = EXIT_FAILURE;
	int r;

	/* What a model is made of goes back to the system with it. (Left to itself, the threshold
	   rises with each that is freed.) */
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	choose_sinks(cli);
	r = log_start();
	if (r < 0) {
		(void)fprintf(stderr, "everyd: cannot start: %s\n", strerrordesc_np(-r));
		return EXIT_FAILURE;
	}
	r = daemon_new(cli->config, &daemon);
	if (r == -EINVAL)
		status = EX_CONFIG; /* another try would end the same */
	if (r == 0 && daemon_run(daemon) == 0)
		status = EXIT_SUCCESS;
	daemon_free(daemon);
	(void)log_stop();
	return status;
}

int main(int argc, char *argv[])
{
	struct cli cli;
	int status;

	tidy_process();
	if (cli_parse(argc, argv, &cli, &status) < 0)
		return status;
	status = cli.test ? test_config(cli.config) : run(&cli);
	cli_done(&cli);
	return status;
}
