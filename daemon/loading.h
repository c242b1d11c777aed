/*
 * Reading the configuration while the loop goes on: in a thread of its own, as a large file takes
 * seconds, and a name service that is asked for a user may take as long as it likes. The thread
 * owns what it makes until it has ended; then the loop does.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/diag.h"

#include <stdbool.h>

/* How long loader_free() waits. */
#define LOADER_PATIENCE USEC_PER_SEC

struct event_base;
struct loader;
struct model;

/* What came of a load. */
struct loaded {
	int r;               /* 0, or -errno */
	struct model *model; /* NULL unless r is 0 */
	struct diags diags;
};

/* Empties it; gives the model back. */
void loaded_done(struct loaded *loaded);

/* Reads a configuration: config_load(), or what a test has for it. In the loader's thread. */
typedef int loader_fn(const char *path, const char *host, struct diags *diags,
		      struct model **ret_model);

/*
 * Makes a loader, whose done() is called from the loop with what came of each load; it need not
 * leave anything in *loaded. Returns 0 or -errno. All of this is for the loop's thread.
 */
int loader_new(struct event_base *base, loader_fn *load, const char *path, const char *host,
	       void (*done)(void *ctx, struct loaded *loaded), void *ctx,
	       struct loader **ret_loader) _must_check_;

/* Begins a load. Returns 0; -EBUSY while there is one; or -errno if no thread can be made. Never
   waits. */
int loader_start(struct loader *loader) _must_check_;

/* Is there one, whose end has not been told? NULL: no. */
bool loader_is_busy(const struct loader *loader);

/*
 * Frees the loader; done() is not called any more. A load that takes longer than LOADER_PATIENCE
 * from now is left alone: its thread ends by itself and frees what it has, if the process does not
 * end before. NULL is fine.
 */
void loader_free(struct loader *loader);
