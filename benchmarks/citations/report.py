"""The figures as Markdown and as JSON, beside the goals."""

from dataclasses import dataclass
from typing import Any

from benchmarks.citations.grounding import Count, GroundingScore
from benchmarks.citations.mapping import MappingScore, macro

SPAN_GOALS = {"ellipsis": 0.97, "words dropped": 0.90}
SPAN_GOAL, FALSE_GOAL, PAGE_GOAL, BOX_GOAL = 0.99, 0.001, 0.995, 0.99
MACRO_GOAL, MACRO_GOAL_NO_BOOLEANS, FORM_GOAL, NESTED_GOAL, VERIFIED_GOAL = 0.97, 0.96, 0.92, 0.97, 0.99


@dataclass(frozen=True, slots=True)
class Goal:
    """`least`: the figure must reach `goal`; else it must not exceed it."""

    name: str
    figure: float
    goal: float
    least: bool = True

    @property
    def met(self) -> bool:
        return self.figure >= self.goal if self.least else self.figure <= self.goal


def goals(grounding: GroundingScore, mapping: MappingScore) -> list[Goal]:
    worst = min(mapping.forms, key=lambda form: mapping.forms[form].f1)
    return [
        *(
            Goal(f"right span, {kind}", count.share, SPAN_GOALS.get(kind, SPAN_GOAL))
            for kind, count in grounding.spans.items()
        ),
        Goal("false accepts", grounding.all_accepted().share, FALSE_GOAL, least=False),
        Goal("right page", grounding.page.share, PAGE_GOAL),
        Goal("right box", grounding.box.share, BOX_GOAL),
        Goal("mapping, macro F1", macro(mapping.forms.values()), MACRO_GOAL),
        Goal("mapping, macro F1 without booleans", macro(mapping.no_booleans.values()), MACRO_GOAL_NO_BOOLEANS),
        Goal(f"mapping, weakest format ({worst}), F1", mapping.forms[worst].f1, FORM_GOAL),
        Goal("mapping, nested lists, F1", mapping.forms["nested lists"].f1, NESTED_GOAL),
        Goal("mapping, nested paths, F1", mapping.nested.f1, NESTED_GOAL),
        Goal("precision of what is called verified", mapping.verified.share, VERIFIED_GOAL),
    ]


def as_markdown(sizes: dict[str, int], grounding: GroundingScore, mapping: MappingScore) -> str:
    return "\n\n".join([
        "Corpus: " + ", ".join(f"{count:,} {what}" for what, count in sizes.items()),
        "### Quotes found in documents\n\n" + _table(
            ("quote", "texts: right span", "of", "PDFs: found", "of"),
            [(kind, *_counted(count), *_counted(grounding.pdf_found.get(kind))) for kind, count in grounding.spans.items()],
        ),
        "### Accepted though false\n\n" + _table(
            ("what was changed", "accepted", "of", "share"),
            [(kind, str(c.right), f"{c.of:,}", f"{c.share:.2%}") for kind, c in [*grounding.accepted.items(), ("all", grounding.all_accepted())]],
        ),
        "### Citations given to fields\n\n" + _table(
            ("answer", "precision", "recall", "F1", "F1 without booleans"),
            [
                (form, f"{t.precision:.3f}", f"{t.recall:.3f}", f"{t.f1:.3f}", f"{mapping.no_booleans[form].f1:.3f}")
                for form, t in mapping.forms.items()
            ],
        ),
        _verified(mapping),
        "### Goals\n\n" + _table(
            ("what", "figure", "goal", ""),
            [
                (goal.name, f"{goal.figure:.4f}", f"{'≥' if goal.least else '≤'} {goal.goal:g}", "met" if goal.met else "**missed**")
                for goal in goals(grounding, mapping)
            ],
        ),
    ])  # fmt: skip


def _verified(mapping: MappingScore) -> str:
    lies = mapping.verified_lies
    share = f"Of {mapping.verified.of:,} pairs called verified {mapping.verified.share:.4f} are right"
    return f"{share}; of {lies.of:,} false values {lies.right} were called verified."


def as_json(sizes: dict[str, int], grounding: GroundingScore, mapping: MappingScore) -> dict[str, Any]:
    return {
        "corpus": sizes,
        "spans": {kind: _plain(count) for kind, count in grounding.spans.items()},
        "pdf_found": {kind: _plain(count) for kind, count in grounding.pdf_found.items()},
        "accepted_though_false": {kind: _plain(count) for kind, count in grounding.accepted.items()},
        "page": _plain(grounding.page),
        "box": _plain(grounding.box),
        "mapping": {
            form: {
                "precision": tally.precision,
                "recall": tally.recall,
                "f1": tally.f1,
                "f1_without_booleans": mapping.no_booleans[form].f1,
            }
            for form, tally in mapping.forms.items()
        },
        "verified": _plain(mapping.verified),
        "false_values_verified": _plain(mapping.verified_lies),
        "goals": [
            {"name": goal.name, "figure": goal.figure, "goal": goal.goal, "least": goal.least, "met": goal.met}
            for goal in goals(grounding, mapping)
        ],
    }


def _counted(count: Count | None) -> tuple[str, str]:
    return (f"{count.share:.3f}", f"{count.of:,}") if count else ("", "")


def _plain(count: Count) -> dict[str, float]:
    return {"count": count.right, "of": count.of, "share": count.share}


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    marks = "|".join(["---", *["---:"] * (len(head) - 1)])
    return "\n".join([f"| {' | '.join(head)} |", f"|{marks}|", *(f"| {' | '.join(row)} |" for row in rows)])
