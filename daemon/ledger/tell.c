/* See tell.h. */
#include "ledger/tell.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

static void raise_news(struct ledger *ledger)
{
	/* Fails only if the counter is full, and then it is readable. */
	(void)eventfd_write(ledger->fd, 1);
}

void tell_waiters(struct ledger *ledger, uint64_t committed, bool all)
{
	struct waiter **at = &ledger->waiters;

	while (*at) {
		struct waiter *waiter = *at;

		if (waiter->number > committed && !all) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->recorded = waiter->number <= committed;
		waiter->over = true;
		pthread_cond_signal(&waiter->wake);
	}
}

void tell_trouble(struct ledger *ledger, const struct trouble *trouble)
{
	char text[LEDGER_TEXT_SIZE];

	trouble_text(trouble, ledger->path, text);
	ledger->trouble = true;
	ledger->silent = trouble->code == TROUBLE_SILENT;
	tell_waiters(ledger, 0, true);
	if (ledger->news.trouble && strcmp(ledger->news.text, text) == 0)
		return;
	ledger->news.trouble = true;
	memcpy(ledger->news.text, text, sizeof(text));
	raise_news(ledger);
}

void tell_recovery(struct ledger *ledger)
{
	ledger->trouble = false;
	ledger->silent = false;
	if (!ledger->news.trouble)
		return;
	ledger->news.trouble = false;
	raise_news(ledger);
}

void tell_set_aside(struct ledger *ledger, const char *name)
{
	(void)snprintf(ledger->news.set_aside, sizeof(ledger->news.set_aside), "%s", name);
	raise_news(ledger);
}

void tell_renewed(struct ledger *ledger)
{
	ledger->news.renewed = true;
	raise_news(ledger);
}
