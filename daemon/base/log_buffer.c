/* See log_buffer.h. */
#include "base/log_buffer.h"

#include <string.h>

/* A record; the job's name and the text follow, each with its NUL. */
struct entry {
	uint64_t run;
	usec_t wall;
	usec_t slot;
	const char *verdict;
	const char *reason;
	uint32_t size;    /* of header and texts, rounded up to the alignment of the next entry */
	uint32_t len;     /* of the text */
	uint16_t job_len; /* of the name; 0: none, and no NUL either */
	uint8_t level;
	uint8_t target;
	uint8_t message;
	uint8_t stream; /* index into stream_names */
};

static const char *const stream_names[] = {NULL, "stdout", "stderr"};

static uint8_t stream_index(const char *stream)
{
	for (size_t i = 1; i < ARRAY_LENGTH(stream_names); i++)
		if (stream && strcmp(stream, stream_names[i]) == 0)
			return (uint8_t)i;
	return 0;
}

size_t log_buffer_size(const struct log_record *record)
{
	size_t size = sizeof(struct entry) + record->len + 1;

	if (record->job)
		size += strlen(record->job) + 1;
	return (size + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
}

void log_buffer_put(struct log_buffer *buffer, const struct log_record *record, size_t size)
{
	struct entry *entry = (struct entry *)(void *)(buffer->bytes + buffer->used);
	char *p = (char *)(entry + 1);

	*entry = (struct entry){
		.run = record->run,
		.wall = record->wall,
		.slot = record->slot,
		.verdict = record->verdict,
		.reason = record->reason,
		.size = (uint32_t)size,
		.len = (uint32_t)record->len,
		.job_len = record->job ? (uint16_t)strlen(record->job) : 0,
		.level = (uint8_t)record->level,
		.target = (uint8_t)record->target,
		.message = (uint8_t)record->message,
		.stream = stream_index(record->stream),
	};
	if (record->job)
		p = mempcpy(p, record->job, entry->job_len + 1U);
	memcpy(p, record->text, record->len);
	p[record->len] = '\0';
	buffer->used += size;
}

size_t log_buffer_get(const struct log_buffer *buffer, size_t at, struct log_record *ret_record)
{
	const struct entry *entry = (const struct entry *)(const void *)(buffer->bytes + at);
	const char *p = (const char *)(entry + 1);

	*ret_record = (struct log_record){
		.level = entry->level,
		.target = entry->target,
		.wall = entry->wall,
		.job = entry->job_len ? p : NULL,
		.run = entry->run,
		.stream = stream_names[entry->stream],
		.message = entry->message,
		.slot = entry->slot,
		.verdict = entry->verdict,
		.reason = entry->reason,
		.text = entry->job_len ? p + entry->job_len + 1 : p,
		.len = entry->len,
	};
	return at + entry->size;
}
