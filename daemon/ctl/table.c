/* See table.h. */
#include "ctl/table.h"

#include "base/arena.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Between two columns. */
#define GAP 2

/* What is cut off is told by this, in the last columns that are left. */
#define CUT       "..."
#define CUT_WIDTH 3

/* A column that is cut keeps so many; before it is cut to less than the latter, others are left
   out. */
#define WIDTH_MIN  8
#define WIDTH_FAIR 14

/* The most columns that can be left out. */
#define SPARE_MAX 16

/* A cell that is longer is cut off by table_cellf(). */
#define CELLF_SIZE 1200

struct cell {
	const char *text; /* the arena's */
	unsigned width;
	enum table_color color;
};

struct table {
	const struct table_column *columns;
	size_t n_columns;
	size_t spare[SPARE_MAX]; /* columns that can be left out, in that order */
	size_t n_spare;
	uint64_t kept; /* a bit for each column that is not cut */
	struct arena arena;
	struct cell *cells;
	size_t n_cells;
	size_t capacity;
	bool failed; /* out of memory */
};

static const char *const colors[] = {
	[TABLE_PLAIN] = "",       [TABLE_GOOD] = "\033[32m", [TABLE_WARN] = "\033[33m",
	[TABLE_BAD] = "\033[31m", [TABLE_FAINT] = "\033[2m",
};

static const char title_color[] = "\033[1m";
static const char color_end[] = "\033[0m";

struct table *table_new(const struct table_column *columns, size_t n_columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->n_columns = n_columns;
	arena_init(&table->arena);
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	arena_done(&table->arena);
	free(table->cells);
	free(table);
}

void table_spare(struct table *table, size_t column)
{
	assert(table->n_spare < SPARE_MAX);
	table->spare[table->n_spare++] = column;
}

void table_keep(struct table *table, size_t column)
{
	table->kept |= UINT64_C(1) << column;
}

