/* See route.h. Each row is described in conf/everyd-openapi.json. */
#include "control/handlers.h"

const struct route routes[] = {
	{METHOD_GET, "/healthz", ACCESS_READ, .on_tcp = true, .handle = handle_health},
	{METHOD_GET, "/v1/status", ACCESS_READ, .on_tcp = true, .handle = handle_status},
	{METHOD_GET, "/v1/openapi.json", ACCESS_READ, .on_tcp = true, .handle = handle_openapi},
	{METHOD_GET, "/v1/jobs", ACCESS_READ, .on_tcp = true, .handle = handle_jobs},
	{METHOD_GET, "/v1/jobs/{job}", ACCESS_READ, .on_tcp = true, .handle = handle_job},
	{METHOD_GET, "/v1/groups", ACCESS_READ, .on_tcp = true, .handle = handle_groups},
	{METHOD_GET, "/v1/events", ACCESS_READ, .on_tcp = true, .stream = true,
	 .handle = handle_events},
	{METHOD_GET, "/v1/logs", ACCESS_READ, .stream = true, .handle = handle_logs},
	{METHOD_POST, "/v1/jobs/{job}/run", ACCESS_CHANGE, .handle = handle_run},
	{METHOD_POST, "/v1/jobs/{job}/kill", ACCESS_CHANGE, .handle = handle_kill_job},
	{METHOD_POST, "/v1/jobs/{job}/pause", ACCESS_CHANGE, .handle = handle_pause_job},
	{METHOD_POST, "/v1/jobs/{job}/resume", ACCESS_CHANGE, .handle = handle_resume_job},
	{METHOD_POST, "/v1/runs/{run}/kill", ACCESS_CHANGE, .handle = handle_kill_run},
	{METHOD_POST, "/v1/groups/{group}/pause", ACCESS_CHANGE, .handle = handle_pause_group},
	{METHOD_POST, "/v1/groups/{group}/resume", ACCESS_CHANGE, .handle = handle_resume_group},
	{METHOD_POST, "/v1/pause", ACCESS_CHANGE, .handle = handle_pause_all},
	{METHOD_POST, "/v1/resume", ACCESS_CHANGE, .handle = handle_resume_all},
	{METHOD_POST, "/v1/reload", ACCESS_CHANGE, .handle = handle_reload},
	{METHOD_POST, "/v1/stop", ACCESS_CHANGE, .handle = handle_stop},
	{.path = NULL},
};
