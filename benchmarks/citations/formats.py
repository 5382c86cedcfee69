"""The formats of answers: each yields the statements of one answer, in order."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from random import Random

from benchmarks.citations.answers import Answer, Phrasing, Statement, Writer
from benchmarks.citations.quotes import flat
from benchmarks.citations.samples import Sample, generic, leaves


def prose(w: Writer) -> Iterator[Statement]:
    yield from w.head()
    for path in w.scalars:
        yield w.say(path, w.sentence(path))
        yield Statement(w.rng.choice((" ", " ", "\n\n")))
    yield from w.aside()
    for prefix in w.items:
        yield w.say_item(prefix, " {}.")


def lines(w: Writer) -> Iterator[Statement]:
    """Labelled lines; the citation is on the whole line or on the value alone."""
    pattern = w.rng.choice(w.phrasing.label_lines)
    whole = w.rng.random() < 0.5
    yield from w.head()
    for path in w.scalars:
        yield from _labelled(w, path, pattern, whole)
        yield Statement("\n")
    for number, prefix in enumerate(w.items, 1):
        yield Statement(w.rng.choice(w.phrasing.item_heads).format(number=number) + "\n")
        for path in w.items[prefix]:
            yield from _labelled(w, path, "  " + pattern, whole)
            yield Statement("\n")


def _labelled(w: Writer, path: str, pattern: str, whole: bool) -> Iterator[Statement]:
    if whole:
        yield w.say(path, w.labelled(path, pattern))
        return
    before, _, after = pattern.partition("{value}")
    yield Statement(before.format(label=w.label(path)))
    yield w.say(path, w.value(path))
    if after:
        yield Statement(after)


def bullets(w: Writer) -> Iterator[Statement]:
    pattern = w.rng.choice(w.phrasing.bullets)
    yield from w.head()
    for path in w.scalars:
        yield w.say(path, w.labelled(path, pattern) + "\n")
    for said in w.aside():
        yield replace(said, text=f"- {said.text}\n")
    for prefix in w.items:
        yield w.say_item(prefix, "- {}\n")


def table(w: Writer) -> Iterator[Statement]:
    """A table of fields, then one of the lists; a citation is on a cell or on a row."""
    left, right = w.rng.choice(w.phrasing.table_head)
    yield Statement(f"| {left} | {right} |\n|---|---|\n")
    whole = w.rng.random() < 0.5
    for path in w.scalars:
        yield from _labelled(w, path, "| {label} | {value} |", whole)
        yield Statement("\n")
    names: tuple[str, ...] = ()
    for prefix, paths in w.items.items():
        if tuple(map(generic, paths)) != names:
            names = tuple(map(generic, paths))
            yield Statement("\n| " + " | ".join(w.label(path) for path in paths) + " |\n|" + "---|" * len(paths) + "\n")
        cited = dict.fromkeys(w.sample.stating(path)[0] for path in paths)
        yield Statement("| " + " | ".join(w.value(path) for path in paths) + " |", tuple(paths), tuple(cited))
        yield Statement("\n")
        del prefix


def mixed(w: Writer) -> Iterator[Statement]:
    """Labelled lines and sentences."""
    pattern = w.rng.choice(w.phrasing.label_lines)
    for path in w.scalars:
        labelled = w.synonyms or w.rng.random() < 0.5
        yield w.say(path, w.labelled(path, pattern) if labelled else w.sentence(path))
        yield Statement("\n")
    for prefix in w.items:
        yield w.say_item(prefix, "{}\n")


def quotes(w: Writer) -> Iterator[Statement]:
    """Nothing but the passages themselves."""
    mark = w.rng.choice(w.phrasing.quote_marks)
    cited = dict.fromkeys(
        w.cite(path)[0] for path in [*w.scalars, *(path for paths in w.items.values() for path in paths)]
    )
    for index in cited:
        passage = w.sample.passages[index]
        yield Statement(mark.format(quote=flat(passage.text)), tuple(passage.paths), (index,))
        yield Statement("\n")


def several(w: Writer) -> Iterator[Statement]:
    """All that one passage states in one sentence."""
    yield from w.head()
    left = list(w.scalars)
    while left:
        index = max(w.sample.stating(left[0]), key=lambda i: len(w.sample.passages[i].paths))
        paths = tuple(path for path in left if index in w.sample.stating(path))
        left = [path for path in left if path not in paths]
        parts = [
            w.labelled(path, "{label} {value}") if w.rng.random() < 0.6 else w.sentence(path).rstrip(".")
            for path in paths
        ]
        text = ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]
        yield Statement(w.rng.choice(w.phrasing.several).format(list=text), paths, (index,))
        yield Statement(" ")
    for prefix in w.items:
        yield w.say_item(prefix, "{}; ")


def nested(w: Writer) -> Iterator[Statement]:
    """Lists, each element by itself: a line for each of its fields, or one for all."""
    yield from w.head()
    for path in w.scalars[:3]:
        yield w.say(path, w.labelled(path, "{label}: {value}") + "\n")
    spread = w.rng.random() < 0.5
    for prefix in w.items:
        number = int(prefix[prefix.rindex("[") + 1 : -1]) + 1
        indent = "   " * (prefix.count("[") - 1)
        if not spread:
            yield w.say_item(prefix, f"{indent}{number}. {{}}\n")
            continue
        yield Statement(f"{indent}{number}. ")
        for path in w.items[prefix]:
            yield w.say(path, w.labelled(path, indent + "   - {label}: {value}") + "\n")


def pairs(w: Writer) -> Iterator[Statement]:
    """Two fields in one sentence, with a citation for each."""
    left = list(w.scalars)
    w.rng.shuffle(left)
    while len(left) > 1:
        first, second = left.pop(), left.pop()
        text = w.rng.choice(w.phrasing.pairs)
        text = text.format(first=w.sentence(first).rstrip("."), second=w.sentence(second).rstrip("."))
        yield Statement(text, (first, second), tuple(dict.fromkeys(w.cite(first) + w.cite(second))))
        yield Statement(" ")
    prefixes = list(w.items)
    for one, two in zip(prefixes[::2], prefixes[1::2], strict=False):
        a, b = w.say_item(one), w.say_item(two)
        yield Statement(f"{a.text}, and {b.text}. ", a.paths + b.paths, tuple(dict.fromkeys(a.cited + b.cited)))


def as_json(w: Writer) -> Iterator[Statement]:
    """JSON cut into blocks at its lines, each with the citations of what stands in it."""
    text = json.dumps(w.sample.value.model_dump(mode="json"), indent=1, ensure_ascii=False)
    walk = iter([path for path, _ in leaves(w.sample.value)])
    run: list[tuple[str, str | None]] = []
    size = w.rng.choice((1, 1, 2, 3))
    for line in text.splitlines(keepends=True):
        leaf = line.strip().rstrip(",")[-1:] not in ("{", "[", "}", "]") or line.strip().rstrip(",").endswith(
            ("[]", "{}")
        )
        path = next(walk, None) if leaf and not line.strip().rstrip(",").endswith(("[]", "{}")) else None
        if run and (len(run) >= size or path is None or run[-1][1] is None):
            yield _json_run(w, run)
            run = []
        run.append((line, path))
    yield _json_run(w, run)


def _json_run(w: Writer, run: list[tuple[str, str | None]]) -> Statement:
    paths = tuple(path for _, path in run if path and w.values[path] is not None and w.sample.stating(path))
    cited = dict.fromkeys(w.sample.stating(path)[0] for path in paths)
    return Statement("".join(line for line, _ in run), paths, tuple(cited))


FORMS: Mapping[str, Callable[[Writer], Iterator[Statement]]] = {
    "prose": prose, "labelled lines": lines, "bullets": bullets, "table": table, "reformatted": mixed, "synonyms": mixed,
    "quotes only": quotes, "several in one passage": several, "two in one sentence": pairs, "nested lists": nested, "JSON in blocks": as_json,
}  # fmt: skip


def write(form: str, sample: Sample, phrasing: Phrasing, rng: Random) -> Answer:
    writer = Writer(sample, phrasing, rng, form)
    return writer.finish(FORMS[form](writer))
