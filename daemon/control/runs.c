/* Runs: those that have not ended, as the engine has them, and all others, as the ledger does. */
#include "base/text.h"
#include "base/values.h"
#include "calendar/times.h"
#include "calendar/zone.h"
#include "control/control_internal.h"
#include "control/describe_row.h"
#include "control/handlers.h"
#include "control/params.h"
#include "control/reading.h"
#include "control/run_page.h"
#include "control/slices.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is asked for --- */

/* A time: as everyctl takes it, in UTC unless it says otherwise. */
static bool take_time(struct exchange *exchange, const char *name, usec_t usual, usec_t *ret_time)
{
	const char *text = exchange_param(exchange, name);

	*ret_time = usual;
	if (!text || times_parse(text, zone_utc(), clock_wall(), ret_time) == 0)
		return true;
	exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
		       "%s is a time, as \"2026-03-29T02:30:00Z\" or \"-1d\", not \"%.100s\"", name,
		       text);
	return false;
}

/* One of some words, or none of them: -1. */
static bool take_word(struct exchange *exchange, const char *name, const char *const *words,
		      int *ret_word)
{
	const char *text = exchange_param(exchange, name);

	*ret_word = -1;
	for (int i = 0; text && words[i]; i++)
		if (strcmp(words[i], text) == 0)
			*ret_word = i;
	if (!text || *ret_word >= 0)
		return true;
	exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
		       "%s cannot be \"%.100s\", only \"%s\"%s%s%s", name, text, words[0],
		       words[1] ? " or \"" : "", words[1] ? words[1] : "", words[1] ? "\"" : "");
	return false;
}

/* Digits up to `end`, which *p is behind then; a number up to INT64_MAX. */
static bool take_digits(const char **p, char end, uint64_t *ret_number)
{
	char *behind;
	unsigned long long number;

	/* A sign or white space, which that takes, is no digit. */
	if (**p < '0' || **p > '9')
		return false;
	errno = 0;
	number = strtoull(*p, &behind, 10);
	if (errno || number > INT64_MAX || *behind != end)
		return false;
	*p = behind + (end != '\0');
	*ret_number = number;
	return true;
}

/* "SLOT.RUN.LAST.STREAK"; slots before the epoch have a sign. */
#define CURSOR "%" PRId64 ".%" PRIu64 ".%" PRId64 ".%" PRIu64

static bool take_slot(const char **p, usec_t *ret_slot)
{
	bool negative = **p == '-';
	uint64_t number;

	*p += negative;
	if (!take_digits(p, '.', &number))
		return false;
	*ret_slot = negative ? -(usec_t)number : (usec_t)number;
	return true;
}

static bool take_cursor(struct exchange *exchange, struct reader_cursor *ret_cursor)
{
	const char *text = exchange_param(exchange, "cursor");
	struct reader_cursor cursor = READER_CURSOR_FIRST;

	if (text && !(take_slot(&text, &cursor.slot) && take_digits(&text, '.', &cursor.run) &&
		      take_slot(&text, &cursor.last) && take_digits(&text, '\0', &cursor.streak))) {
		exchange_error(exchange, STATUS_BAD_REQUEST, "bad-parameter",
			       "the cursor is none that was given");
		return false;
	}
	*ret_cursor = cursor;
	return true;
}

/* --- pages --- */

static void set_next(struct run_page *page, const struct reader_cursor *at)
{
	char text[RUN_PAGE_CURSOR_SIZE];

	(void)snprintf(text, sizeof(text), CURSOR, at->slot, at->run, at->last, at->streak);
	if (page)
		run_page_set_next(page, text);
}

static int work_on(void *page)
{
	return run_page_work(page);
}

static struct evbuffer *text_of(void *page)
{
	return run_page_text(page);
}

static void free_page(void *page)
{
	run_page_free(page);
}

/* Takes the page over; not `ok`: it is not complete, for want of memory. */
static void reply_page(struct exchange *exchange, struct run_page *page, bool ok)
{
	static const struct slices_ops ops = {
		.work = work_on,
		.text = text_of,
		.free = free_page,
	};

	if (!ok) {
		run_page_free(page);
		page = NULL;
	}
	slices_answer(exchange, &ops, page);
}

