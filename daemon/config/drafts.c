/* See drafts.h. */
#include "config/drafts.h"

#include "base/hash.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static uint64_t hash_number(uint64_t hash, int64_t number)
{
	return hash_bytes(hash, &number, sizeof(number));
}

static uint64_t draft_hash(const struct draft *draft)
{
	const struct job_settings *s = &draft->settings;
	uint64_t hash = HASH_INIT;

	hash = hash_number(hash, s->timeout);
	hash = hash_number(hash, s->kill_grace);
	hash = hash_number(hash, s->overlap);
	hash = hash_number(hash, s->max_running);
	hash = hash_number(hash, s->leftover);
	hash = hash_bytes(hash, s->shell, strlen(s->shell) + 1);
	if (draft->group_name)
		hash = hash_bytes(hash, draft->group_name, strlen(draft->group_name));
	return hash_finish(hash);
}

static bool draft_equal(const struct draft *a, const struct draft *b)
{
	return job_settings_equal(&a->settings, &b->settings) &&
	       same_text(a->group_name, b->group_name);
}

/* The slot where a draft is, or belongs. */
static struct draft **find(struct draft **slots, size_t size, const struct draft *draft)
{
	size_t i = draft_hash(draft) & (size - 1);

	while (slots[i] && !draft_equal(slots[i], draft))
		i = (i + 1) & (size - 1);
	return &slots[i];
}

static bool grow(struct drafts *drafts)
{
	size_t size = drafts->size ? drafts->size * 2 : 64;
	struct draft **slots = calloc(size, sizeof(*slots));

	if (!slots)
		return false;
	for (size_t i = 0; i < drafts->size; i++)
		if (drafts->slots[i])
			*find(slots, size, drafts->slots[i]) = drafts->slots[i];
	free(drafts->slots);
	drafts->slots = slots;
	drafts->size = size;
	return true;
}

static const char *keep(struct arena *arena, const char *text)
{
	return arena_copy(arena, text, strlen(text));
}

struct draft *drafts_share(struct drafts *drafts, struct arena *arena, const struct draft *draft)
{
	struct draft **slot;
	struct draft *made;

	if (drafts->count * 2 >= drafts->size && !grow(drafts))
		return NULL;
	slot = find(drafts->slots, drafts->size, draft);
	made = *slot;
	if (made)
		return made;
	made = arena_alloc(arena, sizeof(*made));
	if (!made)
		return NULL;
	*made = *draft;
	made->settings.shell = keep(arena, draft->settings.shell);
	if (!made->settings.shell)
		return NULL;
	if (draft->group_name && !(made->group_name = keep(arena, draft->group_name)))
		return NULL;
	*slot = made;
	drafts->count++;
	return made;
}

void drafts_resolve(struct drafts *drafts, const struct model *model)
{
	for (size_t i = 0; i < drafts->size; i++) {
		struct draft *draft = drafts->slots[i];

		if (draft && draft->group_name)
			draft->settings.group = model_find_group(model, draft->group_name);
	}
}

void drafts_done(struct drafts *drafts)
{
	free(drafts->slots);
	*drafts = (struct drafts){0};
}
