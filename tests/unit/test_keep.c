/* Head and tail are exactly the first and the last bytes, however they came. */
#include "exec/keep.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "fault.h"

/* The sanitizers' own allocators end the program instead. */
#ifdef __has_feature
#define HAS_MALLOC (!__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer))
#else
#define HAS_MALLOC 1
#endif

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)seed * below) >> 32);
}

/* What is to be kept of `printed`, by the definition. */
static void check(const struct keep *keep, size_t size, const char *printed, size_t len)
{
	struct kept_output *kept = keep_take(keep);
	size_t n = len < size ? len : size;

	if (n == 0) {
		assert_null(kept);
		return;
	}
	assert_non_null(kept);
	assert_int_equal(kept->total, len);
	assert_int_equal(kept->head, n < size / 2 ? n : size / 2);
	assert_int_equal(kept->tail, n - kept->head);
	assert_memory_equal(kept->bytes, printed, kept->head);
	assert_memory_equal(kept->bytes + kept->head, printed + len - kept->tail, kept->tail);
	free(kept);
}

/* One buffer from run to run, of any size. */
static void head_and_tail_are_exact(void **state)
{
	static char printed[1 << 19];
	static const uint32_t sizes[] = {1, 2, 3, 10, 100, 5000, 200000};
	static const uint32_t chunks[] = {2, 20, 300, 70000, 300000};
	struct keep keep;

	(void)state;
	seed = 1;
	for (size_t i = 0; i < sizeof(printed); i++)
		printed[i] = (char)draw(256);
	keep_init(&keep);
	for (int round = 0; round < 3000; round++) {
		size_t size = draw(sizes[draw(ARRAY_LENGTH(sizes))] + 1);
		uint32_t chunk = chunks[draw(ARRAY_LENGTH(chunks))];
		size_t count = draw(12);
		size_t len = 0;

		keep_begin(&keep, size);
		check(&keep, size, printed, 0);
		for (size_t i = 0; i < count && len < sizeof(printed); i++) {
			size_t n = draw(chunk);

			if (n > sizeof(printed) - len)
				n = sizeof(printed) - len;
			keep_add(&keep, printed + len, n);
			len += n;
			if (draw(4) == 0)
				check(&keep, size, printed, len);
		}
		check(&keep, size, printed, len);
	}
	keep_done(&keep);
}

static void little_output_costs_little(void **state)
{
	struct keep keep;

	(void)state;
	keep_init(&keep);
	keep_begin(&keep, (size_t)16 * 1024 * 1024);
	assert_null(keep.buffer);
	keep_add(&keep, "a line\n", 7);
	assert_true(keep.capacity <= 4096);
	for (int i = 0; i < 100000; i++)
		keep_add(&keep, "another line\n", 13);
	assert_true(keep.capacity <= (size_t)2 * 1300007);
	keep_begin(&keep, 100);
	assert_null(keep.buffer);
	keep_add(&keep, "x", 1);
	assert_int_equal(keep.capacity, 100);
	keep_done(&keep);
}

static int without_memory(void *unused)
{
	static char printed[1 << 20];
	const struct rlimit nothing = {0, 0};
	struct keep keep;
	struct kept_output *kept;

	(void)unused;
	for (size_t i = 0; i < sizeof(printed); i++)
		printed[i] = (char)i;
	keep_init(&keep);
	keep_begin(&keep, (size_t)16 * 1024 * 1024);
	keep_add(&keep, printed, 10000);
	if (setrlimit(RLIMIT_AS, &nothing) < 0)
		return 2;
	/* It cannot grow any more, and keeps what it has room for. */
	for (size_t at = 10000; at < sizeof(printed); at += 2288)
		keep_add(&keep, printed + at,
			 sizeof(printed) - at < 2288 ? sizeof(printed) - at : 2288);
	if (keep.total != sizeof(printed) || keep.size >= 1000000 || keep.size < 10000)
		return 1;
	kept = keep_take(&keep);
	if (!kept) /* without memory for that either */
		return 0;
	return memcmp(kept->bytes, printed, kept->head) != 0 ||
	       memcmp(kept->bytes + kept->head, printed + sizeof(printed) - kept->tail,
		      kept->tail) != 0;
}

static void want_of_memory_costs_the_middle_only(void **state)
{
	(void)state;
	if (!HAS_MALLOC || !kernel_is_whole())
		skip();
	assert_int_equal(fault_call(SYS_mremap, ENOMEM, without_memory, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_and_tail_are_exact),
		cmocka_unit_test(little_output_costs_little),
		cmocka_unit_test(want_of_memory_costs_the_middle_only),
	};

	return cmocka_run_group_tests_name("keep", tests, NULL, NULL);
}
