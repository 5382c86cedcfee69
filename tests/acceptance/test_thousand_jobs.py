"""Real processes killed with SIGKILL at instants of their life, and run again until done: nothing is billed twice or lost."""

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from pathlib import Path

from batchata.testing import EmulatorProcess

JOBS = 1_000

SCRIPT = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from batchata import Batch

    folder = Path(sys.argv[1])
    batch = Batch(folder / "state.db", folder / "results", items_per_batch=100, max_concurrent=3, settle_seconds=1)
    batch.defaults(model="claude-haiku-4-5", max_tokens=64)
    for number in range(int(sys.argv[2])):
        batch.add_job(prompt=f"Say {number}.", job_id=f"job-{number}", metadata={"row": number})
    run = batch.run(wait=True)
    print(run.status())
    """
)


def start(folder: Path, emulator: EmulatorProcess) -> "subprocess.Popen[str]":
    script = folder / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    env = os.environ | {"ANTHROPIC_BASE_URL": emulator.url, "ANTHROPIC_API_KEY": "any"}
    command = [sys.executable, str(script), str(folder), str(JOBS)]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_thousand_jobs_survive_three_kills(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(10**9)
    draw = random.Random(seed)
    with EmulatorProcess(turnaround=0.3, seed=seed) as emulator:
        for _ in range(3):
            process = start(tmp_path, emulator)
            time.sleep(draw.uniform(0.3, 2.5))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        process = start(tmp_path, emulator)
        printed, errors = process.communicate(timeout=90)
        assert process.returncode == 0, (seed, printed, errors)
        billed = Counter(bill.identity for bill in emulator.ledger)
    results = [json.loads(path.read_bytes()) for path in (tmp_path / "results").glob("*.json")]
    assert sorted(result["job_id"] for result in results) == sorted(f"job-{number}" for number in range(JOBS)), seed
    assert [identity for identity, times in billed.items() if times > 1] == [], seed
    assert all(result["metadata"] == {"row": int(result["job_id"].removeprefix("job-"))} for result in results), seed
    assert len(billed) == JOBS, seed
