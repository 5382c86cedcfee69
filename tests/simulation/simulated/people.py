"""What users do beside running their script: look on, ask what it would cost, decide, give up, purge. Each is checked."""

import random
from contextlib import closing

from batchata.engine import deciding
from batchata.engine.estimating import estimate
from batchata.engine.tracks import Wishes
from batchata.errors import StateLockedError, ValidationError
from batchata.kept import keep
from batchata.provider_batch import State
from batchata.store import administration, reading, recall, watching
from batchata.store.database import connect_reader
from simulated import checks
from simulated.accounts import Violation
from simulated.world import Plans, World


def look_on(world: World, _: Wishes) -> None:
    """Another process looks while the run goes on; it can't drive the state as well."""
    if not world.state_file.exists():
        return
    driver = watching.driver_of(world.state_file)
    if driver is None:
        raise Violation("a run goes on, and nobody is said to drive it")
    with closing(connect_reader(world.state_file)) as connection:
        seen = watching.look(connection, world.state_file, world.clock.now().wall, process=driver)
    if seen.run is None or seen.run.ended_at is not None or seen.balance.held < seen.assumed:
        raise Violation(f"people are shown {seen}")
    try:
        deciding.decide(world.state_file, 1, made=True)
    except StateLockedError:
        return
    raise Violation("two processes drive one state")


def remember(world: World) -> None:
    """Keep what going on without the script needs, and read it again."""
    with closing(connect_reader(world.state_file)) as connection:
        run = checks.last_run(connection)
    keep(world.ask(Plans()), run)
    list(world.script)
    with closing(connect_reader(world.state_file)) as connection:
        last = recall.last_run(connection)
        if last is None:
            return
        jobs = list(recall.jobs(connection, last.run))
        if {job.job_id: job.state for job in jobs} != checks.states_of(connection, last.run):
            raise Violation("the jobs of the last run are remembered otherwise")
        if not len(jobs) == recall.count(connection, last.run) == recall.members(connection, last.run).count:
            raise Violation(f"{len(jobs)} jobs are remembered, and not counted so")
        if last.run == run and last.settings["limit"] != world.setting.limit:
            raise Violation(f"the settings are remembered as {last.settings}")
        if set(recall.schemas(connection)) < set(world.script.models):
            raise Violation("a schema is not remembered")
        failed = sum(job.state in ("failed", "lost") for job in jobs)
        if sum(watching.failures(connection, last.run).values()) != failed:
            raise Violation("failures are counted otherwise")
        if len(list(recall.jobs(connection, last.run, ("failed", "lost")))) != failed:
            raise Violation("failed jobs are remembered otherwise")
        last_result = reading.last_result(connection)
        if sum(watching.failures_after(connection, last.run, 0, last_result).values()) < 0:
            raise Violation("fewer than no failures")


def reckon(world: World) -> None:
    """What would it cost? Nothing is written, every job is counted once."""
    ask = world.ask(Plans())
    found = estimate(ask, world.clock.now().wall)
    counted = found.jobs + found.finished_earlier + len(found.refused)
    twice = sum("~" in name for name in world.script.ids)
    if not len(world.script.ids) - twice <= counted <= len(world.script.ids):
        raise Violation(f"{counted} jobs are estimated of {len(world.script.ids)}: {found}")
    if found.within_limit > found.jobs or found.provider_batches < found.rounds:
        raise Violation(f"an estimate that can't be: {found}")


def decide_some(world: World, rng: random.Random) -> None:
    """The user's word on batches whose fate is not known: given up, or never made where that is so."""
    with closing(connect_reader(world.state_file)) as connection:
        rows = reading.open_batches(connection)
    for row in rows:
        if row.state not in (State.UNCERTAIN, State.SUBMITTING):
            never = row.state is State.SUBMITTED
            try:
                deciding.decide(world.state_file, row.id, made=not never)
            except ValidationError:
                if not never or rng.random() < 0.7:
                    continue
            else:
                raise Violation(f"decided on {row}, whose fate is known")
        remote = world.made_of(row.nonce)
        if remote is not None:
            remote.given_up = True
            deciding.decide(world.state_file, row.id, made=True)
        else:
            deciding.decide(world.state_file, row.id, made=rng.random() < 0.5)
        world.log.append(f"decided on batch {row.id}: it was {'never ' if remote is None else ''}made")


def give_up_lost(world: World) -> None:
    """Lost jobs are to be sent again."""
    with closing(connect_reader(world.state_file)) as connection:
        run = checks.last_run(connection)
        lost = list(checks.states_of(connection, run).values()).count("lost")
    if administration.give_up_lost(world.state_file, run) != lost:
        raise Violation(f"not just the {lost} lost jobs were given up")


def purge(world: World) -> None:
    """Forget contents; what was paid, and what ended how, stays."""
    with closing(connect_reader(world.state_file)) as connection:
        before, made = administration.contents(connection), watching.made(connection)
        held, states = reading.balance(connection), checks.states_of(connection, checks.last_run(connection))
    administration.purge(world.state_file)
    with closing(connect_reader(world.state_file)) as connection:
        after = administration.contents(connection)
        if (before.jobs, before.answers, made) != (after.jobs, after.answers, watching.made(connection)):
            raise Violation(f"purging left {after} of {before}")
        if held != reading.balance(connection) or states != checks.states_of(connection, checks.last_run(connection)):
            raise Violation("purging moved money or jobs")
        if problems := administration.problems(connection):
            raise Violation(f"purging broke the state: {problems}")
    if b"says what?" in world.state_file.read_bytes():
        raise Violation("a prompt is left in a purged state")
