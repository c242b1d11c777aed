/*
 * Where the options of a job got their values: for each that stands in a file two bytes or a few
 * more, so that a million jobs can tell; those of defaults are kept once for each file. Making them
 * is for one thread at a time, finding them for any.
 */
#pragma once

#include "base/cleanup.h"
#include "config/options.h"
#include "core/model.h"

#include <stdbool.h>
#include <stddef.h>

/* An option, and the line where it stands. */
struct origin {
	enum option_id option;
	unsigned line;
};

/* Room for those of all options. */
#define ORIGINS_SIZE (OPTION_COUNT * 6)

/* Packs `count` of them, each of another option; `line` is that of the section, which is to be
   known when they are looked for. Returns how many bytes they take, with a NUL behind them. */
size_t origins_pack(unsigned line, const struct origin *origins, size_t count,
		    unsigned char packed[static ORIGINS_SIZE + 1]);

/* Where the option stands from which the job has that value: in its own section, or in defaults.
   False: nowhere, it is built in. */
bool origins_find(const struct model *model, const struct job *job, enum option_id option,
		  const char **ret_file, unsigned *ret_line);
