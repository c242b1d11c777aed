"""Runs per second with every worker busy, output captured, against the bare loop."""

import os
import time

from everyd import Everyd, job
from report import median
from stamps import bare

WARM_UP = 1.0


def measure(setup, report):
    seconds, rounds = (2, 2) if setup.quick else (4, 3)
    command = [setup.tick]
    # As many runs are due as the bare loop can do at best: more than anyone else can.
    rate = max(_bare_rate(setup, 1, command) for _ in range(3))
    jobs = int(rate / 10) + 1
    config = [f"workers = {setup.workers}\nqueue = {jobs}\n",
              *(job(f"tick-{i}", command, every="100ms") for i in range(jobs))]
    pairs = {level: [] for level in ["info", "warning"]}
    costs = {level: [] for level in pairs}

    for _ in range(rounds):
        for level in pairs:
            bare_rate = _bare_rate(setup, seconds, command)
            rate, cost = _everyd_rate(setup, config, level, seconds)
            pairs[level].append((rate, bare_rate))
            costs[level].append(cost)
    for level in pairs:
        report.pairs(f"{jobs} jobs every 100ms, --log-level {level}", pairs[level], "/s", ">= 0.60")
    for level in pairs:
        report.row(f"everyd's own processor time a run, {level}", median(costs[level]), "us")


def _bare_rate(setup, seconds, command):
    loop = bare(setup, f"{seconds}s", command)
    return loop.runs * 1e6 / (loop.ended - loop.began)


def _everyd_rate(setup, config, level, seconds):
    """
    Returns runs per second, counted by the lines that came out of the daemon, and microseconds of
    processor time that it used itself for each.
    """
    with Everyd(setup, config, "--log-level", level) as daemon:
        time.sleep(WARM_UP)
        begun, from_byte, cpu = time.monotonic(), os.path.getsize(daemon.log), daemon.cpu_seconds()
        time.sleep(seconds)
        ended, to_byte = time.monotonic(), os.path.getsize(daemon.log)
        cpu = daemon.cpu_seconds() - cpu
        with open(daemon.log, "rb") as log:
            log.seek(from_byte)
            runs = log.read(to_byte - from_byte).count(b": tick\n")
    return runs / (ended - begun), cpu * 1e6 / max(1, runs)
