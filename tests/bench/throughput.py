"""
Runs per second with every worker busy, output captured, against the bare loop: each run in the
ledger, with and without waiting for the disk, and without a ledger.
"""

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
    variants = [("process", "info"), ("process", "warning"), ("power", "info"), ("none", "info")]
    pairs = {variant: [] for variant in variants}
    costs = {variant: [] for variant in variants}

    for _ in range(rounds):
        for durability, level in variants:
            bare_rate = _bare_rate(setup, seconds, command)
            parts = [f'durability = "{durability}"\n', *config]
            rate, cost = _everyd_rate(setup, parts, level, seconds)
            pairs[durability, level].append((rate, bare_rate))
            costs[durability, level].append(cost)
    report.note(f"{jobs} jobs every 100ms; the ledger is the default, durability = \"process\"")
    for variant in variants:
        report.pairs(_name(variant), pairs[variant], "/s",
                     "" if variant[0] == "power" else ">= 0.60")
    for variant in variants:
        report.row("own processor time a run, " + _name(variant), median(costs[variant]), "us")


def _name(variant):
    durability, level = variant
    ledger = {"process": "ledger", "power": "ledger, power", "none": "no ledger"}[durability]
    return f"{ledger}, --log-level {level}"


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
