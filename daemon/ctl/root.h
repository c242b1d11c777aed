/* Files of a machine that is below a directory: where its links lead to is on it, too. */
#pragma once

/*
 * Opens a path of a machine with the flags of open(2), closed on exec. `root`: the directory below
 * which it is, then the path begins with a slash; "": it is this one. Returns the descriptor or
 * -errno. Any thread.
 */
int root_open(const char *root, const char *path, int flags);