/* Characters of clean UTF-8, each of which is taken to be one column wide. */
static unsigned width_of(const char *text)
{
	unsigned width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* The bytes of the first `width` characters. */
static size_t bytes_of(const char *text, unsigned width)
{
	size_t n = 0;

	for (; text[n]; n++) {
		if (((unsigned char)text[n] & 0xc0) != 0x80 && width-- == 0)
			break;
	}
	return n;
}

static int reserve_cell(struct table *table)
{
	size_t capacity = table->capacity ? table->capacity * 2 : 64;
	struct cell *cells;

	if (table->n_cells < table->capacity)
		return 0;
	cells = reallocarray(table->cells, capacity, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	table->cells = cells;
	table->capacity = capacity;
	return 0;
}

/* A clean copy. NULL: out of memory. */
static const char *keep(struct table *table, const char *text)
{
	_cleanup_free_ char *clean = NULL;
	size_t len = strlen(text);

	if (len == 0)
		return "";
	clean = malloc(TEXT_GROWTH * len + 1);
	if (!clean)
		return NULL;
	len = text_sanitize(clean, text, len);
	/* A tab has no width of its own. */
	for (size_t i = 0; i < len; i++) {
		if (clean[i] == '\t')
			clean[i] = ' ';
	}
	return arena_copy(&table->arena, clean, len);
}

void table_cell(struct table *table, enum table_color color, const char *text)
{
	const char *kept;

	if (table->failed)
		return;
	kept = keep(table, text ? text : "");
	if (!kept || reserve_cell(table) < 0) {
		table->failed = true;
		return;
	}
	table->cells[table->n_cells++] = (struct cell){
		.text = kept,
		.width = width_of(kept),
		.color = color,
	};
}

void table_cellf(struct table *table, enum table_color color, const char *format, ...)
{
	char text[CELLF_SIZE];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	table_cell(table, color, text);
}

/* The width of a column that is not there: no cell is as wide. */
#define LEFT_OUT UINT_MAX

/* As wide as they need to be. */
static void measure(const struct table *table, bool header, unsigned *widths)
{
	for (size_t c = 0; c < table->n_columns; c++)
		widths[c] = header ? width_of(table->columns[c].title) : 0;
	for (size_t i = 0; i < table->n_cells; i++) {
		unsigned *width = &widths[i % table->n_columns];

		if (table->cells[i].width > *width)
			*width = table->cells[i].width;
	}
}

/* The width of a column that is cut to `most`, if that can be. */
static unsigned cut_width(const struct table *table, size_t c, unsigned width, unsigned most)
{
	unsigned title = width_of(table->columns[c].title);

	if (width <= most || (c < 64 && table->kept & UINT64_C(1) << c))
		return width;
	if (most < title)
		most = title;
	return width < most ? width : most;
}

/* That of all, if each that can be cut is to `most`. */
static unsigned total_width(const struct table *table, const unsigned *widths, unsigned most)
{
	unsigned total = 0;
	unsigned gap = 0;

	for (size_t c = 0; c < table->n_columns; c++) {
		if (widths[c] == LEFT_OUT)
			continue;
		total += cut_width(table, c, widths[c], most) + gap;
		gap = GAP;
	}
	return total;
}

/* Makes them fit into `room`, as far as that can be. */
static void fit(const struct table *table, unsigned room, unsigned *widths)
{
	unsigned most = WIDTH_MIN;
	unsigned left;

	if (total_width(table, widths, UINT_MAX) <= room)
		return;
	for (size_t i = 0; i < table->n_spare; i++)
		if (total_width(table, widths, WIDTH_FAIR) > room)
			widths[table->spare[i]] = LEFT_OUT;
	while (most < room && total_width(table, widths, most + 1) <= room)
		most++;
	left = total_width(table, widths, most);
	left = left < room ? room - left : 0;
	for (size_t c = 0; c < table->n_columns; c++) {
		unsigned width = widths[c];

		if (width == LEFT_OUT)
			continue;
		widths[c] = cut_width(table, c, width, most);
		/* What cannot be shared out goes to the first. */
		if (widths[c] < width && left > 0 && widths[c] == most) {
			widths[c]++;
			left--;
		}
	}
}

static void print_spaces(unsigned n)
{
	(void)printf("%*s", (int)n, "");
}

/* Prints a cell after `*pad` spaces that were not yet needed, and adds up those behind it. */
static void print_cell(const char *text, unsigned width, const char *color,
		       const struct table_column *column, unsigned room, unsigned *pad)
{
	bool cut = width > room;
	unsigned shown = cut ? room : width;

	if (room == LEFT_OUT)
		return;
	if (column->align == TABLE_RIGHT)
		*pad += room - shown;
	if (shown > 0) {
		print_spaces(*pad);
		*pad = 0;
		(void)fputs(color, stdout);
		(void)fwrite(text, 1, bytes_of(text, cut ? room - CUT_WIDTH : width), stdout);
		(void)fputs(cut ? CUT : "", stdout);
		(void)fputs(color[0] ? color_end : "", stdout);
	}
	if (column->align == TABLE_LEFT)
		*pad += room - shown;
	*pad += GAP;
}

static void print_rows(const struct table *table, const struct ctl *ctl, const unsigned *widths)
{
	unsigned pad = 0;

	for (size_t i = 0; i < table->n_cells; i++) {
		const struct cell *cell = &table->cells[i];
		size_t c = i % table->n_columns;

		print_cell(cell->text, cell->width, ctl->color ? colors[cell->color] : "",
			   &table->columns[c], widths[c], &pad);
		if (c + 1 == table->n_columns || i + 1 == table->n_cells) {
			(void)putchar('\n');
			pad = 0;
		}
	}
}

int table_print(const struct table *table, const struct ctl *ctl)
{
	_cleanup_free_ unsigned *widths = calloc(table->n_columns, sizeof(*widths));
	unsigned pad = 0;

	if (!widths || table->failed)
		return -ENOMEM;
	measure(table, ctl->header, widths);
	if (ctl->width > 0)
		fit(table, ctl->width, widths);
	if (ctl->header) {
		for (size_t c = 0; c < table->n_columns; c++) {
			const char *title = table->columns[c].title;

			print_cell(title, width_of(title), ctl->color ? title_color : "",
				   &table->columns[c], widths[c], &pad);
		}
		(void)putchar('\n');
	}
	print_rows(table, ctl, widths);
	return ferror(stdout) ? -EIO : 0;
}
