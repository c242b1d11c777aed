/* See text.h. */
#include "base/text.h"

#include <string.h>

/* Names longer than this are not compared. */
#define DISTANCE_MAX 40

size_t text_utf8_length(const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	size_t n;
	unsigned low = 0x80;
	unsigned high = 0xbf;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (n > len)
		return 0;

	/* The second byte rules out overlong forms, surrogates, and what is beyond U+10FFFF. */
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return n;
}

/* C0, DEL, and C1 (which in UTF-8 is c2 80 to c2 9f). */
static int is_control(const unsigned char *s, size_t n)
{
	if (n == 1)
		return (s[0] < 0x20 && s[0] != '\t') || s[0] == 0x7f;
	return n == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

size_t text_sanitize(char *out, const char *bytes, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *s = (const unsigned char *)bytes;
	char *p = out;

	if (len > 0 && s[len - 1] == '\r')
		len--;
	for (size_t i = 0; i < len;) {
		size_t plain = i;
		size_t n;

		/* Most of what is logged is nothing else. */
		while (plain < len && s[plain] >= 0x20 && s[plain] < 0x7f)
			plain++;
		p = mempcpy(p, s + i, plain - i);
		i = plain;
		if (i == len)
			break;
		n = text_utf8_length(bytes + i, len - i);
		if (n > 0 && !is_control(s + i, n)) {
			memcpy(p, s + i, n);
			p += n;
			i += n;
			continue;
		}
		for (size_t end = i + (n ? n : 1); i < end; i++) {
			*p++ = '\\';
			*p++ = 'x';
			*p++ = hex[s[i] >> 4];
			*p++ = hex[s[i] & 15];
		}
	}
	*p = '\0';
	return (size_t)(p - out);
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Where row i of a distance that is not to be more than `most` begins and ends: what is beside that
   is more for certain. */
static size_t band_begin(size_t i, size_t most)
{
	return i > most ? i - most : 1;
}

static size_t band_end(size_t i, size_t most, size_t m)
{
	return i + most < m ? i + most : m;
}

unsigned text_distance_within(const char *a, const char *b, unsigned most)
{
	unsigned rows[3][DISTANCE_MAX + 2];
	unsigned *before = rows[0];
	unsigned *above = rows[1];
	unsigned *row = rows[2];
	unsigned least_above = 0;
	size_t n = strlen(a);
	size_t m = strlen(b);

	if (n > DISTANCE_MAX || m > DISTANCE_MAX || (n > m ? n - m : m - n) > most)
		return most + 1;
	for (size_t j = 0; j <= m; j++)
		above[j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		size_t begin = band_begin(i, most);
		size_t end = band_end(i, most, m);
		unsigned *spare = before;
		unsigned least = begin == 1 ? (unsigned)i : most + 1;

		row[begin - 1] = least;
		for (size_t j = begin; j <= end; j++) {
			unsigned change = a[i - 1] != b[j - 1];

			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
			least = row[j] < least ? row[j] : least;
		}
		row[end + 1] = most + 1;
		if (least > most && least_above > most)
			return most + 1;
		least_above = least;
		before = above;
		above = row;
		row = spare;
	}
	return above[m] <= most ? above[m] : most + 1;
}

unsigned text_distance(const char *a, const char *b)
{
	return text_distance_within(a, b, DISTANCE_MAX);
}
