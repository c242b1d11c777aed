/*
 * listener SOCKET FILE: is the service manager's end of sd_notify(3): appends each assignment it
 * gets as a line to FILE, until it is killed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[8192];
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int out;

	if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path))
		return 2;
	strcpy(address.sun_path, argv[1]);
	out = open(argv[2], O_WRONLY | O_APPEND | O_CREAT, 0666);
	if (fd < 0 || out < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		perror("listener");
		return 2;
	}
	(void)!write(out, "listening\n", 10);
	for (;;) {
		ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

		if (n <= 0)
			continue;
		if (text[n - 1] != '\n')
			text[n++] = '\n';
		(void)!write(out, text, (size_t)n);
	}
}
