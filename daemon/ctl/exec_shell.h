/*
 * everyctl exec --shell: a shell in place of the job's command, with the same identity,
 * environment, limits and directory, whose input and output are those of everyctl. Like the job it
 * has a session of its own, so that the terminal is none that it controls: what a user's shell
 * starts cannot put words into the terminal of root (TIOCSTI in ioctl_tty(2)).
 */
#pragma once

struct exec;

/* Runs it; `signals`: where those are read from that are for it (signalfd(2)). Returns the exit
   status. */
int exec_shell(const struct exec *exec, int signals);
