/*
 * Members of what everyd answers, and how people see them. Whatever is not there, or not what it
 * should be, is absent: who answers may be of another version. Pure; one thread.
 */
#pragma once

#include "base/cleanup.h"
#include "base/clock.h"
#include "ctl/table.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct when;
struct zone;

/* Room for any text of these. */
#define FIELD_TEXT_SIZE 128

/* A member by its name, or by names with dots between them: "config.error". NULL: absent, or
   null. */
const json_t *field(const json_t *object, const char *name);
/* A string; NULL: absent. Borrowed. */
const char *field_text(const json_t *object, const char *name);
/* An integer; `absent` if there is none. */
int64_t field_integer(const json_t *object, const char *name, int64_t absent);
bool field_true(const json_t *object, const char *name);
/* Wall time of an RFC 3339 one; USEC_INFINITY: absent. */
usec_t field_time(const json_t *object, const char *name, const struct when *when);
/* A span of a number of seconds; USEC_INFINITY: absent. */
usec_t field_span(const json_t *object, const char *name);
/* The elements of an array; those of none if it is absent. */
const json_t *field_array(const json_t *object, const char *name);

/* For people: "-" if absent. Each returns buf. */
const char *field_format_relative(const json_t *object, const char *name, const struct when *when,
				  char buf[static FIELD_TEXT_SIZE]);
const char *field_format_time(const json_t *object, const char *name, const struct when *when,
			      char buf[static FIELD_TEXT_SIZE]);
const char *field_format_span(const json_t *object, const char *name,
			      char buf[static FIELD_TEXT_SIZE]);
/* "12.3 KB" */
const char *field_format_bytes(int64_t bytes, char buf[static FIELD_TEXT_SIZE]);

/* All that a job is, the foremost first: "running, paused". Returns how it is coloured: by the
   worst of it. */
enum table_color field_format_state(const json_t *job, char buf[static FIELD_TEXT_SIZE]);

/* How a verdict, or the state of a run or a job, is coloured. NULL: plainly. */
enum table_color field_color(const char *word);
