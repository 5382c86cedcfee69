"""The emulator in a process of its own: prints `{"url": …}` when it listens, ends on SIGTERM or when its piped input closes."""

import argparse
import gc
import json
import os
import signal
import stat
import sys
import threading

from batchata.testing.emulator import Emulator


def _arguments(given: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m batchata.testing", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--turnaround", type=float, default=0.2, help="seconds from a batch's creation to its end")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same requests: same answers")
    parser.add_argument("--tokens-per-byte", type=float, default=0.25, help="how dense text is billed, in (0, 1]")
    parser.add_argument("--mix", type=json.loads, default={}, help='JSON, such as {"refused": 0.01}')
    parser.add_argument("--prices", type=json.loads, default={}, help="JSON: {model: [USD per million tokens in, out]}")
    parser.add_argument("--enqueued-token-limit", type=json.loads, help="a number, or JSON: {model: prompt tokens}")
    parser.add_argument("--served-models", type=json.loads, help="JSON: {model: max_model_len} of a server like vLLM")
    parser.add_argument("--realtime-seconds", type=float, default=0.0, help="how long a request outside batches takes")
    return parser.parse_args(given)


def main(given: list[str] | None = None) -> None:
    """Serve until told to stop."""
    gc.set_threshold(50_000, 20, 100)  # millions of small values and next to no cycles: look for them less often
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    signal.signal(signal.SIGINT, lambda *_: over.set())
    with Emulator(**vars(_arguments(given))) as emulator:
        sys.stdout.write(json.dumps({"url": emulator.url}) + "\n")
        sys.stdout.flush()
        # a pipe that closes means that whoever started us is gone; a terminal or /dev/null means nothing
        if stat.S_ISFIFO(os.fstat(0).st_mode):
            threading.Thread(target=_until_input_ends, args=(over,), daemon=True).start()
        over.wait()


def _until_input_ends(over: threading.Event) -> None:
    while os.read(0, 4096):
        pass
    over.set()


if __name__ == "__main__":
    main()
