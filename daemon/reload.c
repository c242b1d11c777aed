/* See reload.h. */
#include "reload.h"

#include "base/diag.h"
#include "base/log.h"
#include "base/text_file.h"
#include "config/config.h"
#include "control/server.h"
#include "control_host.h"
#include "daemon.h"
#include "loading.h"
#include "records.h"
#include "restore.h"
#include "service/notify.h"
#include "status.h"
#include "work.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* Somebody who is to be told what comes of a load. */
struct reload_waiter {
	void (*done)(void *ctx, const struct control_reloaded *what);
	void *ctx;
	STAILQ_ENTRY(reload_waiter) link;
};

/* Text of a failed reload that is kept for the status. */
#define RELOAD_ERROR_MAX 400

static void log_diags(const struct diags *diags)
{
	for (size_t i = 0; i < diags->count; i++) {
		_cleanup_free_ char *text = diag_format(&diags->items[i]);
		bool error = diags->items[i].severity == DIAG_ERROR;

		log_msg(error ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING, "%s",
			text ? text : diags->items[i].text);
	}
	if (diags->errors + diags->warnings > diags->count)
		log_msg(LOG_LEVEL_ERROR, "and %zu more",
			diags->errors + diags->warnings - diags->count);
}

/* Cuts a text at the beginning of the UTF-8 character that would not fit. */
static void cut(char *text, size_t len)
{
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	text[len] = '\0';
}

/* Keeps the first error for the status. */
static void note_error(struct daemon *daemon, const struct diags *diags, int r)
{
	free(daemon->reload_error);
	daemon->reload_error = NULL;
	for (size_t i = 0; i < diags->count && !daemon->reload_error; i++)
		if (diags->items[i].severity == DIAG_ERROR)
			daemon->reload_error = diag_format(&diags->items[i]);
	if (!daemon->reload_error)
		daemon->reload_error = strdup(strerrordesc_np(-r));
	if (daemon->reload_error && strlen(daemon->reload_error) > RELOAD_ERROR_MAX)
		cut(daemon->reload_error, RELOAD_ERROR_MAX);
}

/* What lives of the daemon before this one have left. */
static int open_past(struct daemon *daemon, const struct model *model)
{
	int r = records_open(daemon, model);

	if (r < 0)
		return r;
	restore_prepare(daemon, model);
	run_context_clear(daemon->runs);
	/* Before the first effect, which it counts. */
	return control_host_start(daemon);
}

/* `ret_named`: unless it is NULL, what has changed; for as long as both models are there. */
static int put_in_force(struct daemon *daemon, struct model *model, struct engine_named *ret_named)
{
	bool first = !daemon->running;
	struct engine_load *prepared = NULL;
	int r = first ? open_past(daemon, model) : 0;

	if (r == 0)
		r = engine_prepare(daemon->engine, model, first ? &daemon->past : NULL, &prepared);
	if (r < 0)
		return r;
	r = work_fit_pool(daemon, model);
	if (r < 0) {
		engine_load_free(prepared);
		return r;
	}
	run_context_forget_users(daemon->runs);
	if (ret_named)
		*ret_named = *engine_load_named(prepared);
	daemon_step(daemon, &(struct engine_event){.kind = ENGINE_LOAD, .load = prepared});
	if (first)
		records_loaded(daemon);
	else
		records_configure(daemon, model);
	daemon->running = true;
	daemon->loaded = clock_wall();
	control_configure(daemon->control, model);
	return 0;
}

/* Puts in force what was read, or logs what is wrong with it and keeps the old one. Returns 0 or
   -errno. */
static int conclude(struct daemon *daemon, const struct loaded *loaded,
		    struct engine_named *ret_named)
{
	int r = loaded->r;

	if (r == 0)
		r = put_in_force(daemon, loaded->model, ret_named);
	log_diags(&loaded->diags);
	if (r == 0) {
		needs_update(&daemon->needs, loaded->model, daemon->runs);
		needs_report(&daemon->needs);
		free(daemon->reload_error);
		daemon->reload_error = NULL;
		return 0;
	}
	note_error(daemon, &loaded->diags, r);
	if (loaded->diags.errors == 0 && r != -EBUSY) /* of which more has been said */
		log_msg(LOG_LEVEL_ERROR, "%s: %s", daemon->config_path, strerrordesc_np(-r));
	return r;
}

/* What the reader needed and the model that went go back to the system, not to the heap: 10 ms for
   a million jobs. */
static void trim(void)
{
	(void)malloc_trim(0);
}

