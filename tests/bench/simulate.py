"""Simulations: time for a million slots of a thousand jobs, against one job with as many, side by
side."""

import json
import os
import subprocess
import time

from everyd import Broken, job, write_config

JOBS = 1000

# What -> settings of the job with that number; all are due about once an hour. Runs take a second, or
# what SPANS says.
KINDS = {
    "every": lambda i: {"every": "1h", "offset": f"{i * 3600 // JOBS}s"},
    "every, overlapping": lambda i: {"every": "1h", "offset": f"{i * 3600 // JOBS}s"},
    "cron, Europe/Berlin": lambda i: {"cron": f"{i % 60} * * * *",
                                             "timezone": "Europe/Berlin"},
    "after": lambda i: {"after": "1h"},
}
SPANS = {"every, overlapping": "90m"}


def measure(setup, report):
    config = os.path.join(setup.directory, "simulate.conf")
    days = 30 if setup.quick else 366
    for kind, settings in KINDS.items():
        pairs = []
        for _ in range(1 if setup.quick else 3):
            write_config(config, ["workers = 4096\nqueue = 100000\n"] + [
                job(f"job-{i:04}", "true", **settings(i)) for i in range(JOBS)])
            many = _time(setup, config, days, SPANS.get(kind, "1s"))
            write_config(config, [job("job", "true", every=f"{3600 * 1000 // JOBS}ms")])
            pairs.append((many, _time(setup, config, days, "1s")))
        report.pairs(f"{days} days, {kind}", pairs, "us", "< 1 s")


def _time(setup, config, days, span):
    """Microseconds for each million slots."""
    begun = time.monotonic()
    done = subprocess.run(
        [setup.everyctl, "-c", config, "--json", "simulate", "--durations", "none",
         "--from", "2026-01-01", "--to", f"+{days}d", "--default-duration", span],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TZ": "UTC"})
    took = time.monotonic() - begun
    if done.returncode != 0:
        raise Broken(f"everyctl simulate: {done.stderr.strip()}")
    slots = json.loads(done.stdout)["total"]["slots"]
    if slots < 0.9 * days * 24 * JOBS:
        raise Broken(f"everyctl simulate: {slots} slots in {days} days")
    return took * 1e12 / slots
