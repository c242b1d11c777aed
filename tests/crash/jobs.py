"""The jobs that are killed: what a configuration of many fast ones is, and what must hold for them."""

import dataclasses
import itertools

OVERLAPS = ("skip", "queue", "replace", "allow")
CATCH_UPS = ("last", "all", "none")
INTERVALS = (300, 400, 500, 700, 1000, 1500, 2000)  # milliseconds
MAX_RUNNING = 2
SPLAY = 900


@dataclasses.dataclass
class Job:
    """A job; times are in milliseconds."""
    name: str
    interval: int
    work: list[str]  # options of the program
    settings: dict[str, str]
    offset: int = 0
    command: list[str] | None = None  # instead of the program
    other_interval: int | None = None  # in another configuration; 0: it is not there


def _policies(name, interval, overlap, catch_up, work, **settings):
    settings |= {"overlap": overlap, "catch_up": catch_up}
    if overlap == "allow":
        settings["max_running"] = str(MAX_RUNNING)
        work = [*work, "-n", str(MAX_RUNNING)]
    return Job(name, interval, work, settings)


def _of_each_policy():
    """Each policy with brief runs, with such as are longer than the interval, and with failures."""
    intervals = itertools.cycle(INTERVALS)
    for overlap, catch_up in itertools.product(OVERLAPS, CATCH_UPS):
        name = f"{overlap}-{catch_up}"
        yield _policies(f"brief-{name}", next(intervals), overlap, catch_up, ["-t", "0-30", "-p"])
        interval = max(next(intervals), 700)
        # Those that can never make up for all would have ever more to make up for.
        yield _policies(f"long-{name}", interval, overlap, catch_up,
                        ["-t", f"{interval // 2}-{interval * 2}"], catch_up_window="1s")
        yield _policies(f"retry-{name}", max(next(intervals), 1000), overlap, catch_up,
                        ["-t", "0-20", "-f", "50"], retries="2", retry_delay="100ms",
                        retry_backoff="2")


def _special():
    yield Job("fast", 100, ["-t", "0-20"], {})
    yield Job("fast-all", 100, ["-t", "0-10"], {"catch_up": "all"})
    for i, catch_up in enumerate(CATCH_UPS):
        yield Job(f"group-{catch_up}", 300 + 200 * i, ["-t", "10-60", "-l", "group"],
                  {"concurrency_group": "one", "catch_up": catch_up})
    yield Job("splay", 1000, ["-t", "0-20"], {"splay": f"{SPLAY}ms"})
    yield Job("offset", 1000, ["-t", "0-20"], {"offset": "333ms"}, offset=333)
    yield Job("timeout", 700, ["-t", "50-500"], {"timeout": "200ms"})
    yield Job("window", 200, ["-t", "0-20"], {"catch_up": "all", "catch_up_window": "500ms"})
    yield Job("condition", 500, ["-t", "0-20"], {"only_if": "exit $(($$ % 2))", "catch_up": "all"})
    yield Job("absent", 1000, [], {"retries": "1", "retry_delay": "50ms"}, command=["/nonexistent"])
    # What runs when a job goes is left alone, and does not hold up the job when it comes back.
    yield Job("comes-and-goes", 300, ["-t", "0-20", "-n", "100"], {"catch_up": "all"},
              other_interval=0)
    yield Job("rescheduled", 300, ["-t", "0-100"], {"overlap": "queue", "catch_up": "all"},
              other_interval=500)


def all_jobs():
    return [*_of_each_policy(), *_special()]


def other(jobs):
    """The jobs of another configuration, in which some are otherwise."""
    return [job if job.other_interval is None else
            dataclasses.replace(job, interval=job.other_interval)
            for job in jobs if job.other_interval != 0]


def changing(jobs):
    """The names of those that are."""
    return {job.name for job in jobs if job.other_interval is not None}


def _text(job, program, directory, options):
    words = job.command or [program, *options, *job.work, directory]
    lines = [f"job '{job.name}' {{", f"    every = '{job.interval}ms'"]
    lines += [f"    {name} = '{value}'" for name, value in job.settings.items()]
    lines.append("    command = {" + ", ".join(f"'{word}'" for word in words) + "}")
    return "\n".join([*lines, "}\n"])


def configuration(jobs, program, directory, options, **settings):
    """The text of the file. The program keeps its book in the directory; it gets the options."""
    head = "".join(f"{name} = '{value}'\n" for name, value in settings.items())
    group = "concurrency_group 'one' {\n    limit = 1\n}\n"
    # None may linger, neither when it is replaced nor when the daemon stops.
    defaults = "defaults {\n    kill_grace = '100ms'\n}\n"
    return "".join([head, defaults, group,
                    *(_text(job, program, directory, options) for job in jobs)])


def grids(jobs):
    """By name, interval and offset of the slots, in microseconds."""
    return {job.name: (job.interval * 1000, job.offset * 1000) for job in jobs}


def delay(job):
    """The most that may lie between a slot and when it is due, in microseconds."""
    return SPLAY * 1000 if "splay" in job.settings else 0


def delays(jobs):
    """By name, the same."""
    return {job.name: delay(job) for job in jobs}
