/* everyctl: shows what everyd's configuration means. See everyctl(1). */
#include "config/path.h"
#include "ctl/help.h"
#include "ctl/invocation.h"
#include "ctl/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tidy_process(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	int fd;

	/* 0 to 2 must be something, or a file of ours would be taken for one of them. */
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
	/* Who reads no more wants no more: quietly ended, whatever was inherited. */
	(void)sigaction(SIGPIPE, &usual, NULL);
}

static int run(struct invocation *invocation)
{
	_cleanup_free_ char *path = NULL;
	struct ctl ctl = {
		.config = invocation->config,
		.socket = invocation->socket,
		.json = invocation->json,
		.header = !invocation->no_header,
		.color = invocation->color == INVOCATION_COLOR_AUTO
				 ? terminal_has_color()
				 : invocation->color == INVOCATION_COLOR_ALWAYS,
		.width = terminal_width(),
		.progress = terminal_shows_progress(),
	};

	if (!ctl.config) {
		int r = path_default(&path);

		if (r < 0 && r != -ENOENT)
			return ctl_fail("%s", strerrordesc_np(-r));
		ctl.config = path;
	}
	return invocation->command->run(&ctl, &invocation->args);
}

/* What could not be written was not done. */
static int finish(int status)
{
	int failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) == 0 && !failed)
		return status;
	return ctl_fail("cannot write the output%s%s", errno ? ": " : "",
			errno ? strerrordesc_np(errno) : "");
}

int main(int argc, char *argv[])
{
	struct invocation invocation;
	int status = CTL_OK;

	tidy_process();
	if (invocation_parse(argc, argv, &invocation) < 0)
		return CTL_USAGE;
	if (invocation.version)
		(void)puts("everyctl " EVERYD_VERSION);
	else if (invocation.help)
		status = invocation.command ? help_command(invocation.command) : help_all();
	else
		status = run(&invocation);
	return finish(status);
}
