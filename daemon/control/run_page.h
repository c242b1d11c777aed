/*
 * A page of runs and streaks, as JSON: what it has is noted at once, which takes a fraction of a
 * millisecond for a thousand, and written a few at a time, which takes ten. Loop's thread.
 */
#pragma once

#include "base/cleanup.h"
#include "control/describe_row.h"
#include "ledger/reader.h"

#include <stdbool.h>
#include <stddef.h>

struct evbuffer;
struct run_page;

/* What a row is as JSON text, to be freed; NULL: out of memory. Any thread. */
char *run_page_row(const struct reader_row *row, const struct live_facts *live) _must_check_;

/* An empty page, the last one, with room for so many. NULL: out of memory. */
struct run_page *run_page_new(size_t max) _must_check_;
/* NULL is fine. */
void run_page_free(struct run_page *page);

/* Puts one more behind those that it has: a text of run_page_row(), or a row; `live` as for
   describe_row(). What they are given is copied. Returns false when memory is out. */
bool run_page_add_text(struct run_page *page, const char *text) _must_check_;
bool run_page_add_row(struct run_page *page, const struct reader_row *row,
		      const struct live_facts *live) _must_check_;
/* There is another page behind it, of that cursor, of letters that JSON has as they are. */
#define RUN_PAGE_CURSOR_SIZE 100
void run_page_set_next(struct run_page *page, const char *cursor);

/* Writes some more. Returns 1 when all is written, 0 when it is not, or -ENOMEM. */
int run_page_work(struct run_page *page) _must_check_;
/* When all is: {"items": [...], "next": cursor or null}. The page's. */
struct evbuffer *run_page_text(struct run_page *page);
