"""How a run was asked for, kept in its state when it begins: what going on without the script needs beyond the jobs."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from batchata.pricing import Price, Rates
from batchata.store import recall
from batchata.store.moves import Store

if TYPE_CHECKING:
    from pydantic import BaseModel

    from batchata.said import Said


class Asked(Protocol):
    """What a `Batch` says, as far as it is kept."""

    state_file: Path
    results_dir: Path | None
    max_concurrent: int
    items_per_batch: int | None
    save_raw_responses: bool
    prices: dict[str, Price]
    max_attempts: int
    retry_invalid: int
    settle_seconds: float
    cost_limit: int | None
    models: "dict[str, type[BaseModel]]"
    said: "Said"


def keep(asked: Asked, run: int) -> None:
    """Note it. The caller holds the state's lock."""
    settings = {
        "part_of": asked.said.part_of,
        "limit": asked.cost_limit,
        "max_concurrent": asked.max_concurrent,
        "items_per_batch": asked.items_per_batch,
        "results_dir": None if asked.results_dir is None else str(asked.results_dir),
        "save_raw_responses": asked.save_raw_responses,
        "max_attempts": asked.max_attempts,
        "retry_invalid": asked.retry_invalid,
        "settle_seconds": asked.settle_seconds,
        "prices": {model: _as_given(price) for model, price in asked.prices.items()},
    }
    recall.keep(asked.state_file, run, settings, _schemas(asked))


def taken(store: Store, asked: Asked, run: int) -> None:
    """Note that every job of a run was taken, with the schemas of those that came late. Joins the caller's transaction."""
    recall.note_taken(store, run, _schemas(asked))


def _schemas(asked: Asked) -> dict[str, dict[str, Any]]:
    if not asked.models:
        return {}
    from batchata.output import schema_for

    return {digest: schema_for(model) for digest, model in asked.models.items()}


_OF_BATCH = (
    "max_concurrent", "items_per_batch", "results_dir", "save_raw_responses", "max_attempts", "retry_invalid",
    "settle_seconds",
)  # fmt: skip


def arguments(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Kept settings as `Batch` takes them; nothing where nothing was kept."""
    given = {name: settings[name] for name in _OF_BATCH if name in settings}
    prices = {model: _as_taken(price) for model, price in settings.get("prices", {}).items()}
    return given | ({"prices": prices} if prices else {})


def _as_given(price: Price) -> dict[str, Any]:
    return {**_text(price.rates), "batch": price.batch, "tiers": [{"above": n, **_text(r)} for n, r in price.tiers]}


def _text(rates: Rates) -> dict[str, Any]:
    return {field.name: str(getattr(rates, field.name)) for field in fields(rates)}


def _as_taken(price: Mapping[str, Any]) -> dict[str, Any]:
    tiers = [{"above": tier["above"], **_decimals(tier)} for tier in price["tiers"]]
    return {**_decimals(price), "batch": price["batch"], "tiers": tiers}


def _decimals(rates: Mapping[str, Any]) -> dict[str, Decimal]:
    return {field.name: Decimal(rates[field.name]) for field in fields(Rates)}
