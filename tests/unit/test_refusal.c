/* Holds: pages of evhttp's own become errors as all others are, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control/refusal.h"

#include "base/cleanup.h"

#include <event2/buffer.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE     "Content-Type: text/html\r\nConnection: close\r\n\r\n<HTML><HEAD>\n</HTML>\n"
#define CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

static void test_pages_are_replaced(void **state)
{
	static const struct {
		const char *page;
		const char *begin; /* of what is there then; NULL: what there was */
		const char *code;
	} table[] = {
		{"HTTP/1.1 400 Bad Request\r\n" PAGE, "HTTP/1.1 400 Bad Request\r\n",
		 "bad-request"},
		{"HTTP/1.0 400 Bad Request\r\n" PAGE, "HTTP/1.1 400 Bad Request\r\n",
		 "bad-request"},
		{"HTTP/1.1111 400 Bad Request\r\n" PAGE, "HTTP/1.1 400 Bad Request\r\n",
		 "bad-request"},
		{"HTTP/2.-1 400 Bad Request\r\n" PAGE, "HTTP/1.1 400 Bad Request\r\n",
		 "bad-request"},
		{"HTTP/1.1 413 Request Entity Too Large\r\n" PAGE,
		 "HTTP/1.1 413 Content Too Large\r\n", "body-too-large"},
		{"HTTP/1.1 417 Expectation Failed\r\n" PAGE, "HTTP/1.1 417 Expectation Failed\r\n",
		 "bad-request"},
		{"HTTP/1.1 499 Whatever\r\n" PAGE, "HTTP/1.1 500 Internal Server Error\r\n",
		 "bad-request"},
		{CONTINUE "HTTP/1.1 413 Too Large\r\n" PAGE,
		 CONTINUE "HTTP/1.1 413 Content Too Large\r\n", "body-too-large"},
		{"", NULL, NULL},
		{CONTINUE, NULL, NULL},
		{"HTTP/1.1 100 Con", NULL, NULL},
		{"HTTP/1.1 200 OK\r\n\r\n", NULL, NULL},
		{"HTTP/1.1111 Bad Request\r\n" PAGE, NULL, NULL},
		{"<HTML>", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		struct evbuffer *out = evbuffer_new();
		json_t *body;
		char *text;

		assert_int_equal(evbuffer_add(out, table[i].page, strlen(table[i].page)), 0);
		assert_int_equal(refusal_replace(out), table[i].begin != NULL);
		text = calloc(1, evbuffer_get_length(out) + 1);
		assert_non_null(text);
		(void)evbuffer_copyout(out, text, evbuffer_get_length(out));
		if (table[i].begin) {
			body = json_loads(strstr(text, "\r\n\r\n{") + 4, 0, NULL);
			assert_int_equal(strncmp(text, table[i].begin, strlen(table[i].begin)), 0);
			assert_string_equal(json_string_value(json_object_get(
						    json_object_get(body, "error"), "code")),
					    table[i].code);
			json_decref(body);
		} else {
			assert_string_equal(text, table[i].page);
		}
		free(text);
		evbuffer_free(out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
