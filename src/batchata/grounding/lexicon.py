"""Words that say numbers, dates, amounts and negations, folded as in `words`: without accents and apostrophes."""

from typing import Final


def _each(said: str) -> frozenset[str]:
    return frozenset(said.split())


CHECKS: Final = "[☐☑☒✓✔✗✘"  # what a form says: ticked is not unticked; [x] and [ ] are words too

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
    "monday tuesday wednesday thursday friday saturday sunday percent percentage usd eur gbp chf jpy cny rmb aud cad nzd sgd hkd inr sek nok dkk pln czk huf zar brl mxn krw rub ils aed thb dollar dollars euro "
    "euros pound pounds cent cents dozen half quarter third twice thrice double triple hundreds thousands millions billions hundredth thousandth "
    "k m mm bn"
)
AMBIGUOUS: Final = _each("may mar mars march second dec jan mai mei k m")  # numeric only beside a number

# What is counted: thirty-day is two words where ten-ant is one.
COUNTED: Final = (
    MEASURES
    | frozenset(UNITS)
    | frozenset(SCALES)
    | _each(
        "second seconds minute minutes hour hours day days week weeks month months year years time times fold party parties person "
        "foot feet inch inches mile miles page pages member members step stage sided way tier star unit units room story"
    )
)
LIMITS: Final = _each(  # who leaves them out says more than the document does
    "only solely least most prohibits prohibit forbids refuses refused denies denied declines declined rejects rejected waives waived "
    "exempt absent void invalid nur hochstens mindestens kaum seulement uniquement solo solamente unicamente apenas soltanto slechts"
)
WHICH_DAYS: Final = _each("business working banking trading calendar")
# Signs of units: a letter off, and they are others.
SIGNS: Final = _each(
    "nm um mm cm dm m km ng ug mg g kg t lb lbs oz nl ul ml cl dl l hl hz khz mhz ghz w kw mw gw wh kwh mwh gwh v kv mv ma va kva "
    "j kj mj cal kcal pa kpa mpa bar mbar n kn k c f b kb mb gb tb pb kbit mbit gbit ms us ns s sec min h hr hrs d wk mo yr "
    "mol mmol umol nmol pmol mu iu u ppm ppb bp bps pp pct rpm dpi ha ac sqm sqft ft yd mi kmh mph"
)

_AUXILIARIES: Final = "is are was were am do does did has have had wo would ca can could sha shall should will must need may might ai ought dare"
FOREIGN_NEGATIONS: Final = _each(
    "nicht nichts niemand kein keine keinen keinem keiner keines keinerlei nie niemals ohne weder ausser "
    "pas sans jamais aucun aucune rien ne sauf nunca jamas sin ni ningun ninguno ninguna nada nadie tampoco salvo "
    "senza nessun nessuno nessuna niente eccetto nao sem nem nenhum nenhuma exceto niet niets geen nooit zonder "
    "behalve ikke ingen intet aldrig uden inte ej inget utan nie bez brak nema не нет без ни никогда нельзя "
    "δεν μην χωρισ ουτε לא ללא בלי אין لا ليس بدون لم لن غير 不 没 沒 無 无 非 未 否"
)
NEGATIONS: Final = (
    frozenset(f"{word}nt" for word in _AUXILIARIES.split())
    | {"cant"}
    | _each(
        "not no non never neither nor none nothing nobody nowhere noone without cannot except excepting unless excluding excludes "
        "excluded lacks lack lacking fails fail failed barely hardly scarcely prohibited forbidden "
    )
    | FOREIGN_NEGATIONS
)

# Words that begin so deny what is left without it, and those of a pair say opposite things.
DENYING: Final = (
    *("non", "un", "in", "im", "il", "ir", "dis", "mis", "de", "anti", "counter", "mal"),
    *(
        "bi",
        "tri",
        "semi",
        "multi",
        "sub",
        "super",
        "pre",
        "post",
        "re",
        "over",
        "under",
        "out",
        "inter",
        "milli",
        "micro",
        "kilo",
    ),
)
OPPOSITES: Final = (
    *(
        ("in", "ex"),
        ("in", "de"),
        ("im", "ex"),
        ("in", "out"),
        ("ac", "ex"),
        ("as", "dis"),
        ("over", "under"),
        ("up", "down"),
    ),
    *(
        ("pre", "post"),
        ("anti", "pro"),
        ("max", "min"),
        ("any", "every"),
        ("some", "any"),
        ("hyper", "hypo"),
        ("inter", "intra"),
    ),
)
OPPOSITE_ENDS: Final = (("or", "ee"), ("er", "ee"), ("se", "see"), ("ful", "less"), ("less", "able"), ("ed", "able"))

# Little words that a slip may add, drop or swap without changing what is said; and those it may spell as another word.
BENIGN: Final = _each("the a an of to in on at by as is it its this that these those and for with from")
ALIKE: Final = (_each("the a an this that these those its it"), _each("of in on at"), _each("this these"))
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
