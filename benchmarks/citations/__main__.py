"""`python -m benchmarks.citations`: measure, print the tables; see `--help`."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import cast

from benchmarks.citations import adapter, baseline, report, splits
from benchmarks.citations.contract import Adapter, NotConnectedError
from benchmarks.citations.grounding import run_grounding
from benchmarks.citations.mapping import MappingScore, answers_of, lies_of, run_mapping


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    # Modules do for an adapter: they have the two functions
    chosen = cast("Adapter", baseline if options.baseline else adapter)
    corpus = splits.load(options.split)
    answers = answers_of(corpus.answered, corpus.phrasing, corpus.seed)
    lies = lies_of(corpus.answered, corpus.phrasing, corpus.seed)
    try:
        grounding = run_grounding(chosen, corpus.documents, corpus.seed)
        mapping = run_mapping(chosen, [*answers, *lies])
    except NotConnectedError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    kinds = Counter("PDFs" if sample.source.pdf else "texts" for sample in corpus.documents)
    quotes = sum(count.of for counts in (grounding.spans, grounding.pdf_found) for count in counts.values())
    sizes = {
        **kinds,
        "true quotes": quotes,
        "false quotes": grounding.all_accepted().of,
        "answers": len(answers),
        "field-passage pairs": sum(len(answer.gold) for answer in answers),
        "answers with a false value": len(lies),
    }
    sys.stdout.write(report.as_markdown(sizes, grounding, mapping) + "\n")
    if options.json:
        options.json.write_text(json.dumps(report.as_json(sizes, grounding, mapping), indent=1) + "\n")
    if options.show:
        _show(grounding.misses, mapping, options.show)
    return int(options.check and not all(goal.met for goal in report.goals(grounding, mapping)))


def _show(misses: list[str], mapping: MappingScore, count: int) -> None:
    rng = Random(0)  # noqa: S311
    for some in (misses, mapping.misses):
        shown = sorted(rng.sample(some, min(count, len(some))))
        sys.stdout.write("\n".join([f"\n{len(some):,} misses, some of them:", *shown, ""]))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.citations", description=__doc__)
    parser.add_argument("--split", choices=("dev", "heldout"), default="heldout", help="default: heldout")
    parser.add_argument("--baseline", action="store_true", help="measure plain search instead of batchata")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a goal is missed")
    parser.add_argument(
        "--show", type=int, default=0, metavar="N", help="print N misses of each task, of --split dev only"
    )
    options = parser.parse_args(arguments)
    if options.show and options.split != "dev":
        parser.error("--show is for --split dev: what is held out is not looked at, or it would be tuned on")
    return options


if __name__ == "__main__":
    sys.exit(main())
