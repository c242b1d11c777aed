"""From slot to slot of a schedule: slots per second, against those of `every`, side by side."""

import subprocess

from everyd import Broken

# What is walked, as tests/bench/walk.c names it -> what is aimed at.
TARGETS = {"* * * * * *, UTC": ">= 5 M/s", "* * * * * *, Europe/Berlin": ">= 5 M/s"}


def measure(setup, report):
    milliseconds, rounds = (50, 3) if setup.quick else (200, 5)
    pairs = {}
    for _ in range(rounds):
        done = subprocess.run([setup.walk, str(milliseconds)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Broken(done.stderr.strip())
        for line in done.stdout.splitlines():
            what, rate, beside = line.split("\t")
            pairs.setdefault(what, []).append((float(rate), float(beside)))
    for what in pairs:
        report.pairs(what, pairs[what], "/s", TARGETS.get(what, ""))
