"""An emulator in a process of its own that answers questions about the benchmark's documents."""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from batchata.testing import Answer, Emulator, EmulatorProcess
from benchmarks.throughput.documents import answer
from benchmarks.throughput.process import ROOT

PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from benchmarks.throughput.answering import main; main()"

TEXT = "It was asked for and it is said, and there is no more to it than that; " * 2


class AnsweringProcess(EmulatorProcess):
    """`EmulatorProcess` with answers of one of `HOOKS`."""

    def __init__(self, answers: str, turnaround: float) -> None:
        super().__init__(turnaround=turnaround)
        self._command = [sys.executable, "-c", PROGRAM, str(ROOT), str(turnaround), answers]


def plain(body: Mapping[str, Any]) -> Answer | str:
    """An answer in ASCII, about as long as the emulator's own: some clients split lines where JSON has none."""
    if "tool_choice" in body:  # an answer of a type, asked for as the call of a tool
        call = {"type": "tool_use", "id": "toolu_0", "name": body["tool_choice"]["name"], "input": {"text": TEXT}}
        return Answer(content=[call])
    typed = "response_format" in body or "format" in body.get("text", ())  # of chat completions, of responses
    return json.dumps({"text": TEXT}) if typed else TEXT


def verdict(_body: Mapping[str, Any]) -> str:
    """What `scripts/work.py --typed` asks for, also where it is not asked for: the same text, read or not."""
    return '{"label": "good", "score": 7}'


HOOKS = {"documents": answer, "plain": plain, "verdict": verdict}


def main() -> None:
    with Emulator(turnaround=float(sys.argv[1]), answer=HOOKS[sys.argv[2]]) as emulator:
        sys.stdout.write(json.dumps({"url": emulator.url}) + "\n")
        sys.stdout.flush()
        while os.read(0, 4096):  # until whoever started us is gone
            pass
