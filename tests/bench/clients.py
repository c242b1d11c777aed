"""
A thousand runs a second, with and without clients on the control socket who take their answers
slowly: what they do to how late runs begin.
"""

import os
import subprocess
import sys
import time

from everyd import Broken, Everyd, job
from report import percentile
from stamps import Stamps

JOBS = 1000  # each once a second, one a millisecond
SLOW = 500
WARM_UP = 2.0
CROWD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "crowd.py")


def measure(setup, report):
    # Many short ones: a machine that stops for some milliseconds spoils only one of them.
    seconds, rounds = (1.5, 5) if setup.quick else (3, 11)
    stamps = Stamps(setup, "clients")
    config = [f"workers = {setup.workers}\nqueue = {JOBS}\n",
              *(job(f"tick-{i:04}", stamps.command, every="1s", offset=f"{i}ms")
                for i in range(JOBS))]
    with Everyd(setup, config, "--log-level", "warning") as daemon:
        time.sleep(WARM_UP)
        for what, slow, followers in [(f"{SLOW} slow readers", SLOW, 0),
                                      (f"{SLOW} slow readers, 5 who follow events", SLOW, 5)]:
            pairs = {50: [], 99: []}
            for _ in range(rounds):
                alone = _lateness(stamps, seconds)
                with Crowd(daemon.control, slow, followers) as crowd:
                    beset = _lateness(stamps, seconds)
                for percent, list_of in pairs.items():
                    list_of.append((percentile(beset, percent), percentile(alone, percent)))
            for percent in pairs:
                report.pairs(f"{what}: p{percent} of the lateness", pairs[percent], "us", "<= 1.20")
            report.note(crowd.told)


class Crowd:
    """The clients, while it is entered."""

    def __init__(self, path, slow, followers):
        self.told = ""
        self._process = subprocess.Popen(
            [sys.executable, "-B", CROWD, path, str(slow), str(followers)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._process.stdout.readline() != "ready\n":
            self._process.kill()
            raise Broken("the clients were not let in")

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        told, _ = self._process.communicate(timeout=60)
        if self._process.returncode != 0:
            raise Broken("a client was not served")
        taken, followed, lagged, seconds = (float(field) for field in told.split())
        self.told = f"they took {taken / seconds / 1e6:.1f} MB/s"
        if followed:
            self.told += f", and {followed / seconds / 1e6:.1f} MB/s of events"
        if lagged:
            self.told += f"; {lagged:.0f} who followed did not keep up, and were cut off"


def _lateness(stamps, seconds):
    """Of the runs that begin in so many seconds."""
    stamps.clear()
    time.sleep(seconds)
    late = stamps.lateness()
    if len(late) < 0.9 * JOBS * seconds:
        raise Broken(f"{len(late)} of {JOBS * seconds} runs have begun")
    return late
