"""
What must hold between the book of the jobs' program and the ledger, when the daemon has ended as it
should and the clock was never set. Each check yields what is wrong, in words.
"""

import collections
import dataclasses

from books import Ledger, Line

# Who has one of them was executed, and how that ended is known; with the others that are no
# non-runs it may have been.
SEEN = {"ok", "failed"}
RAN = SEEN | {"timeout", "killed", "lost"}

# Without a verdict, but to be caught up after the next start.
OPEN = {"accepted", "backoff"}


@dataclasses.dataclass
class Books:
    """Both, and what is known otherwise."""
    lines: list[Line]
    ledger: Ledger
    grids: dict[str, tuple[int, int]]  # by job: interval and offset
    settled: int  # each slot that was due by then must have its row
    delays: dict[str, int]  # by job: from a slot to when it is due
    changing: set[str]  # jobs that had other grids in between, or were gone
    ended: int  # lives that ended as they should, at least ...
    ended_most: int  # ... and at most


def _text(job, slot):
    return f"{job}, slot {slot // 1000000}.{slot % 1000000:06}"


def _begins(books):
    return [line for line in books.lines if line.what == "begin"]


def doubled(books):
    """A slot is one run's, and each attempt of it is made once."""
    runs, attempts = {}, {}
    for line in _begins(books):
        first = runs.setdefault((line.job, line.slot), line)
        if first.run != line.run:
            yield f"{_text(line.job, line.slot)}: run {first.run}, and again run {line.run}"
        first = attempts.setdefault((line.run, line.attempt), line)
        if first is not line:
            yield (f"{_text(line.job, line.slot)}: attempt {line.attempt} of run {line.run} twice, "
                   f"pid {first.pid} and {line.pid}")


def unrecorded(books):
    """What was executed has its row, which does not deny it."""
    rows = {run.id: run for run in books.ledger.runs}
    for line in _begins(books):
        row = rows.get(line.run)
        where = f"{_text(line.job, line.slot)}, run {line.run}"
        if not row:
            yield f"{where}: was executed, but has no row"
        elif (row.job, row.slot) != (line.job, line.slot):
            yield f"{where}: its row is that of {_text(row.job, row.slot)}"
        elif row.attempts < line.attempt:
            yield f"{where}: attempt {line.attempt} was executed, its row has {row.attempts}"
        elif row.verdict not in RAN and row.state != "backoff":
            yield f"{where}: was executed, its row says {row.verdict or row.state}"


def undecided(books):
    """A row has a verdict, or is to be caught up."""
    for run in books.ledger.runs:
        where = f"{_text(run.job, run.slot)}, run {run.id}"
        if run.verdict is None and run.state not in OPEN:
            yield f"{where}: has no verdict, and its state is {run.state}"
        elif run.verdict is not None and run.state is not None:
            yield f"{where}: {run.verdict}, and its state is {run.state}"


def unfounded(books):
    """What is said to have run did, each attempt of it, and came to what is said."""
    ends = {(line.run, line.attempt): line for line in books.lines if line.what == "end"}
    begun = {(line.run, line.attempt) for line in _begins(books)}
    for run in books.ledger.runs:
        if run.verdict not in SEEN or run.result != "exited":
            continue
        where = f"{_text(run.job, run.slot)}, run {run.id}"
        for attempt in range(1, run.attempts + 1):
            if (run.id, attempt) not in begun:
                yield f"{where}: {run.verdict}, but attempt {attempt} was not executed"
        end = ends.get((run.id, run.attempts))
        if not end or (end.word == "0") != (run.verdict == "ok"):
            yield f"{where}: {run.verdict}, but it ended with {end.word if end else 'no status'}"


def _off_grid(books, job, slot):
    interval, offset = books.grids[job]
    return (slot - offset) % interval != 0


def _count(grid, after, last):
    """How many slots of a grid there are in (after, last]."""
    interval, offset = grid
    return (last - offset) // interval - (after - offset) // interval


def _stretches(streaks):
    """Where streaks lie over each other: (first, last, count) of each stretch."""
    stretches = []
    for streak in sorted(streaks, key=lambda streak: streak.first):
        if stretches and streak.first <= stretches[-1][1]:
            first, last, count = stretches[-1]
            stretches[-1] = (first, max(last, streak.last), count + streak.count)
        else:
            stretches.append((streak.first, streak.last, streak.count))
    return stretches


