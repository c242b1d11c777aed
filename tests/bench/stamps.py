"""What the tick program writes when it begins, and the bare loop that it is compared to."""

import collections
import datetime
import os
import subprocess

from everyd import Broken

Stamp = collections.namedtuple("Stamp", "began slot")  # microseconds; slot None: not everyd's
Loop = collections.namedtuple("Loop", "runs began ended")

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND = datetime.timedelta(microseconds=1)


class Stamps:
    """A file that runs of `tick FILE` append to."""

    def __init__(self, setup, name):
        self.path = os.path.join(setup.directory, name)
        self.command = [setup.tick, self.path]
        self.shell_command = f"{setup.tick} {self.path}"
        self.clear()

    def clear(self):
        with open(self.path, "w"):
            pass

    def count(self):
        with open(self.path, "rb") as lines:
            return sum(1 for _ in lines)

    def read(self):
        stamps = []
        with open(self.path) as lines:
            for line in lines:
                began, slot = line.split()
                stamps.append(Stamp(int(began), None if slot == "-" else _microseconds(slot)))
        return stamps

    def lateness(self):
        """Of each run: microseconds from its slot to its beginning."""
        return [stamp.began - stamp.slot for stamp in self.read()]


def bare(setup, amount, command):
    """Runs the bare loop: an int is how many times, a text like "3s" how long."""
    result = subprocess.run([setup.bare, str(setup.workers), str(amount), *command],
                            stdout=subprocess.PIPE, timeout=120)
    if result.returncode != 0:
        raise Broken(f"the bare loop ended with {result.returncode}")
    return Loop(*map(int, result.stdout.split()))


def bare_last_start(setup, stamps, count, through_shell):
    """How many microseconds the bare loop takes to start the last of so many."""
    stamps.clear()
    loop = bare(setup, count,
                ["/bin/sh", "-c", stamps.shell_command] if through_shell else stamps.command)
    return max(stamp.began for stamp in stamps.read()) - loop.began


def _microseconds(rfc3339):
    return (datetime.datetime.fromisoformat(rfc3339.replace("Z", "+00:00")) - _EPOCH) // _MICROSECOND
