/* See reading.h. */
#include "control/reading.h"

#include "control/control_internal.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* How long a daemon that stops waits for a disk that is being read. */
#define FREE_PATIENCE (2 * USEC_PER_SEC)

/* A client that waits. */
struct asking {
	struct exchange *exchange;
	struct reader *reader;
	void (*answered)(struct exchange *exchange, const void *data,
			 const struct reader_answer *answer);
	max_align_t data[];
};

static void on_answers(evutil_socket_t fd, short what, void *arg)
{
	struct reading *reading = arg;

	(void)fd;
	(void)what;
	reader_dispatch(reading->reader);
}

void reading_done(struct reading *reading)
{
	if (!reading->reader)
		return;
	(void)event_del(&reading->answers);
	reader_free(reading->reader, FREE_PATIENCE);
	reading->reader = NULL;
}

/* NULL: there is none. */
static const char *directory_of(const struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	struct control_facts facts = {.config_path = ""};

	host->ops->facts(host->daemon, &facts);
	return facts.has_ledger ? facts.ledger_dir : NULL;
}

bool reading_is_possible(const struct exchange *exchange)
{
	return directory_of(exchange);
}

/* The reader, with the first question. Returns 0 or -errno. */
static int open_reader(struct control *control, const char *directory)
{
	struct reading *reading = &control->reading;
	struct event_base *base = control->host.base;
	int r = reader_new(directory, &reading->reader);

	if (r < 0)
		return r;
	(void)event_assign(&reading->answers, base, reader_fd(reading->reader),
			   EV_READ | EV_PERSIST, on_answers, reading);
	(void)event_priority_set(&reading->answers, event_base_get_npriorities(base) - 1);
	if (event_add(&reading->answers, NULL) == 0)
		return 0;
	reader_free(steal_ptr(reading->reader), FREE_PATIENCE);
	return -ENOMEM;
}

static void on_gone(void *ctx)
{
	struct asking *asking = ctx;

	reader_forget(asking->reader, asking);
	free(asking);
}

static void on_answer(void *ctx, const struct reader_answer *answer)
{
	struct asking *asking = ctx;

	if (answer->r < 0 && answer->r != -ENOENT)
		exchange_error(asking->exchange, STATUS_UNAVAILABLE, "ledger-unreadable", "%s",
			       /* Where it is is not for everybody. */
			       exchange_is_tcp(asking->exchange) ? "the ledger cannot be read"
			       : answer->text[0]                 ? answer->text
								 : strerrordesc_np(-answer->r));
	else
		asking->answered(asking->exchange, asking->data, answer);
	free(asking);
}

static int ask(struct exchange *exchange, struct asking *asking,
	       const struct reader_question *question)
{
	struct control *control = exchange_control(exchange);
	const char *directory = directory_of(exchange);
	int r;

	if (!directory)
		return -ENODATA;
	r = control->reading.reader ? 0 : open_reader(control, directory);
	if (r < 0)
		return r;
	asking->reader = control->reading.reader;
	return reader_ask(asking->reader, question, on_answer, asking);
}

static void refuse(struct exchange *exchange, int r)
{
	struct control_facts facts = {.config_path = ""};

	switch (r) {
	case -ENODATA:
		exchange_host(exchange)->ops->facts(exchange_host(exchange)->daemon, &facts);
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-ledger",
			       facts.has_ledger ? "the ledger cannot be had now"
						: "there is no ledger: durability is \"none\"");
		break;
	case -EAGAIN:
		exchange_error(exchange, STATUS_UNAVAILABLE, "busy",
			       "too many wait for the ledger to be read; try again");
		break;
	case -ENOMEM:
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
		break;
	default:
		exchange_error(exchange, STATUS_UNAVAILABLE, "ledger-unreadable",
			       "the ledger cannot be read: %s", strerrordesc_np(-r));
		break;
	}
}

void reading_ask(struct exchange *exchange, const struct reader_question *question,
		 void (*answered)(struct exchange *exchange, const void *data,
				  const struct reader_answer *answer),
		 const void *data, size_t size)
{
	struct asking *asking = malloc(sizeof(*asking) + size);
	int r = asking ? 0 : -ENOMEM;

	if (asking) {
		*asking = (struct asking){.exchange = exchange, .answered = answered};
		if (size > 0)
			memcpy(asking->data, data, size);
		r = ask(exchange, asking, question);
	}
	if (r < 0) {
		free(asking);
		refuse(exchange, r);
		return;
	}
	exchange_wait(exchange, on_gone, asking);
}
