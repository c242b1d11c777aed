/*
 * A thread that prints pages of metrics, as text for a client or into a file: neither many jobs nor
 * a slow disk hold up the loop. For the loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "control/metrics_page.h"

#include <stddef.h>

struct scraper;

/* Pages that may be under way. */
#define SCRAPER_MAX 16

/* What came of one. */
struct scraped {
	int r;            /* 0 or -errno */
	const char *text; /* of a page for no file; borrowed */
	size_t len;
};

/* With its thread. Returns 0 or -errno. */
int scraper_new(struct scraper **ret_scraper) _must_check_;

/* Ends the thread, after what it is at; waits that long at most. Nobody is answered any more. NULL
   is fine. */
void scraper_free(struct scraper *scraper, usec_t patience);

/* Readable when there are answers: then scraper_dispatch() is to be called, which calls done(). */
int scraper_fd(const struct scraper *scraper);
void scraper_dispatch(struct scraper *scraper);

/*
 * Has a page printed: into the file `path` (absolute; copied), which is replaced as a whole by one
 * that everybody may read; or with NULL for done() to have. Takes the page over, also if it fails.
 * Returns 0; -EAGAIN: too many are under way; -ENOMEM.
 */
int scraper_ask(struct scraper *scraper, struct metrics_page *page, enum metrics_format format,
		const char *path, void (*done)(void *ctx, const struct scraped *scraped),
		void *ctx) _must_check_;

/* done() is not called with that ctx any more. */
void scraper_forget(struct scraper *scraper, const void *ctx);
