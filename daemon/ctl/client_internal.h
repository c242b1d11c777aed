/* What the files of the client share: client.c (questions), client_stream.c (answers that go on),
   client_failure.c (what went wrong, in words). */
#pragma once

#include "ctl/client.h"
#include "ctl/socket.h"

#include <curl/curl.h>
#include <sys/un.h>

struct client {
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	enum socket_owner owner;
	bool json;       /* --json */
	usec_t patience; /* client_wait_for() */
	CURL *easy;
	CURLM *multi; /* of the streams */
	struct client_failure failure;
};

/* What comes of a request before it is known to be good; bounded. */
struct client_body {
	char *text;
	size_t len;
	size_t size;
	bool too_large;
};

/* A curl_write_callback(3) for one. */
size_t client_take_body(char *bytes, size_t size, size_t n, void *body);

/* Makes a handle ready for a request of that target. Returns false without memory, or if the target
   is too long. */
bool client_prepare(const struct client *client, CURL *easy, const struct url *url) _must_check_;

/* Each puts the failure down, as client_fail(), and returns its exit status. */
/* libcurl has no answer. */
int client_fail_curl(struct client *client, CURL *easy, CURLcode code);
/* An answer whose status is none of success; `posted`: it was to change something. */
int client_fail_status(struct client *client, long status, const char *text, size_t len,
		       bool posted);
/* An answer that everyd would not give. */
int client_fail_nonsense(struct client *client);
