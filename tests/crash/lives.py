"""
A daemon that lives often and briefly: it is started, killed at some moment or stopped, and started
again, with its jobs' processes alive or dead, at once or after a while; at last it lives until all
is settled, and stops.
"""

import ctypes
import os
import random
import re
import signal
import subprocess
import time

import books
import compare
import jobs

PATIENCE = 300  # seconds for what must come; only what hangs takes that long
INTEGRITY_EVERY = 10  # deaths

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

SETTINGS = {
    "workers": "16",
    "queue": "6",
    "stop_timeout": "200ms",
    "catch_up_rate": "200",
    "history_keep": "infinity",
    "history_runs": "infinity",
}

# What the daemon says when it does what it should; the rest is trouble.
EXPECTED = re.compile("|".join([
    r"everyd \S+ started: \d+ jobs",
    r"reload: \d+ added, .*",
    r"no reload: everyd is stopping",
    r"stopping(: .*| what still runs|)",
    r"stopped after .*",
    r"/\S+: warning: job .*",
    r"the queue is full: .*",
    r"the queue has room again: .*",
    r"[a-z-]+(\[\d+\])?: (ok|failed|timeout|killed|lost|skipped|coalesced|missed|refused|cancelled|"
    r"attempt \d of \d failed)\b.*",
    r"[a-z-]+\[\d+\]: still runs as pid \d+, from before the restart: .*",
    r"[a-z-]+\[\d+\]: goes on after the restart: .*",
    r"[a-z-]+\[\d+\]: everyd stops: attempt \d of \d is made after its next start",
]))


class Failed(Exception):
    """The daemon does something that makes it useless to go on."""


def now():
    return time.time_ns() // 1000


