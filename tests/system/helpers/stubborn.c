/*
 * stubborn HOW...: processes that are hard to get rid of. They say "up" on standard output when
 * all are there, and then wait for a signal for ever.
 *
 *   mild     just waits
 *   ignore   ignores SIGTERM
 *   tree     three generations, all ignoring SIGTERM
 *   leave    leaves a child that holds the output open, and exits
 *   daemon   leaves a child in a session of its own, with its parent gone, and exits
 *   nested   leaves a daemon that ignores SIGTERM and has a child in yet another session, and exits
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ready[2];

static void say_up(void)
{
	printf("up\n");
	fflush(stdout);
}

static void wait_forever(void)
{
	for (;;)
		pause();
}

/* In a child that is where it should be. */
static void settle(void)
{
	(void)!write(ready[1], "", 1);
	wait_forever();
}

static void await_settled(int count)
{
	char byte;

	while (count-- > 0)
		(void)!read(ready[0], &byte, 1);
}

static void detach(void)
{
	if (fork() > 0)
		_exit(0);
	setsid();
}

int main(int argc, char *argv[])
{
	const char *how = argc > 1 ? argv[1] : "";

	if (pipe(ready) < 0)
		return 2;
	if (strcmp(how, "mild") == 0) {
		say_up();
		wait_forever();
	}
	if (strcmp(how, "leave") == 0) {
		if (fork() == 0)
			settle();
		await_settled(1);
	} else if (strcmp(how, "daemon") == 0) {
		if (fork() == 0) {
			detach();
			settle();
		}
		await_settled(1);
	} else {
		signal(SIGTERM, SIG_IGN);
		if (strcmp(how, "ignore") == 0) {
			say_up();
			wait_forever();
		}
		if (strcmp(how, "tree") == 0) {
			if (fork() == 0) {
				if (fork() == 0)
					settle();
				settle();
			}
			await_settled(2);
			say_up();
			wait_forever();
		}
		if (strcmp(how, "nested") != 0)
			return 2;
		if (fork() == 0) {
			detach();
			if (fork() == 0) {
				setsid();
				settle();
			}
			settle();
		}
		await_settled(2);
	}
	say_up();
	return 0;
}