/* --- live runs --- */

/* Those of highest number, in the order of their numbers; up to as many of lower ones before them,
   which go when there is no more room. */
struct live_page {
	const char *job; /* NULL: of all */
	uint64_t before; /* numbers below */
	size_t limit;
	size_t n;
	bool more; /* some have gone */
	const struct engine_run *runs[2 * PAGE_MAX];
};

/* Those that are not of the page go. */
static void cut_page(struct live_page *page)
{
	size_t surplus = page->n - page->limit;

	if (page->n <= page->limit)
		return;
	for (size_t i = 0; i < page->limit; i++)
		page->runs[i] = page->runs[i + surplus];
	page->n = page->limit;
	page->more = true;
}

static bool add_live(void *ctx, struct engine_run *run)
{
	struct live_page *page = ctx;
	size_t at;

	/* What follows are notices. */
	if (engine_run_is_notice(run))
		return false;
	if (run->id >= page->before || (page->job && strcmp(page->job, run->def->name) != 0) ||
	    (page->more && run->id < page->runs[0]->id))
		return true;
	if (page->n == 2 * page->limit)
		cut_page(page);
	/* They come in that order but for those that were adopted. */
	for (at = page->n++; at > 0 && page->runs[at - 1]->id > run->id; at--)
		page->runs[at] = page->runs[at - 1];
	page->runs[at] = run;
	return true;
}

static bool add_live_row(struct run_page *page, const struct control_host *host,
			 const struct engine_run *run)
{
	const struct reader_row row = row_of_live(run);
	struct live_facts live;

	look_at_live(host, run, &live);
	return run_page_add_row(page, &row, &live);
}

static void reply_live(struct exchange *exchange, const char *job, uint64_t before, unsigned limit)
{
	const struct control_host *host = exchange_host(exchange);
	struct live_page live = {.job = job, .before = before, .limit = limit};
	struct reader_cursor cursor = READER_CURSOR_FIRST;
	struct run_page *page;
	bool ok;

	engine_each_run(host->engine, add_live, &live);
	cut_page(&live);
	page = run_page_new(live.n);
	ok = page;
	for (size_t i = live.n; ok && i-- > 0;)
		ok = add_live_row(page, host, live.runs[i]);
	if (live.more) {
		cursor.run = live.runs[0]->id;
		set_next(page, &cursor);
	}
	reply_page(exchange, page, ok);
}

/* --- lists --- */

/* The live runs of a page: those on record as not having ended are looked for among them. */
struct open_row {
	const struct reader_row *row;
	const struct engine_run *live; /* NULL: it has ended meanwhile */
};

struct match {
	size_t n;
	struct open_row open[PAGE_MAX]; /* by number */
};

static int compare_open(const void *a, const void *b)
{
	const struct open_row *x = a;
	const struct open_row *y = b;

	return (x->row->id > y->row->id) - (x->row->id < y->row->id);
}

static struct open_row *find_open(struct match *match, uint64_t id)
{
	const struct reader_row row = {.id = id};
	const struct open_row key = {.row = &row};

	return bsearch(&key, match->open, match->n, sizeof(match->open[0]), compare_open);
}

static bool match_live(void *ctx, struct engine_run *run)
{
	struct open_row *open;

	/* What follows are notices. */
	if (engine_run_is_notice(run))
		return false;
	open = find_open(ctx, run->id);
	if (open)
		open->live = run;
	return true;
}

static void match_rows(const struct control_host *host, const struct reader_answer *answer,
		       struct match *match)
{
	match->n = 0;
	for (size_t i = 0; i < answer->n_rows; i++)
		if (answer->rows[i].state != READER_ENDED)
			match->open[match->n++] = (struct open_row){.row = &answer->rows[i]};
	if (match->n == 0)
		return;
	qsort(match->open, match->n, sizeof(match->open[0]), compare_open);
	engine_each_run(host->engine, match_live, match);
}

/* The texts of those that have ended, a thousand of which would hold up the loop; NULL for others.
   In the reader's thread. */
