/* Only what nobody but root or everyd's user can have written is read. */
#include "config_fixture.h"

#include "config/trust.h"

static const struct {
	mode_t mode;
	const char *expected; /* NULL: it is read */
} modes[] = {
	{0600, NULL},
	{0644, NULL},
	{0755, NULL},
	{0444, NULL},
	{0664, "its group may write to it and make everyd run anything; run: chmod go-w "},
	{0620, "its group may write to it and make everyd run anything; run: chmod go-w "},
	{0646, "everyone may write to it and make everyd run anything; run: chmod go-w "},
	{0666, "everyone may write to it and make everyd run anything; run: chmod go-w "},
	{01777, "everyone may write to it and make everyd run anything; run: chmod go-w "},
};

/* What `mode` brings forth for `path`, which main.conf reads. */
static void expect_mode(const struct fixture *fixture, const char *path, size_t i,
			const char *config)
{
	char *full = fixture_path(fixture, path);
	char expected[200] = "";

	assert_int_equal(chmod(full, modes[i].mode), 0);
	if (modes[i].expected)
		(void)snprintf(expected, sizeof(expected), "%s: %s%s\n", path, modes[i].expected,
			       path);
	fixture_expect(fixture, config, expected);
	free(full);
}

static void others_must_not_be_able_to_write(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "d");

	assert_int_equal(mkdir(dir, 0755), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
		fixture_write(fixture, "a.conf", "");
		expect_mode(fixture, "a.conf", i, "include('a.conf')");
		if (modes[i].mode & S_IXUSR)
			expect_mode(fixture, "d", i, "include_dir = d");
	}
	free(dir);
}

static void the_main_file_is_no_exception(void **state)
{
	const struct fixture *fixture = *state;
	char *path = fixture_path(fixture, "main.conf");
	char *got;

	fixture_write(fixture, "main.conf", "");
	assert_int_equal(chmod(path, 0666), 0);
	got = fixture_load(fixture, "main.conf", NULL);
	assert_string_equal(got,
			    "main.conf: everyone may write to it and make everyd run anything; "
			    "run: chmod go-w main.conf\n");
	free(got);
	free(path);
}

static void others_must_not_own_it(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "d");
	char *path = fixture_path(fixture, "a.conf");

	if (geteuid() != 0) {
		print_message("only root can give files away\n");
		skip();
	}
	assert_int_equal(mkdir(dir, 0755), 0);
	fixture_write(fixture, "a.conf", "");
	assert_int_equal(chown(path, 4711, 0), 0);
	assert_int_equal(chown(dir, 4711, 0), 0);
	fixture_expect(
		fixture, "include_dir = d include('a.conf')",
		"d: belongs to user 4711, who could make everyd run anything; run: chown 0 d\n"
		"a.conf: belongs to user 4711, who could make everyd run anything; run: chown 0 "
		"a.conf\n");
	free(dir);
	free(path);
}

static void only_regular_files_are_read(void **state)
{
	const struct fixture *fixture = *state;
	char *dir = fixture_path(fixture, "d.conf");
	char *fifo = fixture_path(fixture, "fifo");

	assert_int_equal(mkdir(dir, 0755), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	fixture_expect(fixture, "include('d.conf')", "d.conf: is not a regular file\n");
	fixture_expect(fixture, "include('fifo')", "fifo: is not a regular file\n");
	fixture_expect(fixture, "include('/dev/null')", "/dev/null: is not a regular file\n");
	fixture_write(fixture, "a.conf", "");
	fixture_expect(fixture, "include_dir = 'a.conf'",
		       "main.conf:1: include_dir: cannot open a.conf: Not a directory\n");
	free(dir);
	free(fifo);
}

static void the_text_is_what_is_in_the_file(void **state)
{
	static const char bytes[] = "a\0b\xff\n";
	const struct fixture *fixture = *state;
	char *path = fixture_path(fixture, "a.conf");
	struct trusted_file file;
	struct diags diags;
	size_t big = 100000;
	char *text = malloc(big);

	assert_non_null(text);
	memset(text, 'x', big);
	diags_init(&diags);
	fixture_write_bytes(fixture, "a.conf", bytes, sizeof(bytes));
	assert_int_equal(trust_read(path, &(struct place){0}, &diags, &file), 0);
	assert_int_equal(file.len, sizeof(bytes));
	assert_memory_equal(file.text, bytes, sizeof(bytes));
	assert_int_equal(file.text[file.len], 0);
	free(file.text);

	fixture_write_bytes(fixture, "a.conf", text, big);
	assert_int_equal(trust_read(path, &(struct place){0}, &diags, &file), 0);
	assert_int_equal(file.len, big);
	assert_memory_equal(file.text, text, big);
	free(file.text);

	/* A sparse file, no bytes of which are there. */
	assert_int_equal(truncate(path, (off_t)TRUST_FILE_MAX + 1), 0);
	assert_int_equal(trust_read(path, &(struct place){0}, &diags, &file), -EFBIG);
	assert_int_equal(diags.count, 1);
	assert_string_equal(diags.items[0].text,
			    "is longer than 268435456 bytes; spread it over several files");
	diags_done(&diags);
	free(text);
	free(path);
}

int main(void)
{
#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		WITH_FILES(others_must_not_be_able_to_write),
		WITH_FILES(the_main_file_is_no_exception),
		WITH_FILES(others_must_not_own_it),
		WITH_FILES(only_regular_files_are_read),
		WITH_FILES(the_text_is_what_is_in_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
