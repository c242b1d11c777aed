/*
 * inherit COMMAND [ARGUMENT...]: becomes the command with what nobody should hand to it: every
 * signal blocked, many ignored, stray open descriptors, an odd umask.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	sigset_t all;

	if (argc < 2)
		return 2;
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	(void)dup2(open("/dev/zero", O_RDONLY), 9);
	(void)dup2(9, 500);
	umask(0777);
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 2;
}