def become_reaper():
    """What the daemon leaves behind when it dies is ours then. We end with our parent."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def children():
    """The processes whose parent we are."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if name.isdigit():
                with open(f"/proc/{name}/stat", "rb") as stat:
                    if int(stat.read().rsplit(b") ", 1)[1].split()[1]) == os.getpid():
                        found.append(int(name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def end(pids):
    """Kills them, and what they leave to us, and waits for their end."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        os.waitpid(pid, 0)


def reap():
    """Takes leave of those that have ended, when there is no daemon. Returns those that live."""
    return [pid for pid in children() if os.waitpid(pid, os.WNOHANG) == (0, 0)]


def command(pid):
    """The words that it was started with, or nothing if it has ended."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\0").split("\0")
    except OSError:
        return []


def drop_torn_line(path):
    """Of who was killed while writing it, at the end of a file. Returns its size."""
    with open(path, "ab+") as file:
        file.seek(0)
        return file.truncate(file.read().rfind(b"\n") + 1)


def unexpected(log):
    """What of the lines of a log the daemon should not have had to say."""
    found = []
    for line in log:
        text = line.rstrip("\n").partition(" everyd: ")[2]
        if text and not EXPECTED.fullmatch(text):
            found.append(text)
    return found


class Site:
    """A directory, a daemon in it, and what became of its lives."""

    def __init__(self, everyd, work, directory, seed):
        self.directory = directory
        self.random = random.Random(seed)
        self.problems = []  # that are seen on the way
        self.deaths = 0
        self.ended = 0  # as they should
        self.perhaps = 0  # killed when they may have been through with it
        self.settled = 0
        self.facts = "nothing was compared"
        self.verdicts = {}
        self._everyd = everyd
        self._work = work
        self._jobs = jobs.all_jobs()
        self._state = os.path.join(directory, "state")
        self._log = os.path.join(directory, "log")
        self._book = os.path.join(directory, books.BOOK)
        self._conf = os.path.join(directory, "everyd.conf")
        self._process = None
        self._birth = 0  # where the log of this life begins
        os.mkdir(self._state, 0o700)
        open(self._book, "wb").close()

    def _configure(self, chosen):
        with open(self._conf + ".new", "w") as conf:
            conf.write(jobs.configuration(chosen, self._work, self.directory, [], **SETTINGS))
        os.chmod(self._conf + ".new", 0o644)
        os.rename(self._conf + ".new", self._conf)

    def _reconfigure(self):
        """By chance to another one."""
        self._configure(self.random.choices([self._jobs, jobs.other(self._jobs)], [4, 1])[0])

    # --- one life ---

    def _start(self):
        self._birth = drop_torn_line(self._log)
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                # It ends with us, however we end.
                ["setpriv", "--pdeathsig", "KILL", self._everyd, "-c", self._conf, "--log",
                 "stderr"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                env={"PATH": os.defpath, "STATE_DIRECTORY": self._state,
                     "RUNTIME_DIRECTORY": os.path.join(self.directory, "runtime")})

    def _has_started(self):
        with open(self._log, "rb") as log:
            log.seek(self._birth)
            return b" started: " in log.read()

    def _stop(self):
        """SIGTERM, when it can take it; it ends in order, and leaves nobody."""
        if not self._await(self._has_started, PATIENCE):
            raise Failed(f"it did not start within {PATIENCE} s")
        self._process.terminate()
        try:
            status = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise Failed(f"it did not stop within {PATIENCE} s")
        if status != 0:
            self.problems.append(f"it stopped with status {status}")
        left = reap()
        for words in map(command, left):
            # A condition that was asked when an earlier life ended is not waited for.
            if words[:1] == [self._work]:
                self.problems.append("it left a process when it stopped: " + " ".join(words))
        end(left)
        self.ended += 1

    def _await(self, reached, seconds):
        """Waits until that is so, the daemon ends, or the time is over; returns whether it is."""
        deadline = time.monotonic() + seconds
        while not (done := reached()) and time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise Failed(f"it ended with status {self._process.returncode}")
            time.sleep(0.0005)
        return done

    def _await_growth(self, path, lines):
        """Until so many lines were added to a file."""
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            count = 0

            def grown():
                nonlocal count
                count += file.read().count(b"\n")
                return count >= lines

            self._await(grown, 2)

    def _linger(self):
        """Lets it live until some moment."""
        kind = self.random.choices(["birth", "time", "log", "book", "long"], [4, 4, 4, 8, 1])[0]
        if kind == "birth":
            self._await(lambda: False, self.random.uniform(0, 0.04))
        elif kind == "time":
            self._await(lambda: False, self.random.uniform(0, 0.6))
        elif kind == "long":
            self._await(lambda: False, self.random.uniform(1, 3))
        elif kind == "log":
            self._await_growth(self._log, self.random.randint(1, 80))
        else:
            self._await_growth(self._book, self.random.randint(1, 60))
            self._await(lambda: False, self.random.uniform(0, 0.003))

    def _live(self):
        self._reconfigure()
        self._start()
        self._linger()
        # As long as it does not know better a SIGHUP ends it.
        if self.random.random() < 0.2 and self._has_started():
            self._reconfigure()
            self._process.send_signal(signal.SIGHUP)
            self._linger()
        end_by = self.random.choices(["kill", "stop", "kill while it stops"], [8, 1, 2])[0]
        if end_by == "stop":
            self._stop()
            return
        if end_by == "kill while it stops":
            self._process.terminate()
            time.sleep(self.random.uniform(0, 0.25))
            self.perhaps += 1
        self._process.kill()
        status = self._process.wait()
        if status not in (0, -signal.SIGKILL, -signal.SIGTERM):  # the last: before it can take it
            raise Failed(f"it ended with status {status}")
        self.deaths += 1
        self._after_death()

    def _after_death(self):
        if self.deaths % INTEGRITY_EVERY == 0:
            self._check_file()
        fate = self.random.choices(["live", "die", "some die"], [5, 3, 2])[0]
        if fate != "live":
            orphans = children()
            end([pid for pid in orphans if fate == "die" or self.random.random() < 0.5])
        # Mostly nobody waits; sometimes a while, which some jobs' slots are longer ago than they
        # are caught up.
        downtime = self.random.choices([0, self.random.uniform(0, 0.3),
                                        self.random.uniform(1, 2)], [12, 6, 1])[0]
        time.sleep(downtime)
        reap()

    def _check_file(self):
        if os.path.exists(os.path.join(self._state, books.LEDGER)):
            with books.Copy(self._state) as copy:
                self.problems += [f"after {self.deaths} deaths: {fault}"
                                  for fault in copy.faults()]

    # --- all of them ---

    def live(self, lives):
        """So many lives, and a last one."""
        try:
            for _ in range(lives):
                self._live()
            self._settle()
        except Failed as failed:
            self.problems.append(str(failed))
        finally:
            self._clean_up()

    def _settle(self):
        """A last life, until all slots that were due at some moment of it have their rows."""
        self._configure(self._jobs)
        self._start()
        until = now() + 1000000
        self.settled = until
        path = os.path.join(self._state, books.LEDGER)
        grids, delays = jobs.grids(self._jobs), jobs.delays(self._jobs)

        def settled():
            time.sleep(0.1)
            if now() < until:
                return False
            last = books.last_slots(path)
            return all(last.get(name, 0) + interval + delays[name] > until
                       for name, (interval, _) in grids.items())

        self._await(settled, PATIENCE)
        self._stop()

    def _clean_up(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        while left := children():
            end(left)

    # --- what came of it ---

    def tests(self):
        """Yields names and problems."""
        yield "it lives, dies and stops as it is told", self.problems
        with open(self._log, encoding="utf-8", errors="replace") as log:
            yield "it has nothing to complain of", unexpected(log)
        with books.Copy(self._state) as copy:
            faults = copy.faults()
            yield "the file of the ledger is whole", faults
            if faults:
                return
            ledger = copy.read()
        lines, torn = books.read_book(self._book)
        yield "the program's book is whole", torn
        both = compare.Books(lines, ledger, jobs.grids(self._jobs), self.settled,
                             jobs.delays(self._jobs), jobs.changing(self._jobs), self.ended,
                             self.ended + self.perhaps)
        yield from compare.results(both)
        self.verdicts = compare.verdicts(both)
        self.facts = f"{self.deaths} deaths, {self.ended} stops, {compare.facts(both)}"
