/* See crons.h. */
#include "config/crons.h"

#include "base/arena.h"
#include "base/hash.h"
#include "calendar/cron.h"

#include <string.h>

/* Equal ones have equal hashes; what is seldom different is left out. */
static uint64_t cron_hash(const struct cron *cron)
{
	uintptr_t zone = (uintptr_t)cron->zone;
	uint64_t hash = hash_bytes(HASH_INIT, &zone, sizeof(zone));

	for (uint32_t i = 0; i < cron->n_exprs; i++) {
		const struct cron_expr *expr = &cron->exprs[i];
		const uint64_t words[] = {
			expr->seconds,
			expr->minutes,
			(uint64_t)expr->hours << 32 | expr->days,
			(uint64_t)expr->months << 8 | expr->weekdays,
		};

		hash = hash_bytes(hash, words, sizeof(words));
	}
	return hash_finish(hash);
}

static bool same(const struct cron *a, const struct cron *b)
{
	if (a->zone != b->zone || a->gap != b->gap || a->overlap != b->overlap ||
	    a->n_exprs != b->n_exprs)
		return false;
	for (uint32_t i = 0; i < a->n_exprs; i++)
		if (!cron_expr_equal(&a->exprs[i], &b->exprs[i]))
			return false;
	return true;
}

/* The slot where it is, or belongs. */
static const struct cron **find(const struct cron **slots, size_t size, const struct cron *cron)
{
	size_t i = cron_hash(cron) & (size - 1);

	while (slots[i] && !same(slots[i], cron))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

static bool grow(struct crons *crons)
{
	size_t size = crons->size ? crons->size * 2 : 64;
	const struct cron **slots = calloc(size, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < crons->size; i++)
		if (crons->slots[i])
			*find(slots, size, crons->slots[i]) = crons->slots[i];
	free(crons->slots);
	crons->slots = slots;
	crons->size = size;
	return true;
}

const struct cron *crons_share(struct crons *crons, struct arena *arena, const struct cron *cron)
{
	const struct cron **slot;
	const struct cron *shared;
	struct cron_expr *exprs;
	struct cron *made;

	if (crons->count * 2 >= crons->size && !grow(crons))
		return NULL;
	slot = find(crons->slots, crons->size, cron);
	shared = *slot;
	if (shared)
		return shared;
	made = arena_alloc(arena, sizeof(*made));
	exprs = arena_alloc(arena, cron->n_exprs * sizeof(*exprs));
	if (!made || !exprs)
		return NULL;
	memcpy(exprs, cron->exprs, cron->n_exprs * sizeof(*exprs));
	*made = *cron;
	made->exprs = exprs;
	*slot = made;
	crons->count++;
	return made;
}

void crons_done(struct crons *crons)
{
	free(crons->slots);
	*crons = (struct crons){0};
}
