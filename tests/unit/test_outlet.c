/* Output goes where it is wanted, as much of it as is allowed, and nothing is lost silently. */
#include "exec/outlet.h"

#include "exec/identity.h"
#include "exec/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* What came out: "TARGET LEVEL STREAM text" of each line, "! text" of each note. */
static struct {
	char *text;
	size_t size;
	FILE *stream;
	size_t from; /* what came_out() has not returned */
	size_t lines;
	size_t bytes; /* of their texts, with a newline each */
} seen;

static void take_line(void *ctx, const struct log_line *line)
{
	(void)ctx;
	assert_string_equal(line->job, "backup");
	assert_int_equal(line->run, 17);
	assert_int_equal(strlen(line->text), line->len);
	(void)fprintf(seen.stream, "%d %d %s %s\n", (int)line->target, (int)line->level,
		      line->stream, line->text);
	seen.lines++;
	seen.bytes += line->len + 1;
}

static void take_note(void *ctx, enum log_level level, const char *text)
{
	(void)ctx;
	assert_int_equal(level, LOG_LEVEL_WARNING);
	(void)fprintf(seen.stream, "! %s\n", text);
}

static const struct outlet_sink sink = {take_line, take_note, NULL};
static struct outlet *outlet;
static struct identity self;
static char dir[] = "/tmp/everyd-outlet.XXXXXX";
static char path[PATH_MAX];

static int set_up(void **state)
{
	(void)state;
	outlet = outlet_new();
	seen.stream = open_memstream(&seen.text, &seen.size);
	seen.from = seen.lines = seen.bytes = 0;
	self = (struct identity){.uid = geteuid(), .gid = getegid(), .name = "me", .home = dir};
	(void)strcpy(strrchr(dir, '.'), ".XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/backup.17", dir);
	return outlet && seen.stream ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	outlet_free(outlet);
	(void)fclose(seen.stream);
	free(seen.text);
	(void)unlink(path);
	return rmdir(dir);
}

/* What came out since the last time. */
static const char *came_out(void)
{
	const char *text;

	(void)fflush(seen.stream);
	text = seen.text + seen.from;
	seen.from = seen.size;
	return text;
}

static int begin(const struct job_settings *settings)
{
	struct outlet_source source = {
		.job = "backup",
		.run = 17,
		.settings = settings,
		.identity = &self,
		.wall = 0,
		.keep = true,
	};

	return outlet_begin(outlet, &source, &sink);
}

static void feed(const char *text)
{
	outlet_feed(outlet, OUTLET_STDOUT, text, strlen(text), USEC_PER_SEC);
}

static void end(uint64_t expected_printed, uint64_t expected_dropped)
{
	uint64_t printed = 1;
	uint64_t dropped = 1;
	struct kept_output *kept;

	outlet_end(outlet, &printed, &dropped, &kept);
	assert_int_equal(printed, expected_printed);
	assert_int_equal(dropped, expected_dropped);
	if (kept)
		assert_int_equal(kept->total, printed);
	free(kept);
}

static void lines_go_to_their_target(void **state)
{
	static const struct {
		enum output_kind output;
		const char *out;
	} rows[] = {
		{OUTPUT_LOG, "0 6 stdout one\n0 6 stderr two\n0 6 stdout end\n"},
		{OUTPUT_JOURNAL, "1 6 stdout one\n1 6 stderr two\n1 6 stdout end\n"},
		{OUTPUT_STDERR, "2 6 stdout one\n2 6 stderr two\n2 6 stdout end\n"},
		{OUTPUT_DISCARD, ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct job_settings settings = {.output = rows[i].output, .output_keep = 100};

		assert_int_equal(begin(&settings), 0);
		outlet_feed(outlet, OUTLET_STDOUT, "one\ne", 5, 1);
		outlet_feed(outlet, OUTLET_STDERR, "two\n", 4, 1);
		outlet_feed(outlet, OUTLET_STDOUT, "nd", 2, 1);
		end(11, 0);
		assert_string_equal(came_out(), rows[i].out);
	}
}

static void prefixes_set_the_level(void **state)
{
	static const struct {
		const char *in;
		const char *out;
	} rows[] = {
		{"<3>failed\nplain\n", "0 3 stdout failed\n0 6 stdout plain\n"},
		{"<0>a\n<7>b\n<6>c\n", "0 0 stdout a\n0 7 stdout b\n0 6 stdout c\n"},
		{"<2>", "0 2 stdout \n"},
		{"<2>\n", "0 2 stdout \n"},
		{"<8>a\n", "0 6 stdout <8>a\n"},
		{"<33>a\n", "0 6 stdout <33>a\n"},
		{"<a>a\n", "0 6 stdout <a>a\n"},
		{"<3", "0 6 stdout <3\n"},
		{"<3\n>", "0 6 stdout <3\n0 6 stdout >\n"},
		{" <3>a\n", "0 6 stdout  <3>a\n"},
		{"a<3>\n", "0 6 stdout a<3>\n"},
		{"<3><4>a\n", "0 3 stdout <4>a\n"},
		{"<1>\033[m\r\n", "0 1 stdout \\x1b[m\n"},
	};
	const struct job_settings settings = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		size_t len = strlen(rows[i].in);

		for (size_t step = 1; step <= len; step++) {
			assert_int_equal(begin(&settings), 0);
			for (size_t at = 0; at < len; at += step)
				outlet_feed(outlet, OUTLET_STDOUT, rows[i].in + at,
					    len - at < step ? len - at : step, 1);
			end(len, 0);
			assert_string_equal(came_out(), rows[i].out);
		}
	}
}

