/* See machine.h. */
#include "service/machine.h"

#include <stdio.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

void machine_key(char *buf, size_t size)
{
	sd_id128_t id;

	if (sd_id128_get_machine(&id) >= 0) {
		(void)snprintf(buf, size, SD_ID128_FORMAT_STR, SD_ID128_FORMAT_VAL(id));
		return;
	}
	if (gethostname(buf, size) < 0)
		buf[0] = '\0';
	buf[size - 1] = '\0';
}
