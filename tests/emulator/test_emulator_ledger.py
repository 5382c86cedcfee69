"""The ledger against sums done by hand."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from batchata.testing import Answer, Bill, Ledger, Rates, Tokens
from batchata.testing.ledger import Pricer

Ask = Callable[..., dict[str, Any]]


def test_one_bill_by_hand(make_lab: Any, ask: Ask) -> None:
    usage = {
        "input_tokens": 100,
        "output_tokens": 10,
        "cache_read_input_tokens": 1000,
        "cache_creation": {"ephemeral_5m_input_tokens": 300, "ephemeral_1h_input_tokens": 2000},
    }
    lab = make_lab(answer=lambda _: Answer("a", usage=usage))
    batch = lab.create(ask(model="claude-opus-5-5"))
    lab.ended(batch.id)
    (bill,) = lab.emulator.ledger
    assert (bill.batch_id, bill.custom_id, bill.model) == (batch.id, "job-0", "claude-opus-5-5")
    assert bill.tokens == Tokens(100, 10, 1000, 300, 2000)
    # batch price per million: in 2, out 10, cache read 0.1, write 5m 2.5, write 1h 4
    by_hand = (100 * 2 + 10 * 10 + 1000 * Decimal("0.1") + 300 * Decimal("2.5") + 2000 * 4) / Decimal(1_000_000)
    assert bill.cost_usd == by_hand == Decimal("0.00915")


def test_the_ledger_is_the_sum_of_what_the_results_say(lab: Any, ask: Ask) -> None:
    batch = lab.create(*(ask("x" * number, model="claude-sonnet-5-5") for number in range(1, 50)))
    usages = [line.result.message.usage for line in lab.results(batch.id).values()]
    micros = sum(usage.input_tokens * 1 + usage.output_tokens * 5 for usage in usages)
    assert lab.emulator.ledger.total_usd == Decimal(micros) / 1_000_000
    assert lab.emulator.summary()["usd"] == str(lab.emulator.ledger.total_usd)


def test_prices_of_ones_own(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(prices={"claude-next": (3, "0.5")}, answer=lambda _: Answer("a", output_tokens=4))
    lab.ended(lab.create(ask("x" * 384, model="claude-next")).id)
    assert lab.emulator.ledger.total_usd == Decimal("0.000302")


def test_an_unknown_price_is_said(lab: Any, ask: Ask) -> None:
    lab.ended(lab.create(ask(model="claude-next")).id)
    assert lab.emulator.ledger[0].cost_usd is None
    assert lab.emulator.summary()["usd"] is None
    with pytest.raises(LookupError, match="claude-next"):
        _ = lab.emulator.ledger.total_usd


def test_tiers_reprice_the_whole_request() -> None:
    pricer = Pricer("anthropic", {})
    # haiku 5.5, batch: 0.05 in and 0.25 out; beyond 100,000 tokens of prompt 0.25 and 1.25
    assert pricer.cost("claude-haiku-5-5", Tokens(60_000, 1000, cache_read=40_000)) == Decimal("0.00345")
    assert pricer.cost("claude-haiku-5-5", Tokens(60_001, 1000, cache_read=40_000)) == Decimal("0.01725025")


def test_a_model_without_a_batch_price_has_none() -> None:
    assert Pricer("anthropic", {}).cost("claude-sonnet-4-0", Tokens(1, 1)) is None
    given = Pricer("anthropic", {"claude-sonnet-4-0": Rates(Decimal(3), Decimal(15))})
    assert given.cost("claude-sonnet-4-0", Tokens(1, 1)) == Decimal("0.000018")


def test_tiers_agree_with_the_price_data() -> None:
    from genai_prices import Usage, calc_price

    for prompt in (1, 100_000, 100_001, 200_000, 200_001, 900_000):
        for model in ("claude-haiku-5-5", "claude-sonnet-4-5", "claude-fable-5-2"):
            usage = Usage(input_tokens=prompt, output_tokens=500)
            expected = calc_price(usage, model, provider_id="anthropic", price_context={"processing": "batch"})
            assert Pricer("anthropic", {}).cost(model, Tokens(prompt, 500)) == expected.total_price


def test_billed_twice(make_lab: Any, ask: Ask) -> None:
    lab = make_lab(identity=lambda params: params["messages"][0]["content"].split()[0])
    lab.ended(lab.create(ask("one first"), ask("two first")).id)
    lab.ended(lab.create(ask("one again")).id)
    assert {name: len(bills) for name, bills in lab.emulator.ledger.billed_twice().items()} == {"one": 2}
    by_name = lab.emulator.ledger.billed_twice(key=lambda bill: bill.custom_id)
    assert list(by_name) == ["job-0"]


def test_the_same_params_are_the_same_request_in_any_key_order(lab: Any, ask: Ask) -> None:
    params = ask()
    lab.ended(lab.create(params, dict(reversed(params.items()))).id)
    assert len(lab.emulator.ledger.billed_twice()) == 1


def test_bills_survive_the_wire() -> None:
    bills = [Bill("b", "c", "m", "i", Tokens(1, 2, 3, 4, 5), Decimal("0.1")), Bill("b", "d", "m", "j", Tokens(), None)]
    assert list(Ledger(Bill.from_dict(bill.to_dict()) for bill in bills)) == bills
