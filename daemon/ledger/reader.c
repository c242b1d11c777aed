/* See reader.h: the thread. */
#include "ledger/reader_internal.h"

#include "base/errands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A question on its way, and its answer on the way back. */
struct asked {
	struct errand errand;
	struct reader_question question;
	struct reader_answer answer;
	void (*answered)(void *ctx, const struct reader_answer *answer);
	void *ctx;
	char *job; /* of the question */
};

/* The thread's. */
struct reading {
	char *directory;
	struct look look; /* one connection for what is asked in one go */
};

struct reader {
	struct errands *errands;
};

/* --- the thread --- */

static void look_for(void *ctx, struct errand *errand)
{
	struct reading *reading = ctx;
	struct asked *asked = (struct asked *)errand;

	look_at(&reading->look, reading->directory, &asked->question, &asked->answer);
}

static void rest(void *ctx)
{
	struct reading *reading = ctx;

	look_close(&reading->look);
}

static void asked_free(struct errand *errand)
{
	struct asked *asked = (struct asked *)errand;

	reader_answer_done(&asked->answer);
	free(asked->job);
	free(asked);
}

static void reading_free(void *ctx)
{
	struct reading *reading = ctx;

	/* Closed in the midst of several. */
	look_close(&reading->look);
	free(reading->directory);
	free(reading);
}

static const struct errands_ops ops = {
	.run = look_for,
	.rest = rest,
	.free = asked_free,
	.end = reading_free,
};

/* --- the loop --- */

int reader_new(const char *directory, struct reader **ret_reader)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	struct reading *reading = calloc(1, sizeof(*reading));
	int r = -ENOMEM;

	if (reading)
		reading->directory = strdup(directory);
	if (reader && reading && reading->directory)
		r = errands_new(&ops, reading, READER_QUEUE_MAX, &reader->errands);
	if (r < 0) {
		if (reading)
			free(reading->directory);
		free(reading);
		free(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

void reader_free(struct reader *reader, usec_t patience)
{
	if (!reader)
		return;
	errands_free(reader->errands, patience);
	free(reader);
}

int reader_fd(const struct reader *reader)
{
	return errands_fd(reader->errands);
}

void reader_dispatch(struct reader *reader)
{
	errands_dispatch(reader->errands);
}

static void done(struct errand *errand)
{
	struct asked *asked = (struct asked *)errand;

	asked->answered(asked->ctx, &asked->answer);
}

int reader_ask(struct reader *reader, const struct reader_question *question,
	       void (*answered)(void *ctx, const struct reader_answer *answer), void *ctx)
{
	struct asked *asked = calloc(1, sizeof(*asked));

	if (!asked)
		return -ENOMEM;
	asked->errand = (struct errand){.done = done, .ctx = ctx};
	asked->question = *question;
	asked->answered = answered;
	asked->ctx = ctx;
	if (question->job) {
		asked->question.job = asked->job = strdup(question->job);
		if (!asked->job) {
			asked_free(&asked->errand);
			return -ENOMEM;
		}
	}
	return errands_send(reader->errands, &asked->errand);
}

void reader_forget(struct reader *reader, const void *ctx)
{
	errands_forget(reader->errands, ctx);
}
