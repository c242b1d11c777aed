"""What options of a job cost: runs per second with each, against the plain job's, side by side."""

import os
import time

import machine
from everyd import Everyd, job
from report import median

WARM_UP = 1.0
OTHER_USER = "nobody"


def measure(setup, report):
    seconds, rounds = (1, 1) if setup.quick else (2, 3)
    environment = os.path.join(setup.directory, "environment")
    with open(environment, "w") as out:
        out.writelines(f"VARIABLE_{i}='value {i}'\n" for i in range(20))
    os.chmod(environment, 0o644)
    files = os.path.join(setup.directory, "%j.log")
    tick = "{'" + setup.tick + "'}"
    # What it is, the options, whether it needs root, whether it runs in a delegated control group.
    variants = [
        ("retries, which are not needed", "retries = 3", False, False),
        ("expect_within, max_runtime, timeout",
         "expect_within = '1d' max_runtime = '1h' timeout = '1h'", False, False),
        ("nice, umask, limits", "nice = 5 umask = '077' limits = {'CORE=0'}", False, False),
        ("environment_file of 20 variables", f"environment_file = '{environment}'", False, False),
        ("user", f"user = '{OTHER_USER}'", True, False),
        ("output into a file", f"output = '{files}'", False, False),
        ("output discarded", "output = 'discard'", False, False),
        ("only_if: one more process", f"only_if = {tick}", False, False),
        ("on_success, as many as come to their turn", f"on_success = {tick}", False, False),
        ("in a control group that serves again", "", True, True),
        ("in a control group of its own", "memory_max = '1G'", True, True),
    ]
    for what, options, needs_root, needs_group in variants:
        group = machine.delegated_group() if needs_group else None
        lacks = ("root" if needs_root and os.geteuid() != 0 else
                 "a cgroup2 to write to" if needs_group and not group else
                 "the memory controller" if "memory_max" in options and
                 "memory" not in machine.controllers(group) else None)
        if lacks:
            report.note(f"{what}: not measured, it needs {lacks}")
            if group:
                machine.remove_group(group)
            continue
        pairs = []
        for _ in range(rounds):
            plain = _rate(setup, "", seconds, None)
            pairs.append((_rate(setup, options, seconds, group), plain))
        report.pairs(what, pairs, "/s", "")
        if group:
            machine.remove_group(group)


def _rate(setup, options, seconds, group):
    """Runs per second, by the verdicts that the daemon logs."""
    jobs = 3000
    config = [f"workers = {setup.workers}\nqueue = {jobs}\ndefaults {{ {options} }}\n",
              *(job(f"tick-{i}", [setup.tick], every="100ms") for i in range(jobs))]
    with Everyd(setup, config, group=group) as daemon:
        time.sleep(WARM_UP)
        begun, from_byte = time.monotonic(), os.path.getsize(daemon.log)
        time.sleep(seconds)
        ended, to_byte = time.monotonic(), os.path.getsize(daemon.log)
        with open(daemon.log, "rb") as log:
            log.seek(from_byte)
            runs = log.read(to_byte - from_byte).count(b": ok in ")
    return runs / (ended - begun)
