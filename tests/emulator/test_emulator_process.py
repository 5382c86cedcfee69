"""The emulator in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import anthropic
import pytest

from batchata.testing import EmulatorProcess, Fault

Ask = Callable[..., dict[str, Any]]


def _client(url: str) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key="key", max_retries=0)


def test_it_has_the_verbs_of_an_emulator(ask: Ask) -> None:
    prices = {"claude-opus-5-5": (1.0, 2.0)}
    with EmulatorProcess(turnaround=0, seed=3, mix={"errored": 0.0}, prices=prices) as emulator:
        with _client(emulator.url) as client:
            emulator.hold()
            emulator.add_fault("create", Fault.DROP_AFTER)
            requests: Any = [{"custom_id": "a", "params": ask()}]
            with pytest.raises(anthropic.APIConnectionError):
                client.messages.batches.create(requests=requests)
            assert [batch["processing_status"] for batch in emulator.batches] == ["in_progress"]
            emulator.release()
            while not emulator.ledger:
                time.sleep(0.01)
        (bill,) = emulator.ledger
        assert bill.custom_id == "a"
        assert bill.cost_usd == Decimal(bill.tokens.input + 2 * bill.tokens.output) / 1_000_000
        assert emulator.summary() == {
            "batches": 1,
            "creates": 1,
            "requests": 1,
            "received_bytes": emulator.requests[0].size,
            "uploads": 0,
            "uploaded_twice": 0,
            "undeleted": 0,
            "billed": 1,
            "billed_twice": 0,
            "usd": str(bill.cost_usd),
        }
        assert emulator.creates[0].status is None
        emulator.advance(29 * 24 * 3600)
        assert emulator.batches[0]["archived_at"] is not None


def _run(*options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "batchata.testing", *options]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


@pytest.mark.parametrize("how", ["sigterm", "stdin"])
def test_it_says_where_it_is_and_ends_when_told(how: str) -> None:
    with _run("--port", "0", "--turnaround", "0.2") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        url = json.loads(process.stdout.readline())["url"]
        assert url.startswith("http://127.0.0.1:")
        if how == "sigterm":
            process.send_signal(signal.SIGTERM)
        else:
            process.stdin.close()
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(not hasattr(os, "kill"), reason="needs signals")
def test_the_ledger_outlives_a_killed_client(ask: Ask) -> None:
    with EmulatorProcess(turnaround=0) as emulator:
        emulator.add_fault("create", Fault.STALL_AFTER, seconds=60)
        script = (
            "import anthropic, json, sys\n"
            "client = anthropic.Anthropic(base_url=sys.argv[1], api_key='k', max_retries=0)\n"
            "client.messages.batches.create(requests=[{'custom_id': 'a', 'params': json.loads(sys.argv[2])}])\n"
        )
        with subprocess.Popen([sys.executable, "-c", script, emulator.url, json.dumps(ask())]) as victim:
            while not emulator.batches and victim.poll() is None:
                time.sleep(0.02)
            victim.kill()
        while not emulator.ledger:
            time.sleep(0.01)
        assert [bill.custom_id for bill in emulator.ledger] == ["a"]
        assert len(emulator.creates) == 1
