/* See filesystem.h. */
#include "exec/filesystem.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

/* Those that linux/magic.h leaves to their sources. */
#define CONFIGFS_MAGIC 0x62656570
#define FUSECTL_MAGIC  0x65735543
#define MQUEUE_MAGIC   0x19800202
#define NFSD_MAGIC     0x6e667364
#define RPC_PIPE_MAGIC 0x67596969

/* Of the kernel's own: statfs(2). */
static const unsigned long pseudo[] = {
	AAFS_MAGIC,           ANON_INODE_FS_MAGIC,
	BINDERFS_SUPER_MAGIC, BINFMTFS_MAGIC,
	BPF_FS_MAGIC,         CGROUP2_SUPER_MAGIC,
	CGROUP_SUPER_MAGIC,   CONFIGFS_MAGIC,
	DEBUGFS_MAGIC,        DEVPTS_SUPER_MAGIC,
	EFIVARFS_MAGIC,       FUSECTL_MAGIC,
	MQUEUE_MAGIC,         NFSD_MAGIC,
	NSFS_MAGIC,           OPENPROM_SUPER_MAGIC,
	PROC_SUPER_MAGIC,     PSTOREFS_MAGIC,
	RDTGROUP_SUPER_MAGIC, RPC_PIPE_MAGIC,
	SECURITYFS_MAGIC,     SELINUX_MAGIC,
	SMACK_MAGIC,          SYSFS_MAGIC,
	TRACEFS_MAGIC,        USBDEVICE_SUPER_MAGIC,
	XENFS_SUPER_MAGIC,
};

int filesystem_check_file(int fd)
{
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return -errno;
	for (size_t i = 0; i < ARRAY_LENGTH(pseudo); i++)
		/* The type is wider than the numbers and has a sign, on some architectures. */
		if ((unsigned)fs.f_type == (unsigned)pseudo[i])
			return -EPERM;
	return 0;
}

/* --- whose server --- */

static void cleanup_file(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

/*
 * A line of mountinfo, as proc(5) has it: "36 35 0:42 / /home/me/far rw - fuse.sshfs far
 * rw,user_id=1000,group_id=1000". Its fields have no spaces in them. Returns whether the file
 * system with that device is served by a user, and by whom.
 */
static bool find_server(char *line, dev_t device, uid_t *ret_uid)
{
	static const char user[] = "user_id=";
	char *type = strstr(line, " - fuse");
	char *options = strrchr(line, ' ');
	unsigned long numbers[4]; /* of mount and parent, and those of the device */
	char *at = line;

	for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
		char *number = i < 3 ? at : at + 1;

		numbers[i] = strtoul(number, &at, 10);
		if (at == number || *at != (i == 2 ? ':' : ' '))
			return false;
	}
	if (!type || makedev((unsigned)numbers[2], (unsigned)numbers[3]) != device)
		return false;
	for (char *option = strtok_r(options, " ,", &options); option;
	     option = strtok_r(NULL, " ,", &options)) {
		if (strncmp(option, user, sizeof(user) - 1) == 0) {
			*ret_uid = (uid_t)strtoul(option + sizeof(user) - 1, NULL, 10);
			return true;
		}
	}
	return false;
}

/* Nobody is asked about a file system that has none of its own, or is not mounted here. */
static int check_device(dev_t device)
{
	_cleanup_(cleanup_file) FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	size_t size = 0;
	uid_t uid;

	if (!mounts)
		return -errno;
	while (getline(&line, &size, mounts) > 0)
		if (find_server(line, device, &uid))
			return uid == 0 || uid == getuid() ? 0 : -EPERM;
	return ferror(mounts) ? -EIO : 0;
}

int filesystem_check_server(int fd, dev_t *device)
{
	struct statx stx;
	dev_t found;
	int r;

	/* The kernel knows the device by itself; anything more, a server may be asked for. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, 0, &stx) < 0)
		return -errno;
	found = makedev(stx.stx_dev_major, stx.stx_dev_minor);
	if (found == *device)
		return 0;
	/* One with a block device needs root to be mounted, whoever serves it. */
	r = stx.stx_dev_major == 0 ? check_device(found) : 0;
	if (r == 0)
		*device = found;
	return r;
}
