/* See loading.h. */
#include "loading.h"

#include "base/clock.h"
#include "core/model.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

struct loader {
	loader_fn *load;
	char *path; /* copies: a thread that is left alone may outlive the originals */
	char *host;
	void (*done)(void *ctx, struct loaded *loaded);
	void *ctx;
	struct event event; /* `fd` is readable: the thread is about to end */
	int fd;
	pthread_attr_t attr;
	pthread_t thread;
	bool busy;            /* there is a thread, and it has not been joined */
	struct loaded loaded; /* the thread's while there is one */

	pthread_mutex_t lock;
	bool left;  /* the loop is gone: all of this is the thread's; guarded by lock */
	bool ended; /* the thread is about to; guarded by lock */
};

void loaded_done(struct loaded *loaded)
{
	model_unref(loaded->model);
	loaded->model = NULL;
	diags_done(&loaded->diags);
}

/* Whoever is the last to have it. */
static void release(struct loader *loader)
{
	loaded_done(&loader->loaded);
	(void)pthread_mutex_destroy(&loader->lock);
	(void)pthread_attr_destroy(&loader->attr);
	(void)close(loader->fd);
	free(loader->path);
	free(loader->host);
	free(loader);
}

/* --- the thread --- */

static void *loader_main(void *arg)
{
	struct loader *loader = arg;
	struct loaded *loaded = &loader->loaded;
	bool left;

	/* So that the log shows the times that jobs have. */
	clock_follow_localtime();
	loaded->r = loader->load(loader->path, loader->host, &loaded->diags, &loaded->model);
	(void)pthread_mutex_lock(&loader->lock);
	loader->ended = true;
	left = loader->left;
	(void)pthread_mutex_unlock(&loader->lock);
	if (left)
		release(loader);
	else
		(void)eventfd_write(loader->fd, 1); /* the counter is never full */
	return NULL;
}

/* --- the loop's side --- */

/* The thread is about to end: takes what it has made. */
static struct loaded take(struct loader *loader)
{
	struct loaded loaded;

	(void)pthread_join(loader->thread, NULL);
	loader->busy = false;
	loaded = loader->loaded;
	loader->loaded = (struct loaded){0};
	return loaded;
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct loader *loader = arg;
	struct loaded loaded;
	eventfd_t count;

	(void)what;
	if (eventfd_read(fd, &count) < 0)
		return;
	loaded = take(loader);
	loader->done(loader->ctx, &loaded);
	loaded_done(&loaded);
}

int loader_new(struct event_base *base, loader_fn *load, const char *path, const char *host,
	       void (*done)(void *ctx, struct loaded *loaded), void *ctx,
	       struct loader **ret_loader)
{
	struct loader *loader = calloc(1, sizeof(*loader));
	sigset_t all;
	int error = ENOMEM;

	if (!loader)
		return -ENOMEM;
	loader->load = load;
	loader->done = done;
	loader->ctx = ctx;
	loader->path = strdup(path);
	loader->host = strdup(host);
	if (!loader->path || !loader->host)
		goto no_fd;
	loader->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loader->fd < 0) {
		error = errno;
		goto no_fd;
	}
	error = pthread_attr_init(&loader->attr);
	if (error != 0)
		goto no_attr;
	(void)sigfillset(&all);
	error = pthread_attr_setsigmask_np(&loader->attr, &all);
	if (error == 0)
		error = pthread_mutex_init(&loader->lock, NULL);
	if (error != 0)
		goto no_lock;
	(void)event_assign(&loader->event, base, loader->fd, EV_READ | EV_PERSIST, on_end, loader);
	if (event_add(&loader->event, NULL) < 0) {
		release(loader);
		return -ENOMEM;
	}
	*ret_loader = loader;
	return 0;

no_lock:
	(void)pthread_attr_destroy(&loader->attr);
no_attr:
	(void)close(loader->fd);
no_fd:
	free(loader->path);
	free(loader->host);
	free(loader);
	return -error;
}

int loader_start(struct loader *loader)
{
	int error;

	if (loader->busy)
		return -EBUSY;
	loader->ended = false;
	diags_init(&loader->loaded.diags);
	error = pthread_create(&loader->thread, &loader->attr, loader_main, loader);
	loader->busy = error == 0;
	return -error;
}

bool loader_is_busy(const struct loader *loader)
{
	return loader && loader->busy;
}

/* Waits for the thread to say that it is done, for LOADER_PATIENCE. */
static void await_end(const struct loader *loader)
{
	usec_t until = clock_elapsed() + LOADER_PATIENCE;
	struct pollfd end = {.fd = loader->fd, .events = POLLIN};
	usec_t left = LOADER_PATIENCE;

	while (left > 0 && poll(&end, 1, (int)(left / USEC_PER_MSEC) + 1) <= 0)
		left = until - clock_elapsed();
}

/* Leaves the loader to its thread, unless that has ended. Returns whether it did. */
static bool leave(struct loader *loader)
{
	bool ended;

	(void)pthread_mutex_lock(&loader->lock);
	ended = loader->ended;
	if (!ended) {
		/* While the thread cannot go on: an ended one's number may be another's. */
		(void)pthread_detach(loader->thread);
		loader->left = true;
	}
	(void)pthread_mutex_unlock(&loader->lock);
	return !ended;
}

void loader_free(struct loader *loader)
{
	struct loaded loaded;

	if (!loader)
		return;
	(void)event_del(&loader->event);
	if (loader->busy) {
		await_end(loader);
		if (leave(loader))
			return;
		loaded = take(loader);
		loaded_done(&loaded);
	}
	release(loader);
}
