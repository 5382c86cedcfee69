"""What a run that is over leaves at the providers, in words: where it is, what it holds, and how to go on."""

from collections.abc import Iterable, Iterator

from batchata.engine.tracks import Desk, Track
from batchata.provider_batch import State
from batchata.situation import Now
from batchata.usage import dollars


def left_open(desk: Desk, now: Now) -> Iterator[str]:
    """A sentence or two for each provider and kind of batch that is not at rest."""
    kinds: dict[tuple[str, str], list[Track]] = {}
    for track in desk.tracks.values():
        kinds.setdefault((track.row.provider, _why(track, desk)), []).append(track)
    for (provider, why), tracks in sorted(kinds.items()):
        yield f"{_counted(tracks)} at {provider}: {why}"
    for track in desk.tracks.values():
        limits, ours = desk.catalog[track.row.provider].limits, desk.catalog.account(track.row.provider)
        known_no_better = track.row.account != ours or track.undecided(now, desk.settings, limits.expires_seconds)
        if track.row.state in (State.UNCERTAIN, State.SUBMITTED) and known_no_better:
            yield _how_to_decide(track, desk)


def _why(track: Track, desk: Desk) -> str:
    row = track.row
    if row.account != desk.catalog.account(row.provider):
        return "made under another key, which alone can see them. Run again with that key to go on."
    if track.denied:
        return "looking at them is refused, or broke, as the error says. The next run looks again."
    match row.state:
        case State.SUBMITTING:
            return "their create was under way. The next run looks for them."
        case State.UNCERTAIN:
            return "whether they were made is not known yet. The next run goes on looking."
        case State.SUBMITTED if track.unseen:
            return "the provider does not show them now. The next run looks again."
        case State.SUBMITTED:
            return "the provider works on. The next run collects them."
        case State.PREPARED:
            return "not sent yet. The next run sends their jobs."
    return "their answers are there. The next run collects them."


def _counted(tracks: Iterable[Track]) -> str:
    rows = [track.row for track in tracks]
    jobs, held = sum(row.count for row in rows), sum(row.reserved for row in rows)
    return f"{len(rows)} open batch{'es' * (len(rows) > 1)} of {jobs} job{'s' * (jobs > 1)}, {dollars(held)} reserved"


def _how_to_decide(track: Track, desk: Desk) -> str:
    row, path = track.row, str(desk.store.path)
    return (
        f"If provider batch {row.id} ({row.count} jobs at {row.provider}, {dollars(row.reserved)}) will never be seen again, "
        f"batchata.decide({path!r}, {row.id}, made=True) counts it as made and paid"
        + (
            "; made=False, if the provider's console certainly shows no such batch, lets its jobs go again."
            if row.state is State.UNCERTAIN
            else " and its answers as lost."
        )
    )
