/* The target of a request to everyd, put together of texts that may hold anything. Pure; any
   thread. */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* A longer one is asked for by nobody: the server takes headers of 16 KiB. */
#define URL_SIZE 8192

struct url {
	char text[URL_SIZE];
	size_t len;
	bool has_params;
	bool failed; /* it does not fit */
};

/* Begins with a path as it is, "/v1/jobs". */
void url_begin(struct url *url, const char *path);

/* Adds "/" and one segment, whatever is in it, percent-encoded (RFC 3986, section 2.1). */
void url_segment(struct url *url, const char *segment);

/* Adds to the path, as it is. */
void url_path(struct url *url, const char *path);

/* Adds a parameter to the query, its value percent-encoded; NULL adds nothing. The path ends with
   the first one. */
void url_param(struct url *url, const char *name, const char *value);