static void a_long_line_has_one_level(void **state)
{
	const struct job_settings settings = {0};
	static char line[2 * OUTPUT_LINE_MAX];
	const char *text;

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "<4>", 3);
	/* Here the second piece begins. */
	memcpy(line + OUTPUT_LINE_MAX, "<1>", 3);
	line[sizeof(line) - 1] = '\n';
	assert_int_equal(begin(&settings), 0);
	outlet_feed(outlet, OUTLET_STDERR, line, sizeof(line), 1);
	outlet_feed(outlet, OUTLET_STDERR, "next\n", 5, 1);
	end(sizeof(line) + 5, 0);
	text = came_out();
	assert_int_equal(strncmp(text, "0 4 stderr xxx", 14), 0);
	assert_non_null(strstr(text, "\n0 4 stderr <1>xx"));
	assert_non_null(strstr(text, "\n0 6 stderr next\n"));
	assert_int_equal(seen.lines, 3);
}

static void nothing_printed_is_nothing_done(void **state)
{
	const struct job_settings settings = {.output_rate = 1, .output_max = 1, .output_keep = 1};
	uint64_t printed;
	uint64_t dropped;
	struct kept_output *kept;

	(void)state;
	assert_int_equal(begin(&settings), 0);
	outlet_end(outlet, &printed, &dropped, &kept);
	assert_null(kept);
	assert_int_equal(printed + dropped, 0);
	assert_string_equal(came_out(), "");
}

static void what_is_kept_is_what_was_printed(void **state)
{
	const struct job_settings settings = {.output_rate = 6, .output_max = 7, .output_keep = 8};
	uint64_t printed;
	uint64_t dropped;
	struct kept_output *kept;

	(void)state;
	assert_int_equal(begin(&settings), 0);
	feed("<3>one\n");
	feed("two\nthree\n");
	outlet_end(outlet, &printed, &dropped, &kept);
	assert_non_null(kept);
	assert_int_equal(kept->total, 17);
	assert_int_equal(kept->head, 4);
	assert_int_equal(kept->tail, 4);
	assert_memory_equal(kept->bytes, "<3>oree\n", 8);
	free(kept);
}

/* --- bounds --- */

#define RATE_BEGIN                                                                                 \
	"! prints more than output_rate allows, 10 bytes a second; lines are dropped while this "  \
	"lasts\n"
#define RATE_END(n) "! dropped " n " bytes of output: more than output_rate allows\n"
#define MAX_BEGIN   "! has printed as much as output_max allows, 10 bytes; the rest is dropped\n"
#define MAX_END(n)  "! dropped " n " bytes of output: more than output_max allows\n"
#define OUT(text)   "0 6 stdout " text "\n"

