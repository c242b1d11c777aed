/* How the daemon is. */
#include "base/values.h"
#include "control/control_internal.h"
#include "control/handlers.h"

#include <string.h>
#include <unistd.h>

/* Alive, since this is the loop; what it cannot do is the reader's to judge. */
void handle_health(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	struct control_facts facts = {.config_path = ""};
	const char *text;

	host->ops->facts(host->daemon, &facts);
	if (facts.stopping) {
		text = "stopping\n";
		exchange_reply_text(exchange, STATUS_UNAVAILABLE, "text/plain", text, strlen(text));
		return;
	}
	text = "ok\n";
	exchange_reply_text(exchange, STATUS_OK, "text/plain", text, strlen(text));
}

/* Where it is, which is said with what is wrong, is for those who may know of files. */
static json_t *describe_ledger(const struct control_facts *facts, bool open)
{
	const char *problem = facts->ledger[0] && open ? "it cannot be written" : facts->ledger;

	return json_pack("{so sI sI}", "problem", value_filled(problem), "waiting",
			 (json_int_t)facts->ledger_waiting, "dropped",
			 (json_int_t)facts->ledger_dropped);
}

/* What is heard there, by TCP, is nobody's business there. */
static json_t *describe_listener(const struct control *control, bool open)
{
	if (!control->tcp_address)
		return json_null();
	return json_pack("{so so}", "address", value_text(open ? NULL : control->tcp_address),
			 "error", value_text(open ? NULL : control->tcp_error));
}

static json_t *describe_next(const struct control_host *host)
{
	struct engine_job *job;
	usec_t due = engine_next_due(host->engine, &job);

	if (!job)
		return json_null();
	return json_pack("{so so}", "job", value_text(job->def->name), "due", value_time(due));
}

void handle_status(struct exchange *exchange)
{
	const struct control_host *host = exchange_host(exchange);
	const struct model *model = engine_model(host->engine);
	struct control_facts facts = {.config_path = ""};
	bool open = exchange_is_tcp(exchange);
	json_t *config;

	host->ops->facts(host->daemon, &facts);
	/* Over TCP, paths and what a configuration holds are nobody's business. */
	config = json_pack("{so so sb so so}", "path", value_text(open ? NULL : facts.config_path),
			   "loaded", value_past(facts.loaded), "loading", facts.loading, "failed",
			   json_boolean(facts.reload_error), "error",
			   value_text(open ? NULL : facts.reload_error));
	exchange_reply(
		exchange, STATUS_OK,
		json_pack("{ss si sb so so so so sI si si sI sI sI so so so}", "version",
			  EVERYD_VERSION, "pid", (int)getpid(), "stopping", facts.stopping,
			  "started", value_past(facts.started), "uptime", value_span(facts.uptime),
			  "config", config, "next", describe_next(host), "jobs",
			  (json_int_t)(model ? model->n_jobs : 0), "workers", (int)facts.workers,
			  "busy", (int)facts.busy, "queued", (json_int_t)facts.queued, "waiting",
			  (json_int_t)engine_waiting(host->engine), "log_dropped",
			  (json_int_t)facts.log_dropped, "needs", value_filled(facts.needs),
			  "status_listen", describe_listener(exchange_control(exchange), open),
			  "ledger",
			  facts.has_ledger ? describe_ledger(&facts, open) : json_null()));
}
