/* A stream into memory: the text is what was written, or there is none, and that is told. */
#include "base/text_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void nothing_is_an_empty_text(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 1;
	FILE *file = text_file_open(&text, &len);

	(void)state;
	assert_non_null(file);
	assert_null(text);
	assert_int_equal(fclose(file), 0);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
}

static void what_is_written_is_the_text(void **state)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *file = text_file_open(&text, &len);
	size_t at = 0;

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		assert_true(fprintf(file, "%d,", i) > 0);
	assert_int_equal(putc('\0', file), '\0');
	assert_true(fputs("end", file) >= 0);
	assert_false(ferror(file));
	assert_int_equal(fclose(file), 0);
	for (int i = 0; i < 20000; i++) {
		char number[16];
		size_t n = (size_t)snprintf(number, sizeof(number), "%d,", i);

		assert_memory_equal(text + at, number, n);
		at += n;
	}
	assert_memory_equal(text + at, "\0end", 5);
	assert_int_equal(len, at + 4);
}

static void what_was_lost_is_told(void **state)
{
	static char bytes[65536];
	volatile size_t too_many = PTRDIFF_MAX;
	char *text = NULL;
	size_t len = 1;
	FILE *file = text_file_open(&text, &len);

	(void)state;
	assert_non_null(file);
	assert_true(fputs("before", file) >= 0);
	assert_true(fwrite(bytes, 1, too_many, file) < too_many);
	assert_true(ferror(file));
	(void)fputs("behind", file);
	assert_int_equal(fclose(file), EOF);
	assert_null(text);
	assert_int_equal(len, 0);
}

/* Also where it is only noticed with the last of it. */
static void what_was_lost_at_the_end_is_told(void **state)
{
	static char bytes[65536];
	volatile size_t too_many = PTRDIFF_MAX;
	char *text = NULL;
	size_t len = 1;
	FILE *file = text_file_open(&text, &len);

	(void)state;
	assert_non_null(file);
	(void)fwrite(bytes, 1, too_many, file);
	clearerr(file);
	assert_true(fputs("behind", file) >= 0);
	assert_int_equal(fclose(file), EOF);
	assert_null(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_an_empty_text),
		cmocka_unit_test(what_is_written_is_the_text),
		cmocka_unit_test(what_was_lost_is_told),
		cmocka_unit_test(what_was_lost_at_the_end_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
