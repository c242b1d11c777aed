/* note FILE: appends "JOB RUN SLOT" of the run that this is to FILE, in one write. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	int fd = argc == 2 ? open(argv[1], O_WRONLY | O_APPEND | O_CREAT, 0666) : -1;
	const char *job = getenv("EVERYD_JOB");
	const char *run = getenv("EVERYD_RUN");
	const char *slot = getenv("EVERYD_SLOT");
	char text[512];
	int n;

	if (fd < 0 || !job || !run || !slot)
		return 2;
	n = snprintf(text, sizeof(text), "%s %s %s\n", job, run, slot);
	return write(fd, text, (size_t)n) == n ? 0 : 2;
}
