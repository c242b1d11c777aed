/* See terms.h. */
#include "ledger/terms.h"

#include "base/cleanup.h"

#include <stddef.h>
#include <string.h>

static const char *const states[] = {
	[PAST_ACCEPTED] = "accepted",
	[PAST_STARTED] = "started",
	[PAST_BACKOFF] = "backoff",
};

static const char *const results[] = {
	[RESULT_EXITED] = "exited",
	[RESULT_SIGNALLED] = "signalled",
	[RESULT_SPAWN_FAILED] = "spawn_failed",
	[RESULT_NOT_STARTED] = "not_started",
	[RESULT_NO_RESOURCES] = "no_resources",
	[RESULT_UNWANTED] = "unwanted",
	[RESULT_UNSEEN] = "unseen",
};

/* Those of the exec room. */
static const char *const stages[] = {
	"start",   "memory",  "pipe",          "user",
	"group",   "groups",  "environment",   "environment_file",
	"workdir", "stdin",   "cgroup",        "only_if",
	"clone",   "setsid",  "signals",       "stdio",
	"nice",    "ionice",  "oom_score_adj", "cpu_affinity",
	"limits",  "keyring", "identity",      "no_new_privileges",
	"chdir",   "exec",
};

static int find(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; word && i < n; i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return -1;
}

const char *terms_of_state(enum past_state state)
{
	return states[state];
}

const char *terms_of_result(enum result_kind kind)
{
	return results[kind];
}

bool terms_find_state(const char *word, enum past_state *ret_state)
{
	int i = find(word, states, ARRAY_LENGTH(states));

	if (i >= 0)
		*ret_state = (enum past_state)i;
	return i >= 0;
}

bool terms_find_result(const char *word, enum result_kind *ret_kind)
{
	int i = find(word, results, ARRAY_LENGTH(results));

	if (i >= 0)
		*ret_kind = (enum result_kind)i;
	return i >= 0;
}

bool terms_find_verdict(const char *word, enum verdict *ret_verdict)
{
	for (int i = 0; word && i < VERDICT_COUNT; i++) {
		if (strcmp(verdict_info((enum verdict)i)->name, word) == 0) {
			*ret_verdict = (enum verdict)i;
			return true;
		}
	}
	return false;
}

bool terms_find_reason(const char *word, enum reason *ret_reason)
{
	for (int i = 0; word && i < REASON_COUNT; i++) {
		if (strcmp(reason_word((enum reason)i), word) == 0) {
			*ret_reason = (enum reason)i;
			return true;
		}
	}
	return false;
}

const char *terms_find_stage(const char *word)
{
	int i = find(word, stages, ARRAY_LENGTH(stages));

	return stages[i < 0 ? 0 : i];
}
