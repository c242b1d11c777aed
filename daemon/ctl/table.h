/* A table on standard output: columns as wide as they need to be; to fit a terminal the widest are
   cut, and if that would leave too little of them, those that can be spared are left out before.
   Cells are sanitized (text.h). */
#pragma once

#include "base/cleanup.h"
#include "ctl/ctl.h"

struct table;

enum table_align {
	TABLE_LEFT,
	TABLE_RIGHT,
};

enum table_color {
	TABLE_PLAIN,
	TABLE_GOOD, /* green */
	TABLE_WARN, /* yellow */
	TABLE_BAD,  /* red */
	TABLE_FAINT,
};

struct table_column {
	const char *title;
	enum table_align align;
};

/* `columns` must outlive it. NULL: out of memory. */
struct table *table_new(const struct table_column *columns, size_t n_columns) _must_check_;
void table_free(struct table *table);

/* The column, which is not the first, is left out where the terminal is too narrow, behind those
   for which this was called before. It is called once for a column at most. */
void table_spare(struct table *table, size_t column);

/* The column, one of the first 64, is not cut: half of a time or of a number is none. */
void table_keep(struct table *table, size_t column);

/* Adds a cell behind the last one; a row begins with each n_columns cells. `text` is copied; NULL
   is as "". Out of memory is told by table_print(). */
void table_cell(struct table *table, enum table_color color, const char *text);
void table_cellf(struct table *table, enum table_color color, const char *format, ...)
	_printf_(3, 4);

/* Prints it. Returns 0 or -errno. */
int table_print(const struct table *table, const struct ctl *ctl) _must_check_;
