"""One quiet minute: how late a run begins, and how often an idle daemon wakes up."""

import contextlib
import time

from everyd import Broken, Everyd, job
from report import percentile
from stamps import Stamps

DAY = 86_400
WAITERS = 8
SETTLE = 2.0
IDLE_JOBS = 100_000


def measure(setup, report):
    window, wait = (15, 10) if setup.quick else (60, 60)
    direct = Stamps(setup, "direct")
    shell = Stamps(setup, "shell")
    waited = [Stamps(setup, f"waited-{i}") for i in range(WAITERS)]
    workers = f"workers = {setup.workers}\n"

    with contextlib.ExitStack() as stack:
        def start(*jobs):
            return stack.enter_context(Everyd(setup, [workers, *jobs]))

        idle = start(far_job("idle"))
        crowd = start(*(far_job(f"idle-{i}") for i in range(IDLE_JOBS)))
        start(job("direct", direct.command, every="1s"),
              job("shell", shell.shell_command, every="1s", offset="500ms"))
        # Each has been still for so long when its one job is due; none at the time of another.
        begin = int(time.time()) + wait + 1
        for i, stamps in enumerate(waited):
            at = begin * 1_000_000 + 100_000 + i * 40_000
            start(job("waited", stamps.command, every="1d", offset=f"{at % (DAY * 1_000_000)}us"))

        time.sleep(SETTLE)
        direct.clear()
        shell.clear()
        wakeups = idle.switches(), crowd.switches()
        end = time.time() + max(window, begin + 1 - time.time())
        while time.time() < end:
            time.sleep(max(0, end - time.time()))
        wakeups = idle.switches() - wakeups[0], crowd.switches() - wakeups[1]
        span = window + (0 if window > wait else 1)

    _lateness(report, f"a job every second, {window} s", direct, window, "p99 < 1 ms")
    _lateness(report, f"the same through sh, {window} s", shell, window, "p99 < 2 ms")
    late = [value for stamps in waited for value in stamps.lateness()]
    if len(late) != WAITERS:
        raise Broken(f"{len(late)} of {WAITERS} jobs ran after a wait of {wait} s")
    _percentiles(report, f"after {wait} s of nothing, {WAITERS} daemons", late, "p99 < 1 ms")
    report.row(f"wakeups in {span} idle s, 1 job", wakeups[0], "", target="0")
    report.row(f"wakeups in {span} idle s, {IDLE_JOBS} jobs", wakeups[1], "", target="0")


def far_job(name):
    """A job that is not due before the day after tomorrow."""
    offset = (int(time.time()) + 2 * DAY) % (10 * DAY)
    return job(name, ["/bin/true"], every="10d", offset=f"{offset}s", splay="1d")


def _lateness(report, what, stamps, window, target):
    late = stamps.lateness()
    if not window - 2 <= len(late) <= window + 2:
        raise Broken(f"{what}: it ran {len(late)} times")
    _percentiles(report, what, late, target)


def _percentiles(report, what, late, target):
    for name, percent in ("p50", 50), ("p99", 99), ("max", 100):
        report.row(f"{what}: {name}", percentile(late, percent), "us",
                   target=target if name == "p99" else "", samples=len(late))
