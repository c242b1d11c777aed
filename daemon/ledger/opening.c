/* See opening.h. */
#include "ledger/opening.h"

#include "ledger/aside.h"
#include "ledger/checkpoint.h"
#include "ledger/recall.h"
#include "ledger/tell.h"

#include <stdlib.h>
#include <string.h>

bool opening_set_aside(struct ledger *ledger, struct trouble *ret_trouble)
{
	_cleanup_free_ char *name = NULL;
	int r;

	checkpointer_stop(ledger->checkpointer);
	store_close(&ledger->store, true);
	r = aside_put(ledger->path, clock_wall(), &name);
	if (r < 0) {
		*ret_trouble = (struct trouble){TROUBLE_DIRECTORY, -r};
		return false;
	}
	ledger->store.ino = 0;
	if (!name)
		return true;
	ledger_lock(ledger);
	tell_set_aside(ledger, name);
	ledger_unlock(ledger);
	return true;
}

/* Opens the file, or a new one in its place. */
static bool open_store(struct ledger *ledger, struct trouble *ret_trouble)
{
	if (store_open(&ledger->store, ledger->path, ret_trouble) == 0)
		return true;
	return trouble_is_broken(ret_trouble) && opening_set_aside(ledger, ret_trouble) &&
	       store_open(&ledger->store, ledger->path, ret_trouble) == 0;
}

/* Numbers of jobs in a file that is no more mean nothing. */
static void forget_file(struct ledger *ledger)
{
	free(ledger->store.numbers);
	ledger->store.numbers = NULL;
	ledger->store.n_numbers = 0;
	prune_clear(&ledger->prune);
	/* What was on record as accepted was so in that file. */
	ledger_lock(ledger);
	ledger->doubtful_run = ledger->posted_run;
	ledger_unlock(ledger);
}

static int recall_past(struct ledger *ledger, struct past *ret_past)
{
	usec_t now = clock_wall();

	return recall(&ledger->store, now, now - clock_elapsed(), &ledger->prune, ret_past);
}

/* Was it begun, for all that the database knows not? */
static bool is_marked(void *ctx, uint64_t run)
{
	struct begun *begun = ctx;

	return begun && begun_attempt(begun, run) > 0;
}

/* A file that could not be read when the daemon started: there is more in it than is known. */
static int take_up(struct ledger *ledger)
{
	struct past past;
	int rc = store_adopt_foreign(&ledger->store, is_marked, ledger->begun);

	if (rc == SQLITE_OK)
		rc = recall_past(ledger, &past);
	if (rc == SQLITE_OK)
		past_done(&past);
	return rc;
}

void opening_marks(struct ledger *ledger)
{
	_cleanup_free_ char *directory =
		strndup(ledger->path, (size_t)(strrchr(ledger->path, '/') - ledger->path));
	struct begun *begun = directory ? begun_open(directory, ledger->boot) : NULL;

	if (!begun)
		return;
	/* Those that are no more of interest are in the way of no other. */
	if (!ledger->unread)
		begun_recall(begun, ledger->boot, &(struct past){0});
	ledger_lock(ledger);
	ledger->begun = begun;
	ledger_unlock(ledger);
}

bool opening_again(struct ledger *ledger, struct trouble *ret_trouble)
{
	int rc;

	if (!open_store(ledger, ret_trouble))
		return false;
	if (!ledger->begun)
		opening_marks(ledger);
	if (ledger->store.made) {
		forget_file(ledger);
		ledger->renewing = true;
		rc = SQLITE_OK;
	} else if (ledger->unread) {
		ledger->renewing = true;
		rc = take_up(ledger);
	} else {
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK) {
		*ret_trouble = trouble_of(ledger->store.db, rc);
		store_close(&ledger->store, true);
		return false;
	}
	if (ledger->begun)
		begun_renew(ledger->begun);
	/* Those of the past are none any more, and there are no others yet. */
	if (ledger->begun && ledger->unread)
		begun_recall(ledger->begun, ledger->boot, &(struct past){0});
	ledger->unread = false;
	checkpointer_start(ledger->checkpointer, &ledger->store);
	return true;
}

/* One attempt of the first time. */
static bool read_first(struct ledger *ledger, struct past *ret_past, struct trouble *ret_trouble)
{
	int rc;

	if (!open_store(ledger, ret_trouble))
		return false;
	rc = recall_past(ledger, ret_past);
	if (rc == SQLITE_OK)
		return true;
	*ret_trouble = trouble_of(ledger->store.db, rc);
	/* Only now that it was read it shows. */
	if (!trouble_is_broken(ret_trouble) || opening_set_aside(ledger, ret_trouble))
		store_close(&ledger->store, true);
	return false;
}

bool opening_first(struct ledger *ledger, struct past *ret_past)
{
	struct trouble trouble = {0};

	/* What passes is no reason to know nothing. */
	for (int i = 0; i < 2; i++) {
		if (read_first(ledger, ret_past, &trouble)) {
			checkpointer_start(ledger->checkpointer, &ledger->store);
			return true;
		}
	}
	ledger->unread = true;
	ledger_lock(ledger);
	tell_trouble(ledger, &trouble);
	ledger_unlock(ledger);
	return false;
}
