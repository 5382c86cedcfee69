"""Files put at a provider once, for all requests of the run that use them; and taken away when nothing needs them any more.

The name of an upload is its mark: a tag of the state file and the content's digest. So no table says what is where: the
provider's own listing does, once per run, and an upload that a crash left behind is found under its name and used. Nothing here
costs money. Whatever fails is said in the future that waits for it, and the request then holds the file itself.
"""

import contextlib
import hashlib
import logging
import math
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError, wait
from dataclasses import dataclass, field

from batchata.errors import ProviderError
from batchata.providers.base import Provider, Upload, UploadForm, Uploads

log = logging.getLogger("batchata")

AT_ONCE = 4  # uploads, or deletions, under way at one provider
REST_SECONDS = 60.0  # before more is tried at a provider that could not take an upload, where it does not say itself
REMEMBERED = 10_000  # uploads whose names are kept at hand, per provider
CLEAN_WITHIN = 30.0  # seconds that removing uploads may hold up the end of a run

_ABOUT_ONE_FILE = (400, 413, 415, 422)  # what refuses a file says nothing of others


@dataclass(slots=True)
class _Shelf:
    """What is known of one provider's store of files."""

    uploads: Uploads
    asked: OrderedDict[str, Future[Upload]] = field(default_factory=OrderedDict)
    listed: dict[str, Upload] | None = None
    listing: threading.Lock = field(default_factory=threading.Lock)
    room: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    rest_until: float = -math.inf
    refusal: ProviderError | None = None


class Uploading:
    """The uploads of one run. `tag` marks them as this state file's; `now` gives Unix time. Safe to call from several threads."""

    def __init__(self, tag: str, now: Callable[[], float]) -> None:
        self._mark = f"batchata-{tag}-"
        self._now = now
        self._shelves: dict[str, _Shelf] = {}
        self._lock = threading.Lock()

    def used(self, provider: str) -> bool:
        """Whether this run may have put something at a provider."""
        return provider in self._shelves

    def begin(self, provider: Provider, content: str, form: UploadForm) -> Future[Upload]:
        """Upload what `content` names, unless that was done or is under way; at once. The future ends in a `ProviderError` where
        the provider does not take it.
        """
        if provider.uploads is None:
            raise TypeError(f"{provider.name} has no uploads")
        with self._lock:
            shelf = self._shelves.setdefault(provider.name, _Shelf(provider.uploads))
            known = shelf.asked.get(content)
            if known is not None and self._still_good(shelf, known):
                return known
            future: Future[Upload] = Future()
            if self._now() < shelf.rest_until and shelf.refusal is not None:
                future.set_exception(shelf.refusal)
                return future
            shelf.asked[content] = future
            if len(shelf.asked) > REMEMBERED:
                shelf.asked.popitem(last=False)
        threading.Thread(target=self._work, args=(shelf, form, future), name="batchata-upload", daemon=True).start()
        return future

    def doubt(self, provider: str) -> None:
        """Believe the provider's listing again, not what this run remembers: a request said that a file is not there."""
        with self._lock:
            shelf = self._shelves.get(provider)
            if shelf is not None:
                shelf.asked.clear()
                shelf.listed = None

    def clean(self, provider: Provider) -> bool:
        """Remove this state file's uploads from a provider. True: none is left there."""
        left: Future[int] = Future()
        # a thread of its own: a network that is gone must not hold up the end of a run for as long as a client waits
        threading.Thread(target=self._clean, args=(provider, left), name="batchata-upload", daemon=True).start()
        try:
            return left.result(CLEAN_WITHIN) == 0
        except (ProviderError, TimeoutError, CancelledError) as error:
            left.cancel()
            log.info(
                "Uploads at %s are left for a later run to remove: %s", provider.name, str(error) or "it takes long"
            )
            return False

    def _clean(self, provider: Provider, left: "Future[int]") -> None:
        self._wait_for_uploads(provider.name)
        try:
            found = [] if provider.uploads is None else list(provider.uploads.uploaded(self._mark))
            removed = 0 if provider.uploads is None else _delete_all(provider.uploads, found, left)
        except ProviderError as error:
            with contextlib.suppress(InvalidStateError):  # nobody waits any more
                left.set_exception(error)
            return
        if found:
            log.info("%d of %d uploads removed from %s.", removed, len(found), provider.name)
        with contextlib.suppress(InvalidStateError):
            left.set_result(len(found) - removed)

    def _still_good(self, shelf: _Shelf, known: Future[Upload]) -> bool:
        """Whether an upload that was asked for earlier may be waited for, or used."""
        if not known.done():
            return True
        error = known.exception()
        if error is not None:
            return isinstance(error, ProviderError) and error.status in _ABOUT_ONE_FILE
        return self._lives(shelf, known.result())

    def _lives(self, shelf: _Shelf, upload: Upload) -> bool:
        return upload.expires_at is None or upload.expires_at - self._now() >= shelf.uploads.outlast_seconds

    def _work(self, shelf: _Shelf, form: UploadForm, future: "Future[Upload]") -> None:
        try:
            with shelf.room:
                future.set_result(self._put(shelf, form))
        except ProviderError as error:
            self._refused(shelf, error)
            future.set_exception(error)
        finally:
            if not future.done():  # nobody waits for ever, whatever ended this thread
                future.set_exception(CancelledError())

    def _put(self, shelf: _Shelf, form: UploadForm) -> Upload:
        name = f"{self._mark}{hashlib.sha256(form.data).hexdigest()}{form.suffix}"
        with shelf.listing:
            listed = shelf.listed
            if listed is None:
                listed = shelf.listed = _by_name(shelf.uploads, self._mark)
        there = listed.get(name)
        if there is None or not self._lives(shelf, there):
            there = shelf.uploads.upload(name, form)
            if len(listed) < REMEMBERED:
                listed[name] = there
        return there

    def _refused(self, shelf: _Shelf, error: ProviderError) -> None:
        with self._lock:
            if error.retryable:
                shelf.rest_until = self._now() + (error.retry_after or REST_SECONDS)
            elif error.status not in _ABOUT_ONE_FILE:
                shelf.rest_until = math.inf  # this key, or this service, has no uploads
            shelf.refusal = error
        log.info("An upload failed, so its file goes within the requests: %s", error)

    def _wait_for_uploads(self, provider: str) -> None:
        with self._lock:
            shelf = self._shelves.get(provider)
            asked = [] if shelf is None else list(shelf.asked.values())
        wait(asked)


def _by_name(uploads: Uploads, mark: str) -> dict[str, Upload]:
    """The longest-lived upload of each name."""
    found: dict[str, Upload] = {}
    for upload in uploads.uploaded(mark):
        other = found.get(upload.name)
        if other is None or _expiry(upload) > _expiry(other):
            found[upload.name] = upload
    return found


def _expiry(upload: Upload) -> float:
    return math.inf if upload.expires_at is None else upload.expires_at


def _delete_all(uploads: Uploads, found: list[Upload], wanted: "Future[int]") -> int:
    """How many of them were deleted, as long as somebody waits for it."""
    waiting: queue.SimpleQueue[Upload] = queue.SimpleQueue()
    for upload in found:
        waiting.put(upload)
    deleted: list[Upload] = []

    def delete() -> None:
        try:
            while not wanted.cancelled():
                upload = waiting.get_nowait()
                uploads.delete(upload)
                deleted.append(upload)
        except queue.Empty:
            return
        except ProviderError as error:  # the other threads may come further
            log.info("An upload is not removed yet: %s", error)

    threads = [threading.Thread(target=delete, name="batchata-upload", daemon=True) for _ in found[:AT_ONCE]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(deleted)
