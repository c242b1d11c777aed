/*
 * chatter LETTER LINES: writes so many lines of 70 times the letter to each of its streams, in
 * pieces that do not end where lines end, now to the one, now to the other.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 71

static void put(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n <= 0)
			exit(1);
		text += n;
		len -= (size_t)n;
	}
}

int main(int argc, char *argv[])
{
	size_t total = argc == 3 ? (size_t)atoi(argv[2]) * WIDTH : 0;
	char *text = malloc(total + 1);

	if (total == 0 || !text)
		return 2;
	memset(text, argv[1][0], total);
	for (size_t at = WIDTH - 1; at < total; at += WIDTH)
		text[at] = '\n';
	for (size_t at = 0; at < total;) {
		size_t n = total - at < 97 ? total - at : 97;

		put(1, text + at, n);
		put(2, text + at, n);
		at += n;
	}
	free(text);
	return 0;
}
