/* Errands are done one after the other, told of in the loop, and forgotten when nobody waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/errands.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE (60 * USEC_PER_SEC)

struct place {
	sem_t begun; /* the thread is at one ... */
	sem_t go;    /* ... and may go on */
	bool holds;
	atomic_uint freed;
	atomic_uint ended;
	atomic_uint rests;
	char told[64]; /* names of those that were told of */
};

struct letter {
	struct errand errand;
	struct place *place;
	char name;
	bool done;
};

static void run(void *ctx, struct errand *errand)
{
	struct place *place = ctx;

	if (place->holds) {
		assert_int_equal(sem_post(&place->begun), 0);
		assert_int_equal(sem_wait(&place->go), 0);
	}
	((struct letter *)errand)->done = true;
}

static void rest(void *ctx)
{
	((struct place *)ctx)->rests++;
}

static void free_letter(struct errand *errand)
{
	((struct letter *)errand)->place->freed++;
	free(errand);
}

static void end(void *ctx)
{
	((struct place *)ctx)->ended++;
}

static const struct errands_ops ops = {run, rest, free_letter, end};

static void tell(struct errand *errand)
{
	const struct letter *letter = (struct letter *)errand;

	assert_true(letter->done);
	letter->place->told[strlen(letter->place->told)] = letter->name;
}

static struct errands *begin(struct place *place, unsigned max, bool holds)
{
	struct errands *errands;

	*place = (struct place){.holds = holds};
	assert_int_equal(sem_init(&place->begun, 0, 0), 0);
	assert_int_equal(sem_init(&place->go, 0, 0), 0);
	assert_int_equal(errands_new(&ops, place, max, &errands), 0);
	return errands;
}

static int send(struct errands *errands, struct place *place, char name)
{
	struct letter *letter = calloc(1, sizeof(*letter));

	assert_non_null(letter);
	*letter = (struct letter){{.done = tell, .ctx = place}, place, name, false};
	if (name >= 'A' && name <= 'Z')
		letter->errand.ctx = &place->told;
	return errands_send(errands, &letter->errand);
}

/* Until so many have been told of. */
static void await(struct errands *errands, const struct place *place, size_t n)
{
	struct pollfd pollfd = {.fd = errands_fd(errands), .events = POLLIN};

	while (strlen(place->told) < n) {
		assert_int_equal(poll(&pollfd, 1, (int)(PATIENCE / USEC_PER_MSEC)), 1);
		errands_dispatch(errands);
	}
}

static void they_are_done_in_order_and_told_of(void **state)
{
	struct place place;
	struct errands *errands = begin(&place, 10, false);

	(void)state;
	for (char name = 'a'; name <= 'e'; name++)
		assert_int_equal(send(errands, &place, name), 0);
	await(errands, &place, 5);
	assert_string_equal(place.told, "abcde");
	assert_int_equal(place.freed, 5);
	errands_free(errands, PATIENCE);
	assert_int_equal(place.ended, 1);
	assert_true(place.rests >= 1);
}

static void so_many_may_be_under_way(void **state)
{
	struct place place;
	struct errands *errands = begin(&place, 2, true);

	(void)state;
	assert_int_equal(send(errands, &place, 'a'), 0);
	assert_int_equal(send(errands, &place, 'b'), 0);
	assert_int_equal(send(errands, &place, 'c'), -EAGAIN);
	assert_int_equal(place.freed, 1);
	sem_post(&place.go);
	await(errands, &place, 1);
	assert_int_equal(send(errands, &place, 'd'), 0);
	sem_post(&place.go);
	sem_post(&place.go);
	await(errands, &place, 3);
	assert_string_equal(place.told, "abd");
	errands_free(errands, PATIENCE);
}

static void those_that_are_forgotten_are_done_and_nobody_is_told(void **state)
{
	struct place place;
	struct errands *errands = begin(&place, 10, true);

	(void)state;
	assert_int_equal(send(errands, &place, 'A'), 0);
	assert_int_equal(send(errands, &place, 'B'), 0);
	assert_int_equal(send(errands, &place, 'c'), 0);
	/* One is being done, one waits. */
	assert_int_equal(sem_wait(&place.begun), 0);
	errands_forget(errands, &place.told);
	for (int i = 0; i < 3; i++)
		sem_post(&place.go);
	await(errands, &place, 1);
	assert_string_equal(place.told, "c");
	assert_int_equal(place.freed, 3);
	errands_free(errands, PATIENCE);
}

static void what_waits_at_the_end_is_not_done(void **state)
{
	struct place place;
	struct errands *errands = begin(&place, 10, true);

	(void)state;
	assert_int_equal(send(errands, &place, 'a'), 0);
	assert_int_equal(send(errands, &place, 'b'), 0);
	assert_int_equal(sem_wait(&place.begun), 0);
	/* Nobody waits for the one that hangs: the thread cleans up after itself. */
	errands_free(errands, 0);
	assert_int_equal(place.ended, 0);
	sem_post(&place.go);
	while (place.ended == 0 || place.freed < 2)
		(void)poll(NULL, 0, 1);
	assert_string_equal(place.told, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_done_in_order_and_told_of),
		cmocka_unit_test(so_many_may_be_under_way),
		cmocka_unit_test(those_that_are_forgotten_are_done_and_nobody_is_told),
		cmocka_unit_test(what_waits_at_the_end_is_not_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