static void prepare_rows(struct reader_answer *answer)
{
	const char **texts = arena_alloc(&answer->arena, (answer->n_rows + 1) * sizeof(*texts));

	for (size_t i = 0; texts && i < answer->n_rows; i++) {
		const struct reader_row *row = &answer->rows[i];
		_cleanup_free_ char *text = NULL;

		if (row->state != READER_ENDED)
			continue;
		text = run_page_row(row, NULL);
		texts[i] = text ? arena_copy(&answer->arena, text, strlen(text)) : NULL;
		if (!texts[i])
			return;
	}
	answer->prepared = texts;
}

static bool add_rows(struct run_page *page, const struct control_host *host,
		     const struct reader_answer *answer)
{
	struct match match;
	bool ok = true;

	match_rows(host, answer, &match);
	for (size_t i = 0; ok && i < answer->n_rows; i++) {
		const struct open_row *open = find_open(&match, answer->rows[i].id);
		const char *text = answer->prepared[i];
		struct live_facts live;

		if (text) {
			ok = run_page_add_text(page, text);
			continue;
		}
		if (open && open->live)
			look_at_live(host, open->live, &live);
		ok = run_page_add_row(page, &answer->rows[i], open && open->live ? &live : NULL);
	}
	return ok;
}

static void on_history(struct exchange *exchange, const void *data,
		       const struct reader_answer *answer)
{
	const char *job = data;
	struct run_page *page;
	bool ok;

	if (answer->r == -ENOENT && *job && !exchange_find_job(exchange, job))
		return;
	page = answer->prepared || answer->n_rows == 0 ? run_page_new(answer->n_rows) : NULL;
	ok = page && add_rows(page, exchange_host(exchange), answer);
	if (answer->more)
		set_next(page, &answer->cursor);
	reply_page(exchange, page, ok);
}

void handle_runs(struct exchange *exchange)
{
	static const char *const kinds[] = {"run", "streak", NULL};
	static const char *const states[] = {"live", NULL};
	struct reader_question question = {
		.kind = READER_HISTORY,
		.job = exchange_param(exchange, "job"),
		.prepare = prepare_rows,
	};
	const char *job = question.job ? question.job : "";
	int kind;
	int live;

	if (!take_time(exchange, "from", 0, &question.from) ||
	    !take_time(exchange, "to", USEC_INFINITY, &question.to) ||
	    !take_word(exchange, "kind", kinds, &kind) ||
	    !take_word(exchange, "state", states, &live) ||
	    !take_cursor(exchange, &question.after) || !param_limit(exchange, &question.limit) ||
	    !param_verdicts(exchange, &question.verdicts))
		return;
	question.no_runs = kind == 1;
	question.no_streaks = kind == 0;
	if (live == 0)
		reply_live(exchange, question.job, question.after.run, question.limit);
	else
		reading_ask(exchange, &question, on_history, job, strlen(job) + 1);
}

/* --- one run --- */

/* The number in the path; if there is none, that was answered. */
static bool take_run(struct exchange *exchange, uint64_t *ret_run)
{
	const char *text = exchange_segment(exchange, 0);
	const char *p = text;

	if (take_digits(&p, '\0', ret_run))
		return true;
	exchange_error(exchange, STATUS_BAD_REQUEST, "bad-run", "a run is a number, not \"%.100s\"",
		       text);
	return false;
}

static void refuse_unknown(struct exchange *exchange, uint64_t run)
{
	exchange_error(exchange, STATUS_NOT_FOUND, "no-such-run",
		       "there is no run %" PRIu64 " on record", run);
}

static void on_run(struct exchange *exchange, const void *data, const struct reader_answer *answer)
{
	const uint64_t *run = data;

	if (answer->n_rows == 0)
		refuse_unknown(exchange, *run);
	else
		exchange_reply(exchange, STATUS_OK, describe_row(answer->rows, NULL));
}

void handle_run_facts(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	const struct engine_run *live;
	uint64_t run;

	if (!take_run(exchange, &run))
		return;
	live = find_live(host, run);
	if (live)
		exchange_reply(exchange, STATUS_OK, describe_live(host, live));
	else
		reading_ask(exchange, &(struct reader_question){.kind = READER_RUN, .run = run},
			    on_run, &run, sizeof(run));
}

/* --- output --- */

