/* What may name a job, a variable or a person who gets mail. Pure; any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The most bytes of a mail address (RFC 5321, 4.5.3.1.3, without the brackets), and of the part
   before its "@" (4.5.3.1.1). */
#define NAME_ADDRESS_MAX 254
#define NAME_LOCAL_MAX   64

/* Is this fit to name a job or a group? */
bool name_is_valid(const char *name);

/* The rule of that, in words that follow "a name must be". */
extern const char name_rule[];

/* Do these bytes name a variable, as the shell would have it: letters, digits and _, no digit
   first? */
bool name_is_variable(const char *name, size_t len);

/*
 * Is it a mail address that may stand in a header and, where no option is expected any more, on a
 * command line? The local part alone, or with a domain: a dot-atom of RFC 5322, 3.2.3, that does
 * not begin with "-", "|" or "/", which sendmail(8) takes for an option, a program or a file; and
 * labels of letters, digits and "-".
 */
bool name_is_address(const char *address);
