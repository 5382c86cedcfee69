"""Runs a script and writes down what the process took: `python counted.py FIGURES SCRIPT ARGUMENTS…`.

Only the standard library, and no import of this repository, because the clients of `benchmarks.peers` run under it too, each
in an environment of its own. Everything from the interpreter's start to its end counts, imports included.
"""

import atexit
import json
import resource
import runpy
import sys


def figures() -> "dict[str, float]":
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    with open("/proc/self/io", encoding="ascii") as file:  # noqa: PTH123 - pathlib would be one more import to count
        io = dict(line.split(": ") for line in file)
    with open("/proc/self/status", encoding="ascii") as file:  # noqa: PTH123
        # not ru_maxrss: a process begins with what its parent held when it was started
        peak = next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    return {
        "cpu": own.ru_utime + own.ru_stime,
        "system": own.ru_stime,
        "workers_cpu": children.ru_utime + children.ru_stime,
        "peak": peak,
        "written": int(io["wchar"]),
    }


def write(path: str) -> None:
    taken = figures()
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123
        json.dump(taken, file)


def main() -> None:
    _, out, script, *arguments = sys.argv
    atexit.register(write, out)  # first in, last out: what other exit handlers do is counted
    sys.argv = [script, *arguments]
    del sys.path[0]  # this folder, whose modules would hide others of the same name
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
