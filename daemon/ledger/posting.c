/* See posting.h. */
#include "ledger/posting.h"

#include <stdalign.h>
#include <string.h>

#define UP_TO(member) (offsetof(struct posting, member) + sizeof(((struct posting *)0)->member))

/* What is written of a struct posting. */
static const size_t sizes[POSTING_COUNT] = {
	[POSTING_JOB] = UP_TO(job),
	[POSTING_JOB_GONE] = UP_TO(when),
	[POSTING_JOB_STATE] = UP_TO(state),
	[POSTING_HELD] = UP_TO(when),
	[POSTING_ACCEPTED] = UP_TO(intent.run),
	[POSTING_INTENT] = UP_TO(intent),
	[POSTING_RETRY] = UP_TO(end),
	[POSTING_ENDED] = UP_TO(end),
	[POSTING_FORGET] = UP_TO(forget),
	[POSTING_STREAK] = UP_TO(streak),
	[POSTING_CLOCK_STEPPED] = UP_TO(clock),
	[POSTING_LIFE_END] = UP_TO(life_end),
};

size_t posting_size(enum posting_kind kind, const struct posting_text texts[POSTING_TEXTS])
{
	size_t size = sizes[kind] + texts[0].len + texts[1].len;

	return (size + alignof(struct posting) - 1) & ~(alignof(struct posting) - 1);
}

void posting_write(void *to, const struct posting *from, enum posting_kind kind,
		   const struct posting_text texts[POSTING_TEXTS])
{
	struct posting *posting = to;
	char *end = (char *)to + sizes[kind];

	memcpy(to, from, sizes[kind]);
	posting->size = (uint32_t)posting_size(kind, texts);
	posting->kind = (uint8_t)kind;
	posting->skip = false;
	for (size_t i = 0; i < POSTING_TEXTS; i++)
		if (texts[i].len > 0)
			end = mempcpy(end, texts[i].bytes, texts[i].len);
}

void posting_open(struct posting *posting)
{
	const char *text = (const char *)posting + sizes[posting->kind];

	switch (posting->kind) {
	case POSTING_JOB:
		posting->job.name = text;
		posting->job.schedule = text + strlen(text) + 1;
		break;
	case POSTING_JOB_STATE:
		posting->state.reason = posting->state.paused ? text : "";
		break;
	case POSTING_RETRY:
	case POSTING_ENDED:
		if (posting->end.attempt.result)
			posting->end.attempt.result = &posting->end.result;
		posting->end.attempt.head = text;
		posting->end.attempt.tail = text + posting->end.attempt.head_len;
		break;
	default:
		break;
	}
}

uint64_t posting_run(const struct posting *posting)
{
	switch (posting->kind) {
	case POSTING_ACCEPTED:
	case POSTING_INTENT:
		return posting->intent.run.id;
	case POSTING_RETRY:
	case POSTING_ENDED:
		return posting->end.attempt.run.id;
	case POSTING_FORGET:
		return posting->forget;
	case POSTING_STREAK:
		return posting->streak.unrun;
	default:
		return 0;
	}
}
