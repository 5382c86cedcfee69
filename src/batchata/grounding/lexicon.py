"""Words that say numbers, dates, amounts and negations, folded as in `words`: without accents and apostrophes."""

from typing import Final


def _each(said: str) -> frozenset[str]:
    return frozenset(said.split())


CHECKS: Final = "☐☑☒✓✔✗✘"  # what a form says: ticked is not unticked

_ONES: Final = (
    (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
        "eighteen nineteen"
    ),
    (
        "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
        "fifteenth sixteenth seventeenth eighteenth nineteenth"
    ),
)
_TENS: Final = (
    "twenty thirty forty fifty sixty seventy eighty ninety",
    "twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth",
)
_SMALL: Final = {word: value for words in _ONES for value, word in enumerate(words.split())}
_ROUND: Final = {word: 10 * value for words in _TENS for value, word in enumerate(words.split(), 2)}

SCALES: Final = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
UNITS: Final = {  # the value of one word; twenty-four is twentyfour where a line's end joined it
    **_SMALL,
    **_ROUND,
    **{ten + one: tens + ones for ten, tens in _ROUND.items() for one, ones in _SMALL.items() if 0 < ones < 10},
}

_MONTHS: Final = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
)
MONTHS: Final = {
    **{name: number for names in _MONTHS for number, name in enumerate(names.split(), 1)},
    "sept": 9,
}
ACCENTED_MONTHS: Final = _each("märz février août décembre março")

MEASURES: Final = _each(
    "monday tuesday wednesday thursday friday saturday sunday percent percentage usd eur gbp chf jpy cny dollar dollars euro "
    "euros pound pounds cent cents dozen half quarter third twice thrice double triple hundreds thousands millions billions "
    "k m mm bn"
)
AMBIGUOUS: Final = _each("may mar mars march second dec jan mai mei k m")  # numeric only beside a number

NEGATIONS: Final = _each(
    "not no non never neither nor none nothing nobody nowhere without cannot except unless excluding lacks fails fail "
    "cant dont doesnt didnt isnt arent wasnt werent wont wouldnt shouldnt couldnt mustnt neednt hasnt havent hadnt shant aint "
    "nicht kein keine keinen keinem keiner keines nie niemals ohne weder "
    "pas sans jamais aucun aucune nunca jamas sin ni ninguno ninguna senza nessun nessuna "
    "nao sem nem nenhum nenhuma niet geen nooit zonder"
)

# Little words that a slip may add, drop or swap without changing what is said; and those it may spell as another word.
BENIGN: Final = _each("the a an of to in on at by as is it its this that these those and for with from")
LITTLE: Final = BENIGN | _each(
    "be been he her his she they their we our us are was were has have had will shall such so any or some who"
)

LEGAL_FORMS: Final = _each(
    "inc incorporated llc ltd limited corp corporation co company plc gmbh ag sa lp llp nv bv the and lc"
)
UNSAYING: Final = _each(
    "the a an of to in on at by as is it its this that for and or with from if any be was are which when what who whether "
    "has have does do there no not yes true false value field iso format such e g eg ie etc given"
)
