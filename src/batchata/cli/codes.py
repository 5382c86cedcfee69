"""What the exit code of a command says. Documented in docs/command-line.md and `batchata --help`."""

from enum import IntEnum


class Exit(IntEnum):
    OK = 0  # every job succeeded; the command did what was asked
    FAILED_JOBS = 1  # the run is over, and some jobs failed
    USAGE = 2  # an argument or an input is wrong; nothing was sent
    LIMIT = 3  # the cost limit stopped the run; jobs wait for a higher one
    STOPPED = 4  # stopped before the end (time limit, cancel); jobs wait for `resume`
    STATE = 5  # the state can't be used: missing, damaged, or driven by another process
    PROVIDER = 6  # the provider refused the key, or could not be reached
    TROUBLE = 7  # `doctor` found something wrong
    INTERNAL = 70  # a fault of batchata's own
    INTERRUPTED = 130  # Ctrl-C
    TERMINATED = 143  # SIGTERM


TOLD = """\
0  every job succeeded, or the command did what was asked
1  the run is over, and some jobs failed
2  an argument or an input is wrong; nothing was sent
3  the cost limit stopped the run; jobs wait for a higher one
4  stopped before the end (time limit, cancel); jobs wait for `resume`
5  the state can't be used: missing, damaged, or driven by another process
6  the provider refused the key, or could not be reached
7  `doctor` found something wrong
70 a fault of batchata's own
130 Ctrl-C, 143 SIGTERM: what is open was left at the provider"""
