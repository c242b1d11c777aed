/* regain: tries to become root again, by all means, and says how that went. */
#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void tell(const char *what, int r)
{
	printf("%s %s\n", what, r == 0 ? "POSSIBLE" : errno == EPERM ? "refused" : strerror(errno));
}

static void print_capabilities(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long long any = 0;
	unsigned long long set;
	char line[256];

	/* The bounding set may be full: without the others it gives nothing. */
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "CapBnd", 6) != 0 && sscanf(line, "Cap%*3s: %llx", &set) == 1)
			any |= set;
	if (file)
		fclose(file);
	printf("capabilities %s\n", any ? "LEFT" : "none");
}

int main(void)
{
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;
	gid_t root = 0;

	getresuid(&ruid, &euid, &suid);
	getresgid(&rgid, &egid, &sgid);
	printf("uids %d %d %d\n", (int)ruid, (int)euid, (int)suid);
	printf("gids %d %d %d\n", (int)rgid, (int)egid, (int)sgid);
	tell("setuid", setuid(0));
	tell("seteuid", seteuid(0));
	tell("setresuid", setresuid(0, 0, 0));
	tell("setgid", setgid(0));
	tell("setgroups", setgroups(1, &root));
	print_capabilities();
	return 0;
}
