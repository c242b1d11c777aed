/* Each message has an id of its own, which the catalog explains and the manual lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "service/messages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CATALOG "conf/everyd.catalog"
#define MANUAL  "man/everyd.8"

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	size_t size = 0;
	ssize_t len;

	assert_non_null(file);
	len = getdelim(&text, &size, '\0', file);
	assert_true(len > 0);
	assert_int_equal(fclose(file), 0);
	return text;
}

/* How often `text` has that. */
static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;

	while ((text = strstr(text, what))) {
		n++;
		text++;
	}
	return n;
}

static void each_has_an_id_and_a_name_of_its_own(void **state)
{
	(void)state;
	for (int i = LOG_MESSAGE_NONE + 1; i < LOG_MESSAGE_COUNT; i++) {
		const struct message_info *info = message_info(i);

		assert_non_null(info->id);
		assert_int_equal(strlen(info->id), 32);
		assert_int_equal(strspn(info->id, "0123456789abcdef"), 32);
		for (int k = LOG_MESSAGE_NONE + 1; k < i; k++) {
			assert_string_not_equal(message_info(k)->id, info->id);
			assert_string_not_equal(message_info(k)->name, info->name);
		}
	}
}

/* An entry begins with its id and goes on with a subject; what it says ends where the next begins.
 */
static void the_catalog_explains_each(void **state)
{
	_cleanup_free_ char *catalog = read_file(CATALOG);
	char entry[64];

	(void)state;
	for (int i = LOG_MESSAGE_NONE + 1; i < LOG_MESSAGE_COUNT; i++) {
		snprintf(entry, sizeof(entry), "\n-- %s\nSubject: ", message_info(i)->id);
		if (count(catalog, entry) != 1)
			fail_msg("%s has no entry in " CATALOG, message_info(i)->name);
	}
	assert_int_equal(count(catalog, "\n-- "), LOG_MESSAGE_COUNT - 1);
	assert_int_equal(count(catalog, "\nDefined-By: everyd\n"), LOG_MESSAGE_COUNT - 1);
	assert_int_equal(count(catalog, "\nDocumentation: man:everyd(8)\n\n"),
			 LOG_MESSAGE_COUNT - 1);
}

/* A field that there is not shows as its name. */
static void the_catalog_knows_the_fields(void **state)
{
	static const char *const fields[] = {"EVERYD_JOB", "EVERYD_RUN", "EVERYD_SLOT",
					     "EVERYD_VERDICT", "EVERYD_REASON"};
	_cleanup_free_ char *catalog = read_file(CATALOG);
	unsigned known = 0;
	unsigned all = 0;
	char field[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(fields); i++) {
		snprintf(field, sizeof(field), "@%s@", fields[i]);
		assert_true(count(catalog, field) > 0);
		known += count(catalog, field);
	}
	all = count(catalog, "@");
	assert_int_equal(all, 2 * known);
}

static void the_manual_lists_each(void **state)
{
	_cleanup_free_ char *manual = read_file(MANUAL);
	char item[96];

	(void)state;
	for (int i = LOG_MESSAGE_NONE + 1; i < LOG_MESSAGE_COUNT; i++) {
		snprintf(item, sizeof(item), "\n.It %s\n.Li %s\n", message_info(i)->name,
			 message_info(i)->id);
		if (count(manual, item) != 1)
			fail_msg("%s is not in " MANUAL, message_info(i)->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_has_an_id_and_a_name_of_its_own),
		cmocka_unit_test(the_catalog_explains_each),
		cmocka_unit_test(the_catalog_knows_the_fields),
		cmocka_unit_test(the_manual_lists_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