struct output_wish {
	uint64_t run;
	bool json;
};

static void refuse_live(struct exchange *exchange, uint64_t run)
{
	exchange_error(exchange, STATUS_CONFLICT, "run-live",
		       "run %" PRIu64 " has not ended; what it printed is kept when it has", run);
}

/* Of a run that has ended it can be told what it printed. */
static bool has_output(const struct reader_answer *answer)
{
	return answer->n_rows > 0 && answer->rows[0].state == READER_ENDED;
}

/* As a string. What is no UTF-8, as where it was cut, becomes \\xNN; lines stay lines. */
static json_t *value_output(const char *text, size_t len)
{
	json_t *value = json_stringn(len > 0 ? text : "", len);
	_cleanup_free_ char *clean = value ? NULL : malloc(TEXT_GROWTH * len + 1);
	size_t n = 0;

	for (size_t at = 0; clean && at < len;) {
		const char *end = memchr(text + at, '\n', len - at);
		size_t line = end ? (size_t)(end - text) - at : len - at;

		n += text_sanitize(clean + n, text + at, line);
		if (end)
			clean[n++] = '\n';
		at += line + 1;
	}
	return clean ? json_stringn(clean, n) : value;
}

/* Of an output of many megabytes all this takes long: it is done in the reader's thread. */

/* Head and tail with a line between them that says what is missing. */
static void prepare_text(struct reader_answer *answer)
{
	bool broken = answer->head_len > 0 && answer->head[answer->head_len - 1] != '\n';
	size_t len = answer->head_len;
	char *text;

	if (!has_output(answer))
		return;
	text = malloc(answer->head_len + answer->tail_len + 100);
	if (text && len > 0)
		memcpy(text, answer->head, len);
	if (text && answer->gap > 0)
		len += (size_t)sprintf(text + len, "%s[... %" PRIu64 " byte%s not kept ...]\n",
				       broken ? "\n" : "", answer->gap,
				       answer->gap == 1 ? " was" : "s were");
	if (text && answer->tail_len > 0)
		memcpy(text + len, answer->tail, answer->tail_len);
	reader_give_page(answer, text, len + answer->tail_len);
}

static void prepare_json(struct reader_answer *answer)
{
	const struct reader_row *row = answer->rows;
	json_t *value;
	char *text;

	if (!has_output(answer))
		return;
	value = json_pack(
		"{sI so so sI so sI sI}", "run", (json_int_t)row->id, "job", value_filled(row->job),
		"head", value_output(answer->head, answer->head_len), "gap",
		(json_int_t)answer->gap, "tail", value_output(answer->tail, answer->tail_len),
		"printed", (json_int_t)row->printed, "dropped", (json_int_t)row->dropped);
	text = value ? json_dumps(value, 0) : NULL;
	json_decref(value);
	reader_give_page(answer, text, text ? strlen(text) : 0);
}

static void on_output(struct exchange *exchange, const void *data,
		      const struct reader_answer *answer)
{
	const struct output_wish *wish = data;

	if (answer->r == -ENOENT)
		refuse_unknown(exchange, wish->run);
	else if (answer->n_rows > 0)
		refuse_live(exchange, wish->run);
	else if (!answer->page)
		exchange_error(exchange, STATUS_UNAVAILABLE, "no-memory", "out of memory");
	else
		exchange_reply_own(exchange, STATUS_OK,
				   wish->json ? "application/json" : "text/plain; charset=utf-8",
				   steal_ptr(answer->page->text), answer->page->len);
}

void handle_run_output(struct exchange *exchange)
{
	static const char *const formats[] = {"text", "json", NULL};
	const struct control_host *host = exchange_host(exchange);
	struct output_wish wish = {.run = 0};
	int format;

	if (!take_run(exchange, &wish.run) || !take_word(exchange, "format", formats, &format))
		return;
	wish.json = format == 1;
	if (find_live(host, wish.run))
		refuse_live(exchange, wish.run);
	else
		reading_ask(exchange,
			    &(struct reader_question){
				    .kind = READER_OUTPUT,
				    .run = wish.run,
				    .prepare = wish.json ? prepare_json : prepare_text,
			    },
			    on_output, &wish, sizeof(wish));
}