static void output_keeps_to_its_rate(void **state)
{
	/* At so many milliseconds this is printed; 10 bytes a second. */
	static const struct {
		struct {
			int at;
			const char *text;
		} steps[5];
		const char *out;
		uint64_t dropped;
	} rows[] = {
		{{{0, "1234\n"}, {0, "6789\n"}}, OUT("1234") OUT("6789"), 0},
		{{{0, "1234\n6789\nno\n"}}, OUT("1234") OUT("6789") RATE_BEGIN RATE_END("3"), 3},
		/* No part of a line, if it could have been whole. */
		{{{0, "1234\n"}, {0, "67\n9ab\n"}},
		 OUT("1234") OUT("67") RATE_BEGIN RATE_END("4"),
		 4},
		/* The bucket fills again, half of it in half a second ... */
		{{{0, "123456789\n"}, {0, "no\n"}, {499, "1234\n"}, {500, "1234\n"}},
		 OUT("123456789") RATE_BEGIN OUT("1234") RATE_END("8"),
		 8},
		/* ... however often one looks ... */
		{{{0, "123456789\n"}, {99, "x\n"}, {150, "x\n"}, {199, "x\n"}, {200, "x\n"}},
		 OUT("123456789") RATE_BEGIN OUT("x") RATE_END("6"),
		 6},
		/* ... and never beyond the brim. */
		{{{0, "1234\n"}, {9000, "123456789\nno\n"}},
		 OUT("1234") OUT("123456789") RATE_BEGIN RATE_END("3"),
		 3},
		/* A line that has begun ends where it is cut, and its rest is gone. */
		{{{0, "1234"}, {0, "56789abcd"}, {5000, "ef\n"}, {5000, "next\n"}},
		 OUT("1234") RATE_BEGIN OUT("next") RATE_END("12"),
		 12},
		/* One that is longer than ever will be allowed. */
		{{{0, "123456789abcdef"}, {5000, "gh\nnext\n"}},
		 OUT("123456789a") RATE_BEGIN OUT("next") RATE_END("8"),
		 8},
		{{{0, "12\n"}, {0, "no, this is too long\n"}, {0, "456\n"}},
		 OUT("12") RATE_BEGIN OUT("456") RATE_END("21"),
		 21},
	};
	const struct job_settings settings = {.output_rate = 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		uint64_t printed = 0;

		assert_int_equal(begin(&settings), 0);
		for (size_t j = 0; j < 5 && rows[i].steps[j].text; j++) {
			const char *text = rows[i].steps[j].text;

			outlet_feed(outlet, OUTLET_STDOUT, text, strlen(text),
				    USEC_PER_DAY + rows[i].steps[j].at * USEC_PER_MSEC);
			printed += strlen(text);
		}
		end(printed, rows[i].dropped);
		assert_string_equal(came_out(), rows[i].out);
	}
}

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* Whatever is printed in whatever pieces at whatever times: no more passes than the rate allows,
   and not much less than that while there is more; lines that do are whole. */
static void no_more_than_the_rate_passes(void **state)
{
	static char text[4000];

	(void)state;
	seed = 1;
	for (int round = 0; round < 300; round++) {
		struct job_settings settings = {.output_rate = 1000 + draw(100000)};
		usec_t now = draw(1000000) + 1;
		usec_t from = now;
		uint64_t printed = 0;
		uint64_t dropped;
		struct kept_output *kept;

		seen.bytes = 0;
		assert_int_equal(begin(&settings), 0);
		for (int i = 0; i < 300; i++) {
			size_t len = draw(sizeof(text));

			/* Lines of 9 bytes, which a chunk may cut. */
			for (size_t j = 0; j < len; j++)
				text[j] = "line 678\n"[(printed + j) % 9];
			outlet_feed(outlet, OUTLET_STDOUT, text, len, now);
			printed += len;
			now += draw(20000);
		}
		outlet_end(outlet, &printed, &dropped, &kept);
		/* A line that is cut gets an end, so it may be one byte more. */
		assert_in_range(seen.bytes, printed - dropped, printed - dropped + 300);
		assert_true(printed - dropped <=
			    (uint64_t)(settings.output_rate * (now - from + USEC_PER_SEC) /
				       USEC_PER_SEC));
		if (dropped > 0)
			assert_true(printed - dropped > (uint64_t)settings.output_rate / 2);
		(void)came_out();
	}
}

static void take_nothing(void *ctx, const struct log_line *line)
{
	(void)ctx;
	(void)line;
}

/* Looked at so often that each time is worth less than two bytes, it still comes to the rate. */
static void nothing_of_the_rate_is_lost_by_rounding(void **state)
{
	static char burst[900001];
	const struct job_settings settings = {.output_rate = sizeof(burst)};
	const struct outlet_sink quiet = {take_nothing, take_note, NULL};
	struct outlet_source source = {.job = "backup", .run = 17, .settings = &settings};
	const int steps = 50000;
	uint64_t printed;
	uint64_t dropped;
	struct kept_output *kept;

	(void)state;
	assert_int_equal(outlet_begin(outlet, &source, &quiet), 0);
	outlet_feed(outlet, OUTLET_STDOUT, burst, sizeof(burst), USEC_PER_DAY);
	for (int i = 1; i <= steps; i++)
		outlet_feed(outlet, OUTLET_STDOUT, "\n\n", 2, USEC_PER_DAY + 2 * i);
	outlet_end(outlet, &printed, &dropped, &kept);
	assert_int_equal(printed, sizeof(burst) + 2 * (uint64_t)steps);
	assert_int_equal(printed - dropped,
			 sizeof(burst) + sizeof(burst) * 2 * (uint64_t)steps / USEC_PER_SEC);
}

