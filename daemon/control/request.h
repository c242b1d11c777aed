/*
 * What a request's line and headers say, apart from any connection: paths, queries, hosts. Pure.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

/* The most "{...}" of a path, and parameters of a query. */
#define REQUEST_SEGMENTS_MAX 4
#define REQUEST_PARAMS_MAX   32

struct request_param {
	const char *name;
	const char *value;
};

/* A request's path and query, taken apart; the texts are in `buf`. */
struct request_uri {
	char *buf;
	const char *segments[REQUEST_SEGMENTS_MAX];
	unsigned n_segments;
	struct request_param params[REQUEST_PARAMS_MAX];
	unsigned n_params;
};

void request_uri_done(struct request_uri *uri);

/* Does the path (up to '?' or '#' or the end) follow the pattern ("/v1/jobs/{job}")? "{...}" stands
   for one segment that is not empty. */
bool request_path_matches(const char *target, const char *pattern);

/*
 * Takes apart a target that matches `pattern`: its segments, percent-decoded, and its query, whose
 * parameters may be "name=value" or "name" and have '+' for a space. Returns 0; -EINVAL for a %XX
 * that is none, or that is a NUL; -E2BIG for too many parameters; or -ENOMEM. Then there is nothing
 * to be done with it.
 */
int request_uri_parse(const char *target, const char *pattern,
		      struct request_uri *ret_uri) _must_check_;

/*
 * Has the query no other parameters than these, which end with NULL, each once? Returns 0; -EINVAL
 * for one without a name, -ENOENT for one that is not among them, -EEXIST for one that comes again;
 * *ret_name is the uri's then.
 */
int request_uri_check(const struct request_uri *uri, const char *const *known,
		      const char **ret_name) _must_check_;

/* The value of a parameter; NULL: there is none. */
const char *request_uri_param(const struct request_uri *uri, const char *name);

/*
 * May a browser that was sent here by a name ask for this? `host` is the request's Host field
 * (RFC 9110, section 7.2): an address, "localhost", or `name` (NULL: none), with or without a port.
 * Any other name could be one that an attacker has made to lead here (DNS rebinding).
 */
bool request_host_is_own(const char *host, const char *name);
