/* See monitoring.h. */
#include "control/monitoring.h"

#include "base/log.h"
#include "control/control_internal.h"
#include "control/handlers.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

/* From one writing of the file to the next at least; nobody collects it more often than that. */
#define WRITE_INTERVAL (15 * USEC_PER_SEC)

/* How long a daemon that stops waits for a disk that is being written. */
#define FREE_PATIENCE (2 * USEC_PER_SEC)

static void on_answers(evutil_socket_t fd, short what, void *arg)
{
	struct monitoring *monitoring = arg;

	(void)fd;
	(void)what;
	scraper_dispatch(monitoring->scraper);
}

/* Behind all that is about jobs. */
static void set_last(const struct control_host *host, struct event *event)
{
	(void)event_priority_set(event, event_base_get_npriorities(host->base) - 1);
}

static int begin(struct monitoring *monitoring)
{
	struct event_base *base = monitoring->host->base;
	int r;

	if (monitoring->scraper)
		return 0;
	r = scraper_new(&monitoring->scraper);
	if (r < 0)
		return r;
	(void)event_assign(&monitoring->answers, base, scraper_fd(monitoring->scraper),
			   EV_READ | EV_PERSIST, on_answers, monitoring);
	set_last(monitoring->host, &monitoring->answers);
	if (event_add(&monitoring->answers, NULL) == 0)
		return 0;
	scraper_free(steal_ptr(monitoring->scraper), FREE_PATIENCE);
	return -ENOMEM;
}

/* Has a page of now printed. Returns 0 or -errno. */
static int print(struct monitoring *monitoring, enum metrics_format format, const char *path,
		 void (*done)(void *ctx, const struct scraped *scraped), void *ctx)
{
	struct metrics_page *page;
	int r = begin(monitoring);

	if (r < 0)
		return r;
	page = metrics_page_new(&monitoring->metrics, monitoring->host);
	return page ? scraper_ask(monitoring->scraper, page, format, path, done, ctx) : -ENOMEM;
}

/* --- the file --- */

static void tell(struct monitoring *monitoring, int r)
{
	if (r < 0 && monitoring->error != -r)
		log_msg(LOG_LEVEL_ERROR, "the metrics_textfile %s cannot be written: %s",
			monitoring->path, strerrordesc_np(-r));
	else if (r == 0 && monitoring->error != 0)
		log_msg(LOG_LEVEL_NOTICE, "the metrics_textfile %s is written again",
			monitoring->path);
	monitoring->error = -r;
}

/* In time, if it is wanted, and not on its way. */
static void write_soon(struct monitoring *monitoring)
{
	usec_t span;
	struct timeval tv;

	if (!monitoring->path || monitoring->writing || evtimer_pending(&monitoring->write, NULL))
		return;
	span = monitoring->written + WRITE_INTERVAL - clock_elapsed();
	if (monitoring->written == 0 || span < 0)
		span = 0;
	tv = (struct timeval){.tv_sec = span / USEC_PER_SEC, .tv_usec = span % USEC_PER_SEC};
	(void)evtimer_add(&monitoring->write, &tv);
}

static void on_written(void *ctx, const struct scraped *scraped)
{
	struct monitoring *monitoring = ctx;

	monitoring->writing = false;
	tell(monitoring, scraped->r);
	if (monitoring->stale)
		write_soon(monitoring);
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	struct monitoring *monitoring = arg;
	int r;

	(void)fd;
	(void)what;
	monitoring->stale = false;
	monitoring->written = clock_elapsed();
	r = print(monitoring, METRICS_PROMETHEUS, monitoring->path, on_written, monitoring);
	monitoring->writing = r == 0;
	/* The next change has it tried again. */
	if (r < 0)
		tell(monitoring, r);
}

static void set_path(struct monitoring *monitoring, const char *path)
{
	if (path && monitoring->path && strcmp(path, monitoring->path) == 0)
		return;
	if (monitoring->scraper)
		scraper_forget(monitoring->scraper, monitoring);
	(void)evtimer_del(&monitoring->write);
	free(monitoring->path);
	monitoring->path = NULL;
	monitoring->writing = false;
	monitoring->written = 0;
	monitoring->error = 0;
	if (!path)
		return;
	monitoring->path = strdup(path);
	if (!monitoring->path)
		log_msg(LOG_LEVEL_ERROR, "out of memory: no metrics_textfile is written");
}

/* --- what becomes of it --- */

void monitoring_configure(struct monitoring *monitoring, const struct control_host *host)
{
	if (!monitoring->host) {
		monitoring->host = host;
		(void)evtimer_assign(&monitoring->write, host->base, on_write, monitoring);
		set_last(host, &monitoring->write);
	}
	metrics_configure(&monitoring->metrics, host);
	set_path(monitoring, engine_model(host->engine)->daemon.metrics_textfile);
	/* Who has changed something looks for it. */
	(void)evtimer_del(&monitoring->write);
	monitoring->written = 0;
	monitoring->stale = true;
	write_soon(monitoring);
}

void monitoring_effect(struct monitoring *monitoring, const struct effect *effect)
{
	metrics_effect(&monitoring->metrics, effect);
	if (!monitoring->path)
		return;
	monitoring->stale = true;
	write_soon(monitoring);
}

void monitoring_done(struct monitoring *monitoring)
{
	if (monitoring->host)
		set_path(monitoring, NULL);
	if (monitoring->scraper) {
		(void)event_del(&monitoring->answers);
		scraper_free(steal_ptr(monitoring->scraper), FREE_PATIENCE);
	}
	metrics_done(&monitoring->metrics);
}

/* --- a client --- */

struct scraping {
	struct exchange *exchange;
	struct scraper *scraper;
	enum metrics_format format;
};

static void on_gone(void *ctx)
{
	struct scraping *scraping = ctx;

	scraper_forget(scraping->scraper, scraping);
	free(scraping);
}

static void on_printed(void *ctx, const struct scraped *scraped)
{
	struct scraping *scraping = ctx;

	if (scraped->r < 0)
		exchange_error(scraping->exchange, STATUS_UNAVAILABLE, "no-metrics",
			       "metrics cannot be had now: %s", strerrordesc_np(-scraped->r));
	else
		exchange_reply_text(scraping->exchange, STATUS_OK, metrics_types[scraping->format],
				    scraped->text, scraped->len);
	free(scraping);
}

void handle_metrics(struct exchange *exchange)
{
	struct monitoring *monitoring = &exchange_control(exchange)->monitoring;
	struct scraping *scraping = malloc(sizeof(*scraping));
	int r = scraping ? 0 : -ENOMEM;

	if (scraping) {
		*scraping = (struct scraping){
			.exchange = exchange,
			.format = metrics_format_wanted(exchange_header(exchange, "Accept")),
		};
		r = monitoring->host
			    ? print(monitoring, scraping->format, NULL, on_printed, scraping)
			    : -EAGAIN;
	}
	if (r < 0) {
		free(scraping);
		exchange_error(exchange, STATUS_UNAVAILABLE, "busy",
			       "metrics cannot be had now: %s", strerrordesc_np(-r));
		return;
	}
	scraping->scraper = monitoring->scraper;
	exchange_wait(exchange, on_gone, scraping);
}
