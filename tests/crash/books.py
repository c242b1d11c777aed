"""
The two books of what the daemon did: the one that the jobs' program kept (work.c), and the ledger.
"""

import calendar
import dataclasses
import os
import re
import shutil
import sqlite3
import tempfile
import time

LEDGER = "ledger.db"
BOOK = "book"


@dataclasses.dataclass(frozen=True)
class Line:
    """What the program noted when it began or ended."""
    what: str  # begin or end
    job: str
    slot: int  # microseconds since the epoch, as everything here
    run: int
    attempt: int
    pid: int
    at: int
    word: str  # of begin: alone or beside; of end: its exit status


@dataclasses.dataclass
class Job:
    """A job as the ledger has it."""
    name: str
    floor: int  # slots up to it do not count
    held: int | None
    gone: int | None


@dataclasses.dataclass
class Run:
    """A row of the ledger: an occurrence that became a run."""
    id: int
    job: str
    slot: int
    state: str | None
    verdict: str | None
    reason: str | None
    attempts: int
    result: str | None


@dataclasses.dataclass
class Streak:
    """A row of the ledger: occurrences that did not run."""
    id: int
    job: str
    verdict: str
    reason: str | None
    count: int
    first: int
    last: int


@dataclasses.dataclass
class Life:
    """A row of the ledger: from a start of the daemon to its stop."""
    started: int
    stopped: int | None
    pid: int


@dataclasses.dataclass
class Ledger:
    """The whole of it, jobs by name, the rest by number."""
    jobs: dict[str, Job]
    runs: list[Run]
    streaks: list[Streak]
    lives: list[Life]

    def accounted(self):
        """By job, the last slot that has its row."""
        last = {job.name: max(job.floor, job.held or 0) for job in self.jobs.values()}
        for run in self.runs:
            last[run.job] = max(last.get(run.job, 0), run.slot)
        for streak in self.streaks:
            last[streak.job] = max(last.get(streak.job, 0), streak.last)
        return last


# Of a row of the table job: the last slot that has its row, which is no less than the floor.
ACCOUNTED = ("max(floor, coalesce(held, 0),"
             " coalesce((SELECT max(slot) FROM run WHERE job = number), 0),"
             " coalesce((SELECT max(last) FROM streak WHERE job = number), 0))")

LINE = re.compile(r"(begin|end) (\S+) (\S+)\.(\d{6})Z (\d+) (\d+) (\d+) (\d+) (\S+) \.")


def _slot(text, fraction):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%S")) * 1000000 + int(fraction)


def read_book(path):
    """Returns the lines of a book, and those that are not whole."""
    lines, torn = [], []
    if not os.path.exists(path):
        return lines, torn
    with open(path, encoding="ascii", errors="replace") as book:
        for text in book:
            match = LINE.fullmatch(text.rstrip("\n"))
            if match:
                what, job, slot, fraction, *numbers, word = match.groups()
                run, attempt, pid, at = map(int, numbers)
                lines.append(Line(what, job, _slot(slot, fraction), run, attempt, pid, at, word))
            elif text.strip("\n\0"):
                torn.append(text)
    return lines, torn


def last_slots(path):
    """By job, the last slot that has its row. Of a ledger that is being written; none if it is not
    there yet."""
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
    except sqlite3.OperationalError:
        return {}
    try:
        return dict(database.execute(f"SELECT name, {ACCOUNTED} FROM job"))
    except sqlite3.OperationalError:
        return {}
    finally:
        database.close()


class Copy:
    """
    A copy of a ledger that nobody has open, so that what looks into it changes nothing: to open a
    database whose writer died mends it.

        with Copy(directory) as copy: ...
    """

    def __init__(self, directory):
        self._directory = tempfile.mkdtemp(prefix="copy-", dir=directory)
        try:
            for suffix in ("", "-wal"):
                if os.path.exists(path := os.path.join(directory, LEDGER + suffix)):
                    shutil.copy(path, self._directory)
            path = os.path.join(self._directory, LEDGER)
            self._there = os.path.exists(path)
            self._database = sqlite3.connect(path)
        except BaseException:
            shutil.rmtree(self._directory)
            raise

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self._database.close()
        shutil.rmtree(self._directory)

    def faults(self):
        """What is wrong with the file: lines of text."""
        if not self._there:
            return ["there is no ledger"]
        try:
            found = [row[0] for row in self._database.execute("PRAGMA integrity_check")]
        except sqlite3.DatabaseError as error:
            return [str(error)]
        return [] if found == ["ok"] else found

    def read(self):
        """The ledger."""
        def rows(row, columns, table):
            return [row(*values) for values in self._database.execute(
                f"SELECT {columns} FROM {table}")]

        of_job = "coalesce((SELECT name FROM job WHERE number = job), 'number ' || job)"
        return Ledger(
            {job.name: job for job in rows(Job, "name, floor, held, gone", "job")},
            rows(Run, f"id, {of_job}, slot, state, verdict, reason, attempts, result",
                 "run ORDER BY id"),
            rows(Streak, f"id, {of_job}, verdict, reason, count, first, last",
                 "streak ORDER BY id"),
            rows(Life, "started, stopped, pid", "life ORDER BY id"))
