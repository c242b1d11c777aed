/* See run_page.h. */
#include "control/run_page.h"

#include "base/arena.h"
#include "base/values.h"

#include <errno.h>
#include <event2/buffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What run_page_work() does in one go: of those that have a text already, which is copied, and of
   others. A run that is due meanwhile begins so much later. */
#define WORK_MAX  200
#define WORK_TELL 10

struct entry {
	const char *text; /* NULL: it is to be made from what follows */
	struct reader_row row;
	bool is_live;
	struct live_facts live;
};

struct run_page {
	struct arena arena; /* of what entries point to */
	struct entry *entries;
	size_t n;
	size_t max;
	size_t written;
	char next[RUN_PAGE_CURSOR_SIZE]; /* "": this is the last page */
	struct evbuffer *out;
};

char *run_page_row(const struct reader_row *row, const struct live_facts *live)
{
	_cleanup_(cleanup_value) json_t *value = describe_row(row, live);

	return value ? json_dumps(value, JSON_REAL_PRECISION(VALUE_DIGITS)) : NULL;
}

/* Returns 0 or -ENOMEM. */
static int write_text(struct run_page *page, const char *text)
{
	return evbuffer_add(page->out, text, strlen(text)) < 0 ? -ENOMEM : 0;
}

struct run_page *run_page_new(size_t max)
{
	struct run_page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	arena_init(&page->arena);
	page->max = max;
	page->entries = calloc(max + 1, sizeof(*page->entries));
	page->out = evbuffer_new();
	if (!page->entries || !page->out || write_text(page, "{\"items\": [") < 0) {
		run_page_free(page);
		return NULL;
	}
	return page;
}

void run_page_free(struct run_page *page)
{
	if (!page)
		return;
	if (page->out)
		evbuffer_free(page->out);
	free(page->entries);
	arena_done(&page->arena);
	free(page);
}

bool run_page_add_text(struct run_page *page, const char *text)
{
	const char *copy =
		page->n < page->max ? arena_copy(&page->arena, text, strlen(text)) : NULL;

	if (!copy)
		return false;
	page->entries[page->n++].text = copy;
	return true;
}

bool run_page_add_row(struct run_page *page, const struct reader_row *row,
		      const struct live_facts *live)
{
	struct entry *entry = &page->entries[page->n];
	const char *job =
		page->n < page->max ? arena_copy(&page->arena, row->job, strlen(row->job)) : NULL;

	if (!job)
		return false;
	entry->row = *row;
	entry->row.job = job;
	entry->is_live = live;
	if (live)
		entry->live = *live;
	page->n++;
	return true;
}

void run_page_set_next(struct run_page *page, const char *cursor)
{
	(void)snprintf(page->next, sizeof(page->next), "%s", cursor);
}

static int write_entry(struct run_page *page, const struct entry *entry)
{
	_cleanup_free_ char *own = NULL;
	const char *text = entry->text;
	int r;

	if (!text)
		text = own = run_page_row(&entry->row, entry->is_live ? &entry->live : NULL);
	if (!text)
		return -ENOMEM;
	r = page->written > 0 ? write_text(page, ", ") : 0;
	return r < 0 ? r : write_text(page, text);
}

static int finish(struct run_page *page)
{
	bool more = page->next[0];
	int r = write_text(page, more ? "], \"next\": \"" : "], \"next\": ");

	if (r == 0)
		r = write_text(page, more ? page->next : "null");
	if (r == 0)
		r = write_text(page, more ? "\"}" : "}");
	return r < 0 ? r : 1;
}

int run_page_work(struct run_page *page)
{
	for (int work = WORK_MAX; work > 0 && page->written < page->n; page->written++) {
		const struct entry *entry = &page->entries[page->written];
		int r = write_entry(page, entry);

		if (r < 0)
			return r;
		work -= entry->text ? 1 : WORK_TELL;
	}
	return page->written < page->n ? 0 : finish(page);
}

struct evbuffer *run_page_text(struct run_page *page)
{
	return page->out;
}