static void tell_waiters(struct daemon *daemon, const struct control_reloaded *what)
{
	struct reload_waiter *waiter;

	while ((waiter = STAILQ_FIRST(&daemon->reload_waiters))) {
		struct reload_waiter told = *waiter;

		STAILQ_REMOVE_HEAD(&daemon->reload_waiters, link);
		free(waiter);
		told.done(told.ctx, what);
	}
	STAILQ_CONCAT(&daemon->reload_waiters, &daemon->reload_waiters_again);
}

static void refuse(struct daemon *daemon)
{
	log_msg(LOG_LEVEL_NOTICE, "no reload: everyd is stopping");
	STAILQ_CONCAT(&daemon->reload_waiters, &daemon->reload_waiters_again);
	tell_waiters(daemon, &(struct control_reloaded){.r = -ESHUTDOWN, .text = ""});
}

/* What `everyd -t` would say. */
static void tell_outcome(struct daemon *daemon, int r, const struct diags *diags,
			 const struct engine_named *named)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *file;

	if (STAILQ_EMPTY(&daemon->reload_waiters))
		return;
	file = text_file_open(&text, &size);
	if (file) {
		config_tell(daemon->config_path, r, diags, true, file);
		(void)fclose(file);
	}
	tell_waiters(daemon, &(struct control_reloaded){
				     .r = r,
				     .diff = daemon->diff,
				     .named = named,
				     .text = text ? text : "",
			     });
}

static void finish(struct daemon *daemon, struct loaded *loaded)
{
	_cleanup_(cleanup_model) struct model *before = engine_ref_model(daemon->engine);
	struct engine_named named = {.n = {0}};
	int r = conclude(daemon, loaded, &named);

	if (r < 0) {
		log_about(LOG_LEVEL_ERROR,
			  &(struct log_about){.message = LOG_MESSAGE_RELOAD_FAILED},
			  "reload failed: the previous configuration stays in force");
		control_reload_failed(daemon->control, loaded->diags.errors, daemon->reload_error);
	}
	tell_outcome(daemon, r, &loaded->diags, &named);
	model_unref(steal_ptr(before));
	loaded_done(loaded);
	trim();
	status_refresh(daemon);
	if (!daemon->reload_again) {
		status_tell(daemon, notify_ready);
		return;
	}
	daemon->reload_again = false;
	reload_begin(daemon);
}

static void on_loaded(void *ctx, struct loaded *loaded)
{
	struct daemon *daemon = ctx;

	if (daemon->stopping)
		refuse(daemon);
	else
		finish(daemon, loaded);
}

void reload_begin(struct daemon *daemon)
{
	struct loaded none = {0};

	if (daemon->stopping) {
		refuse(daemon);
		return;
	}
	status_tell(daemon, notify_reloading);
	none.r = loader_start(daemon->loader);
	if (none.r == -EBUSY)
		daemon->reload_again = true;
	else if (none.r < 0)
		finish(daemon, &none);
}

int reload_ask(struct daemon *daemon, void (*done)(void *ctx, const struct control_reloaded *what),
	       void *ctx)
{
	struct reload_waiter *waiter;

	if (daemon->stopping)
		return -ESHUTDOWN;
	waiter = malloc(sizeof(*waiter));
	if (!waiter)
		return -ENOMEM;
	*waiter = (struct reload_waiter){.done = done, .ctx = ctx};
	/* What is being read now may have been changed since. */
	if (loader_is_busy(daemon->loader))
		STAILQ_INSERT_TAIL(&daemon->reload_waiters_again, waiter, link);
	else
		STAILQ_INSERT_TAIL(&daemon->reload_waiters, waiter, link);
	daemon_set_timer(&daemon->reload, 0);
	return 0;
}

static void forget(struct reload_waiters *waiters, const void *ctx)
{
	struct reload_waiter *waiter = STAILQ_FIRST(waiters);

	while (waiter && waiter->ctx != ctx)
		waiter = STAILQ_NEXT(waiter, link);
	if (!waiter)
		return;
	STAILQ_REMOVE(waiters, waiter, reload_waiter, link);
	free(waiter);
}

void reload_forget(struct daemon *daemon, const void *ctx)
{
	forget(&daemon->reload_waiters, ctx);
	forget(&daemon->reload_waiters_again, ctx);
}

int reload_start(struct daemon *daemon)
{
	_cleanup_(loaded_done) struct loaded loaded = {0};
	int r = loader_new(daemon->base, config_load, daemon->config_path, daemon->host, on_loaded,
			   daemon, &daemon->loader);

	if (r < 0)
		return r;
	loaded.r = config_load(daemon->config_path, daemon->host, &loaded.diags, &loaded.model);
	r = conclude(daemon, &loaded, NULL);
	trim();
	return r;
}
