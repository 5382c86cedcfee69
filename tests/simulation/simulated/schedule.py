"""One life of a state file, drawn from a seed: jobs, weather, crashes, the user's wishes; then calm, and what must hold."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from batchata.engine.tracks import Wishes
from simulated import people
from simulated.accounts import CALM, Violation
from simulated.provider import KINDS
from simulated.script import SimJob, write_file
from simulated.special import cancel, drawn
from simulated.world import Ending, Plans, Setting, Weather, World

BEHAVIOURS = (
    "ok",
    "ok",
    "ok",
    "typed",
    "twice",
    "never",
    "broken",
    "cut",
    "bad",
    "talk",
    "wrong",
    "ok",
    "quote",
    "cite",
)
MOST_SESSIONS = 4
CALM_SESSIONS = 8
FILES = ("alone.txt", "shared.txt", "shared-too.txt")


def life(seed: int) -> list[str]:
    """Run the schedule of a seed to its end; what happened, in words. Raises `Violation` or `StuckError`."""
    rng = random.Random(seed)
    setting = _setting(rng)
    special = drawn(seed)
    if special is not None:
        special.setting(setting)
    with World(rng.getrandbits(32), setting) as world:
        try:
            for name in FILES:
                write_file(world.documents / name, name)
            above_bound = rng.random() < 0.04
            sessions = rng.randint(1, MOST_SESSIONS)
            for _ in range(sessions if special is None or special.sessions else 0):
                weather = _weather(rng, above_bound=above_bound)
                world.weather = weather if special is None or special.weather is None else special.weather
                setting.time_limit = rng.uniform(1, 60) if rng.random() < 0.1 else None
                plans = _plans(rng, world)
                if special is not None:
                    special.plans(rng, plans)
                world.session(plans)
                world.clock.true += rng.choice((0.1, 5.0, 60.0, 4000.0))
                _between(rng, world)
            calm(world, CALM if special is None else special.at_the_end)
            if rng.random() < 0.05:
                people.purge(world)
                calm(world)
        except BaseException as error:
            error.add_note("\n".join([f"seed {seed}: {setting}", *world.log]))
            raise
        return world.log


def calm(world: World, weather: Weather = CALM) -> None:
    """Nothing goes wrong any more: under both keys in turn, until nothing is open."""
    world.weather, world.setting.time_limit = weather, None
    for turn in range(CALM_SESSIONS):
        ending = world.session(Plans(account="AB"[turn % 2]))
        if ending.failure is not None and not (world.overbilled and "bounded at" in str(ending.failure)):
            raise Violation(f"a calm run failed: {ending.failure!r}")
        if ending.failure is None and not _is_open(world):
            world.check_at_rest(ending)
            return
    raise Violation("batches stay open, though nothing goes wrong any more")


def _between(rng: random.Random, world: World) -> None:
    """What users do, and what becomes of their files and their script, before it is run again."""
    setting = world.setting
    if rng.random() < 0.15:
        people.decide_some(world, rng)
    if rng.random() < 0.1:
        people.give_up_lost(world)
    if rng.random() < 0.1:
        people.remember(world)
    if rng.random() < 0.1:
        people.reckon(world)
    if rng.random() < 0.08 and setting.results is not None:
        setting.results += 1
    if rng.random() < 0.2:
        place = rng.randrange(len(setting.jobs))
        job = setting.jobs[place]
        change = rng.choice(("content", "metadata", "gone", "file", "file"))
        if change == "content":
            setting.jobs[place] = replace(job, version=job.version + 1)
        elif change == "metadata":
            setting.jobs[place] = replace(job, note=rng.randrange(9))
        elif change == "gone" and len(setting.jobs) > 1:
            del setting.jobs[place]
        elif job.file is not None:
            _meddle(world, job.file, rng.random() < 0.5)


def _meddle(world: World, file: str, gone: bool, _: Wishes | None = None) -> None:
    """A file is taken away, or says something else, whatever is under way."""
    world.touched.add(file)
    if gone:
        (world.documents / file).unlink(missing_ok=True)
    else:
        write_file(world.documents / file, f"{file} {len(world.log)} {world.clock.true}")


def _is_open(world: World) -> bool:
    with world.reading() as connection:
        found = connection.execute("SELECT 1 FROM provider_batch WHERE state NOT IN ('settled', 'void')").fetchone()
    return found is not None


def _setting(rng: random.Random) -> Setting:
    kinds = rng.sample(KINDS, rng.choice((1, 1, 2)))
    files = rng.random() < 0.12
    jobs = [_job(rng, kinds, place, files=files) for place in range(rng.randint(1, 7))]
    if rng.random() < 0.12:
        jobs += rng.sample(jobs, rng.randint(1, len(jobs)))  # said twice
    worst = sum(job.worst for job in jobs)
    return Setting(
        jobs=jobs,
        limit=int(worst * rng.choice((rng.uniform(0.01, 0.99), rng.uniform(0.2, 4.0)))) if rng.random() < 0.5 else None,
        items_per_batch=rng.choice((1, 2, 3, None)),
        max_concurrent=rng.randint(1, 4),
        settle_seconds=30.0,
        max_attempts=rng.randint(1, 3),
        retry_invalid=rng.randint(0, 2),
        results=1 if rng.random() < 0.5 else None,
        uploads=files,
    )


def _job(rng: random.Random, kinds: list[str], place: int, *, files: bool) -> SimJob:
    kind, behaviour = rng.choice(kinds), rng.choice(BEHAVIOURS)
    if behaviour == "cite" and kind != "listed":
        behaviour = "prose"  # the others give their quotes in the answer
    file = rng.choice(FILES) if files and behaviour not in ("talk", "wrong", "bad") and rng.random() < 0.8 else None
    return SimJob(
        kind,
        f"{behaviour}-{place}",
        named=rng.random() < 0.9,
        file=file,
        note=rng.choice((None, None, 1)),
        model=rng.choice("mmn"),
    )


def _weather(rng: random.Random, *, above_bound: bool) -> Weather:
    """Each kind of trouble is away, rare or frequent."""

    def chance(most: float) -> float:
        return rng.choice((0.0, 0.0, most / 4, most))

    return Weather(
        create_refused=chance(0.4),
        create_denied=chance(0.1),
        create_reset_before=chance(0.5),
        create_reset_after=chance(0.5),
        create_late=chance(0.3),
        look_failed=chance(0.4),
        look_denied=chance(0.05),
        unseen=chance(0.3),
        download_cut=chance(0.5),
        lines_lost=chance(0.3),
        lines_doubled=chance(0.5),
        lines_foreign=chance(0.5),
        batch_failed=chance(0.2),
        purged=chance(0.1),
        expired=chance(0.3),
        flaky=chance(0.3),
        foreign_batch=chance(1.0),
        look_broken=0.3 if rng.random() < 0.02 else 0.0,
        upload_failed=chance(0.4),
        above_bound=0.5 if above_bound else 0.0,
        dear=rng.choice((0.0, 0.0, 1.0)),
        longest_lag=rng.choice((0.0, 1.0, 20.0)),
        longest_run=rng.choice((0.5, 10.0, 100.0)),
    )


def _plans(rng: random.Random, world: World) -> Plans:
    events: list[tuple[float, Callable[[Wishes], None]]] = []
    if rng.random() < 0.25:
        events.append((rng.uniform(0, rng.choice((1, 5, 30))), rng.choice((_shutdown, _leave, cancel, cancel))))
    if rng.random() < 0.3:
        events.append((rng.uniform(0, 30), _clock_jump(rng, world)))
    if world.setting.uploads and rng.random() < 0.5:
        file, gone = rng.choice(FILES), rng.random() < 0.5
        events.append((rng.uniform(0, 0.1), partial(_meddle, world, file, gone)))
    if rng.random() < 0.1:
        events.append((rng.uniform(0, 5), partial(people.look_on, world)))
    crash = frozenset({int(1 + 120 * rng.random() ** 2)}) if rng.random() < 0.7 else frozenset()
    breaks = rng.randrange(len(world.setting.jobs) + 1) if rng.random() < 0.05 else None
    return Plans("B" if rng.random() < 0.15 else "A", crash, events, breaks, reuse=rng.random() > 0.03)


def _shutdown(wishes: Wishes) -> None:
    wishes.stop = wishes.stop or "shutdown"


def _leave(wishes: Wishes) -> None:
    _shutdown(wishes)
    wishes.leave_open = True


def _clock_jump(rng: random.Random, world: World) -> Callable[[Wishes], None]:
    """Forward by any time, back by what providers' clocks may be off."""
    to = rng.choice((-100.0, 100.0, 7200.0))

    def jump(_: Wishes) -> None:
        world.clock.wall_error = max(world.clock.wall_error + to, 0.0) if to > 0 else world.clock.wall_error + to

    return jump


def crash_points(setting: Setting, seed: int, weather: Weather) -> list[str]:
    """The instants of a run at which it may die."""
    with World(seed, replace(setting)) as world:
        world.weather = weather
        world.check_at_rest(world.session())
        return world.points.seen


def die_and_recover(
    setting: Setting, seed: int, first: int, *, weather: Weather, second: int = 0, other: bool
) -> Ending:
    """Die at one instant of that run, maybe once more on the way back, maybe with another key in between; then calm."""
    with World(seed, replace(setting)) as world:
        world.weather = weather
        try:
            ending = world.session(Plans(crash_at=frozenset({first})))
            if second:
                world.session(Plans(crash_at=frozenset({second})))
            if other:
                world.session(Plans(account="B"))
            calm(world)
        except BaseException as error:
            error.add_note("\n".join([f"died at {first}, then at {second}: {setting}", *world.log]))
            raise
        return ending
