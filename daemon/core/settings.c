/* See settings.h. */
#include "core/settings.h"

#include "base/hash.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* How a field is looked at. */
enum kind {
	KIND_BYTES, /* as they stand there: numbers */
	KIND_FLAG,
	KIND_OPTIONAL, /* struct optional_int */
	KIND_TEXT,     /* const char *, or NULL */
	KIND_LIST,     /* struct text_list */
	KIND_COMMAND,  /* struct command_line */
	KIND_CPUS,     /* struct cpu_mask */
	KIND_RLIMITS,  /* struct job_rlimits */
	KIND_OUTCOMES, /* struct outcome_set */
	KIND_GROUP,    /* const struct group *, or NULL */
};

struct field {
	enum kind kind;
	size_t offset;
	size_t size;
};

#define FIELD(kind, name)                                                                          \
	{                                                                                          \
		kind, offsetof(struct job_settings, name),                                         \
			sizeof(((struct job_settings *)NULL)->name)                                \
	}

/* Each member of struct job_settings, in its order. */
static const struct field fields[] = {
	FIELD(KIND_BYTES, overlap),
	FIELD(KIND_BYTES, max_running),
	FIELD(KIND_GROUP, group),
	FIELD(KIND_BYTES, splay),
	FIELD(KIND_BYTES, catch_up),
	FIELD(KIND_BYTES, catch_up_window),
	FIELD(KIND_BYTES, timeout),
	FIELD(KIND_BYTES, kill_signal),
	FIELD(KIND_BYTES, kill_grace),
	FIELD(KIND_BYTES, leftover),
	FIELD(KIND_TEXT, user),
	FIELD(KIND_TEXT, user_group),
	FIELD(KIND_TEXT, shell),
	FIELD(KIND_LIST, environment),
	FIELD(KIND_LIST, environment_files),
	FIELD(KIND_LIST, pass_environment),
	FIELD(KIND_TEXT, workdir),
	FIELD(KIND_TEXT, stdin_file),
	FIELD(KIND_OPTIONAL, umask),
	FIELD(KIND_OPTIONAL, nice),
	FIELD(KIND_OPTIONAL, ioprio),
	FIELD(KIND_OPTIONAL, oom_score_adj),
	FIELD(KIND_CPUS, cpus),
	FIELD(KIND_RLIMITS, rlimits),
	FIELD(KIND_FLAG, no_new_privileges),
	FIELD(KIND_BYTES, memory_max),
	FIELD(KIND_BYTES, cpu_max),
	FIELD(KIND_BYTES, tasks_max),
	FIELD(KIND_BYTES, cpu_weight),
	FIELD(KIND_BYTES, retries),
	FIELD(KIND_BYTES, retry_backoff),
	FIELD(KIND_BYTES, retry_delay),
	FIELD(KIND_BYTES, retry_max_delay),
	FIELD(KIND_OUTCOMES, retry_on),
	FIELD(KIND_OUTCOMES, success),
	FIELD(KIND_BYTES, output),
	FIELD(KIND_TEXT, output_file),
	FIELD(KIND_BYTES, output_rate),
	FIELD(KIND_BYTES, output_max),
	FIELD(KIND_BYTES, output_keep),
	FIELD(KIND_COMMAND, hooks[HOOK_START]),
	FIELD(KIND_COMMAND, hooks[HOOK_SUCCESS]),
	FIELD(KIND_COMMAND, hooks[HOOK_FAILURE]),
	FIELD(KIND_COMMAND, hooks[HOOK_RECOVERY]),
	FIELD(KIND_COMMAND, hooks[HOOK_MISSED]),
	FIELD(KIND_COMMAND, only_if),
	FIELD(KIND_BYTES, hook_timeout),
	FIELD(KIND_BYTES, notify_after),
	FIELD(KIND_BYTES, notify_when),
	FIELD(KIND_BYTES, mail_when),
	FIELD(KIND_LIST, mail_to),
	FIELD(KIND_BYTES, expect_within),
	FIELD(KIND_BYTES, min_runtime),
	FIELD(KIND_BYTES, max_runtime),
};

/* What a field has to say, as bytes: that of one is equal to that of another only if the fields
   are. A text has its NUL; none at all is NULL. */
struct view {
	const void *data;
	size_t size;
	uint64_t extra; /* beside the bytes */
};

