"""How long `import batchata` takes, and the time until the first job is accepted: both from a fresh interpreter."""

import json
import sys
import tempfile
import time
from pathlib import Path

start, cpu = time.perf_counter(), time.process_time()

import batchata  # noqa: E402 - it is what is measured

imported, imported_cpu = time.perf_counter() - start, time.process_time() - cpu
with tempfile.TemporaryDirectory() as folder:
    batch = batchata.Batch(Path(folder) / "state.db")
    batch.add_job(prompt="Say 1.", model="claude-haiku-4-5")
    accepted, accepted_cpu = time.perf_counter() - start, time.process_time() - cpu
said = {"import": imported, "import_cpu": imported_cpu, "accepted": accepted, "accepted_cpu": accepted_cpu}
sys.stdout.write(json.dumps(said) + "\n")
