/*
 * The fields that go to the journal, by a sd_journal_sendv() of the test's own, which the linker
 * prefers to the library's; and whether standard error is the journal's.
 */
#include "service/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define SENT_MAX 4

/* Each record as its fields, one to a line. */
static char sent[SENT_MAX][4096];
static size_t n_sent;
static int send_result;

int sd_journal_sendv(const struct iovec *iov, int n)
{
	char *out = sent[n_sent % SENT_MAX];
	size_t at = 0;

	n_sent++;
	for (int i = 0; i < n; i++) {
		memcpy(out + at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
		out[at++] = '\n';
	}
	out[at] = '\0';
	return send_result;
}

static int begin(void **state)
{
	(void)state;
	n_sent = 0;
	send_result = 0;
	return 0;
}

/* What is written to standard error by fn(). */
static const char *captured_stderr(void (*fn)(void))
{
	static char text[4096];
	int kept = dup(STDERR_FILENO);
	int ends[2];
	ssize_t n;

	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	fn();
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	n = read(ends[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(ends[0]);
	close(ends[1]);
	close(kept);
	return text;
}

static struct log_record record(const char *text)
{
	return (struct log_record){.level = LOG_LEVEL_INFO, .text = text, .len = strlen(text)};
}

static void write_records(const struct log_record *records, size_t count)
{
	struct log_sink sink = journal_sink();

	sink.write(sink.ctx, records, count);
}

static void records_become_fields(void **state)
{
	const struct {
		struct log_record record;
		const char *fields;
	} cases[] = {
		{{.level = LOG_LEVEL_NOTICE, .text = "ready", .len = 5},
		 "MESSAGE=ready\nPRIORITY=5\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=everyd\n"},
		{{.level = LOG_LEVEL_WARNING, .text = "skipped", .len = 7, .job = "backup"},
		 "MESSAGE=skipped\nPRIORITY=4\nSYSLOG_FACILITY=9\nSYSLOG_IDENTIFIER=backup\n"
		 "EVERYD_JOB=backup\n"},
		{{.level = LOG_LEVEL_ERROR,
		  .text = "failed",
		  .len = 6,
		  .job = "b",
		  .run = UINT64_MAX},
		 "MESSAGE=failed\nPRIORITY=3\nSYSLOG_FACILITY=9\nSYSLOG_IDENTIFIER=b\nEVERYD_JOB="
		 "b\n"
		 "EVERYD_RUN=18446744073709551615\n"},
		{{.level = LOG_LEVEL_INFO,
		  .text = "a=b\tc",
		  .len = 5,
		  .job = "b",
		  .run = 7,
		  .stream = "stdout"},
		 "MESSAGE=a=b\tc\nPRIORITY=6\nSYSLOG_FACILITY=9\nSYSLOG_IDENTIFIER=b\nEVERYD_JOB="
		 "b\n"
		 "EVERYD_RUN=7\nEVERYD_STREAM=stdout\n"},
		{{.level = LOG_LEVEL_EMERGENCY,
		  .text = "x",
		  .len = 1,
		  .job = "b",
		  .run = 7,
		  .stream = "stderr"},
		 "MESSAGE=x\nPRIORITY=0\nSYSLOG_FACILITY=9\nSYSLOG_IDENTIFIER=b\nEVERYD_JOB=b\n"
		 "EVERYD_RUN=7\nEVERYD_STREAM=stderr\n"},
		{{.level = LOG_LEVEL_CRITICAL, .text = "x", .len = 1},
		 "MESSAGE=x\nPRIORITY=2\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=everyd\n"},
		{{.level = LOG_LEVEL_NOTICE, .text = "x", .len = 1, .message = LOG_MESSAGE_STARTED},
		 "MESSAGE=x\nPRIORITY=5\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=everyd\n"
		 "MESSAGE_ID=f49c29d057114a65976c811901105664\n"},
		{{.level = LOG_LEVEL_NOTICE,
		  .text = "x",
		  .len = 1,
		  .job = "b",
		  .run = 7,
		  .message = LOG_MESSAGE_RUN_FAILED,
		  .slot = 1772341200 * USEC_PER_SEC + 5,
		  .verdict = "failed",
		  .reason = "memory"},
		 "MESSAGE=x\nPRIORITY=5\nSYSLOG_FACILITY=9\nSYSLOG_IDENTIFIER=b\nEVERYD_JOB=b\n"
		 "EVERYD_RUN=7\nMESSAGE_ID=6f26777e73104b8a909403d4d90e8efc\nEVERYD_SLOT=2026-03-"
		 "01T05:00:00.000005Z\n"
		 "EVERYD_VERDICT=failed\nEVERYD_REASON=memory\n"},
		{{.level = LOG_LEVEL_DEBUG, .text = "", .len = 0},
		 "MESSAGE=\nPRIORITY=7\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER=everyd\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		n_sent = 0;
		write_records(&cases[i].record, 1);
		assert_int_equal(n_sent, 1);
		assert_string_equal(sent[0], cases[i].fields);
	}
}

static void length_decides_not_the_terminator(void **state)
{
	const struct log_record cut = {.level = LOG_LEVEL_INFO, .text = "cut here", .len = 3};

	(void)state;
	write_records(&cut, 1);
	assert_int_equal(strncmp(sent[0], "MESSAGE=cut\nPRIORITY=", 21), 0);
}

static void a_batch_is_sent_in_order(void **state)
{
	const struct log_record batch[] = {record("one"), record("and the longest of them"),
					   record("three")};

	(void)state;
	write_records(batch, ARRAY_LENGTH(batch));
	assert_int_equal(n_sent, ARRAY_LENGTH(batch));
	for (size_t i = 0; i < ARRAY_LENGTH(batch); i++)
		assert_int_equal(strncmp(sent[i] + strlen("MESSAGE="), batch[i].text, batch[i].len),
				 0);
}

static void send_to_deaf_journal(void)
{
	const struct log_record unheard = record("nobody hears this");

	send_result = -ECONNREFUSED;
	write_records(&unheard, 1);
}

static void what_the_journal_refuses_goes_to_stderr(void **state)
{
	(void)state;
	assert_non_null(strstr(captured_stderr(send_to_deaf_journal), "nobody hears this"));
}

static bool seen_as_journal;

static void look_at_stderr(void)
{
	seen_as_journal = journal_is_stderr();
}

static void stderr_is_the_journals_when_the_numbers_match(void **state)
{
	/* How JOURNAL_STREAM differs from the device and inode of standard error. */
	static const struct {
		const char *format; /* NULL: not set */
		int device;
		int inode;
		bool expected;
	} cases[] = {
		{"%ju:%ju", 0, 0, true},   {"%ju:%ju", 1, 0, false}, {"%ju:%ju", 0, 1, false},
		{"%ju:%jux", 0, 0, false}, {"%ju", 0, 0, false},     {":", 0, 0, false},
		{"", 0, 0, false},         {NULL, 0, 0, false},
	};
	struct stat st;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		char text[64];

		(void)unsetenv("JOURNAL_STREAM");
		if (cases[i].format) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			(void)snprintf(text, sizeof(text), cases[i].format,
				       (uintmax_t)st.st_dev + (unsigned)cases[i].device,
				       (uintmax_t)st.st_ino + (unsigned)cases[i].inode);
#pragma GCC diagnostic pop
			assert_int_equal(setenv("JOURNAL_STREAM", text, 1), 0);
		}
		assert_int_equal(journal_is_stderr(), cases[i].expected);
	}
}

static void another_stderr_is_not_the_journals(void **state)
{
	char text[64];
	struct stat st;

	(void)state;
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", text, 1), 0);
	assert_true(journal_is_stderr());
	(void)captured_stderr(look_at_stderr);
	assert_false(seen_as_journal);
	(void)unsetenv("JOURNAL_STREAM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(records_become_fields, begin),
		cmocka_unit_test_setup(length_decides_not_the_terminator, begin),
		cmocka_unit_test_setup(a_batch_is_sent_in_order, begin),
		cmocka_unit_test_setup(what_the_journal_refuses_goes_to_stderr, begin),
		cmocka_unit_test(stderr_is_the_journals_when_the_numbers_match),
		cmocka_unit_test(another_stderr_is_not_the_journals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
