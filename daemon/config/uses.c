/* See uses.h. */
#include "config/uses.h"

#include "base/account.h"
#include "config/options.h"
#include "config/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const enum option_id options[] = {
	[USE_GROUP] = OPT_CONCURRENCY_GROUP,
	[USE_USER] = OPT_USER,
	[USE_USER_GROUP] = OPT_USER_GROUP,
};

/* What is wrong with a name. */
struct fault {
	bool wrong;
	enum diag_severity severity;
	char text[QUOTED_SIZE + 200];
};

int uses_add(struct uses *uses, const struct use *use)
{
	if (uses->count == uses->capacity) {
		size_t capacity = uses->capacity ? uses->capacity * 2 : 64;
		struct use *items = reallocarray(uses->items, capacity, sizeof(*items));

		if (!items)
			return -ENOMEM;
		uses->items = items;
		uses->capacity = capacity;
	}
	uses->items[uses->count++] = *use;
	return 0;
}

/* By kind and name. */
static int compare_uses(const void *a, const void *b)
{
	const struct use *x = a;
	const struct use *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	/* Jobs with equal settings share the text. */
	return x->name == y->name ? 0 : strcmp(x->name, y->name);
}

static void check_group(const char *name, const struct model *model, struct fault *ret_fault)
{
	if (model_find_group(model, name))
		return;
	ret_fault->wrong = true;
	ret_fault->severity = DIAG_ERROR;
	(void)snprintf(ret_fault->text, sizeof(ret_fault->text),
		       "there is no such group; write concurrency_group \"%s\" { limit = 1 }",
		       name);
}

/* Of a user or group of the system: `r` is what became of the look-up, `own` whether it is that of
   this process. */
static void check_account(const char *name, const char *kind, int r, bool own,
			  struct fault *ret_fault)
{
	char shown[QUOTED_SIZE];

	if (r == 0 && (own || geteuid() == 0))
		return;
	quoted(name, strlen(name), shown);
	ret_fault->wrong = true;
	ret_fault->severity = r == 0 || r == -ENOENT ? DIAG_ERROR : DIAG_WARNING;
	if (r == 0)
		(void)snprintf(ret_fault->text, sizeof(ret_fault->text),
			       "everyd is not run by root, so jobs have its own %s and cannot have "
			       "\"%s\"",
			       kind, shown);
	else if (r == -ENOENT)
		(void)snprintf(ret_fault->text, sizeof(ret_fault->text), "there is no %s \"%s\"",
			       kind, shown);
	else
		(void)snprintf(ret_fault->text, sizeof(ret_fault->text),
			       "cannot look up the %s \"%s\" now: %s", kind, shown,
			       strerrordesc_np(-r));
}

static void check_name(enum use_kind kind, const char *name, const struct model *model,
		       struct fault *ret_fault)
{
	struct account account;
	gid_t gid = 0;
	bool own = false;
	int r;

	*ret_fault = (struct fault){.wrong = false};
	switch (kind) {
	case USE_GROUP:
		check_group(name, model, ret_fault);
		break;
	case USE_USER:
		r = account_find(name, &account);
		if (r == 0) {
			own = account.uid == geteuid();
			account_done(&account);
		}
		check_account(name, "user", r, own, ret_fault);
		break;
	case USE_USER_GROUP:
		r = account_find_group(name, &gid);
		own = r == 0 && gid == getegid();
		check_account(name, "group", r, own, ret_fault);
		break;
	}
}

void uses_check(struct uses *uses, const struct model *model, struct diags *diags)
{
	struct fault fault = {.wrong = false};

	if (uses->count == 0)
		return;
	qsort(uses->items, uses->count, sizeof(*uses->items), compare_uses);
	for (size_t i = 0; i < uses->count; i++) {
		const struct use *use = &uses->items[i];
		struct place place = {
			.file = use->file,
			.line = use->line,
			.section = option_table[use->job ? OPT_JOB : OPT_DEFAULTS].name,
			.title = use->job,
			.option = option_table[options[use->kind]].name,
		};

		if (i == 0 || compare_uses(use, use - 1) != 0)
			check_name(use->kind, use->name, model, &fault);
		if (fault.wrong)
			place_report(diags, fault.severity, &place, "%s", fault.text);
	}
}

void uses_done(struct uses *uses)
{
	free(uses->items);
	*uses = (struct uses){0};
}
