"""
Shows that each check of compare.py can fail: books are made up that are as they should be, and then
one thing is made wrong in them.
"""

import copy
import dataclasses

import compare
from books import Job, Ledger, Life, Line, Run, Streak

SECOND = 1000000
START = 1000 * SECOND  # the first slot that counts
LOST = 3  # the run of which nothing is known


def _slot(number):
    return START + number * SECOND


def _lines(run, slot, attempt, status):
    pid = 100 * run + attempt
    yield Line("begin", "j", _slot(slot), run, attempt, pid, _slot(slot) + 1, "alone")
    if status is not None:
        yield Line("end", "j", _slot(slot), run, attempt, pid, _slot(slot) + 2, status)


def made_up():
    """
    Slots 0 to 9 of a job of a second: three runs that ended, one of them tried twice; one that was
    lost; two that were coalesced around one that was skipped; one held, and two that are to be
    caught up.
    """
    runs = [
        Run(1, "j", _slot(0), None, "ok", None, 1, "exited"),
        Run(2, "j", _slot(1), None, "failed", None, 2, "exited"),
        Run(LOST, "j", _slot(2), None, "lost", "crash", 1, None),
        Run(4, "j", _slot(6), None, "timeout", None, 1, "signalled"),
        Run(5, "j", _slot(8), "backoff", None, None, 1, "exited"),
        Run(6, "j", _slot(9), "accepted", None, None, 1, None),
    ]
    streaks = [
        Streak(1, "j", "coalesced", "down", 2, _slot(3), _slot(5)),
        Streak(2, "j", "skipped", "overlap", 1, _slot(4), _slot(4)),
    ]
    lines = [*_lines(1, 0, 1, "0"), *_lines(2, 1, 1, "1"), *_lines(2, 1, 2, "1"),
             *_lines(LOST, 2, 1, None), *_lines(4, 6, 1, None), *_lines(5, 8, 1, "1")]
    lives = [Life(START, None, 50), Life(_slot(4), _slot(10), 51)]
    ledger = Ledger({"j": Job("j", START - 1, _slot(7), None)}, runs, streaks, lives)
    return compare.Books(lines, ledger, {"j": (SECOND, 0)}, _slot(10) - 1, {}, set(), 1, 1)


def _run(books, number):
    return next(run for run in books.ledger.runs if run.id == number)


def _change(books, place, **changes):
    books.lines[place] = dataclasses.replace(books.lines[place], **changes)


def _another_run_of_slot_0(books):
    books.lines += [*_lines(7, 0, 1, "0")]
    books.ledger.runs.append(Run(7, "j", _slot(0), None, "ok", None, 1, "exited"))


def _another_row_of_slot_0(books):
    books.ledger.runs.append(Run(7, "j", _slot(0), None, "lost", "crash", 1, None))


def _drop_row(number):
    return lambda books: books.ledger.runs.remove(_run(books, number))


def _set(number, **changes):
    return lambda books: vars(_run(books, number)).update(changes)


def _line(place, **changes):
    return lambda books: _change(books, place, **changes)


def _streak(place, **changes):
    return lambda books: vars(books.ledger.streaks[place]).update(changes)


# What is made wrong, how, and which checks must see it; others may.
WRONGS = [
    ("a slot is executed by two runs", _another_run_of_slot_0, {"doubled", "unaccounted"}),
    ("an attempt is executed twice", lambda b: b.lines.extend(_lines(1, 0, 1, "0")), {"doubled"}),
    ("a lost run is executed again", lambda b: b.lines.extend(_lines(8, 2, 1, "0")),
     {"doubled", "unrecorded"}),
    ("an executed run has no row", _drop_row(LOST), {"unrecorded", "unaccounted"}),
    ("its row is of another slot", _set(LOST, slot=_slot(99)), {"unrecorded"}),
    ("its row is of another job", _set(LOST, job="other"), {"unrecorded", "unaccounted"}),
    ("its row knows less attempts", _set(2, attempts=1), {"unrecorded"}),
    ("its row says that it was skipped", _set(LOST, verdict="skipped"), {"unrecorded"}),
    ("its row says that it still waits", _set(LOST, verdict=None, state="accepted"),
     {"unrecorded"}),
    ("a run is started for ever", _set(LOST, verdict=None, state="started"), {"undecided"}),
    ("a run has a verdict and a state", _set(LOST, state="started"), {"undecided"}),
    ("what is ok was not executed", lambda b: b.lines.__delitem__(slice(0, 2)), {"unfounded"}),
    ("an attempt before the last was not", lambda b: b.lines.__delitem__(slice(2, 4)),
     {"unfounded"}),
    ("what is ok has failed", _line(1, word="1"), {"unfounded"}),
    ("what is ok has not ended", lambda b: b.lines.__delitem__(1), {"unfounded"}),
    ("what failed was fine", _line(5, word="0"), {"unfounded"}),
    ("a slot has two rows", _another_row_of_slot_0, {"unaccounted"}),
    ("a slot has a row and is held", lambda b: setattr(b.ledger.jobs["j"], "held", _slot(6)),
     {"unaccounted"}),
    ("a held slot is forgotten", lambda b: setattr(b.ledger.jobs["j"], "held", None),
     {"unaccounted"}),
    ("a streak counts one too many", _streak(0, count=3), {"unaccounted"}),
    ("a streak counts one too few", _streak(0, count=1), {"unaccounted"}),
    ("a streak is forgotten", lambda b: b.ledger.streaks.pop(1), {"unaccounted"}),
    ("the slots at the end of a streak are forgotten", _streak(0, last=_slot(4), count=1),
     {"unaccounted"}),
    ("a row is of no slot", _set(LOST, slot=_slot(2) + 1), {"unaccounted"}),
    ("a row is of a slot before the first", _set(LOST, slot=_slot(-1)), {"unaccounted"}),
    ("a job is not known", lambda b: b.grids.update(other=(SECOND, 0)), {"unaccounted", "behind"}),
    ("the last slot is forgotten", _drop_row(6), {"behind"}),
    ("two were there at once", _line(0, word="beside"), {"side_by_side"}),
    ("a stop is forgotten", lambda b: setattr(b.ledger.lives[1], "stopped", None), {"uncounted"}),
    ("a death is a stop", lambda b: setattr(b.ledger.lives[0], "stopped", _slot(3)),
     {"uncounted"}),
]


def _found(books):
    return {check.__name__ for _, check in compare.CHECKS if list(check(books))}


def tests():
    """Yields names and what is wrong."""
    yield "books that agree are found in order", [
        problem for _, check in compare.CHECKS for problem in check(made_up())]
    seen = set()
    for name, make_wrong, expected in WRONGS:
        books = copy.deepcopy(made_up())
        make_wrong(books)
        missed = expected - _found(books)
        seen |= expected
        yield f"it is seen that {name}", [f"not by {check}" for check in sorted(missed)]
    yield "each check has been seen to fail", [
        check.__name__ for _, check in compare.CHECKS if check.__name__ not in seen]
