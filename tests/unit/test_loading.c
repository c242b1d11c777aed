/* The loader: loads in a thread, told to the loop; one that hangs harms nobody. */
#include "loading.h"

#include "core/model.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct fixture {
	struct event_base *base;
	struct loader *loader;
	sem_t begun;
	sem_t go_on;
	unsigned done;
	int r; /* as told */
	bool model;
	size_t errors;
	bool restart; /* done() begins another */
} fixture;

/* The path says what becomes of it. */
static int load(const char *path, const char *host, struct diags *diags, struct model **ret_model)
{
	sigset_t blocked;

	sem_post(&fixture.begun);
	sem_wait(&fixture.go_on);
	if (strcmp(host, "host") != 0 || pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0 ||
	    !sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGHUP))
		return -ENOTRECOVERABLE;
	diags_add(diags, DIAG_WARNING, path, 1, "seen");
	if (strcmp(path, "bad") == 0) {
		diags_add(diags, DIAG_ERROR, path, 1, "bad");
		return -EINVAL;
	}
	*ret_model = model_new();
	return *ret_model ? 0 : -ENOMEM;
}

static void on_done(void *ctx, struct loaded *loaded)
{
	assert_ptr_equal(ctx, &fixture);
	fixture.done++;
	fixture.r = loaded->r;
	fixture.model = loaded->model;
	fixture.errors = loaded->diags.errors;
	assert_int_equal(loaded->diags.warnings, 1);
	assert_false(loader_is_busy(fixture.loader));
	loaded_done(loaded);
	if (fixture.restart) {
		fixture.restart = false;
		assert_int_equal(loader_start(fixture.loader), 0);
	}
}

static void open_loader(const char *path)
{
	struct event_config *config = event_config_new();

	fixture = (struct fixture){0};
	sem_init(&fixture.begun, 0, 0);
	sem_init(&fixture.go_on, 0, 0);
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	fixture.base = event_base_new_with_config(config);
	event_config_free(config);
	assert_non_null(fixture.base);
	assert_int_equal(
		loader_new(fixture.base, load, path, "host", on_done, &fixture, &fixture.loader),
		0);
	assert_false(loader_is_busy(fixture.loader));
}

static void close_loader(void)
{
	loader_free(fixture.loader);
	event_base_free(fixture.base);
}

static void begin(void)
{
	assert_int_equal(loader_start(fixture.loader), 0);
	sem_wait(&fixture.begun);
}

static void loop_until(unsigned done)
{
	while (fixture.done < done)
		assert_int_equal(event_base_loop(fixture.base, EVLOOP_ONCE), 0);
}

static void what_was_read_is_told(void **state)
{
	static const struct {
		const char *path;
		int r;
	} rows[] = {{"good", 0}, {"bad", -EINVAL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		open_loader(rows[i].path);
		begin();
		sem_post(&fixture.go_on);
		loop_until(1);
		assert_int_equal(fixture.r, rows[i].r);
		assert_int_equal(fixture.model, rows[i].r == 0);
		assert_int_equal(fixture.errors, rows[i].r < 0);
		close_loader();
	}
}

static void the_loop_goes_on_meanwhile_and_one_load_is_enough(void **state)
{
	(void)state;
	open_loader("good");
	begin();
	assert_true(loader_is_busy(fixture.loader));
	assert_int_equal(loader_start(fixture.loader), -EBUSY);
	assert_int_equal(event_base_loop(fixture.base, EVLOOP_NONBLOCK), 0);
	assert_int_equal(fixture.done, 0);
	sem_post(&fixture.go_on);
	loop_until(1);
	assert_false(loader_is_busy(fixture.loader));
	/* Nor is it told again. */
	assert_int_equal(event_base_loop(fixture.base, EVLOOP_NONBLOCK), 0);
	assert_int_equal(fixture.done, 1);
	close_loader();
}

static void the_next_may_begin_when_one_is_told(void **state)
{
	(void)state;
	open_loader("good");
	fixture.restart = true;
	begin();
	sem_post(&fixture.go_on);
	sem_post(&fixture.go_on);
	loop_until(2);
	begin();
	sem_post(&fixture.go_on);
	loop_until(3);
	close_loader();
}

static void one_that_ends_in_time_is_waited_for(void **state)
{
	(void)state;
	open_loader("good");
	begin();
	sem_post(&fixture.go_on);
	close_loader();
	assert_int_equal(fixture.done, 0);
	assert_false(loader_is_busy(NULL));
	loader_free(NULL);
}

static unsigned count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void one_that_hangs_is_left_alone_and_frees_what_it_has(void **state)
{
	unsigned before = count_descriptors();

	(void)state;
	open_loader("good");
	begin();
	close_loader();
	assert_true(count_descriptors() > before);
	sem_post(&fixture.go_on);
	while (count_descriptors() > before)
		(void)sem_trywait(&fixture.begun);
	assert_int_equal(fixture.done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_read_is_told),
		cmocka_unit_test(the_loop_goes_on_meanwhile_and_one_load_is_enough),
		cmocka_unit_test(the_next_may_begin_when_one_is_told),
		cmocka_unit_test(one_that_ends_in_time_is_waited_for),
		cmocka_unit_test(one_that_hangs_is_left_alone_and_frees_what_it_has),
	};

	return cmocka_run_group_tests_name("loading", tests, NULL, NULL);
}
