"""GeminiProvider looking for its batches: the real SDK's client against a scripted server on a real socket."""

from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

import pytest

from batchata.errors import ProviderError
from batchata.providers.base import Intent
from batchata.providers.gemini.provider import GeminiProvider
from batchata.providers.listing import CLOCK_SLACK_SECONDS

NOW = 1_795_000_000.0
INTENT = Intent(nonce="n0nce", count=2, size=100, at=NOW, model="gemini-2.5-flash", upload_id="files/batchata-x")


def time_of(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def batch(name: str, created: float = NOW, mark: str = "other", state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    metadata = {"state": f"BATCH_STATE_{state}", "createTime": time_of(created), "displayName": mark, **more}
    return {"name": f"batches/{name}", "metadata": metadata}


def page(*batches: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    shown: dict[str, Any] = {"operations": list(batches)} if batches else {}
    return {**shown, "nextPageToken": following} if following else shown


def said(status: str, message: str = "words", *details: dict[str, Any], code: int = 400) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def dated(at: float = NOW) -> dict[str, str]:
    return {"date": formatdate(at, usegmt=True)}


def paths(server: Any) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in server.seen]


class TestFind:
    def test_the_mark_is_proof(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("x"), batch("ours", mark="n0nce"), batch("y", mark="n0nce2")), headers=dated())
        seen = provider.find(INTENT)
        assert (seen.found, seen.candidates, seen.complete) == ("batches/ours", (), True)

    def test_two_of_one_mark_are_candidates(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("a", mark="n0nce"), batch("b", mark="n0nce")), headers=dated())
        seen = provider.find(INTENT)
        assert (seen.found, seen.candidates, seen.complete) == (None, ("batches/a", "batches/b"), True)

    def test_one_shown_on_two_pages_is_one(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("a", mark="n0nce"), following="t"), headers=dated())
        server.will(page(batch("a", mark="n0nce")), headers=dated())
        assert provider.find(INTENT).found == "batches/a"

    def test_known_ones_are_not_it(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("a", mark="n0nce")), headers=dated())
        known = Intent("n0nce", 2, 100, NOW, known_ids=frozenset({"batches/a"}))
        seen = provider.find(known)
        assert (seen.found, seen.candidates, seen.complete) == (None, (), True)

    def test_it_pages_to_the_end_of_the_listing(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("a"), following="t1"), headers=dated()).will(page(batch("b"), following="t2"))
        server.will(page())
        assert provider.find(INTENT).complete
        assert paths(server) == [
            "GET /v1/batches?pageSize=100",
            "GET /v1/batches?pageSize=100&pageToken=t1",
            "GET /v1/batches?pageSize=100&pageToken=t2",
        ]

    def test_it_stops_behind_the_intent_where_the_newest_came_first(
        self, server: Any, provider: GeminiProvider
    ) -> None:
        old = NOW - CLOCK_SLACK_SECONDS - 10
        server.will(page(batch("a", NOW), batch("b", old), following="t1"), headers=dated())
        server.will(page(batch("c", old - 1), batch("d", old - 2), following="t2"), headers=dated())
        assert provider.find(INTENT).complete
        assert len(server.seen) == 2

    def test_another_order_is_walked_to_its_end(self, server: Any, provider: GeminiProvider) -> None:
        old = NOW - CLOCK_SLACK_SECONDS - 10
        server.will(page(batch("a", old - 9), batch("b", old), following="t1"), headers=dated())
        server.will(page(batch("c", old), batch("d", old - 2), following="t2"), headers=dated())
        server.will(page(batch("ours", mark="n0nce")), headers=dated())
        assert provider.find(INTENT).found == "batches/ours"

    def test_time_is_the_provider_s(self, server: Any, provider: GeminiProvider) -> None:
        behind = 7200.0  # the provider's clock is two hours behind ours
        late = NOW - behind
        server.will(page(batch("a", late + 5), batch("b", late + 4), following="t"), headers=dated(late))
        server.will(page(batch("ours", late + 3, mark="n0nce")), headers=dated(late))
        assert provider.find(INTENT).found == "batches/ours"

    @pytest.mark.parametrize(
        "second",
        [{"body": said("INTERNAL"), "status": 500}, {"body": page(batch("b"), following="t1")}, {"body": b"[]"}],
    )
    def test_a_listing_that_breaks_off_concludes_nothing(
        self, server: Any, provider: GeminiProvider, second: dict[str, Any]
    ) -> None:
        server.will(page(batch("a"), following="t1"), headers=dated()).always(**second)
        with pytest.raises(ProviderError) as caught:
            provider.find(INTENT)
        assert caught.value.retryable


class TestPoll:
    def test_one_id_is_asked_for_itself(self, server: Any, provider: GeminiProvider) -> None:
        server.will(batch("a", state="SUCCEEDED"))
        assert provider.poll(["batches/a"])["batches/a"].ended
        assert paths(server) == ["GET /v1/batches/a"]

    def test_several_are_one_listing(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("a"), batch("x"), batch("b", state="EXPIRED")))
        seen = provider.poll(["batches/a", "batches/b"])
        assert {name: status.ended for name, status in seen.items()} == {"batches/a": False, "batches/b": True}
        assert len(server.seen) == 1

    def test_what_the_listing_lacks_is_asked_for_and_404_is_unseen(self, server: Any, provider: GeminiProvider) -> None:
        server.will(page(batch("a"), following="t")).will(page(batch("x"), following="u"))
        server.will(batch("b")).will(said("NOT_FOUND"), 404)
        assert set(provider.poll(["batches/a", "batches/b", "batches/c"])) == {"batches/a", "batches/b"}

    def test_a_failed_poll_is_an_error_and_not_an_ended_batch(self, server: Any, provider: GeminiProvider) -> None:
        server.always(said("UNAVAILABLE"), 503)
        with pytest.raises(ProviderError) as caught:
            provider.poll(["batches/a"])
        assert (caught.value.status, caught.value.retryable, caught.value.kind) == (503, True, "UNAVAILABLE")

    def test_an_id_that_is_none_is_unseen(self, server: Any, provider: GeminiProvider) -> None:
        assert provider.poll(["../models"]) == {}
        assert not server.seen
