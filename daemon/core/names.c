/* See names.h. */
#include "core/names.h"

#include "core/model.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS  "0123456789"

/* The longest label of a domain: RFC 1035, 2.3.4. */
#define LABEL_MAX 63

const char name_rule[] =
	"1 to 200 of A-Z a-z 0-9 _ . @ : + - and begin with neither \"-\" nor \".\"";
_Static_assert(MODEL_NAME_MAX == 200, "name_rule names the bound");

bool name_is_valid(const char *name)
{
	size_t len = strspn(name, LETTERS DIGITS "_.@:+-");

	return len > 0 && len <= MODEL_NAME_MAX && !name[len] && name[0] != '-' && name[0] != '.';
}

bool name_is_variable(const char *name, size_t len)
{
	if (len == 0 || memchr(DIGITS, name[0], sizeof(DIGITS) - 1))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!memchr(LETTERS DIGITS "_", name[i], sizeof(LETTERS DIGITS "_") - 1))
			return false;
	return true;
}

/* Parts of 1 to `part_max` characters of `set` with a dot between each two, `len` bytes. */
static bool is_dotted(const char *text, size_t len, const char *set, size_t part_max)
{
	const char *end = text + len;

	for (;;) {
		size_t part = strspn(text, set);

		if (part == 0 || part > part_max)
			return false;
		text += part;
		if (text >= end)
			return text == end;
		if (*text++ != '.')
			return false;
	}
}

bool name_is_address(const char *address)
{
	const char *at = strchr(address, '@');
	size_t local = at ? (size_t)(at - address) : strlen(address);

	if (strlen(address) > NAME_ADDRESS_MAX || local > NAME_LOCAL_MAX ||
	    (address[0] && strchr("-|/", address[0])))
		return false;
	if (!is_dotted(address, local, LETTERS DIGITS "!#$%&'*+-/=?^_`{|}~", NAME_LOCAL_MAX))
		return false;
	return !at || is_dotted(at + 1, strlen(at + 1), LETTERS DIGITS "-", LABEL_MAX);
}
