"""When an upload is used again, and when not: the rules, with a provider's store of files in memory and a clock that is set."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, wait
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from batchata.engine.uploading import AT_ONCE, REST_SECONDS, Uploading
from batchata.errors import ProviderError
from batchata.providers.base import Provider, Upload, UploadForm
from batchata.request import Document, Image

DAY = 86_400.0
FORM = UploadForm("application/pdf", ".pdf", b"%PDF")


@dataclass
class Store:
    """Files that live for two days, and must outlast one."""

    outlast_seconds: float = DAY
    now: float = 0.0
    files: list[Upload] = field(default_factory=list)
    listings: int = 0
    refusals: list[ProviderError] = field(default_factory=list)
    gate: Callable[[], object] = lambda: None

    def form(self, part: Document | Image) -> UploadForm | None:
        return UploadForm("application/pdf", ".pdf", part.data)

    def upload(self, name: str, form: UploadForm) -> Upload:
        self.gate()
        if self.refusals:
            raise self.refusals.pop()
        made = Upload(name, f"file-{len(self.files)}", self.now + 2 * DAY)
        self.files.append(made)
        return made

    def uploaded(self, mark: str) -> Iterator[Upload]:
        self.listings += 1
        return iter([file for file in self.files if file.name.startswith(mark)])

    def delete(self, upload: Upload) -> None:
        self.files.remove(upload)


@dataclass
class Service:
    uploads: Store
    name: str = "service"


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def provider(store: Store) -> Provider:
    return cast("Provider", Service(store))


@pytest.fixture
def begun(store: Store) -> Uploading:
    return Uploading("tag", lambda: store.now)


def test_one_upload_serves_until_too_little_of_its_life_is_left(
    store: Store, provider: Provider, begun: Uploading
) -> None:
    first = begun.begin(provider, "a", FORM).result(5)
    store.now = DAY
    assert begun.begin(provider, "a", FORM).result(5) == first
    later = Uploading("tag", lambda: store.now)  # another run
    assert later.begin(provider, "a", FORM).result(5) == first
    store.now = DAY + 1
    fresh = begun.begin(provider, "a", FORM).result(5)
    assert fresh != first
    assert Uploading("tag", lambda: store.now).begin(provider, "a", FORM).result(5) == fresh  # the longer-lived one
    assert len(store.files) == 2
    assert Uploading("other", lambda: store.now).begin(provider, "a", FORM).result(5) not in (first, fresh)


def test_the_same_bytes_under_two_names_are_one_upload(store: Store, provider: Provider, begun: Uploading) -> None:
    assert begun.begin(provider, "a", FORM).result(5) == begun.begin(provider, "b", FORM).result(5)
    assert (len(store.files), store.listings) == (1, 1)


def test_what_is_doubted_is_looked_up(store: Store, provider: Provider, begun: Uploading) -> None:
    first = begun.begin(provider, "a", FORM).result(5)
    begun.doubt("service")
    assert begun.begin(provider, "a", FORM).result(5) == first  # it is there
    store.files.clear()
    assert begun.begin(provider, "a", FORM).result(5) == first  # as far as is known
    begun.doubt("service")
    begun.begin(provider, "a", FORM).result(5)
    assert len(store.files) == 1
    assert store.listings == 3
    begun.doubt("nobody")


@pytest.mark.parametrize(
    ("error", "same", "other", "rest"),
    [
        (ProviderError("busy", retryable=True, status=429), "busy", "busy", REST_SECONDS),
        (ProviderError("busy", retryable=True, status=429, retry_after=7.0), "busy", "busy", 7.0),
        (ProviderError("too large", status=413), "too large", None, None),
        (ProviderError("no files here", status=404), "no files here", "no files here", None),
    ],
)
def test_what_a_refusal_means_for_the_next(
    store: Store,
    provider: Provider,
    begun: Uploading,
    error: ProviderError,
    same: str,
    other: str | None,
    rest: float | None,
) -> None:
    def said(content: str) -> str | None:
        failed = begun.begin(provider, content, FORM).exception(5)
        return None if failed is None else str(failed)

    store.refusals.append(error)
    assert said("a") == str(error)
    assert (said("a"), said("b")) == (same, other)
    if rest is not None:
        store.now = rest
        assert said("a") is None
    else:
        store.now = 10 * DAY
        assert said("a") == same


def test_few_go_up_at_once_and_none_is_waited_for_twice(store: Store, provider: Provider, begun: Uploading) -> None:
    under_way = threading.Semaphore(0)
    go_on = threading.Event()
    peak: list[int] = []

    def gate() -> None:
        under_way.release()
        peak.append(1)
        assert go_on.wait(5)

    store.gate = gate
    forms = [UploadForm("application/pdf", ".pdf", b"%d" % n) for n in range(10)]
    futures = [begun.begin(provider, str(n), form) for n, form in enumerate(forms)]
    assert begun.begin(provider, "0", forms[0]) is futures[0]
    for _ in range(AT_ONCE):
        assert under_way.acquire(timeout=5)
    assert len(peak) == AT_ONCE
    go_on.set()
    assert not wait(futures, 5).not_done
    assert len(store.files) == 10


def test_a_thread_that_dies_leaves_nobody_waiting(
    store: Store, provider: Provider, begun: Uploading, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", seen.append)

    def gate() -> None:
        raise TypeError("a client of the user's, badly made")

    store.gate = gate
    future = begun.begin(provider, "a", FORM)
    assert wait([future], 5).done
    assert isinstance(future.exception(), CancelledError)
    assert begun.clean(provider)
    assert [error.exc_type for error in seen] == [TypeError]


def test_all_of_a_tag_is_removed_and_nothing_else(store: Store, provider: Provider, begun: Uploading) -> None:
    foreign = [Upload("batchata-tagged-1.pdf", "x"), Upload("mine.pdf", "y")]
    store.files += foreign
    for n in range(9):
        begun.begin(provider, str(n), UploadForm("application/pdf", ".pdf", b"%d" % n)).result(5)
    assert begun.used("service")
    assert begun.clean(provider)
    assert store.files == foreign
