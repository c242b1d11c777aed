/* The pool: bounds, order, cancellation, shutdown, and all of them at once. */
#include "pool/pool.h"

#include "fault.h"

#include <errno.h>
#include <poll.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

/* Longer than it can take. */
#define PATIENCE_MS 60000

struct task {
	struct pool_item item; /* first, so that one is the other */
	sem_t begun;           /* posted when work() is entered */
	sem_t *gate;           /* work() waits for it first; NULL: it does not */
	bool until_cancelled;  /* then for a level of 1 or more */
	sem_t answered;        /* posted each time after pool_woken() */
	bool note;
	bool wake;
	int level;     /* at the end */
	unsigned done; /* reported by pool_reap() */
	unsigned started;
	size_t order; /* among those done */
};

static struct fixture {
	struct pool *pool;
	atomic_uint begun; /* worker_begin() */
	atomic_uint ended;
	bool no_local;
	size_t done;
} fixture;

static void wait_for(sem_t *sem)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_MS / 1000;
	assert_int_equal(sem_timedwait(sem, &until), 0);
}

static void work(void *ctx, struct pool_item *item, struct pool_worker *worker)
{
	struct task *task = (struct task *)item;

	(void)ctx;
	if (pool_local(worker) != &fixture)
		abort();
	sem_post(&task->begun);
	if (task->note)
		pool_note_started(worker, task->wake);
	if (task->gate)
		sem_wait(task->gate);
	while (task->until_cancelled && task->level == 0) {
		struct pollfd pollfd = {.fd = pool_wakefd(worker), .events = POLLIN};

		(void)poll(&pollfd, 1, -1);
		task->level = pool_woken(worker);
		sem_post(&task->answered);
	}
}

static void *worker_begin(void *ctx)
{
	struct fixture *f = ctx;

	if (f->no_local)
		return NULL;
	f->begun++;
	return f;
}

static void worker_end(void *ctx, void *local)
{
	struct fixture *f = ctx;

	(void)local;
	f->ended++;
}

static void on_started(void *ctx, struct pool_item *item)
{
	struct task *task = (struct task *)item;

	(void)ctx;
	assert_int_equal(task->done, 0);
	task->started++;
}

static void on_done(void *ctx, struct pool_item *item)
{
	struct task *task = (struct task *)item;

	(void)ctx;
	task->done++;
	task->order = fixture.done++;
}

static void reap(void)
{
	pool_reap(fixture.pool, on_started, on_done, NULL);
}

/* Reaps until so many are done in all. */
static void reap_until(size_t done)
{
	while (fixture.done < done) {
		struct pollfd pollfd = {.fd = pool_donefd(fixture.pool), .events = POLLIN};

		assert_int_equal(poll(&pollfd, 1, PATIENCE_MS), 1);
		reap();
	}
	assert_int_equal(fixture.done, done);
}

static void open_pool(unsigned workers, size_t capacity)
{
	struct pool_ops ops = {work, worker_begin, worker_end, &fixture};

	fixture.pool = NULL;
	fixture.begun = 0;
	fixture.ended = 0;
	fixture.no_local = false;
	fixture.done = 0;
	assert_int_equal(pool_new(&ops, workers, capacity, &fixture.pool), 0);
}

static void close_pool(void)
{
	pool_close(fixture.pool);
	pool_join(fixture.pool);
	reap();
	assert_int_equal(fixture.begun, fixture.ended);
	pool_free(fixture.pool);
}

static struct task *make_tasks(size_t n, sem_t *gate)
{
	struct task *tasks = calloc(n, sizeof(*tasks));

	assert_non_null(tasks);
	for (size_t i = 0; i < n; i++) {
		sem_init(&tasks[i].begun, 0, 0);
		sem_init(&tasks[i].answered, 0, 0);
		tasks[i].gate = gate;
	}
	return tasks;
}

static void free_tasks(struct task *tasks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sem_destroy(&tasks[i].begun);
		sem_destroy(&tasks[i].answered);
	}
	free(tasks);
}

static int submit(struct task *task)
{
	return pool_submit(fixture.pool, &task->item);
}

