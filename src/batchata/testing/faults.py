"""What can go wrong between a client and its provider, on demand: by operation, by count or by predicate."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from batchata.testing.wire import Request

OPERATIONS = frozenset(
    {
        *("create", "retrieve", "list", "cancel", "delete", "results", "count_tokens", "model", "models"),
        *("upload", "file", "files", "delete_file", "download", "finalize", "realtime", "unknown", "*"),
    }
)


class Fault(StrEnum):
    """A way to fail. The *after* ones come when the provider has done what was asked: the client can't know."""

    REFUSE = "refuse"  # an error answer (`status`, `retry_after`, `should_retry`); nothing was done
    REDIRECT = "redirect"  # a 307 to `url`; nothing was done
    DROP_BEFORE = "drop_before"  # the connection closes; nothing was done
    DROP_AFTER = "drop_after"  # done, and the connection closes without an answer
    ERROR_AFTER = "error_after"  # done, and the answer is an error
    STALL_AFTER = "stall_after"  # done, and the answer comes `seconds` later
    NO_CREDIT = "no_credit"  # refused: the account's credit is used up; nothing was done
    SPEND_CAP = "spend_cap"  # refused: the account's own or its tier's monthly limit is reached; nothing was done
    LIST_LAG = "list_lag"  # on create: listings don't show the batch for `seconds`
    SMALL_PAGES = "small_pages"  # on list: pages of `size` items, whatever the limit asked for
    FOREIGN_RESULTS_URL = "foreign_results_url"  # on retrieve, list: `results_url` points to `url`
    CUT_DOWNLOAD = "cut_download"  # on results: half of the bytes promised, then the connection closes
    MISSING_LINE = "missing_line"  # on results: `size` lines are left out
    DUPLICATE_LINE = "duplicate_line"  # on results: `size` lines come twice
    FOREIGN_LINE = "foreign_line"  # on results: a line for a custom_id that was never sent
    SWAPPED_KEYS = "swapped_keys"  # on results (OpenAI, Gemini): `size` pairs of lines under each other's name
    STATUS_ZERO = "status_zero"  # on results (OpenAI): `size` lines with the status code 0
    PROCESSING = "processing"  # on finalize (Gemini): the file can't be used for `seconds`
    MISSING_METADATA = "missing_metadata"  # on retrieve (Gemini, inline): answers don't say whose they are


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault to inject. `times=None` is for ever; `when` narrows it to requests it is true of."""

    operation: str
    fault: Fault
    times: int | None = 1
    when: Callable[[Request], bool] | None = None
    status: int = 500
    retry_after: float | None = None
    should_retry: bool | None = None
    seconds: float = 60.0
    size: int = 1
    url: str = "http://127.0.0.1:9/elsewhere"


class Struck(dict[Fault, Rule]):
    """The faults that strike one request."""

    def seconds(self, fault: Fault) -> float:
        return self[fault].seconds if fault in self else 0.0

    def size(self, fault: Fault) -> int | None:
        return self[fault].size if fault in self else None


class Faults:
    """The faults yet to come. Safe to change while the emulator runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[tuple[Rule, list[int | None]]] = []

    def add(
        self,
        operation: str,
        fault: Fault | str,
        *,
        times: int | None = 1,
        when: Callable[[Request], bool] | None = None,
        status: int = 500,
        retry_after: float | None = None,
        should_retry: bool | None = None,
        seconds: float = 60.0,
        size: int = 1,
        url: str = "http://127.0.0.1:9/elsewhere",
    ) -> None:
        """Let `operation` ("create", "retrieve", "list", … or "*") fail with `fault`, the next `times` times.

        `status` 429, 529, 500 … is what REFUSE and ERROR_AFTER answer with, with a `retry-after` header of `retry_after`
        seconds and `x-should-retry` if given. What the other arguments mean is said at each `Fault`.
        """
        if operation not in OPERATIONS:
            raise ValueError(f"operation {operation!r} is none of {', '.join(sorted(OPERATIONS))}")
        rule = Rule(operation, Fault(fault), times, when, status, retry_after, should_retry, seconds, size, url)
        with self._lock:
            self._rules.append((rule, [times]))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, request: Request, operation: str) -> Struck:
        """The faults that strike this request, each used up once."""
        struck = Struck()
        with self._lock:
            for rule, left in self._rules:
                if rule.fault in struck or left[0] == 0 or rule.operation not in {operation, "*"}:
                    continue
                if rule.when is None or rule.when(request):
                    struck[rule.fault] = rule
                    left[0] = None if left[0] is None else left[0] - 1
            self._rules = [(rule, left) for rule, left in self._rules if left[0] != 0]
        return struck