/* Of strings one after the other. */
static size_t texts_size(const char *texts, uint32_t n)
{
	const char *at = texts;

	for (uint32_t i = 0; i < n; i++)
		at += strlen(at) + 1;
	return (size_t)(at - texts);
}

static struct view view_text(const char *text)
{
	return (struct view){text, text ? strlen(text) + 1 : 0, 0};
}

static struct view view_command(const struct command_line *command)
{
	return (struct view){
		.data = command->args,
		.size = command->args ? texts_size(command->args, command->n_args) : 0,
		.extra = (uint64_t)command->n_args << 1 | command->use_shell,
	};
}

static struct view view_field(const struct job_settings *settings, const struct field *field)
{
	const void *at = (const char *)settings + field->offset;
	const struct optional_int *optional = at;
	const struct text_list *list = at;
	const struct cpu_mask *cpus = at;
	const struct job_rlimits *rlimits = at;
	const struct outcome_set *outcomes = at;
	const struct group *group;

	switch (field->kind) {
	case KIND_BYTES:
		break;
	case KIND_FLAG:
		return (struct view){.extra = *(const bool *)at};
	case KIND_OPTIONAL:
		return (struct view){&optional->value, optional->set ? sizeof(int) : 0,
				     optional->set};
	case KIND_TEXT:
		return view_text(*(const char *const *)at);
	case KIND_LIST:
		return (struct view){list->texts, texts_size(list->texts, list->n), list->n};
	case KIND_COMMAND:
		return view_command(at);
	case KIND_CPUS:
		return (struct view){cpus->bytes, cpus->size, 0};
	case KIND_RLIMITS:
		return (struct view){rlimits->items, rlimits->n * sizeof(*rlimits->items), 0};
	case KIND_OUTCOMES:
		return (struct view){outcomes->exits, sizeof(outcomes->exits),
				     (uint64_t)(outcomes->timeout | outcomes->signal << 1 |
						outcomes->start << 2)};
	case KIND_GROUP:
		group = *(const struct group *const *)at;
		return view_text(group ? group->name : NULL);
	}
	return (struct view){at, field->size, 0};
}

static bool same_view(struct view a, struct view b)
{
	if (!a.data != !b.data || a.size != b.size || a.extra != b.extra)
		return false;
	return !a.data || a.size == 0 || !memcmp(a.data, b.data, a.size);
}

bool settings_equal(const struct job_settings *a, const struct job_settings *b)
{
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
		if (!same_view(view_field(a, &fields[i]), view_field(b, &fields[i])))
			return false;
	return true;
}

bool command_line_equal(const struct command_line *a, const struct command_line *b)
{
	return same_view(view_command(a), view_command(b));
}

/* A word at a time: there are many small fields, and settings for each of a million jobs. */
static uint64_t hash_word(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

uint64_t settings_hash(const struct job_settings *settings)
{
	uint64_t hash = HASH_INIT;

	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		struct view view = view_field(settings, &fields[i]);
		uint64_t word = 0;

		if (fields[i].kind == KIND_GROUP)
			continue;
		if (view.size <= sizeof(word)) {
			if (view.size > 0)
				memcpy(&word, view.data, view.size);
		} else {
			word = hash_bytes(HASH_INIT, view.data, view.size);
		}
		hash = hash_word(hash, word);
		if (view.extra)
			hash = hash_word(hash, view.extra);
	}
	return hash_finish(hash);
}

int settings_copy(struct arena *arena, const struct job_settings *from,
		  struct job_settings *ret_settings)
{
	struct job_settings copy = *from;

	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		const struct field *field = &fields[i];
		struct view view = view_field(from, field);
		void *kept;

		if (field->kind != KIND_TEXT && field->kind != KIND_LIST &&
		    field->kind != KIND_COMMAND && field->kind != KIND_CPUS &&
		    field->kind != KIND_RLIMITS)
			continue;
		if (!view.data)
			continue;
		/* Aligned, which those behind KIND_RLIMITS need. */
		kept = arena_alloc(arena, view.size);
		if (!kept)
			return -ENOMEM;
		memcpy(kept, view.data, view.size);
		/* The pointer is the first member of each of these. */
		memcpy((char *)&copy + field->offset, &kept, sizeof(kept));
	}
	*ret_settings = copy;
	return 0;
}
