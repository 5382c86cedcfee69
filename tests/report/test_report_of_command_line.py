"""The report of a state that nobody but the command line made: a PDF, cited, run on the emulator, and clicked through."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from batchata.cli import main

INVOICE = Path(__file__).parents[2] / "examples" / "documents" / "invoice.pdf"
MODEL = """
from datetime import date
from pydantic import BaseModel

class Item(BaseModel):
    description: str
    amount: float

class Invoice(BaseModel):
    invoice_number: str
    seller: str
    buyer: str
    due_date: date
    total: float
    vat: float
    paid: bool
    line_items: list[Item]
"""
DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory, answers: Callable[[], Any]) -> Path:
    folder = tmp_path_factory.mktemp("typed")
    (folder / "invoice_of_report_test.py").write_text(MODEL)
    ask = "run", str(INVOICE), "-p", "Read the invoice.", "-s", f"{folder}/invoice_of_report_test.py:Invoice", "--cite"
    with answers():
        for model in ("claude-haiku-4-5", "gpt-4.1-mini"):
            state = str(folder / f"{model}.db")
            assert main([*ask, "-m", model, "--limit", "1", "--state", state, "-q"]) == 0
            assert main(["report", state, "-o", str(folder / f"{model}.html")]) == 0
    return folder


@pytest.mark.parametrize("model", ["claude-haiku-4-5", "gpt-4.1-mini"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_value_shows_its_box_and_a_box_its_field(
    visit: Callable[..., Any], reported: Path, size: dict[str, Any], model: str
) -> None:
    page = visit(**size).open(reported / f"{model}.html")
    press = "tap" if "has_touch" in size else "click"
    getattr(page.get_by_role("gridcell", name="invoice.pdf", exact=True).first, press)()
    view = page.get_by_role("dialog", name="invoice.pdf")
    total = view.get_by_role("button", name="9856.63", exact=True)
    getattr(total, press)()
    expect(total).to_have_attribute("aria-pressed", "true")
    box = page.locator(".box.on")
    expect(box).to_have_count(1)
    expect(box).to_be_in_viewport()
    expect(box).to_have_accessible_name("Total due 9,856.63: shows total")
    picture = view.locator(".sheet", has=box).get_by_role("img", name="Page 2")
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1000
    getattr(view.get_by_role("button", name="Due date: 2 April 2026: shows due_date"), press)()
    due = view.get_by_role("button", name="2026-04-02", exact=True)
    expect(due).to_have_attribute("aria-pressed", "true")
    expect(due).to_be_in_viewport()
    expect(total).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
