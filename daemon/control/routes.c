/* See route.h. Each row is described in conf/everyd-openapi.json. */
#include "control/handlers.h"

const struct route routes[] = {
	{METHOD_GET, "/healthz", ACCESS_READ, .on_tcp = true, .handle = handle_health},
	{METHOD_GET, "/v1/status", ACCESS_READ, .on_tcp = true, .handle = handle_status},
	{.path = NULL},
};