static struct pool_stats stats(void)
{
	struct pool_stats s;

	pool_stats(fixture.pool, &s);
	return s;
}

/* A fork of a process that has had threads is not to make new ones under ThreadSanitizer: first. */
static int no_thread(void *arg)
{
	struct task *task = arg;

	open_pool(2, 4);
	if (submit(task) != -EAGAIN || stats().queued != 0 || stats().workers != 0)
		return 1;
	close_pool();
	return 0;
}

static void without_a_thread_an_item_is_not_taken(void **state)
{
	struct task *task;

	(void)state;
	if (!kernel_is_whole())
		skip();
	task = make_tasks(1, NULL);
	/* glibc makes threads by clone3(2). */
	assert_int_equal(fault_call(SYS_clone3, EAGAIN, no_thread, task), 0);
	free_tasks(task, 1);
}

static int one_thread(void *arg)
{
	struct task *tasks = arg;

	open_pool(2, 4);
	if (submit(&tasks[0]) != 0)
		return 1;
	wait_for(&tasks[0].begun);
	fault_inject(SYS_clone3, EAGAIN);
	if (submit(&tasks[1]) != 0 || stats().workers != 1 || stats().queued != 1)
		return 2;
	sem_post(tasks[0].gate);
	sem_post(tasks[0].gate);
	reap_until(2);
	close_pool();
	return tasks[1].done != 1;
}

static void with_one_thread_an_item_waits_for_it(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	if (!kernel_is_whole())
		skip();
	sem_init(&gate, 0, 0);
	tasks = make_tasks(2, &gate);
	/* No fault in the child at first: nothing calls this. */
	assert_int_equal(fault_call(SYS_acct, EPERM, one_thread, tasks), 0);
	free_tasks(tasks, 2);
	sem_destroy(&gate);
}

static void what_a_worker_keeps_may_be_refused(void **state)
{
	struct task *task = make_tasks(1, NULL);

	(void)state;
	open_pool(2, 4);
	fixture.no_local = true;
	assert_int_equal(submit(task), -ENOMEM);
	assert_int_equal(stats().workers, 0);
	fixture.no_local = false;
	assert_int_equal(submit(task), 0);
	reap_until(1);
	close_pool();
	free_tasks(task, 1);
}

static void items_are_worked_on_in_order(void **state)
{
	struct task *tasks = make_tasks(50, NULL);

	(void)state;
	open_pool(1, 100);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(submit(&tasks[i]), 0);
	reap_until(50);
	for (size_t i = 0; i < 50; i++)
		assert_int_equal(tasks[i].order, i);
	close_pool();
	free_tasks(tasks, 50);
}

static void workers_are_made_as_needed(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(20, &gate);
	open_pool(3, 20);
	assert_int_equal(stats().workers, 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(submit(&tasks[i]), 0);
		if (i < 3)
			wait_for(&tasks[i].begun);
		assert_int_equal(stats().workers, i < 3 ? i + 1 : 3);
	}
	assert_int_equal(stats().busy, 3);
	assert_int_equal(stats().queued, 2);
	for (size_t i = 0; i < 5; i++)
		sem_post(&gate);
	reap_until(5);

	/* Nor later, one at a time. */
	for (size_t i = 5; i < 20; i++) {
		assert_int_equal(submit(&tasks[i]), 0);
		sem_post(&gate);
		reap_until(i + 1);
	}
	assert_int_equal(fixture.begun, 3);
	close_pool();
	free_tasks(tasks, 20);
	sem_destroy(&gate);
}

static void a_full_queue_refuses(void **state)
{
	static const struct {
		unsigned workers;
		size_t capacity;
	} rows[] = {{1, 0}, {2, 0}, {1, 1}, {2, 3}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		size_t n = rows[i].workers + rows[i].capacity;
		sem_t gate;
		struct task *tasks;

		sem_init(&gate, 0, 0);
		tasks = make_tasks(n + 1, &gate);
		open_pool(rows[i].workers, rows[i].capacity);
		for (size_t j = 0; j < n; j++)
			assert_int_equal(submit(&tasks[j]), 0);
		assert_int_equal(submit(&tasks[n]), -ENOBUFS);
		sem_post(&gate);
		reap_until(1);
		assert_int_equal(submit(&tasks[n]), 0);
		for (size_t j = 0; j < n; j++)
			sem_post(&gate);
		reap_until(n + 1);
		close_pool();
		free_tasks(tasks, n + 1);
		sem_destroy(&gate);
	}
}

