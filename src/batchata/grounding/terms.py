"""Words that name and judge things, as stems: `terminated` and `termination` are one, `seller` and `vendor` are akin.

Business English, and no more of it than a field's name is likely to be made of.
"""

from functools import lru_cache
from typing import Final


def _each(said: str) -> frozenset[str]:
    return frozenset(said.split())


_LONGEST_STEM: Final = 8
_ENDINGS: Final = sorted(
    _each(
        "ations ation ators ator ates ated ating ate ions ion ments ment ings ing ably able ible ibly ability ally als "
        "al  ly ed es s ives ive ities ity ies ances ance ences ence ants ant ents ent ures ure iv e y ied ial"
    ),
    key=lambda ending: (-len(ending), ending),
)
_SHORTEST: Final = 4  # letters that are left of a word, or three where its ending is plain
_PLAIN_ENDINGS: Final = frozenset(["able", "ment", "ments", "ing", "ed", "s", "al"])
_FORMS: Final = {
    form: word
    for word, forms in {
        "pay": "pays",
        "give": "given gives gave giving",
        "grant": "grantor grantee",
        "begin": "began begun beginning begins",
        "send": "sent sends",
        "sell": "sold sells",
        "buy": "bought buys buyer",
        "bring": "brought brings",
        "use": "used using uses usage",
        "free": "freely",
        "automatic": "auto automatically automated",
        "quantity": "qty quantities",
        "amount": "amt",
        "description": "desc descr",
        "address": "addr",
        "telephone": "tel phone telephones",
        "number": "num nr numbers",
        "reference": "ref",
        "maximum": "max",
        "minimum": "min",
        "percent": "pct percentage",
        "company": "co companies",
        "account": "acct",
        "year": "yr yrs annual annually yearly annum",
        "month": "monthly mo",
        "week": "weekly",
        "day": "daily",
        "quarter": "quarterly",
        "date": "dated dates",
        "license": "licence licences licenced",
        "sublicense": "sublicence sublicences sublicensing",
        "liable": "liability liabilities",
        "exclude": "excl excludes exclusion",
        "include": "incl inclusive",
        "renewal": "renew renews",
        "guarantee": "guaranteed guarantees",
        "warranty": "warrants warranted warranties warrantor",
        "signed": "sign signature signatory signing",
    }.items()
    for form in forms.split()
}
_AKIN: Final = (
    "total sum amount overall gross",
    "price cost charge rate fee",
    "quantity count number piece unit",
    "description article product item good position",
    "customer client buyer purchaser",
    "supplier vendor seller",
    "start begin commence effective first",
    "end expire finish last until",
    "due payable deadline",
    "term duration period length",
    "notice cancel",
    "tenant lessee renter",
    "landlord lessor",
    "employee worker",
    "salary wage remuneration compensation",
    "govern applicable",
    "assign transfer",
    "exclusive sole",
    "renewal extension extend prolong",
    "warranty guarantee",
    "ship deliver freight transport dispatch carriage",
    "tax vat gst",
    "city town",
    "liable damage",
    "cap limit maximum ceiling",
    "deposit security",
    "discount rebate reduction",
    "refund return reimburse",
    "insure cover",
    "confidential secret",
    "pet animal",
    "cancel terminate withdraw",
    "invoice bill",
    "issue date",
    "currency money",
    "seat capacity place",
    "room space",
    "floor level storey",
    "holiday vacation leave",
    "paid settle",
    "increase rise",
    "compete competition",
    "stair step",
    "catering food",
    "phone telephone",
    "role capacity",
)


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """A word without its endings, so that `termination` and `terminate` are one."""
    word = _FORMS.get(word, word)
    for _ in range(3):
        shorter = _without_ending(word)
        if shorter == word:
            break
        word = shorter
    return (word.removesuffix("e") if len(word) > 3 and not word.endswith("ee") else word)[:_LONGEST_STEM]


def _without_ending(word: str) -> str:
    if word.endswith(("ee", "ss")):
        return word  # a licensee is no licence
    for ending in _ENDINGS:
        left = len(word) - len(ending)
        if word.endswith(ending) and left >= _SHORTEST - (ending in _PLAIN_ENDINGS):
            word = word[:left]
            doubled = len(word) > 4 and word[-1] == word[-2] and word[-1] not in "aeious"
            return word[:-1] if doubled else word  # cancelled, permitted
    return word


