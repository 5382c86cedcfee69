"""Warnings that would be the same line over and over: said at once, then ever less often, and once more when it is over.

Only the log is folded; what happened stands in the state's journal each time.
"""

import logging
import re
from collections.abc import Hashable
from dataclasses import dataclass

log = logging.getLogger("batchata")

FIRST_SILENCE = 60.0  # seconds
LONGEST_SILENCE = 3600.0
MOST_KINDS = 50  # of words about one subject, before they are forgotten and said anew
_PARTICULAR = re.compile(r"\S*\d\S*")  # the id of a request, a time, an amount


@dataclass(slots=True)
class _Series:
    """Alike words in a row. Times are ticks."""

    level: int
    began: float
    silent_until: float
    silence: float = FIRST_SILENCE
    count: int = 1


class Repeats:
    """Of one run, used by its loop. A subject is what the words are about; they count as alike whatever numbers are in them."""

    def __init__(self) -> None:
        self._series: dict[Hashable, dict[str, _Series]] = {}

    def say(self, level: int, subject: Hashable, words: str, ticks: float) -> None:
        """Log `words` about `subject`, unless they were said a short while ago."""
        alike = self._series.setdefault(subject, {})
        series = alike.get(key := _PARTICULAR.sub("#", words))
        if series is None:
            if len(alike) >= MOST_KINDS:
                alike.clear()
            alike[key] = _Series(level, ticks, ticks + FIRST_SILENCE)
            log.log(level, "%s", words)
            return
        series.count += 1
        if ticks >= series.silent_until:
            log.log(level, "%s (%d times alike in %s)", words, series.count, _span(ticks - series.began))
            series.silence = min(2 * series.silence, LONGEST_SILENCE)
            series.silent_until = ticks + series.silence

    def over(self, subject: Hashable, words: str, ticks: float) -> None:
        """It went well again: say so as loudly, if there was more to say than was said."""
        series = self._series.pop(subject, {}).values()
        count = sum(one.count for one in series)
        if count > 1:
            since = min(one.began for one in series)
            level = max(one.level for one in series)
            log.log(level, "%s, after %d failures in %s.", words, count, _span(ticks - since))


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
