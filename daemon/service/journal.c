/* See journal.h. */
#include "service/journal.h"

#include "service/messages.h"

/* Where in the source a line was logged is the logger's source, for every record. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define FIELDS_MAX 11

/* The fields of one record, one behind the other in `buffer`. */
struct fields {
	char *buffer;
	size_t used;
	struct iovec iov[FIELDS_MAX];
	int count;
};

static void add(struct fields *fields, const char *key, const char *value, size_t len)
{
	char *field = fields->buffer + fields->used;
	char *end = mempcpy(stpcpy(field, key), value, len);

	fields->iov[fields->count++] = (struct iovec){field, (size_t)(end - field)};
	fields->used += (size_t)(end - field);
}

static void add_text(struct fields *fields, const char *key, const char *value)
{
	add(fields, key, value, strlen(value));
}

static void add_number(struct fields *fields, const char *key, uint64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRIu64, value);

	add(fields, key, text, (size_t)n);
}

/* At least as much as the fields of a record take: texts, keys and numbers. */
static size_t fields_size(const struct log_record *record)
{
	return record->len + (record->job ? 2 * strlen(record->job) : 0) +
	       (record->stream ? strlen(record->stream) : 0) +
	       (record->verdict ? strlen(record->verdict) : 0) +
	       (record->reason ? strlen(record->reason) : 0) + 512;
}

static int send(const struct log_record *record, char *buffer)
{
	struct fields fields = {.buffer = buffer};
	char slot[CLOCK_TEXT_SIZE];

	add(&fields, "MESSAGE=", record->text, record->len);
	add_number(&fields, "PRIORITY=", record->level);
	add_number(&fields, "SYSLOG_FACILITY=", LOG_FAC(record->job ? LOG_CRON : LOG_DAEMON));
	add_text(&fields, "SYSLOG_IDENTIFIER=", record->job ? record->job : "everyd");
	if (record->job)
		add_text(&fields, "EVERYD_JOB=", record->job);
	if (record->run)
		add_number(&fields, "EVERYD_RUN=", record->run);
	if (record->stream)
		add_text(&fields, "EVERYD_STREAM=", record->stream);
	if (record->message != LOG_MESSAGE_NONE)
		add_text(&fields, "MESSAGE_ID=", message_info(record->message)->id);
	if (record->slot)
		add_text(&fields, "EVERYD_SLOT=", clock_format_utc(record->slot, 6, slot));
	if (record->verdict)
		add_text(&fields, "EVERYD_VERDICT=", record->verdict);
	if (record->reason)
		add_text(&fields, "EVERYD_REASON=", record->reason);
	return sd_journal_sendv(fields.iov, fields.count);
}

/* What the journal does not take goes to standard error rather than nowhere. */
static void journal_write(void *ctx, const struct log_record *records, size_t count)
{
	struct log_sink fallback = log_stderr_sink();
	_cleanup_free_ char *buffer = NULL;
	size_t size = 1;

	(void)ctx;
	for (size_t i = 0; i < count; i++)
		if (fields_size(&records[i]) > size)
			size = fields_size(&records[i]);
	buffer = malloc(size);
	for (size_t i = 0; i < count; i++)
		if (!buffer || send(&records[i], buffer) < 0)
			fallback.write(fallback.ctx, &records[i], 1);
}

struct log_sink journal_sink(void)
{
	return (struct log_sink){.write = journal_write};
}

bool journal_is_there(void)
{
	return access("/run/systemd/journal/socket", W_OK) == 0;
}

bool journal_is_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char expected[48];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(expected, sizeof(expected), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino);
	return strcmp(stream, expected) == 0;
}
