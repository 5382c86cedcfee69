"""What is read once is not parsed again to look quotes up in it."""

from concurrent.futures import Executor, Future
from typing import Any

from batchata.documents.kept import Kept
from batchata.documents.passages import Claim, answered, passages, read_answer, written
from batchata.documents.reader import Reader

HTML = b"<p>Total: 12 EUR</p>"
TWO = (("a.html", b"<p>ab</p>"), ("b.html", b"<p>unread</p>"))


class Here(Executor):
    """Runs what it is given on the spot, and counts it by name."""

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.given: list[tuple[Any, ...]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.ran.append(fn.__name__)
        self.given.append(args)
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_a_text_read_before_goes_along() -> None:
    executor = Here()
    reader = Reader(executor)
    reader.submit(HTML, "a.html").result()
    found = reader.passages([("a.html", HTML), ("b.html", HTML)], [Claim("12 EUR")]).result()
    assert executor.ran == ["read_pages", "passages"]
    assert executor.given[1][2] == [("Total: 12 EUR",), None]
    assert found[0].found.text == "12 EUR"
    reader.close()


def test_worker_looks_in_the_text_it_is_given() -> None:
    # Pages that no file of this kind would have show which text it was.
    texts = [("päge one", "", "said 𝄞 here"), None]
    claims = [Claim("said 𝄞 here"), Claim("unread"), Claim("ab")]
    asked, *contents = written(TWO, claims, texts)
    found = [one.found for one in read_answer(answered(asked, contents))]
    assert found == [one.found for one in passages(TWO, claims, texts)]
    assert [(one.text, one.document) for one in found] == [("said 𝄞 here", 0), ("unread", 1), ("", None)]


def test_other_content_or_another_name_is_another_text() -> None:
    kept = Kept()
    kept.keep("a.html", HTML, ("text",))
    assert kept.look("a.html", HTML) == ("text",)
    assert kept.look("a.html", HTML + b" ") is None
    assert kept.look("a.txt", HTML) is None


def test_what_was_looked_at_makes_room_and_nothing_else_does() -> None:
    kept = Kept(most_bytes=10)
    for name in "abc":
        kept.keep(name, b"", ("12345",))
    assert [kept.look(name, b"") is not None for name in "abc"] == [True, True, False]
    kept.keep("d", b"", ("1234567890",))
    assert [kept.look(name, b"") is not None for name in "abd"] == [False, False, True]
    kept.keep("e", b"", ("é" * 3,))  # 12 bytes at most
    assert kept.look("e", b"") is None