static void closing_drains_what_was_accepted(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(6, &gate);
	open_pool(2, 10);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(submit(&tasks[i]), 0);
	pool_close(fixture.pool);
	assert_int_equal(submit(&tasks[5]), -ESHUTDOWN);
	for (size_t i = 0; i < 5; i++)
		sem_post(&gate);
	pool_join(fixture.pool);
	assert_int_equal(stats().workers, 0);
	reap();
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(tasks[i].done, i < 5);
	close_pool();
	free_tasks(tasks, 6);
	sem_destroy(&gate);
}

static void what_follows_is_taken_beyond_the_bound_and_when_closed(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(8, &gate);
	open_pool(2, 1);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(submit(&tasks[i]), 0);
	assert_int_equal(submit(&tasks[3]), -ENOBUFS);
	for (size_t i = 3; i < 5; i++)
		assert_int_equal(pool_submit_follow_up(fixture.pool, &tasks[i].item), 0);
	pool_close(fixture.pool);
	assert_int_equal(pool_submit_follow_up(fixture.pool, &tasks[5].item), 0);
	for (size_t i = 0; i < 6; i++)
		sem_post(&gate);
	reap_until(6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(tasks[i].done, 1);

	/* When every worker has ended, one is made again; what waits can be taken back still. */
	while (stats().workers > 0)
		reap();
	assert_int_equal(submit(&tasks[6]), -ESHUTDOWN);
	for (size_t i = 5; i < 8; i++)
		assert_int_equal(pool_submit_follow_up(fixture.pool, &tasks[i].item), 0);
	wait_for(&tasks[6].begun);
	assert_int_equal(stats().workers, 2);
	assert_true(pool_cancel(fixture.pool, &tasks[7].item, 1));
	sem_post(&gate);
	sem_post(&gate);
	pool_join(fixture.pool);
	assert_int_equal(pool_submit_follow_up(fixture.pool, &tasks[7].item), -ESHUTDOWN);
	reap();
	assert_int_equal(tasks[5].done, 2);
	assert_int_equal(tasks[6].done, 1);
	assert_int_equal(tasks[7].done, 0);
	close_pool();
	free_tasks(tasks, 8);
	sem_destroy(&gate);
}

static void a_pool_without_work_closes_too(void **state)
{
	(void)state;
	open_pool(2, 10);
	close_pool();
	pool_free(NULL);
}

static void a_queued_item_is_taken_back(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(4, &gate);
	/* First, middle and last of the queue. */
	for (size_t victim = 1; victim < 4; victim++) {
		open_pool(1, 10);
		for (size_t i = 0; i < 4; i++) {
			tasks[i].done = 0;
			assert_int_equal(submit(&tasks[i]), 0);
		}
		wait_for(&tasks[0].begun);
		assert_true(pool_cancel(fixture.pool, &tasks[victim].item, 1));
		assert_int_equal(stats().queued, 2);
		for (size_t i = 0; i < 3; i++)
			sem_post(&gate);
		reap_until(3);
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(tasks[i].done, i != victim);
		/* It is the owner's: it can be submitted again. */
		assert_int_equal(submit(&tasks[victim]), 0);
		sem_post(&gate);
		reap_until(4);
		close_pool();
	}
	free_tasks(tasks, 4);
	sem_destroy(&gate);
}

static void an_item_in_hand_is_told(void **state)
{
	struct task *tasks = make_tasks(2, NULL);

	(void)state;
	open_pool(2, 10);
	for (size_t i = 0; i < 2; i++) {
		tasks[i].until_cancelled = true;
		assert_int_equal(submit(&tasks[i]), 0);
		wait_for(&tasks[i].begun);
	}
	assert_false(pool_cancel(fixture.pool, &tasks[1].item, 2));
	reap_until(1);
	assert_int_equal(tasks[1].level, 2);
	assert_int_equal(tasks[0].done, 0);
	/* Neither one that is done, nor the other one, is touched by it. */
	assert_false(pool_cancel(fixture.pool, &tasks[1].item, 2));
	assert_false(pool_cancel(fixture.pool, &tasks[0].item, 1));
	reap_until(2);
	assert_int_equal(tasks[0].level, 1);
	close_pool();
	free_tasks(tasks, 2);
}

static void a_queued_item_is_told_when_its_turn_comes(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(3, NULL);
	tasks[0].gate = &gate;
	tasks[1].until_cancelled = true;
	open_pool(1, 10);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(submit(&tasks[i]), 0);
	wait_for(&tasks[0].begun);
	pool_urge(fixture.pool, &tasks[1].item, 2);
	pool_urge(fixture.pool, &tasks[1].item, 1);
	pool_urge(fixture.pool, &tasks[2].item, 1); /* the owner's */
	assert_int_equal(stats().queued, 1);
	sem_post(&gate);
	reap_until(2);
	assert_int_equal(tasks[1].level, 2);
	/* One that is in hand already. */
	tasks[2].until_cancelled = true;
	assert_int_equal(submit(&tasks[2]), 0);
	wait_for(&tasks[2].begun);
	pool_urge(fixture.pool, &tasks[2].item, 1);
	reap_until(3);
	assert_int_equal(tasks[2].level, 1);
	close_pool();
	free_tasks(tasks, 3);
	sem_destroy(&gate);
}

static void a_level_never_falls_and_does_not_outlive_its_item(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(2, &gate);
	tasks[0].until_cancelled = true;
	tasks[1].until_cancelled = true;
	open_pool(1, 10);
	assert_int_equal(submit(&tasks[0]), 0);
	wait_for(&tasks[0].begun);
	assert_false(pool_cancel(fixture.pool, &tasks[0].item, 2));
	assert_false(pool_cancel(fixture.pool, &tasks[0].item, 1));
	sem_post(&gate);
	reap_until(1);
	assert_int_equal(tasks[0].level, 2);

	assert_int_equal(submit(&tasks[1]), 0);
	sem_post(&gate);
	wait_for(&tasks[1].begun);
	assert_int_equal(stats().busy, 1);
	assert_false(pool_cancel(fixture.pool, &tasks[1].item, 1));
	reap_until(2);
	assert_int_equal(tasks[1].level, 1);
	close_pool();
	free_tasks(tasks, 2);
	sem_destroy(&gate);
}

static void what_was_noted_is_reported_once_and_first(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(4, &gate);
	open_pool(4, 10);
	for (size_t i = 0; i < 4; i++) {
		tasks[i].note = i != 3;
		assert_int_equal(submit(&tasks[i]), 0);
	}
	/* The worker notes it behind `begun`; it does not wake the owner for it. */
	while (tasks[0].started + tasks[1].started + tasks[2].started < 3)
		reap();
	assert_int_equal(fixture.done, 0);
	for (size_t i = 0; i < 4; i++)
		sem_post(&gate);
	reap_until(4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(tasks[i].started, i != 3);
	close_pool();

	/* Noted and done before the owner comes: on_started() checks the order. */
	open_pool(1, 10);
	for (size_t i = 0; i < 4; i++) {
		tasks[i].done = 0;
		tasks[i].started = 0;
		sem_post(&gate);
		assert_int_equal(submit(&tasks[i]), 0);
	}
	pool_close(fixture.pool);
	pool_join(fixture.pool);
	reap();
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(tasks[i].started, i != 3);
	close_pool();
	free_tasks(tasks, 4);
	sem_destroy(&gate);
}

static void what_was_noted_wakes_the_owner_if_asked_to(void **state)
{
	sem_t gate;
	struct task *tasks;
	struct pollfd pollfd = {.events = POLLIN};

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(2, &gate);
	open_pool(2, 2);
	pollfd.fd = pool_donefd(fixture.pool);
	for (size_t i = 0; i < 2; i++) {
		tasks[i].note = true;
		tasks[i].wake = i == 1;
		assert_int_equal(submit(&tasks[i]), 0);
		wait_for(&tasks[i].begun);
		assert_int_equal(poll(&pollfd, 1, i == 1 ? PATIENCE_MS : 0), i);
	}
	reap();
	assert_int_equal(tasks[1].started, 1);
	for (size_t i = 0; i < 2; i++)
		sem_post(&gate);
	reap_until(2);
	close_pool();
	free_tasks(tasks, 2);
	sem_destroy(&gate);
}

static void resizing_up_puts_queued_items_to_work(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(5, &gate);
	open_pool(1, 4);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(submit(&tasks[i]), 0);
	wait_for(&tasks[0].begun);
	pool_resize(fixture.pool, 3, 4);
	wait_for(&tasks[1].begun);
	wait_for(&tasks[2].begun);
	assert_int_equal(stats().workers, 3);
	assert_int_equal(stats().queued, 2);
	for (size_t i = 0; i < 5; i++)
		sem_post(&gate);
	reap_until(5);
	close_pool();
	free_tasks(tasks, 5);
	sem_destroy(&gate);
}

static void resizing_down_lets_surplus_workers_end(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(8, &gate);
	open_pool(4, 8);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(submit(&tasks[i]), 0);
		wait_for(&tasks[i].begun);
	}
	/* Two sleep, two are busy, one of which ends after its item. */
	sem_post(&gate);
	sem_post(&gate);
	reap_until(2);
	pool_resize(fixture.pool, 1, 1);
	while (stats().workers > 2)
		reap();
	assert_int_equal(stats().busy, 2);
	assert_int_equal(submit(&tasks[4]), -ENOBUFS);
	sem_post(&gate);
	reap_until(3);
	while (stats().workers > 1)
		reap();
	sem_post(&gate);
	reap_until(4);
	assert_int_equal(submit(&tasks[4]), 0);
	sem_post(&gate);
	reap_until(5);
	assert_int_equal(stats().workers, 1);
	assert_int_equal(fixture.begun, 4);

	/* Back again. */
	pool_resize(fixture.pool, 3, 8);
	for (size_t i = 5; i < 8; i++) {
		assert_int_equal(submit(&tasks[i]), 0);
		wait_for(&tasks[i].begun);
	}
	assert_int_equal(stats().workers, 3);
	for (size_t i = 5; i < 8; i++)
		sem_post(&gate);
	reap_until(8);
	close_pool();
	free_tasks(tasks, 8);
	sem_destroy(&gate);
}

static void queued_items_survive_resizing_down(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(12, &gate);
	open_pool(4, 8);
	for (size_t i = 0; i < 12; i++)
		assert_int_equal(submit(&tasks[i]), 0);
	pool_resize(fixture.pool, 1, 0);
	for (size_t i = 0; i < 12; i++)
		sem_post(&gate);
	reap_until(12);
	close_pool();
	free_tasks(tasks, 12);
	sem_destroy(&gate);
}

static void pings_are_answered_by_those_who_live(void **state)
{
	sem_t gate;
	struct task *tasks;

	(void)state;
	sem_init(&gate, 0, 0);
	tasks = make_tasks(3, &gate);
	open_pool(3, 8);
	pool_ping(fixture.pool);
	assert_int_equal(stats().silent, 0);
	for (size_t i = 0; i < 2; i++) {
		tasks[i].until_cancelled = true;
		assert_int_equal(submit(&tasks[i]), 0);
		wait_for(&tasks[i].begun);
	}
	pool_ping(fixture.pool);
	assert_int_equal(stats().silent, 2);
	/* One that comes later has not been asked. */
	assert_int_equal(submit(&tasks[2]), 0);
	wait_for(&tasks[2].begun);
	assert_int_equal(stats().silent, 2);
	pool_ping(fixture.pool);
	assert_int_equal(stats().silent, 3);

	/* The end of the item is an answer, and so is waking up. */
	for (size_t i = 0; i < 3; i++)
		sem_post(&gate);
	reap_until(1);
	assert_int_equal(tasks[2].done, 1);
	wait_for(&tasks[0].answered);
	wait_for(&tasks[1].answered);
	assert_int_equal(stats().silent, 0);
	assert_int_equal(stats().busy, 2);
	for (size_t i = 0; i < 2; i++)
		assert_false(pool_cancel(fixture.pool, &tasks[i].item, 1));
	reap_until(3);
	close_pool();
	free_tasks(tasks, 3);
	sem_destroy(&gate);
}

/* Submissions, cancellations, pings and resizes against completions; every item comes back once. */
static void a_storm_loses_nothing(void **state)
{
	enum { N = 64, ROUNDS = 20000 };

	struct task *tasks = make_tasks(N, NULL);
	bool out[N] = {false};
	size_t submitted = 0;
	size_t taken = 0;
	uint64_t seed = 1;

	(void)state;
	open_pool(4, 16);
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t i;

		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		i = (size_t)(seed >> 33) % N;
		if (!out[i]) {
			int r;

			tasks[i].note = seed >> 40 & 1;
			tasks[i].until_cancelled = (seed >> 41 & 7) == 0;
			tasks[i].level = 0;
			tasks[i].done = 0;
			tasks[i].started = 0;
			r = (seed >> 43 & 7) == 0
				    ? pool_submit_follow_up(fixture.pool, &tasks[i].item)
				    : submit(&tasks[i]);
			if (r == 0) {
				out[i] = true;
				submitted++;
			} else {
				assert_int_equal(r, -ENOBUFS);
			}
		} else if (pool_cancel(fixture.pool, &tasks[i].item, 1 + (seed >> 42 & 1))) {
			out[i] = false;
			taken++;
		}
		if (round % 64 == 0)
			pool_ping(fixture.pool);
		if (round % 512 == 0)
			pool_resize(fixture.pool, 1 + (unsigned)(seed >> 50) % 6, 16);
		if (round % 4 == 0)
			reap();
		for (size_t j = 0; j < N; j++) {
			if (!tasks[j].done)
				continue;
			assert_true(out[j]);
			assert_int_equal(tasks[j].done, 1);
			assert_int_equal(tasks[j].started, tasks[j].note);
			assert_true(!tasks[j].until_cancelled || tasks[j].level > 0);
			tasks[j].done = 0;
			out[j] = false;
		}
	}
	for (size_t i = 0; i < N; i++)
		if (out[i] && pool_cancel(fixture.pool, &tasks[i].item, 1))
			taken++;
	close_pool();
	assert_int_equal(fixture.done + taken, submitted);
	free_tasks(tasks, N);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_thread_an_item_is_not_taken),
		cmocka_unit_test(with_one_thread_an_item_waits_for_it),
		cmocka_unit_test(what_a_worker_keeps_may_be_refused),
		cmocka_unit_test(items_are_worked_on_in_order),
		cmocka_unit_test(workers_are_made_as_needed),
		cmocka_unit_test(a_full_queue_refuses),
		cmocka_unit_test(closing_drains_what_was_accepted),
		cmocka_unit_test(what_follows_is_taken_beyond_the_bound_and_when_closed),
		cmocka_unit_test(a_pool_without_work_closes_too),
		cmocka_unit_test(a_queued_item_is_taken_back),
		cmocka_unit_test(an_item_in_hand_is_told),
		cmocka_unit_test(a_queued_item_is_told_when_its_turn_comes),
		cmocka_unit_test(a_level_never_falls_and_does_not_outlive_its_item),
		cmocka_unit_test(what_was_noted_is_reported_once_and_first),
		cmocka_unit_test(what_was_noted_wakes_the_owner_if_asked_to),
		cmocka_unit_test(resizing_up_puts_queued_items_to_work),
		cmocka_unit_test(resizing_down_lets_surplus_workers_end),
		cmocka_unit_test(queued_items_survive_resizing_down),
		cmocka_unit_test(pings_are_answered_by_those_who_live),
		cmocka_unit_test(a_storm_loses_nothing),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
