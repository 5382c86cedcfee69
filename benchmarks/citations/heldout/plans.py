"""HELD OUT: not for the eyes of who writes or tunes grounding. Project plans: lists in lists."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from pydantic import BaseModel

from benchmarks.citations.draw import a_day, round_sum
from benchmarks.citations.heldout.names import COMPANIES, PEOPLE
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import FR, UK, US


class Task(BaseModel):
    title: str
    due: date
    done: bool


class Phase(BaseModel):
    name: str
    budget: Decimal
    tasks: list[Task]


class Plan(BaseModel):
    sponsor: str
    manager: str
    kickoff: date
    currency: str
    phases: list[Phase]
    approved: bool


PHASES = ("Survey", "Design", "Procurement", "Construction", "Commissioning", "Handover")
TASKS = (
    "Soil sampling", "Traffic count", "Draft layout", "Tender documents", "Order steelwork", "Pour foundations", "Erect frame",
    "Wire control room", "Train operators", "Load test", "Paint markings", "Update land register", "Noise assessment", "Install pumps",
)  # fmt: skip


def make(rng: Random) -> Plan:
    kickoff = a_day(rng)
    day, titles, phases = kickoff, iter(rng.sample(TASKS, len(TASKS))), []
    budgets = [round_sum(rng, 4000, 90000, 500) for _ in range(3)]
    for name in sorted(rng.sample(PHASES, rng.randint(2, 4)), key=PHASES.index):
        tasks = []
        for _ in range(rng.randint(1, 3)):
            day += timedelta(days=rng.choice((0, 7, 12, 30)))
            tasks.append(Task(title=next(titles), due=day, done=rng.random() < 0.5))
        phases.append(Phase(name=name, budget=rng.choice(budgets), tasks=tasks))  # budgets repeat
    return Plan(
        sponsor=rng.choice(COMPANIES),
        manager=rng.choice(PEOPLE),
        kickoff=kickoff,
        currency=rng.choice(("EUR", "USD")),
        phases=phases,
        approved=rng.random() < 0.5,
    )


def outline(v: Plan, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=84, footer="Plan, leaf {}"))
    sheet.line(fact("sponsor", f"Sponsor of the project: {v.sponsor}"))
    sheet.line(fact("manager", f"Project manager: {v.manager}"))
    sheet.para(fact("kickoff currency", f"Kick-off on {US.day(v.kickoff)}; budgets are given in {v.currency}."))
    for i, phase in enumerate(v.phases):
        sheet.line(
            fact(under(f"phases[{i}]", "name budget"), f"Phase {i + 1}: {phase.name}, budget {US.number(phase.budget)}")
        )
        for j, task in enumerate(phase.tasks):
            state = "complete" if task.done else "not complete"
            text = f"{i + 1}.{j + 1} {task.title}, due {US.day(task.due)}, {state}"
            sheet.line(fact(under(f"phases[{i}].tasks[{j}]", "title due done"), text))
        sheet.gap()
    yes = "The steering committee has approved this plan."
    sheet.para(fact("approved", yes if v.approved else "The steering committee has not approved this plan."))
    sheet.para(fact("", f"Reserve for the unforeseen: {US.money(round_sum(rng, 1000, 9000, 500), v.currency)}."))
    return sheet


def french(v: Plan, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap=" | "))
    sheet.para(fact("sponsor manager", f"Maître d'ouvrage : {v.sponsor} ; chef de projet : {v.manager}"))
    sheet.para(fact("kickoff", f"Lancement du projet le {FR.day(v.kickoff)}"))
    for i, phase in enumerate(v.phases):
        sheet.row(under(f"phases[{i}]", "name budget"), f"Phase {phase.name}", FR.money(phase.budget, v.currency))
        for j, task in enumerate(phase.tasks):
            cells = (task.title, FR.day(task.due), "terminé (done)" if task.done else "en cours (not done)")
            sheet.row(under(f"phases[{i}].tasks[{j}]", "title due done"), *cells)
    sheet.gap()
    sheet.para(
        fact("currency", f"Tous les montants sont exprimés en {v.currency}."),
        fact("approved", "Le comité a approuvé ce plan." if v.approved else "Le comité n'a pas approuvé ce plan."),
        fact("", f"Version {rng.randint(2, 9)} du document, {rng.randint(10, 60)} pages d'annexes."),
    )
    return sheet


def narrative(v: Plan, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=76, hyphens=True, columns=2, ligatures=True))
    ok = "has been approved" if v.approved else "awaits approval and is not approved"
    sheet.para(
        fact("sponsor kickoff manager", f"{v.sponsor} launches the project on {UK.day(v.kickoff)} under {v.manager}."),
        fact("approved currency", f"The plan {ok}; its currency is {v.currency}."),
        fact("", f"A predecessor was abandoned on {UK.day(a_day(rng, 2010, 2018))}."),
    )
    for i, phase in enumerate(v.phases):
        tasks = (
            fact(under(f"phases[{i}].tasks[{j}]", "title due done"), f"{task.title} is due on {UK.day(task.due)} and {'is done' if task.done else 'is not done'}.")
            for j, task in enumerate(phase.tasks)
        )  # fmt: skip
        sheet.para(
            fact(
                under(f"phases[{i}]", "name budget"),
                f"{phase.name} has {UK.money(phase.budget, v.currency)} at its disposal.",
            ),
            *tasks,
        )
    return sheet


FAMILY = Family(
    "plans", Plan, make, (outline, french, narrative),
    {
        "sponsor": words("Sponsor", "Financed by|Principal", "The sponsor is {}.|The project is sponsored by {}.", unit="name"),
        "manager": words("Manager", "Led by|In charge", "The manager is {}.|It is managed by {}.", unit="name"),
        "kickoff": words("Kickoff|Kick-off", "Launch|Project begins", "The kickoff is on {}.|It kicks off on {}."),
        "currency": words("Currency", "Money unit", "Budgets are in {}.|The currency is {}."),
        "approved": words("Approved", "Green light given|Authorised", "The plan is approved.|Approval was given.", "The plan is not approved.|Approval was not given."),
        "phases[].name": words("Name|Phase", "Stage|Step", "The phase is called {}."),
        "phases[].budget": words("Budget", "Funds|Money set aside", "Its budget is {}.", unit="money"),
        "phases[].tasks[].title": words("Title|Task", "Activity|What", "The task is {}."),
        "phases[].tasks[].due": words("Due", "Deadline|By", "It is due {}."),
        "phases[].tasks[].done": words("Done", "Finished|Completed", "done|finished", "not done|unfinished"),
    },
    {
        "phases[]": ("{name}, with a budget of {budget}", "Phase {name}: {budget}", "{name} ({budget})"),
        "phases[].tasks[]": ("{title}, due {due}, {done}", "{title}: {due} ({done})", "{title} by {due} - {done}"),
    },
)  # fmt: skip
