/* See context.h and run.h. */
#include "exec/context.h"

#include "exec/identity.h"
#include "exec/outlet.h"
#include "exec/seats.h"
#include "exec/watch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The limit of descriptors from which on there are seats. */
#define SEATS_WORTH 256

/* Where the limit cannot be raised, it stays. */
static void raise_files(struct run_context *context)
{
	struct rlimit64 raised;

	if (getrlimit64(RLIMIT_NOFILE, &context->files) < 0 ||
	    context->files.rlim_cur >= context->files.rlim_max)
		return;
	raised = (struct rlimit64){context->files.rlim_max, context->files.rlim_max};
	context->files_raised = setrlimit64(RLIMIT_NOFILE, &raised) == 0;
}

/* They save time where there are many descriptors, and where there cannot be many, runs need them
   more. */
static void make_seats(struct run_context *context)
{
	struct rlimit64 limit;

	if (getrlimit64(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= SEATS_WORTH &&
	    seats_new(context->null, &context->seats) < 0)
		context->seats = NULL;
}

/* Makes the directory and those above it. What goes wrong shows when a file is to be put there. */
static void make_directory(char *path)
{
	for (char *at = path; *at;) {
		char *slash = strchrnul(at + 1, '/');
		char end = *slash;

		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = end;
		at = slash;
	}
}

/* What a daemon that was killed left there. */
static void remove_files(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (strncmp(entry->d_name, CONTEXT_FILE_PREFIX, strlen(CONTEXT_FILE_PREFIX)) == 0)
			(void)unlinkat(dirfd(directory), entry->d_name, 0);
	(void)closedir(directory);
}

/* What all users have, from the daemon's own. */
static int make_base(struct run_context *context)
{
	const struct identity *own = NULL;
	const char *stage;
	int r = identities_new(&context->identities);

	if (r < 0)
		return r;
	r = identity_get(context->identities, NULL, NULL, &own, &stage);
	if (r < 0)
		return r;
	r = command_base_init(&context->base, own);
	identity_put(own);
	return r;
}

int run_context_new(const struct run_sink *sink, const char *directory,
		    struct run_context **ret_context)
{
	struct run_context *context = calloc(1, sizeof(*context));
	int r;

	if (!context)
		return -ENOMEM;
	context->sink = *sink;
	spawn_find_ignored(context->signals);
	if (gethostname(context->host, sizeof(context->host) - 1) < 0 || !context->host[0])
		strcpy(context->host, "localhost");
	context->directory = directory ? strdup(directory) : NULL;
	context->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	r = context->null < 0 ? -errno : 0;
	if (directory && !context->directory)
		r = -ENOMEM;
	if (r == 0)
		r = make_base(context);
	if (r < 0) {
		run_context_free(context);
		return r;
	}
	if (context->directory) {
		make_directory(context->directory);
		remove_files(context->directory);
	}
	context->trouble = cgroups_new(&context->cgroups);
	raise_files(context);
	make_seats(context);
	*ret_context = context;
	return 0;
}

void run_context_free(struct run_context *context)
{
	if (!context)
		return;
	if (context->files_raised)
		(void)setrlimit64(RLIMIT_NOFILE, &context->files);
	cgroups_free(context->cgroups);
	command_base_done(&context->base);
	identities_free(context->identities);
	seats_free(context->seats);
	if (context->null >= 0)
		(void)close(context->null);
	free(context->directory);
	free(context);
}

int run_context_trouble(const struct run_context *context)
{
	return context->trouble;
}

void run_context_forget_users(struct run_context *context)
{
	identities_forget(context->identities);
}

void run_context_clear(const struct run_context *context)
{
	cgroups_clear(context->cgroups);
}

bool run_context_can(const struct run_context *context, enum cgroup_controller controller)
{
	return cgroups_has(context->cgroups, controller);
}

struct run_local *run_local_new(void)
{
	struct run_local *local = calloc(1, sizeof(*local));

	if (!local)
		return NULL;
	command_init(&local->command);
	cgroup_init(&local->cgroup);
	local->watcher = watcher_new();
	local->outlet = outlet_new();
	if (!local->watcher || !local->outlet) {
		run_local_free(local);
		return NULL;
	}
	return local;
}

void run_local_free(struct run_local *local)
{
	if (!local)
		return;
	cgroup_done(&local->cgroup, local->cgroups);
	outlet_free(local->outlet);
	watcher_free(local->watcher);
	command_done(&local->command);
	free(local);
}