def _uncovered(books, job, slots, after, last, count):
    """Those in (after, last] must have a row each, but for so many."""
    there = _count(books.grids[job], after, last)
    rows = sum(after < slot <= last for slot in slots)
    if there != rows + count:
        yield (f"{_text(job, after)}: of the {there} slots from there to {_text(job, last)} {rows} "
               f"have a row, and streaks there count {count}")


def _unaccounted(books, job, runs, streaks, last):
    if job.name in books.changing:  # what was before counts no more
        runs = [run for run in runs if run.slot > job.floor]
        streaks = [streak for streak in streaks if streak.last > job.floor]
    slots = sorted(run.slot for run in runs)
    if job.held is not None:
        slots.append(job.held)
    for slot, times in collections.Counter(slots).items():
        if times > 1:
            yield f"{_text(job.name, slot)}: has {times} rows"
    for slot in {*slots, *(slot for s in streaks for slot in (s.first, s.last))}:
        if _off_grid(books, job.name, slot):
            yield f"{_text(job.name, slot)}: is no slot of it"
        elif slot <= job.floor:
            yield f"{_text(job.name, slot)}: is not one that counts"
    # Which of the slots from its first to its last a streak stands for is not recorded; but with
    # the runs between them all must be covered, and outside of streaks each must be a run.
    before, slots = job.floor, set(slots)
    for first, end, count in _stretches(streaks):
        yield from _uncovered(books, job.name, slots, before, first - 1, 0)
        yield from _uncovered(books, job.name, slots, first - 1, end, count)
        before = end
    yield from _uncovered(books, job.name, slots, before, last, 0)


def unaccounted(books):
    """Each slot of a job is accounted for, once, as a run or in a streak."""
    last = books.ledger.accounted()
    runs, streaks = collections.defaultdict(list), collections.defaultdict(list)
    for run in books.ledger.runs:
        runs[run.job].append(run)
    for streak in books.ledger.streaks:
        streaks[streak.job].append(streak)
    for name in last.keys() - books.grids.keys():
        yield f"{name}: is no job"
    for name in books.grids:
        if job := books.ledger.jobs.get(name):
            yield from _unaccounted(books, job, runs[name], streaks[name], last[name])
        else:
            yield f"{name}: is not known"


def behind(books):
    """Nothing is left over that was due when all was settled."""
    last = books.ledger.accounted()
    for name, (interval, _) in books.grids.items():
        if last.get(name, 0) + interval + books.delays.get(name, 0) <= books.settled:
            yield f"{name}: is accounted for up to {last.get(name, 0)} only"


def side_by_side(books):
    """What excludes each other is never executed at the same time."""
    for line in _begins(books):
        if line.word != "alone":
            yield f"{_text(line.job, line.slot)}, run {line.run}: not alone, at {line.at}"


def uncounted(books):
    """Each life that ended as it should has its end in the ledger, and no other."""
    stopped = sum(life.stopped is not None for life in books.ledger.lives)
    if not books.ended <= stopped <= books.ended_most:
        yield f"{stopped} lives have an end; {books.ended} to {books.ended_most} should"
    for life in books.ledger.lives:
        if life.stopped is not None and life.stopped < life.started:
            yield f"the life of pid {life.pid} ends before it begins"


CHECKS = [
    ("no slot was executed twice", doubled),
    ("what was executed is in the ledger", unrecorded),
    ("nothing is left without a verdict but what is to be caught up", undecided),
    ("what the ledger says has run, has, and came to that", unfounded),
    ("each slot is accounted for, once", unaccounted),
    ("no job is behind", behind),
    ("what excludes each other never ran side by side", side_by_side),
    ("of each life it is known whether it ended well", uncounted),
]


def results(books):
    """Yields the name of each check, and what it has found."""
    for name, check in CHECKS:
        yield name, list(check(books))


def verdicts(books):
    """How many occurrences have which verdict and reason."""
    count = collections.Counter()
    for run in books.ledger.runs:
        count[run.verdict or run.state, run.reason] += 1
    for streak in books.ledger.streaks:
        count[streak.verdict, streak.reason] += streak.count
    return count


def facts(books):
    """What it was that was compared, in a line."""
    return f"{len(_begins(books))} executions; " + ", ".join(
        f"{count} {verdict}" + (f" ({reason})" if reason else "")
        for (verdict, reason), count in verdicts(books).most_common())
