"""The dry run: what a batch would cost at most, and what the limit would stop. Sends nothing."""

from dataclasses import dataclass, field

from batchata.usage import NANO, Money, dollars, to_usd

LIKELY_INPUT = 0.3
"""Of the provable bound of the input, what it usually comes to: a byte is about 0.25 to 0.3 tokens of English."""

LIKELY_OUTPUT = 0.5
"""Of `max_tokens`, what an answer is guessed to use. Your own data knows better."""


@dataclass(slots=True)
class ModelEstimate:
    """One model's share. Tokens and money are of the jobs that would be sent; `worst` is what the limit is held against."""

    model: str
    jobs: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    likely: Money = 0
    worst: Money = 0
    price_source: str | None = None
    batch_price: bool = True


@dataclass(slots=True)
class Estimate:
    """What `Batch.estimate()` gives. `print` it, or read its fields; money in the properties is USD.

    `finished_earlier` jobs are in the state already and cost nothing again. `within_limit` is how many jobs the limit can
    bear at once, at their worst; the others wait for earlier ones' bills, which takes `rounds`. `refused` are jobs that can't
    be sent, by id, with the reason.
    """

    models: dict[str, ModelEstimate] = field(default_factory=dict)
    jobs: int = 0
    finished_earlier: int = 0
    spent: Money = 0
    limit: Money | None = None
    within_limit: int = 0
    cheapest: Money | None = None
    provider_batches: int = 0
    rounds: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def likely(self) -> Money:
        return sum(model.likely for model in self.models.values())

    @property
    def worst(self) -> Money:
        return sum(model.worst for model in self.models.values())

    @property
    def likely_usd(self) -> float:
        return to_usd(self.likely)

    @property
    def worst_usd(self) -> float:
        return to_usd(self.worst)

    @property
    def limit_usd(self) -> float | None:
        return None if self.limit is None else to_usd(self.limit)

    @property
    def spent_usd(self) -> float:
        return to_usd(self.spent)

    @property
    def stopped_by_limit(self) -> int:
        """Jobs that the limit could not bear even if every bill before them came to its worst."""
        return self.jobs - self.within_limit

    def __str__(self) -> str:
        earlier = f", {self.finished_earlier} finished earlier" if self.finished_earlier else ""
        lines = [f"{_count(self.jobs, 'job')} to send{earlier}"]
        if self.jobs:
            lines += [_line(model) for model in self.models.values()]
            lines.append(f"likely {dollars(self.likely)}, at the very worst {dollars(self.worst)}")
            lines.append(f"{_count(self.provider_batches, 'provider batch')} in {_count(self.rounds, 'round')}")
        if self.limit is not None:
            lines.append(f"limit {dollars(self.limit)}, {dollars(self.spent)} of it spent or held{self._borne()}")
        if self.refused:
            lines.append(f"{_count(len(self.refused), 'job')} can't be sent:")
            lines += [f"  {job_id}: {why}" for job_id, why in list(self.refused.items())[:20]]
        return "\n".join(lines)

    def _borne(self) -> str:
        if not self.jobs:
            return ""
        if not self.stopped_by_limit:
            return ": it bears all of them at once"
        if not self.within_limit:
            return f": it bears none of them; the cheapest needs {enough(self.spent + (self.cheapest or 0))}"
        needed = enough(self.spent + self.worst)
        return (
            f": it bears {self.within_limit:,} of them at their worst, the other {self.stopped_by_limit:,} wait for the bills of "
            f"those; {needed} would bear all at once"
        )


def enough(amount: Money) -> str:
    """Rounded up, so that a limit of what is shown does bear it."""
    step = 100_000 if amount < 100 * NANO else 10_000_000  # what `dollars` shows of it
    return dollars(-(-amount // step) * step)


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{plural if number != 1 else ''}"


def _line(model: ModelEstimate) -> str:
    price = "no price known" if model.price_source is None else f"prices: {model.price_source}"
    discount = "" if model.batch_price or model.price_source is None else ", no batch discount known"
    return (
        f"  {model.model}: {_count(model.jobs, 'job')}, about {model.input_tokens:,} tokens in and {model.output_tokens:,} out, "
        f"likely {dollars(model.likely)}, worst {dollars(model.worst)} ({price}{discount})"
    )
