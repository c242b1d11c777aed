"""Many jobs: time to load them, memory for each, time to reload with one change."""

import os
import time

from everyd import Broken, Everyd
from lateness import far_job
from report import median

SETTLE = 0.3


def measure(setup, report):
    sizes = [1_000, 100_000] if setup.quick else [1_000, 100_000, 1_000_000]
    with Everyd(setup, []) as daemon:
        time.sleep(SETTLE)
        empty = daemon.resident()
        report.row("no job: start to READY", daemon.load_seconds * 1e6, "us")
        report.row("no job: resident", empty, "bytes")
    for size in sizes:
        _load(setup, report, size, empty)


def _load(setup, report, size, empty):
    loads, reloads = [], []
    parts = [far_job(f"job-{i:07}") for i in range(size)]
    for _ in range(1 if size > 100_000 else 3):
        with Everyd(setup, parts) as daemon:
            loads.append(daemon.load_seconds * 1e6)
            time.sleep(SETTLE)
            resident = daemon.resident() - empty
            for _ in range(3):
                _change_one(daemon.config)
                reloads.append(daemon.reload() * 1e6)
                _check_reload(daemon, size)
            time.sleep(SETTLE)
            reloaded = daemon.resident() - empty
    large = size >= 1_000_000
    report.row(f"{size} jobs: start to READY", median(loads), "us",
               target="< 5 s" if large else "")
    report.row(f"{size} jobs: SIGHUP to READY, one job changed", median(reloads), "us",
               target="< 2 s" if large else "")
    report.row(f"{size} jobs: resident, for each job", resident / size, "bytes",
               target="<= 512 B" if large else "", total=resident)
    report.row(f"{size} jobs: the same after reloads", reloaded / size, "bytes", total=reloaded)


def _change_one(config):
    """Turns /bin/true of the last job into /bin/tru1, that into /bin/tru2, and so on."""
    with open(config, "r+b") as file:
        file.seek(-min(200, os.path.getsize(config)), os.SEEK_END)
        at = file.tell()
        tail = file.read()
        last = tail.rindex(b"/bin/tru") + len(b"/bin/tru")
        file.seek(at + last)
        file.write(b"%d" % (1 if tail[last:last + 1] == b"e" else int(tail[last:last + 1]) + 1))


def _check_reload(daemon, size):
    outcome = f"0 added, 1 changed, 0 removed, {size - 1} unchanged"
    deadline = time.monotonic() + 5
    while outcome not in daemon.tail():
        if time.monotonic() > deadline:
            raise Broken(f"a reload with one change of {size} jobs: {daemon.tail()}")
        time.sleep(0.05)
