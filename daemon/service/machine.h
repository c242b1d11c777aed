/* Which machine this is. */
#pragma once

#include <stddef.h>

/*
 * A text that stays the same on this machine and differs from that of others: the machine ID
 * (machine-id(5)), the host name where there is none. Cut to fit `size`, always with a NUL.
 */
void machine_key(char *buf, size_t size);