def _stems(said: str) -> frozenset[str]:
    return frozenset(map(stem, said.split()))


def _akin() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _AKIN:
        group = _stems(line)
        for word in group:
            found[word] = found.get(word, frozenset()) | group - {word}
    return found


AKIN: Final = _akin()
"""Stem to the stems of words that are used in its place."""


# Words of a truth's name that don't say what it is about: those that say what is true of it.
ALLOWED: Final = _stems(
    "allowed permitted may can could welcome authorised authorized entitled free freely right eligible"
)
INCLUDED: Final = _stems("included inclusive contains covers covered comprises part within")
REQUIRED: Final = _stems(
    "required requires must shall need needed mandatory obligatory obliged compulsory necessary condition"
)
GRANTED: Final = _stems(
    "given granted applies applicable available provided enabled possible present offered accepted existing agreed made own "
    "active is are was has have be does it there will"
)
PREDICATES: Final = ALLOWED | INCLUDED | REQUIRED | GRANTED

CHECKS: Final = "[☐☑☒✓✔✗✘"  # what boxes on a form begin with
YES: Final = _each("yes true y ja oui si ☑ ☒ ✓ ✔") | {"[x]"}
NO: Final = _each("no false n nein non ☐ ✗ ✘") | {"[ ]"}

DENYING: Final = _each(
    "not no never neither nor none nothing nobody nowhere cannot false cant dont doesnt didnt isnt arent wasnt werent wont wouldnt "
    "shouldnt couldnt mustnt neednt hasnt havent hadnt shant aint unable nicht kein keine keinen keinem keiner keines nie "
    "niemals pas jamais aucun aucune nunca jamas ningun ninguno ninguna nessun nessuna nao nem nenhum nenhuma niet geen nooit "
    "☐ ✗ ✘"
) | {"[ ]"}
"""Words that turn the whole clause they stand in."""

DENYING_VERBS: Final = _stems(
    "prohibited prohibits forbidden forbids excluded excludes excluding waived waives waiver disclaimed disclaims denied "
    "denies refused refuses rejected declined declines lacks lacking absent fails exempt exempted void ineligible barred "
    "banned restricted revoked omitted unavailable impossible illegal pending"
)
"""Verbs and adjectives that do so too."""

DENYING_AFTER: Final = _each("without excluding except instead ohne sans sin senza sem zonder")
"""Words that turn what follows them and no more."""

OPPOSITES: Final = {
    stem(word): _stems(words)
    for word, words in {
        "paid": "outstanding overdue owing owed open",
        "settled": "outstanding overdue owing owed open",
        "required": "optional voluntary",
        "mandatory": "optional voluntary",
        "included": "extra plus additional additionally separately added surcharge",
        "inclusive": "extra plus additional additionally separately added",
        "free": "charged charge fee",
        "taxable": "exempt",
        "active": "expired lapsed ended",
        "new": "used refurbished",
        "confidential": "public",
        "public": "confidential private",
        "open": "closed",
        "full": "partial",
        "fixed": "variable",
    }.items()
}
"""What is said where a name's word is not true."""

PREFIXES: Final = ("non", "un", "in", "im", "ir", "il", "dis")

FINITE: Final = _each(
    "is are was were has have had do does did may can could shall should will would must cannot isnt arent wasnt werent doesnt dont "
    "didnt cant wont grants renews pays applies includes covers provides requires allows permits warrants agrees accepts gives "
    "offers contains comes begins ends remains becomes needs waives excludes disclaims prohibits forbids holds keeps takes"
)
"""Verbs by which a clause is known."""
CONDITIONS: Final = _each("if whether unless should wenn falls ob")

_CURRENCIES: Final = (
    "usd|us $|$|us dollars|us dollar|dollars",
    "eur|€|euro|euros",
    "gbp|£|pounds sterling|pounds",
    "jpy|¥|yen",
    "chf|swiss francs|franken",
    "inr|₹|rupees",
    "cny|rmb|¥|yuan",
    "krw|₩|won",
    "ils|₪|shekel",
    "cad|c $|ca $|canadian dollars",
    "aud|a $|au $|australian dollars",
)
CURRENCIES: Final = {
    form: tuple(forms) for line in reversed(_CURRENCIES) for forms in [line.split("|")] for form in forms
}
"""What a currency is written as, by any of these."""
OTHER_DOLLARS: Final = _each("c ca a au nz hk s sg")
TIMES: Final = _stems("minute hour day week month quarter year")
