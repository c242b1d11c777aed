"""The tests' results, as tests/run reads them."""

SHOWN = 10  # problems of each test

_tests = 0
_failed = 0


def say(text):
    print("#", text, flush=True)


def check(name, problems):
    """A test, which has passed if there are none."""
    global _tests, _failed
    _tests += 1
    _failed += bool(problems)
    for problem in problems[:SHOWN]:
        say(problem)
    if len(problems) > SHOWN:
        say(f"and {len(problems) - SHOWN} more")
    print("not ok" if problems else "ok", _tests, "-", name, flush=True)


def failed():
    """How many have failed so far."""
    return _failed


def skip(name, why):
    """Instead of all tests. Returns the exit status."""
    print(f"1..1\nok 1 - {name} # SKIP {why}")
    return 0


def done():
    """Returns the exit status."""
    print(f"1..{_tests}")
    return bool(_failed)
