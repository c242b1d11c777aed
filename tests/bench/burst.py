"""A thousand jobs due at one instant: how long until the first and the last of them run."""

import collections
import time

from everyd import Broken, Everyd, job
from report import median
from stamps import Stamps, bare_last_start

JOBS = 1000


def measure(setup, report):
    rounds = 3 if setup.quick else 7
    _burst(setup, report, "direct", 2, rounds, "first < 1 ms")
    _burst(setup, report, "through sh", 4, rounds, "first < 2 ms")


def _burst(setup, report, how, interval, rounds, first_target):
    """They are due every so many seconds; the bare loop has its turn halfway between."""
    stamps = Stamps(setup, "burst")
    bare_stamps = Stamps(setup, "burst-bare")
    through_shell = how != "direct"
    command = stamps.shell_command if through_shell else stamps.command
    config = [f"workers = {setup.workers}\nqueue = {JOBS}\n",
              *(job(f"burst-{i}", command, every=f"{interval}s") for i in range(JOBS))]
    bare_lasts = []

    with Everyd(setup, config):
        slot = (int(time.time() / interval) + 1) * interval
        slots = [(slot + i * interval) * 1_000_000 for i in range(rounds)]
        for at in slots:
            time.sleep(max(0, at / 1e6 + interval / 2 - time.time()))
            bare_lasts.append(bare_last_start(setup, bare_stamps, JOBS, through_shell))
    firsts, lasts = _first_and_last(stamps, slots)
    report.row(f"{JOBS} {how}: first start after the slot", median(firsts), "us",
               target=first_target, worst=max(firsts))
    report.pairs(f"{JOBS} {how}: last start after the slot", list(zip(lasts, bare_lasts)), "us",
                 "<= 1.30")


def _first_and_last(stamps, slots):
    starts = collections.defaultdict(list)
    for stamp in stamps.read():
        starts[stamp.slot].append(stamp.began - stamp.slot)
    for slot in slots:
        if len(starts[slot]) != JOBS:
            raise Broken(f"{len(starts[slot])} of {JOBS} jobs ran that were due at one instant")
    return [min(starts[slot]) for slot in slots], [max(starts[slot]) for slot in slots]
