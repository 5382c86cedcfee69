"""The dry run: what a batch would cost at most, and what the limit would stop. Sends nothing."""

from dataclasses import dataclass, field

from batchata.usage import Money, to_usd

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
    def likely_usd(self) -> float:
        return to_usd(sum(model.likely for model in self.models.values()))

    @property
    def worst_usd(self) -> float:
        return to_usd(sum(model.worst for model in self.models.values()))

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
        lines += [_line(model) for model in self.models.values()]
        lines.append(f"likely {self.likely_usd:.4f} USD, at the very worst {self.worst_usd:.4f} USD")
        lines.append(f"{_count(self.provider_batches, 'provider batch')} in {_count(self.rounds, 'round')}")
        if self.limit is not None:
            lines.append(self._limit_line())
        if self.refused:
            lines.append(f"{_count(len(self.refused), 'job')} can't be sent:")
            lines += [f"  {job_id}: {why}" for job_id, why in list(self.refused.items())[:20]]
        return "\n".join(lines)

    def _limit_line(self) -> str:
        line = f"limit {self.limit_usd} USD, {self.spent_usd:.4f} of it spent or held"
        if not self.stopped_by_limit:
            return f"{line}: it bears all of them at once"
        needed = to_usd(self.spent + sum(model.worst for model in self.models.values()))
        return (
            f"{line}: it bears {self.within_limit} of them at their worst, the other {self.stopped_by_limit} wait for the "
            f"bills of those; {needed:.4f} USD would bear all at once"
        )


def _count(number: int, noun: str) -> str:
    plural = "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{plural if number != 1 else ''}"


def _line(model: ModelEstimate) -> str:
    price = "no price known" if model.price_source is None else f"prices: {model.price_source}"
    discount = "" if model.batch_price or model.price_source is None else ", no batch discount known"
    return (
        f"  {model.model}: {_count(model.jobs, 'job')}, about {model.input_tokens:,} tokens in and {model.output_tokens:,} out, "
        f"likely {to_usd(model.likely):.4f} USD, worst {to_usd(model.worst):.4f} USD ({price}{discount})"
    )