static void a_run_keeps_to_its_maximum(void **state)
{
	static const struct {
		const char *in[4];
		const char *out;
		uint64_t dropped;
	} rows[] = {
		{{"123456789\n"}, OUT("123456789"), 0},
		{{"123456789\n", "x"}, OUT("123456789") MAX_BEGIN MAX_END("1"), 1},
		{{"1234\n6789abc\n", "x\n"}, OUT("1234") MAX_BEGIN MAX_END("10"), 10},
		{{"1234\n67", "89abc\n", "x\n"},
		 OUT("1234") OUT("6789a") MAX_BEGIN MAX_END("5"),
		 5},
		{{"123456789abcdef", "g\n", "x\n"}, OUT("123456789a") MAX_BEGIN MAX_END("9"), 9},
	};
	const struct job_settings settings = {.output_max = 10};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		uint64_t printed = 0;

		assert_int_equal(begin(&settings), 0);
		for (size_t j = 0; j < 4 && rows[i].in[j]; j++) {
			feed(rows[i].in[j]);
			printed += strlen(rows[i].in[j]);
		}
		end(printed, rows[i].dropped);
		assert_string_equal(came_out(), rows[i].out);
	}
}

static void both_bounds_are_told_apart(void **state)
{
	const struct job_settings settings = {.output_rate = 10, .output_max = 10};

	(void)state;
	assert_int_equal(begin(&settings), 0);
	feed("1234\n6789abcde\n");
	outlet_feed(outlet, OUTLET_STDERR, "123456789\n", 10, 60 * USEC_PER_SEC);
	end(25, 15);
	assert_string_equal(came_out(), OUT("1234") RATE_BEGIN
			    "0 6 stderr 12345\n" MAX_BEGIN RATE_END("10") MAX_END("5"));
}

/* --- files --- */

static const struct job_settings to_file = {
	.output = OUTPUT_FILE,
	.output_file = "~/%j.%r",
	.output_keep = 100,
};

static void check_file(const char *expected)
{
	char text[512];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
	assert_int_equal(close(fd), 0);
}

static void a_file_gets_the_bytes_as_they_are(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(begin(&to_file), 0);
		outlet_feed(outlet, OUTLET_STDOUT, "<3>one\r\n\x01\xff", 10, 1);
		outlet_feed(outlet, OUTLET_STDERR, "two\n", 4, 1);
		end(14, 0);
	}
	check_file("<3>one\r\n\x01\xff"
		   "two\n<3>one\r\n\x01\xff"
		   "two\n");
	assert_string_equal(came_out(), "");
}

static void a_file_has_its_bounds_too(void **state)
{
	struct job_settings settings = to_file;

	(void)state;
	settings.output_max = 10;
	assert_int_equal(begin(&settings), 0);
	feed("1234\n67");
	feed("89abcdefg\n");
	feed("x\n");
	end(19, 9);
	/* The next run begins with a line of its own. */
	check_file("1234\n6789a\n");
	assert_string_equal(came_out(), MAX_BEGIN MAX_END("9"));
}

