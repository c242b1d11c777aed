/* Log records one after the other in memory, as the logger keeps them on their way. */
#pragma once

#include "base/log.h"

#include <stddef.h>

struct log_buffer {
	char *bytes; /* aligned for any type; whose they are is for the user to say */
	size_t used;
};

/* What a record takes in a buffer. */
size_t log_buffer_size(const struct log_record *record);

/* Adds a copy of a record that takes `size` bytes, for which there must be room. */
void log_buffer_put(struct log_buffer *buffer, const struct log_record *record, size_t size);

/* The record that begins at `at`; its texts are the buffer's. Returns where the next one begins. */
size_t log_buffer_get(const struct log_buffer *buffer, size_t at, struct log_record *ret_record);
