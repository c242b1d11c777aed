/* See option.h. */
#include "ctl/option.h"

#include "base/text.h"

#include <string.h>

/* Typing errors up to this many letters are recognized. */
#define NEAR 2

/* The longest name that is looked at. */
#define NAME_SIZE 40

int option_match(const struct ctl_option *options, const char *word, const char **ret_value)
{
	if (!options || !option_is_one(word))
		return -1;
	for (int i = 0; options[i].name; i++) {
		const struct ctl_option *option = &options[i];
		size_t len = strlen(option->name);

		if (word[1] == '-' && strncmp(word + 2, option->name, len) == 0 &&
		    (word[2 + len] == '\0' || word[2 + len] == '=')) {
			*ret_value = word[2 + len] == '=' ? word + 2 + len + 1 : NULL;
			return i;
		}
		if (option->letter && word[1] == option->letter &&
		    (option->argument || word[2] == '\0')) {
			*ret_value = word[2] != '\0' ? word + 2 : NULL;
			return i;
		}
	}
	return -1;
}

int option_match_letter(const struct ctl_option *options, const char *letters,
			const char **ret_value, const char **ret_rest)
{
	const char *behind = letters[1] != '\0' ? letters + 1 : NULL;

	for (int i = 0; options && options[i].name; i++) {
		if (options[i].letter == '\0' || options[i].letter != letters[0])
			continue;
		*ret_value = options[i].argument ? behind : NULL;
		*ret_rest = options[i].argument ? NULL : behind;
		return i;
	}
	return -1;
}

bool option_takes_next(const struct ctl_option *options, const char *word)
{
	const char *value = NULL;
	const char *letters;
	int option;

	if (!options || !option_is_one(word))
		return false;
	if (word[1] == '-') {
		option = option_match(options, word, &value);
		return option >= 0 && options[option].argument && !value;
	}
	for (letters = word + 1; letters;) {
		option = option_match_letter(options, letters, &value, &letters);
		if (option < 0)
			return false;
		if (options[option].argument)
			return !value;
	}
	return false;
}

const char *option_nearest(const struct ctl_option *options, const struct ctl_option *more,
			   const char *word)
{
	const struct ctl_option *tables[] = {options, more};
	unsigned least = NEAR + 1;
	const char *nearest = NULL;
	char name[NAME_SIZE];
	size_t len;

	if (strncmp(word, "--", 2) != 0)
		return NULL;
	word += 2;
	len = strcspn(word, "=");
	if (len >= sizeof(name))
		return NULL;
	memcpy(name, word, len);
	name[len] = '\0';
	for (size_t t = 0; t < ARRAY_LENGTH(tables); t++) {
		for (const struct ctl_option *option = tables[t]; option && option->name;
		     option++) {
			unsigned distance = text_distance(name, option->name);

			if (distance < least) {
				least = distance;
				nearest = option->name;
			}
		}
	}
	return nearest;
}
