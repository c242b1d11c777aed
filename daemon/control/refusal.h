/*
 * What evhttp answers by itself to a request that it cannot make sense of, which no handler gets to
 * see: a page of HTML (libevent 2.1.12 has no way to say otherwise). Here it becomes what all other
 * errors are.
 */
#pragma once

#include "base/cleanup.h"

#include <stdbool.h>

struct evbuffer;

/* Replaces such a page in what is about to be sent, of which the beginning must not be frozen; what
   is none ("100 Continue") stays. Returns whether there was one; when memory is out, part
   of the answer is missing. */
bool refusal_replace(struct evbuffer *out);
