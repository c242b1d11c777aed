/* everyctl exec --diff: how the surroundings of a job differ from those of who asks. */
#pragma once

struct exec;

/* Finds out and prints it. Returns the exit status. */
int exec_diff(const struct exec *exec);
