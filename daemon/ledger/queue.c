/* See queue.h. */
#include "ledger/queue.h"

#include <stdlib.h>
#include <string.h>

/* What most chunks have; a larger group has one of its own. */
#define CHUNK_ROOM ((size_t)64 * 1024 - sizeof(struct queue_chunk))

static const struct posting_text no_texts[POSTING_TEXTS];

/* --- groups --- */

void group_done(struct posting_group *group)
{
	free(group->bytes);
	*group = (struct posting_group){0};
}

static bool reserve(struct posting_group *group, size_t more)
{
	size_t size = group->size ? group->size : 1024;
	char *bytes;

	if (more <= group->size - group->used)
		return true;
	while (size - group->used < more)
		size *= 2;
	bytes = realloc(group->bytes, size);
	if (!bytes)
		return false;
	group->bytes = bytes;
	group->size = size;
	return true;
}

void group_add(struct posting_group *group, const struct posting *posting, enum posting_kind kind,
	       const struct posting_text texts[POSTING_TEXTS])
{
	size_t size = posting_size(kind, texts);

	if (!reserve(group, size)) {
		group->lost++;
		return;
	}
	posting_write(group->bytes + group->used, posting, kind, texts);
	group->used += size;
	group->postings++;
	if (kind == POSTING_ENDED)
		group->outputs += texts[0].len + texts[1].len;
}

/* A large one, as at the first load, gives its memory back. */
static void empty(struct posting_group *group)
{
	if (group->size > CHUNK_ROOM) {
		group_done(group);
		return;
	}
	group->used = 0;
	group->postings = 0;
	group->lost = 0;
	group->outputs = 0;
}

/* --- chunks --- */

static void free_chunks(struct queue_chunk *chunk)
{
	while (chunk) {
		struct queue_chunk *next = chunk->next;

		free(chunk);
		chunk = next;
	}
}

void queue_done(struct queue *queue)
{
	free_chunks(queue->first);
	free(queue->spare);
	*queue = (struct queue){0};
}

/* Room for so many bytes at the end. NULL: there is none. */
static char *room(struct queue *queue, size_t bytes)
{
	struct queue_chunk *chunk = queue->last;
	size_t size = bytes > CHUNK_ROOM ? bytes : CHUNK_ROOM;

	if (!chunk || bytes > chunk->size - chunk->used) {
		if (size > QUEUE_MAX || queue->bytes > QUEUE_MAX - size)
			return NULL;
		if (size == CHUNK_ROOM && queue->spare)
			chunk = steal_ptr(queue->spare);
		else
			chunk = malloc(sizeof(*chunk) + size);
		if (!chunk)
			return NULL;
		*chunk = (struct queue_chunk){.size = size};
		queue->bytes += size;
		if (queue->last)
			queue->last->next = chunk;
		else
			queue->first = chunk;
		queue->last = chunk;
	}
	chunk->used += bytes;
	return chunk->bytes + chunk->used - bytes;
}

static uint64_t number(struct queue *queue, unsigned postings, size_t outputs)
{
	struct queue_chunk *chunk = queue->last;

	chunk->last = ++queue->numbered;
	chunk->postings += postings;
	chunk->outputs += outputs;
	queue->postings += postings;
	queue->outputs += outputs;
	return chunk->last;
}

uint64_t queue_put(struct queue *queue, struct posting_group *group)
{
	char *to = room(queue, group->used);
	uint64_t n = 0;

	queue->dropped += group->lost;
	if (to) {
		memcpy(to, group->bytes, group->used);
		n = number(queue, group->postings, group->outputs);
	} else {
		queue->dropped += group->postings;
	}
	empty(group);
	return n;
}

uint64_t queue_put_one(struct queue *queue, const struct posting *posting, enum posting_kind kind)
{
	char *to = room(queue, posting_size(kind, no_texts));

	if (!to) {
		queue->dropped++;
		return 0;
	}
	posting_write(to, posting, kind, no_texts);
	return number(queue, 1, 0);
}

bool queue_admit_output(struct queue *queue, size_t bytes)
{
	if (bytes <= QUEUE_OUTPUTS_MAX && queue->outputs <= QUEUE_OUTPUTS_MAX - bytes)
		return true;
	queue->outputs_dropped++;
	return false;
}

struct queue_chunk *queue_take(struct queue *queue, size_t max)
{
	struct queue_chunk *first = queue->first;
	struct queue_chunk *last = first;
	size_t bytes;

	if (!first)
		return NULL;
	bytes = first->used;
	while (last->next && last->next->used <= max && bytes <= max - last->next->used) {
		last = last->next;
		bytes += last->used;
	}
	queue->first = last->next;
	if (!queue->first)
		queue->last = NULL;
	last->next = NULL;
	return first;
}

void queue_release(struct queue *queue, struct queue_chunk *chunks)
{
	while (chunks) {
		struct queue_chunk *chunk = chunks;

		chunks = chunk->next;
		queue->bytes -= chunk->size;
		queue->outputs -= chunk->outputs;
		queue->postings -= chunk->postings;
		if (!queue->spare && chunk->size == CHUNK_ROOM)
			queue->spare = chunk;
		else
			free(chunk);
	}
}

struct posting *queue_next(struct queue_chunk *chunk, struct posting *posting)
{
	char *next = posting ? (char *)posting + posting->size : chunk->bytes;

	return next < chunk->bytes + chunk->used ? (struct posting *)(void *)next : NULL;
}
