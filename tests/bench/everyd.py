"""The daemon that is measured, from outside: started as systemd would, with a notify socket."""

import itertools
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time

import machine

READY_TIMEOUT = 120
STOP_TIMEOUT = 60

_numbers = itertools.count()


class Broken(Exception):
    """Something does not work; a figure would be worth nothing."""


def job(name, command, **settings):
    """A section of a configuration; a list is executed directly, a string by the shell."""
    if isinstance(command, str):
        text = f"'{command}'"
    else:
        text = "{" + ", ".join(f"'{word}'" for word in command) + "}"
    lines = "".join(f" {key} = '{value}'" for key, value in settings.items())
    return f"job '{name}' {{{lines} command = {text} }}\n"


def write_config(path, parts):
    """Writes a configuration from pieces of text, with a mode that the daemon trusts."""
    with open(path, "w") as out:
        out.writelines(parts)
    os.chmod(path, 0o644)


class Notifications:
    """
    The service manager's side of sd_notify(3). Always read, as one that does not read blocks who
    notifies it.
    """

    def __init__(self, name):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self._socket.bind("\0" + name)
        self._queue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def get(self, timeout):
        """The next one's time of arrival and lines; no lines if none comes in so many seconds."""
        try:
            return self._queue.get(timeout=timeout)
        except queue.Empty:
            return time.monotonic(), []

    def close(self):
        self._socket.shutdown(socket.SHUT_RD)  # ends the reader
        self._thread.join()
        self._socket.close()

    def _read(self):
        while text := self._socket.recv(8192):
            self._queue.put((time.monotonic(), text.decode().splitlines()))


class Everyd:
    """
    A running daemon, ready when the constructor returns:

        with Everyd(setup, parts) as daemon: ...

    `load_seconds` is the time from its start to READY=1. It stops, and must stop well, at the end.
    `group`: the directory of a control group to start in.
    """

    def __init__(self, setup, parts, *arguments, group=None):
        number = next(_numbers)
        self.config = os.path.join(setup.directory, f"everyd-{number}.conf")
        self.log = os.path.join(setup.directory, f"everyd-{number}.log")
        self.state = os.path.join(setup.directory, f"everyd-{number}.state")
        self.runtime = os.path.join(setup.directory, f"everyd-{number}.run")
        self.control = os.path.join(self.runtime, "control.sock")
        write_config(self.config, parts)
        self._process = None
        name = f"everyd-bench-{os.getpid()}-{number}"
        self._notifications = Notifications(name)
        try:
            self._start(setup.everyd, name, arguments, group)
        except BaseException:
            self._kill()
            raise

    def _start(self, everyd, name, arguments, group):
        with open(self.log, "wb") as log:
            started = time.monotonic()
            # setpriv becomes the daemon, which then ends with us, however we end.
            join = ["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', group] if group else []
            self._process = subprocess.Popen(
                [*join, "setpriv", "--pdeathsig", "TERM", everyd, "-c", self.config, "--log",
                 "stderr", *arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log,
                env={"PATH": os.defpath, "NOTIFY_SOCKET": "@" + name,
                     "STATE_DIRECTORY": self.state, "RUNTIME_DIRECTORY": self.runtime})
        self.pid = self._process.pid
        self.load_seconds = self.wait_for("READY=1") - started

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        try:
            if kind is None:
                self.stop()
        finally:
            self._kill()

    def wait_for(self, line):
        """Waits for a notification with that line; returns when it came, as time.monotonic()."""
        deadline = time.monotonic() + READY_TIMEOUT
        while time.monotonic() < deadline:
            came, lines = self._notifications.get(0.5)
            if line in lines:
                return came
            if not lines and self._process.poll() is not None:
                raise Broken(f"everyd ended with {self._process.returncode}: {self.tail()}")
        raise Broken(f"no {line} in {READY_TIMEOUT} s: {self.tail()}")

    def reload(self):
        """Returns the seconds from SIGHUP to READY=1."""
        begun = time.monotonic()
        os.kill(self.pid, signal.SIGHUP)
        self.wait_for("RELOADING=1")
        return self.wait_for("READY=1") - begun

    def stop(self):
        """SIGTERM; returns the seconds until it has ended."""
        begun = time.monotonic()
        self._process.terminate()
        try:
            status = self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Broken(f"everyd did not stop in {STOP_TIMEOUT} s: {self.tail()}")
        if status != 0:
            raise Broken(f"everyd ended with {status}: {self.tail()}")
        return time.monotonic() - begun

    def switches(self):
        return machine.switches(self.pid)

    def resident(self):
        return machine.resident(self.pid)

    def cpu_seconds(self):
        return machine.cpu_seconds(self.pid)

    def tail(self):
        """The end of what it logged."""
        with open(self.log, "rb") as log:
            log.seek(max(0, os.path.getsize(self.log) - 2000))
            return "\n" + log.read().decode(errors="replace")

    def _kill(self):
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._notifications.close()
        for path in (self.config, self.log):
            if os.path.exists(path):
                os.unlink(path)
        for directory in (self.state, self.runtime):
            shutil.rmtree(directory, ignore_errors=True)
