/* The handlers of routes.c's rows, by the file that they are in. */
#pragma once

#include "control/route.h"

/* status.c */
void handle_health(struct exchange *exchange);
void handle_status(struct exchange *exchange);

/* openapi.c */
void handle_openapi(struct exchange *exchange);

/* jobs.c */
void handle_jobs(struct exchange *exchange);
void handle_job(struct exchange *exchange);
void handle_groups(struct exchange *exchange);

/* monitoring.c */
void handle_metrics(struct exchange *exchange);

/* events.c */
void handle_events(struct exchange *exchange);

/* logs.c */
void handle_logs(struct exchange *exchange);

/* act.c */
void handle_run(struct exchange *exchange);
void handle_kill_run(struct exchange *exchange);
void handle_kill_job(struct exchange *exchange);
void handle_reload(struct exchange *exchange);
void handle_stop(struct exchange *exchange);

/* act_pause.c */
void handle_pause_job(struct exchange *exchange);
void handle_pause_group(struct exchange *exchange);
void handle_pause_all(struct exchange *exchange);
void handle_resume_job(struct exchange *exchange);
void handle_resume_group(struct exchange *exchange);
void handle_resume_all(struct exchange *exchange);

/* runs.c */
void handle_runs(struct exchange *exchange);
void handle_run_facts(struct exchange *exchange);
void handle_run_output(struct exchange *exchange);

/* why.c */
void handle_why(struct exchange *exchange);
