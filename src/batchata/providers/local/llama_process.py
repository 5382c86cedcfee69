"""The process that holds an embedded model: llama.cpp in it, a pipe from whoever started it.

Run as a script, so that it needs nothing of batchata. It reads its settings as one line of JSON from standard input, loads
the weights, says on standard output where it listens, and ends when standard input does: with its parent, however that
dies. A model in the parent's own process would take it along: llama.cpp aborts on what it can't bear, and taking its server
down while it generates crashes or hangs.
"""

import json
import os
import signal
import sys


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    settings = json.loads(sys.stdin.readline())
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["weights"]
    params.model_alias = {settings["name"]}
    params.n_parallel = settings["slots"]
    params.n_ctx = settings["slots"] * settings["context"]  # divided evenly among the slots
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.fit_params = False
    params.cache_ram_mib = 0  # else it keeps up to 8 GiB of old prompts
    params.api_keys = [settings["key"]]  # it listens on 127.0.0.1, where other users of the machine are too
    params.ui = params.endpoint_slots = False
    params.verbosity = 1  # errors, on standard error
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        sys.exit(f"E {error}")
    sys.stdout.write(json.dumps({"address": server.listening_address}) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
