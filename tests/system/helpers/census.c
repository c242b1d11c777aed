/*
 * census FILE MILLISECONDS: takes part in a census for so long. FILE says how many take part now,
 * how many did at most at any time, and how many have been: "NOW MOST TOTAL".
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static void count(const char *path, int change)
{
	int fd = open(path, O_RDWR | O_CREAT, 0666);
	char text[64] = "";
	int now = 0;
	int most = 0;
	int total = 0;

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		exit(2);
	if (pread(fd, text, sizeof(text) - 1, 0) > 0)
		(void)sscanf(text, "%d %d %d", &now, &most, &total);
	now += change;
	if (now > most)
		most = now;
	if (change > 0)
		total++;
	if (pwrite(fd, text, (size_t)snprintf(text, sizeof(text), "%d %d %d\n", now, most, total),
		   0) < 0)
		exit(2);
	close(fd);
}

int main(int argc, char *argv[])
{
	long ms;

	if (argc != 3)
		return 2;
	ms = atol(argv[2]);
	count(argv[1], 1);
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
	count(argv[1], -1);
	return 0;
}
