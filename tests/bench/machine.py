"""Facts about the machine that is measured on, and about processes, out of /proc."""

import os
import platform
import time


def facts():
    """What a reader of the figures must know, as (name, text) pairs."""
    model = _field("/proc/cpuinfo", "model name") or platform.machine()
    memory = int(_field("/proc/meminfo", "MemTotal").split()[0]) / 1024 / 1024
    with open("/proc/loadavg") as loadavg:
        load = " ".join(loadavg.read().split()[:3])
    return [
        ("date", time.strftime("%Y-%m-%d %H:%M:%S %Z")),
        ("processor", f"{cores()} x {model}"),
        ("memory", f"{memory:.1f} GiB"),
        ("kernel", platform.release()),
        ("load", load),
    ]


def cores():
    """How many processors we may use."""
    return len(os.sched_getaffinity(0))


def busy(span=0.3):
    """How much of the machine others use, in percent, looked at for so many seconds."""
    used0, all0 = _jiffies()
    time.sleep(span)
    used1, all1 = _jiffies()
    return 100 * (used1 - used0) / max(1, all1 - all0)


def switches(pid):
    """How often the threads of a process were taken off the processor, of their own will or not."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        status = f"/proc/{pid}/task/{task}/status"
        total += int(_field(status, "voluntary_ctxt_switches"))
        total += int(_field(status, "nonvoluntary_ctxt_switches"))
    return total


def resident(pid):
    """Resident bytes of a process."""
    return int(_field(f"/proc/{pid}/smaps_rollup", "Rss").split()[0]) * 1024


def cpu_seconds(pid):
    """Processor time that a process itself has used, without its children."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def delegated_group():
    """
    Makes a control group below ours that is marked as systemd's Delegate= does, and returns its
    directory; None where that cannot be.
    """
    try:
        with open("/proc/self/mountinfo") as mounts:
            root = next(line.split()[4] for line in mounts if " - cgroup2 " in line)
        with open("/proc/self/cgroup") as groups:
            own = next(line.strip()[3:] for line in groups if line.startswith("0::"))
        path = os.path.join(root, own.lstrip("/"), f"everyd-bench-{os.getpid()}")
        os.makedirs(path, exist_ok=True)
        os.setxattr(path, "user.delegate", b"1")
    except (OSError, StopIteration):
        return None
    return path


def controllers(group):
    """Those of cgroup v2 that a group may use."""
    with open(os.path.join(group, "cgroup.controllers")) as names:
        return names.read().split()


def remove_group(path):
    """Removes it and what is below; nobody is in there any more."""
    for directory, _, _ in os.walk(path, topdown=False):
        os.rmdir(directory)


def _jiffies():
    with open("/proc/stat") as stat:
        values = [int(value) for value in stat.readline().split()[1:9]]
    idle = values[3] + values[4]
    return sum(values) - idle, sum(values)


def _field(path, name):
    with open(path) as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    return ""
