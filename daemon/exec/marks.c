/* See marks.h. */
#include "exec/marks.h"

#include "exec/identity.h"
#include "exec/process.h"

#include <errno.h>
#include <unistd.h>

/* By its environment. Where root was left without the right to trace everybody (a container), the
   user whose process it is has it. Returns 0, 1 or -errno. */
static int is_marked(pid_t pid, char *const *marks, const struct identity *identity)
{
	int r = process_is_marked(pid, marks);
	struct identity_before before;

	if (r == -EACCES && identity && identity_enter(identity, &before) == 0) {
		r = process_is_marked(pid, marks);
		identity_leave(identity, &before);
	}
	return r;
}

/* The cheap question comes first, lest what others left costs much. */
int marks_match(pid_t pid, char *const *marks, const struct identity *identity)
{
	uid_t user = identity && identity->change ? identity->uid : getuid();
	uid_t uid;
	int r = process_read_effective_user(pid, &uid);

	if (r == 0 && uid != user && uid != 0)
		return 0;
	if (r == 0)
		r = is_marked(pid, marks, identity);
	if (r <= 0)
		return r;
	r = process_read_real_user(pid, &uid);
	return r < 0 ? r : uid == user || uid == 0;
}
