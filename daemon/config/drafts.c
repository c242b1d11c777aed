/* See drafts.h. */
#include "config/drafts.h"

#include "base/hash.h"
#include "core/settings.h"

#include <string.h>

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static uint64_t draft_hash(const struct draft *draft)
{
	uint64_t hash = settings_hash(&draft->settings);

	if (draft->group_name)
		hash = hash_bytes(hash, draft->group_name, strlen(draft->group_name));
	return hash_finish(hash);
}

static bool draft_equal(const struct draft *a, const struct draft *b)
{
	return settings_equal(&a->settings, &b->settings) &&
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
	if (settings_copy(arena, &draft->settings, &made->settings) < 0)
		return NULL;
	if (draft->group_name) {
		made->group_name = arena_copy(arena, draft->group_name, strlen(draft->group_name));
		if (!made->group_name)
			return NULL;
	}
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
