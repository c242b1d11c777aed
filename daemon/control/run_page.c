/* See run_page.h. */
#include "control/run_page.h"

#include "base/arena.h"
#include "base/values.h"

#include <errno.h>
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
	FILE *out;
	char *text;
	size_t size;
};

char *run_page_row(const struct reader_row *row, const struct live_facts *live)
{
	_cleanup_(cleanup_value) json_t *value = describe_row(row, live);

	return value ? json_dumps(value, JSON_REAL_PRECISION(VALUE_DIGITS)) : NULL;
}

struct run_page *run_page_new(size_t max)
{
	struct run_page *page = calloc(1, sizeof(*page));

	if (!page)
		return NULL;
	arena_init(&page->arena);
	page->max = max;
	page->entries = calloc(max + 1, sizeof(*page->entries));
	page->out = open_memstream(&page->text, &page->size);
	if (!page->entries || !page->out) {
		run_page_free(page);
		return NULL;
	}
	(void)fputs("{\"items\": [", page->out);
	return page;
}

void run_page_free(struct run_page *page)
{
	if (!page)
		return;
	if (page->out)
		(void)fclose(page->out);
	free(page->text);
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

	if (!text)
		text = own = run_page_row(&entry->row, entry->is_live ? &entry->live : NULL);
	if (!text)
		return -ENOMEM;
	(void)fprintf(page->out, "%s%s", page->written > 0 ? ", " : "", text);
	return 0;
}

static int finish(struct run_page *page)
{
	bool bad;

	if (page->next[0])
		(void)fprintf(page->out, "], \"next\": \"%s\"}", page->next);
	else
		(void)fputs("], \"next\": null}", page->out);
	bad = ferror(page->out);
	bad |= fclose(steal_ptr(page->out)) != 0;
	return bad ? -ENOMEM : 1;
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

const char *run_page_text(const struct run_page *page, size_t *ret_len)
{
	*ret_len = page->size;
	return page->text;
}
