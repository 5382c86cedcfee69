"""Properties of grounding: offsets are of the text as given, and what was changed is never called found."""

import unicodedata

from hypothesis import assume, given
from hypothesis import strategies as st

from batchata.grounding import ground, split_quotes
from batchata.grounding.words import Words, lines_about
from batchata.request import Document

WORDS = st.sampled_from(
    [
        "tenant",
        "landlord",
        "shall",
        "pay",
        "rent",
        "promptly",
        "premises",
        "consent",
        "Straße",
        "ﬁnal",
        "naïve",
        "東京",
        "договор",
        "한국어",
        "ligne",
        "café",
        "עברית",
    ]
)
SENTENCES = st.lists(WORDS, min_size=4, max_size=14).map(" ".join)
NOISE = st.text(max_size=60)
NUMBERS = st.integers(min_value=0, max_value=10**7)


@given(NOISE, SENTENCES, NOISE)
def test_a_passage_is_found_where_it_stands(before: str, passage: str, after: str) -> None:
    text = f"{before}\n.\n{passage}\n.\n{after}"  # a hyphen before it would make its first word the rest of another
    (found,) = ground(text, [passage])
    assert found.how == "exact"
    assert found.span is not None
    assert text[found.span.start : found.span.end] == found.text == passage


@given(NOISE, SENTENCES, NOISE, st.sampled_from(["upper", "casefold", "NFC", "NFD", "NFKC", "spaces"]))
def test_a_passage_in_another_form_is_found_where_it_stands(before: str, passage: str, after: str, form: str) -> None:
    text = f"{before}\n.\n{passage}\n.\n{after}"  # a hyphen before it would make its first word the rest of another
    forms = {"upper": passage.upper(), "casefold": passage.casefold(), "spaces": passage.replace(" ", " \n\t")}
    quote = forms[form] if form in forms else unicodedata.normalize(form, passage)  # type: ignore[arg-type]
    (found,) = ground(text, [quote])
    assert found.span is not None
    assert found.how in ("exact", "normalized")
    assert text[found.span.start : found.span.end] == found.text
    assert Words(found.text).words == Words(passage).words


@given(st.text(max_size=200), st.text(max_size=40))
def test_any_text_and_any_quote(text: str, quote: str) -> None:
    (found,) = ground(text, [quote])
    if found.span is not None:
        assert 0 <= found.span.start < found.span.end <= len(text)
        assert text[found.span.start : found.span.end] == found.text
    words = Words(text)
    assert all(a < b for a, b in zip(words.starts, words.ends, strict=True))
    assert all(a <= b for a, b in zip(words.ends, words.starts[1:], strict=False))
    for offset in range(0, len(words.joined), 7):
        index, inside = words.at(offset)
        assert words.joined[offset] == words.words[index][inside]


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5), st.data())
def test_parts_of_pages_are_parts_of_the_passage(pages: list[str], data: st.DataObject) -> None:
    document = Document("a.pdf", "application/pdf", b"", tuple(pages), paged=True)
    start = data.draw(st.integers(0, len(document.text)))
    quote = document.text[start : start + data.draw(st.integers(0, 30))]
    (found,) = ground(document, [quote])
    if found.span is not None:
        assert document.text[found.span.start : found.span.end] == found.text
        assert found.page == found.places[0][0]
        for page, span in found.places:
            assert pages[page - 1][span.start : span.end] in found.text


@given(SENTENCES, NUMBERS, NUMBERS, SENTENCES)
def test_a_changed_number_is_never_verified(before: str, number: int, other: int, after: str) -> None:
    assume(number != other)
    assert not ground(f"{before} {number} {after}", [f"{before} {other} {after}"])[0].is_verified
    assert ground(f"{before} {number:,} {after}", [f"{before} {number} {after}"])[0].is_verified
    assert not ground(f"{before} {number} {after}", [f"{before} {number}% {after}"])[0].is_verified
    assert not ground(f"{before} ${number} {after}", [f"{before} €{number} {after}"])[0].is_verified


MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
NAMES = [
    "Wexford",
    "Quillon",
    "Harbinger",
    "Novatek",
    "Zephyr",
    "Lorimer",
    "Castellan",
    "Brightwater",
    "Delphi",
    "Morgan",
    "Vandelay",
    "Umbra",
]
NOTS = ["not", "never", "no", "without", "neither"]


@given(SENTENCES, st.permutations(MONTHS), st.permutations(NAMES), st.sampled_from(NOTS), SENTENCES)
def test_a_changed_date_name_or_negation_is_never_verified(
    before: str, months: list[str], names: list[str], negation: str, after: str
) -> None:
    for one, other in ((months[0], months[1]), (names[0], names[1]), (negation, ""), ("", negation)):
        text = f"{before} {one} {after}".replace("  ", " ")
        quote = f"{before} {other} {after}".replace("  ", " ")
        assert not ground(text, [quote])[0].is_verified
        assert ground(text, [text])[0].how == "exact"


@given(st.text(alphabet='{}[]":,\\ answerquotefilds01.\n', max_size=80))
def test_any_text_can_be_split(text: str) -> None:
    answer, pairs = split_quotes('{"answer": 1, "quotes": ' + text)
    assert answer == "1"
    assert all(path and quote for path, quote in pairs)
    split_quotes(text)


LINES = st.lists(
    st.lists(st.sampled_from(["rent", "A", "1,250", "(5", "5)", "-7", "non-", "x.", "12", "%", "é.", "[x]", "東"]), min_size=1)
    .map(" ".join),
    min_size=1,
    max_size=9,
)  # fmt: skip


@given(LINES, st.sampled_from(["\n", " \n", "\n\n", "\r\n"]), st.data())
def test_lines_about_a_passage_hold_the_words_that_the_text_has_there(
    lines: list[str], end: str, data: st.DataObject
) -> None:
    text = end.join(lines)
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    about = lines_about(text, first, last, 40)
    assume(about is not None)
    assert about is not None
    low, high = about
    some, whole = Words(text[low:high]), Words(text)
    assume(not some.broken)
    assert low <= first < last <= high
    held = [(start - low, word) for start, word in zip(whole.starts, whole.words, strict=True) if low <= start < high]
    assert list(zip(some.starts, some.words, strict=True)) == held


@given(LINES, st.data())
def test_one_quote_is_found_as_it_is_among_many(lines: list[str], data: st.DataObject) -> None:
    text = "\n".join(lines * 40)  # long enough that a passage's lines are read by themselves
    start = data.draw(st.integers(0, len(text) - 1))
    quote = text[start : data.draw(st.integers(start + 1, min(len(text), start + 30)))]
    (alone,) = ground(text, [quote])
    assert alone == ground(text, ["what is nowhere in it", quote])[1]
