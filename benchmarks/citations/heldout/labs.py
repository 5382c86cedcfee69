"""HELD OUT: not for the eyes of who writes or tunes grounding. Laboratory results."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from pydantic import BaseModel, Field

from benchmarks.citations.draw import a_day
from benchmarks.citations.heldout.names import PEOPLE
from benchmarks.citations.samples import Family, words
from benchmarks.citations.sheets import Sheet, Style, fact, under
from benchmarks.citations.values import DE_SHORT, UK, US


class Person(BaseModel):
    name: str
    born: date


class Finding(BaseModel):
    analyte: str
    value: Decimal
    unit: str
    abnormal: bool = Field(description="Outside the reference range")


class LabReport(BaseModel):
    patient: Person
    physician: str
    collected: date
    sample_id: str
    fasting: bool
    results: list[Finding]
    remark: str | None


TESTS = {
    "Haemoglobin": ("g/dL", 12, 17), "Sodium": ("mmol/L", 135, 145), "Potassium": ("mmol/L", 3, 5), "Ferritin": ("µg/L", 30, 300),
    "Creatinine": ("mg/dL", 0, 1), "TSH": ("mIU/L", 0, 4), "Vitamin B12": ("pmol/L", 150, 700), "C-reactive protein": ("mg/L", 0, 5),
    "HbA1c": ("mmol/mol", 20, 42), "LDL cholesterol": ("mmol/L", 1, 3),
}  # fmt: skip


def make(rng: Random) -> LabReport:
    results = []
    for name in rng.sample(list(TESTS), rng.randint(3, 7)):
        unit, low, high = TESTS[name]
        value = Decimal(rng.randint(low * 10 + 1, high * 16)) / 10
        results.append(Finding(analyte=name, value=value, unit=unit, abnormal=value > high))
    patient, physician = rng.sample(PEOPLE, 2)
    return LabReport(
        patient=Person(name=patient, born=a_day(rng, 1935, 2005)),
        physician=f"Dr. {physician}",
        collected=a_day(rng),
        sample_id=f"{rng.randint(10, 99)}-{rng.choice('KLMN')}{rng.randint(10000, 99999)}",
        fasting=rng.random() < 0.5,
        results=results,
        remark=rng.choice((None, "Sample slightly haemolysed", "Please repeat in six weeks", "Lipaemic serum")),
    )


def _head(sheet: Sheet, v: LabReport, day: str, born: str) -> None:
    sheet.line(fact("patient.name patient.born", f"Patient: {v.patient.name}, born {born}"))
    sheet.line(fact("physician", f"Requested by: {v.physician}"))
    sheet.line(fact("collected sample_id", f"Specimen {v.sample_id} collected {day}"))


def _tail(sheet: Sheet, v: LabReport) -> None:
    sheet.line(fact("fasting", "Fasting sample: yes" if v.fasting else "Fasting sample: no"))
    if v.remark:
        sheet.line(fact("remark", f"Laboratory comment: {v.remark}."))


def _range(analyte: str) -> str:
    return f"{TESTS[analyte][1]} - {TESTS[analyte][2]}"


def table(v: LabReport, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap=rng.choice(("  ", " | ")), footer="Laboratory report, sheet {}"))
    _head(sheet, v, US.day(v.collected), US.day(v.patient.born))
    sheet.para(
        fact(
            "", f"Received {US.day(v.collected + timedelta(days=1))}, printed {US.day(v.collected + timedelta(days=3))}"
        )
    )
    sheet.row("", "Test", "Result", "Unit", "Reference", "Flag")
    for i, r in enumerate(v.results):
        cells = (r.analyte, str(r.value), r.unit, _range(r.analyte), "HIGH" if r.abnormal else "normal")
        sheet.row(under(f"results[{i}]", "analyte value unit abnormal"), *cells)
    sheet.gap()
    _tail(sheet, v)
    return sheet


def german(v: LabReport, rng: Random) -> Sheet:
    sheet = Sheet(Style(gap="; ", decomposed=rng.random() < 0.5))
    _head(sheet, v, DE_SHORT.day(v.collected), DE_SHORT.day(v.patient.born))
    sheet.para(fact("", f"Eingang {DE_SHORT.day(v.collected + timedelta(days=1))}, Auftrag {rng.randint(100, 999)}"))
    for i, r in enumerate(v.results):
        flag = "erhöht / abnormal" if r.abnormal else "im Referenzbereich / normal"
        sheet.row(
            under(f"results[{i}]", "analyte value unit abnormal"),
            r.analyte,
            f"{DE_SHORT.number(r.value)} {r.unit}",
            flag,
        )
    _tail(sheet, v)
    return sheet


def narrative(v: LabReport, rng: Random) -> Sheet:
    sheet = Sheet(Style(width=82, ligatures=True))
    sheet.para(
        fact("physician patient.name", f"For {v.physician}, concerning {v.patient.name}."),
        fact("patient.born", f"The patient's date of birth is {UK.day(v.patient.born)}."),
        fact("sample_id", f"The sample carries the identifier {v.sample_id}."),
        fact(
            "collected fasting",
            f"It was drawn on {UK.day(v.collected)} from a patient who was {'fasting' if v.fasting else 'not fasting'}.",
        ),
    )
    for i, r in enumerate(v.results):
        text = f"{r.analyte} was {r.value} {r.unit}, which is {'above' if r.abnormal else 'within'} the reference range of {_range(r.analyte)}."
        sheet.line(fact(under(f"results[{i}]", "analyte value unit abnormal"), text))
    sheet.gap()
    sheet.para(
        fact("", f"The previous analysis of {UK.day(v.collected - timedelta(days=rng.randint(90, 800)))} is on file.")
    )
    if v.remark:
        sheet.para(fact("remark", f"The laboratory adds: {v.remark}."))
    return sheet


FAMILY = Family(
    "labs", LabReport, make, (table, german, narrative),
    {
        "patient.name": words("Patient|Patient name", "Person examined|Subject", "The patient is {}.|The results are those of {}.", unit="name"),
        "patient.born": words("Patient born|Born", "Birthday|DOB", "The patient was born on {}.|Birth was on {}."),
        "physician": words("Physician", "Ordering doctor|Requested by", "The physician is {}.|The tests were ordered by {}.", unit="name"),
        "collected": words("Collected|Date collected", "Drawn|Sampling date", "The sample was collected on {}.|It was taken on {}."),
        "sample_id": words("Sample ID", "Specimen|Barcode", "The sample is {}.|Its sample ID is {}."),
        "fasting": words("Fasting", "Without food before|Sober", "The patient was fasting.|It is a fasting sample.", "The patient was not fasting.|It is not a fasting sample."),
        "remark": words("Remark", "Laboratory note|Comment", "The laboratory remarks: {}.|A remark says: {}."),
        "results[].analyte": words("Analyte", "Test|Parameter", "The analyte is {}."),
        "results[].value": words("Value", "Result|Measured", "It was {}."),
        "results[].unit": words("Unit", "Measured in|Dimension", "It is given in {}."),
        "results[].abnormal": words("Abnormal", "Out of range|Flagged", "abnormal|high", "normal|not abnormal"),
    },
    {"results[]": ("{analyte}: {value} {unit}, {abnormal}", "{analyte} at {value} {unit} ({abnormal})", "{analyte} {value} {unit} - {abnormal}")},
)  # fmt: skip
