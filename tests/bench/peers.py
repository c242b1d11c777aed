"""
The same thousand jobs given to other crons, in a mount namespace of their own, so that neither the
machine's crontabs nor its cron notice.
"""

import os
import shutil
import subprocess
import time

from burst import JOBS
from stamps import Stamps, bare_last_start

# After the minute, for the last of them to be started.
PATIENCE = 20

# Each is given a crontab and becomes a cron in the foreground that has no other.
_CRON = """
mount -t tmpfs none /var/spool/cron
mount -t tmpfs none /etc/cron.d
mount -t tmpfs none /run
mount --bind /dev/null /etc/crontab
mkdir -m 1730 /var/spool/cron/crontabs
install -m 0600 "$1" /var/spool/cron/crontabs/root
exec cron -f
"""
_BUSYBOX = """
mount -t tmpfs none /var/spool/cron
mkdir /var/spool/cron/crontabs
install -m 0600 "$1" /var/spool/cron/crontabs/root
exec busybox crond -f -L /dev/null
"""


def measure(setup, report):
    reason = _why_not()
    if reason:
        report.note(f"skipped: {reason}")
        return
    for name, program, script in [("Debian's cron", "cron", _CRON),
                                  ("busybox crond", "busybox", _BUSYBOX)]:
        if not shutil.which(program):
            report.note(f"{name}: skipped, it is not installed")
            continue
        stamps = Stamps(setup, program)
        late = _minute(setup, stamps, script)
        if len(late) < JOBS:
            report.note(f"{name}: {len(late)} of {JOBS} had run {PATIENCE} s after the minute")
        else:
            bare = bare_last_start(setup, stamps, JOBS, through_shell=True)
            report.row(f"{name}: last start after the minute", max(late), "us", bare,
                       max(late) / bare, first=min(late))


def _why_not():
    if os.geteuid() != 0:
        return "only root can give other crons a place of their own"
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "true"],
                      stderr=subprocess.DEVNULL).returncode != 0:
        return "no mount and process namespaces here"
    return None


def _minute(setup, stamps, script):
    """Gives the jobs to a cron for the next whole minute; returns how late each began."""
    minute = (int(time.time()) // 60 + 1) * 60
    if minute - time.time() < 5:
        minute += 60  # it must be there before
    at = time.localtime(minute)
    crontab = os.path.join(setup.directory, "crontab")
    with open(crontab, "w") as out:
        # The output goes the way it goes by default, except that nobody is to get it.
        out.write('MAILTO=""\n')
        out.writelines(f"{at.tm_min} {at.tm_hour} * * * {stamps.shell_command}\n"
                       for _ in range(JOBS))
    cron = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--mount-proc",
         "--kill-child", "sh", "-euc", script, "sh", crontab],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(minute - time.time())
        while stamps.count() < JOBS and time.time() < minute + PATIENCE:
            time.sleep(0.5)
    finally:
        cron.kill()
        cron.wait()
    return [stamp.began - minute * 1_000_000 for stamp in stamps.read()]
