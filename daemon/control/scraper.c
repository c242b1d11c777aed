/* See scraper.h. */
#include "control/scraper.h"

#include "base/errands.h"
#include "base/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A page on its way, and what came of it on the way back. */
struct sheet {
	struct errand errand;
	struct metrics_page *page;
	enum metrics_format format;
	char *path; /* NULL: none */
	char *text;
	size_t len;
	int r;
	void (*done)(void *ctx, const struct scraped *scraped);
	void *ctx;
};

struct scraper {
	struct errands *errands;
};

/* --- the thread --- */

/* Prints, and closes the file. Returns 0 or -errno. */
static int print(const struct sheet *sheet, FILE *file)
{
	struct metrics_process process;
	bool failed;

	errno = 0;
	metrics_process_read(&process);
	metrics_print(sheet->page, &process, sheet->format, file);
	failed = ferror(file);
	if (fclose(file) == 0 && !failed)
		return 0;
	return errno > 0 ? -errno : -EIO;
}

static int print_text(struct sheet *sheet)
{
	FILE *file = text_file_open(&sheet->text, &sheet->len);

	return file ? print(sheet, file) : -ENOMEM;
}

/* Who collects such files (node_exporter) takes what ends in ".prom": so this one is not. */
static int print_into(struct sheet *sheet, const char *draft)
{
	int fd = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	FILE *file;
	int r;

	if (fd < 0)
		return -errno;
	/* Whatever the umask. */
	(void)fchmod(fd, 0644);
	file = fdopen(fd, "we");
	if (!file) {
		(void)close(fd);
		return -ENOMEM;
	}
	r = print(sheet, file);
	if (r == 0 && rename(draft, sheet->path) < 0)
		r = -errno;
	return r;
}

static int print_file(struct sheet *sheet)
{
	_cleanup_free_ char *draft = NULL;
	int r;

	if (asprintf(&draft, "%s.new", sheet->path) < 0) {
		draft = NULL;
		return -ENOMEM;
	}
	/* That of a daemon that was killed. */
	(void)unlink(draft);
	r = print_into(sheet, draft);
	if (r < 0 && r != -EEXIST)
		(void)unlink(draft);
	return r;
}

static void print_sheet(void *ctx, struct errand *errand)
{
	struct sheet *sheet = (struct sheet *)errand;

	(void)ctx;
	sheet->r = sheet->path ? print_file(sheet) : print_text(sheet);
}

static void sheet_free(struct errand *errand)
{
	struct sheet *sheet = (struct sheet *)errand;

	metrics_page_free(sheet->page);
	free(sheet->path);
	free(sheet->text);
	free(sheet);
}

static const struct errands_ops ops = {
	.run = print_sheet,
	.free = sheet_free,
};

/* --- the loop --- */

int scraper_new(struct scraper **ret_scraper)
{
	struct scraper *scraper = calloc(1, sizeof(*scraper));
	int r;

	if (!scraper)
		return -ENOMEM;
	r = errands_new(&ops, NULL, SCRAPER_MAX, &scraper->errands);
	if (r < 0) {
		free(scraper);
		return r;
	}
	*ret_scraper = scraper;
	return 0;
}

void scraper_free(struct scraper *scraper, usec_t patience)
{
	if (!scraper)
		return;
	errands_free(scraper->errands, patience);
	free(scraper);
}

int scraper_fd(const struct scraper *scraper)
{
	return errands_fd(scraper->errands);
}

void scraper_dispatch(struct scraper *scraper)
{
	errands_dispatch(scraper->errands);
}

static void done(struct errand *errand)
{
	const struct sheet *sheet = (struct sheet *)errand;

	sheet->done(sheet->ctx, &(struct scraped){sheet->r, sheet->text, sheet->len});
}

int scraper_ask(struct scraper *scraper, struct metrics_page *page, enum metrics_format format,
		const char *path, void (*on_done)(void *ctx, const struct scraped *scraped),
		void *ctx)
{
	struct sheet *sheet = calloc(1, sizeof(*sheet));

	if (!sheet) {
		metrics_page_free(page);
		return -ENOMEM;
	}
	*sheet = (struct sheet){
		.errand = {.done = done, .ctx = ctx},
		.page = page,
		.format = format,
		.done = on_done,
		.ctx = ctx,
	};
	if (path) {
		sheet->path = strdup(path);
		if (!sheet->path) {
			sheet_free(&sheet->errand);
			return -ENOMEM;
		}
	}
	return errands_send(scraper->errands, &sheet->errand);
}

void scraper_forget(struct scraper *scraper, const void *ctx)
{
	errands_forget(scraper->errands, ctx);
}