/* A disk that is full: a file that may not grow. */
static void a_full_disk_costs_output_until_there_is_room(void **state)
{
	struct rlimit before;
	struct rlimit full;
	char expected[PATH_MAX + 300];

	(void)state;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	full = (struct rlimit){8, before.rlim_max};
	assert_int_equal(begin(&to_file), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	feed("1234\n");
	feed("6789\n");
	feed("lost\n");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	feed("more\n");
	end(20, 7);
	check_file("1234\n678more\n");
	(void)snprintf(expected, sizeof(expected),
		       "! %s: File too large; output is dropped while this lasts\n"
		       "! dropped 7 bytes of output: the file could not be written\n",
		       path);
	assert_string_equal(came_out(), expected);
}

static void without_a_file_everything_is_counted(void **state)
{
	struct job_settings settings = to_file;

	(void)state;
	settings.output_file = "/dev/null/x";
	assert_int_equal(begin(&settings), -ENOTDIR);
	feed("one\n");
	feed("two");
	end(7, 7);
	assert_string_equal(came_out(),
			    "! dropped 7 bytes of output: the file could not be written\n");
	/* The next one is not concerned. */
	assert_int_equal(begin(&to_file), 0);
	feed("one\n");
	end(4, 0);
	check_file("one\n");
}

/* --- as the job's user --- */

#define OWNER 4242

/* A file system with room for so much, of which the last 5 % are root's. Returns -1 where there is
   no such thing. */
static int mount_small(const char *where)
{
	char command[PATH_MAX + 200];

	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	(void)snprintf(command, sizeof(command),
		       "exec >/dev/null 2>&1; d=%s; PATH=$PATH:/sbin:/usr/sbin; "
		       "truncate -s 4M $d/image && mkfs.ext4 -q -m 20 $d/image && "
		       "mkdir $d/fs && mount -o loop $d/image $d/fs && chown %d $d/fs",
		       where, OWNER);
	return system(command) == 0 ? 0 : -1;
}

/* In a child, with mounts of its own. */
static int fill_up(void)
{
	static char chunk[64 * 1024];
	static gid_t group = OWNER;
	struct job_settings settings = {.output = OUTPUT_FILE, .output_file = "~/fs/log"};
	struct statvfs fs;
	char where[PATH_MAX];

	if (mount_small(dir) < 0)
		return 77;
	self.uid = self.gid = OWNER;
	self.groups = &group;
	self.n_groups = 1;
	self.change = true;
	assert_int_equal(begin(&settings), 0);
	memset(chunk, 'x', sizeof(chunk));
	for (int i = 0; i < 64; i++)
		outlet_feed(outlet, OUTLET_STDOUT, chunk, sizeof(chunk), USEC_PER_SEC);
	assert_non_null(strstr(came_out(), "No space left on device"));
	(void)snprintf(where, sizeof(where), "%s/fs", dir);
	assert_int_equal(statvfs(where, &fs), 0);
	/* What is root's is still there, and this thread is root. */
	assert_in_range(fs.f_bavail, 0, fs.f_blocks / 20);
	assert_true(fs.f_bfree > fs.f_blocks / 10);
	assert_int_equal(geteuid(), 0);
	return 0;
}

static void what_is_left_for_root_is_left(void **state)
{
	char command[PATH_MAX + 20];
	int status;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(dir, 0755), 0);
	pid = fork();
	if (pid == 0) {
		(void)setenv("CMOCKA_TEST_ABORT", "1", 1);
		_exit(fill_up());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)snprintf(command, sizeof(command), "rm -rf %s/image %s/fs", dir, dir);
	assert_int_equal(system(command), 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

/* Who may not become the user writes nothing in his name. */
static void what_cannot_be_written_as_the_user_is_not(void **state)
{
	char expected[PATH_MAX + 200];

	(void)state;
	if (geteuid() == 0)
		skip();
	assert_int_equal(begin(&to_file), 0);
	feed("one\n");
	self.uid++;
	self.change = true;
	feed("two\n");
	self.uid--;
	self.change = false;
	feed("three\n");
	end(14, 4);
	check_file("one\nthree\n");
	(void)snprintf(expected, sizeof(expected),
		       "! %s: Operation not permitted; output is dropped while this lasts\n"
		       "! dropped 4 bytes of output: the file could not be written\n",
		       path);
	assert_string_equal(came_out(), expected);
}

static void the_path_is_what_the_pattern_stands_for(void **state)
{
	static char pattern[PATH_MAX + 10];
	struct job_settings settings = to_file;

	(void)state;
	assert_int_equal(begin(&to_file), 0);
	assert_string_equal(outlet_path(outlet), path);
	end(0, 0);
	settings.output_file = "/dev/null/%j.%r";
	assert_int_equal(begin(&settings), -ENOTDIR);
	assert_string_equal(outlet_path(outlet), "/dev/null/backup.17");
	end(0, 0);
	memset(pattern, '/', PATH_MAX - 5);
	memcpy(pattern, "/dev/null", 9);
	(void)strcat(pattern, "%%%j");
	settings.output_file = pattern;
	assert_int_equal(begin(&settings), -ENAMETOOLONG);
	assert_string_equal(outlet_path(outlet), pattern);
	end(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_go_to_their_target, set_up, tear_down),
		cmocka_unit_test_setup_teardown(prefixes_set_the_level, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_line_has_one_level, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_printed_is_nothing_done, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_kept_is_what_was_printed, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(output_keeps_to_its_rate, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_more_than_the_rate_passes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_of_the_rate_is_lost_by_rounding, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_run_keeps_to_its_maximum, set_up, tear_down),
		cmocka_unit_test_setup_teardown(both_bounds_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_gets_the_bytes_as_they_are, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_has_its_bounds_too, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_disk_costs_output_until_there_is_room,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(without_a_file_everything_is_counted, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_left_for_root_is_left, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_cannot_be_written_as_the_user_is_not, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_path_is_what_the_pattern_stands_for, set_up,
						tear_down),
	};

	return cmocka_run_group_tests_name("outlet", tests, NULL, NULL);
}
