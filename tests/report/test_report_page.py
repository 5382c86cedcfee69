"""The report in a real browser: from a value to its passage and back, by mouse and keyboard, in the dark and on a phone."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

Visits = Callable[..., Any]
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "report.png"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def open_job(page: Page, job_id: str) -> Locator:
    page.get_by_role("gridcell", name=job_id, exact=True).click()
    return page.get_by_role("dialog", name=job_id)


def edges(node: Locator) -> tuple[float, float, float, float]:
    box = node.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


def inside(inner: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return inner[0] >= outer[0] and inner[1] >= outer[1] and inner[2] <= outer[2] and inner[3] <= outer[3]


def test_a_value_shows_its_box_and_a_box_its_field(visit: Visits, report: Path) -> None:
    page = visit().open(report)
    view = open_job(page, "invoice-417")
    total = view.get_by_role("button", name="9856.63", exact=True)
    expect(total).to_have_attribute("aria-pressed", "false")
    total.click()
    expect(total).to_have_attribute("aria-pressed", "true")
    box = page.locator(".box.on")
    expect(box).to_be_in_viewport()
    expect(box).to_have_accessible_name("Total due 9,856.63: shows total")
    sheet = view.locator(".sheet", has=box)
    expect(sheet.get_by_role("img", name="Page 2")).to_be_visible()
    assert sheet.get_by_role("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1000
    assert inside(edges(box), edges(sheet))
    expect(view.get_by_role("status")).to_have_text("Page 2: Total due 9,856.63")

    view.get_by_role("button", name="Due date: 2 April 2026: shows due_date").click()
    due = view.get_by_role("button", name="2026-04-02", exact=True)
    expect(due).to_be_focused()
    expect(due).to_have_attribute("aria-pressed", "true")
    expect(total).to_have_attribute("aria-pressed", "false")
    assert page.url.endswith("#job=invoice-417&field=due_date")


def test_boxes_lie_on_the_words_that_they_are_of(visit: Visits, report: Path) -> None:
    page = visit().open(report, "#job=invoice-417&field=total")
    page.locator(".box.on").wait_for()
    sheet = page.locator(".sheet", has=page.locator(".box.on"))
    sheet.get_by_role("img").evaluate("image => image.decode()")
    # Of the picture's own pixels: ink within the box, and none in a line's height of white right of the column
    ink = """(sheet) => {
      const image = sheet.querySelector('img'), canvas = document.createElement('canvas');
      canvas.width = image.naturalWidth; canvas.height = image.naturalHeight;
      const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);
      const box = sheet.querySelector('.box.on').getBoundingClientRect(), all = sheet.getBoundingClientRect();
      const k = canvas.width / all.width;
      const dark = (x, y, w, h) => context.getImageData(x * k, y * k, w * k, h * k).data.filter((v, i) => i % 4 === 0 && v < 128).length;
      const x = box.x - all.x, y = box.y - all.y;
      return [dark(x, y, 60, box.height), dark(x + box.width - 50, y, 50, box.height), dark(x + box.width + 4, y, 40, box.height)];
    }"""
    left, right, beyond = sheet.evaluate(ink)
    assert left > 100  # "Total due"
    assert right > 100  # "9,856.63"
    assert beyond == 0


def test_a_passage_that_several_fields_rest_on_leads_to_each(visit: Visits, report: Path) -> None:
    page = visit().open(report, "#job=water-1")
    box = page.get_by_role("button", name="shows parameter_above_limit, nitrate").first
    box.click()
    expect(page.get_by_role("button", name="Nitrate", exact=True)).to_be_focused()
    box.click()
    expect(page.get_by_role("button", name="58.4", exact=True)).to_be_focused()


def test_what_has_no_passage_says_so(visit: Visits, report: Path) -> None:
    page = visit().open(report, "#job=invoice-417")
    line = page.locator(".line", has=page.get_by_text("vat", exact=True))
    expect(line).to_have_text("vat1642.77no passage")
    expect(line.get_by_role("button")).to_have_count(0)
    page.get_by_text("9 passages cited, 8 found").click()
    expect(page.get_by_text("VAT 20 % 1,642.79")).to_be_visible()


def test_text_is_marked_where_it_is_cited(visit: Visits, report: Path) -> None:
    page = visit().open(report, "#job=letter")
    page.get_by_role("button", name="430", exact=True).click()
    mark = page.locator(".mark.on")
    expect(mark).to_have_text("quoted at 430 pounds")
    expect(mark).to_be_in_viewport()
    visitors = page.locator(".mark", has_text="74, 81, 69 and 92 visitors")
    visitors.focus()
    expect(visitors).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="74", exact=True)).to_be_focused()
    visitors.click()
    expect(page.get_by_role("button", name="81", exact=True)).to_be_focused()


def test_prose_leads_to_what_it_rests_on(visit: Visits, report: Path) -> None:
    page = visit().open(report, "#job=meeting")
    page.get_by_role("button", name="took the smaller tent").click()
    expect(page.locator(".paper .mark.on")).to_have_text("smaller tent for 780 euros")
    page.locator(".paper .mark.on").click()
    expect(page.get_by_role("button", name="took the smaller tent")).to_be_focused()


def test_everything_can_be_done_by_keyboard(visit: Visits, report: Path) -> None:
    page = visit().open(report)
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("brennmoor INVOICE-41")
    expect(page.locator("#count")).to_have_text("3 of 68")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    expect(page.locator(".body .row:focus")).to_contain_text("invoice-419")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="invoice-418")).to_be_visible()
    page.keyboard.press("ArrowRight")
    view = page.get_by_role("dialog", name="invoice-419")
    expect(view.get_by_role("button", name="Next result")).to_be_disabled()
    page.keyboard.press("Tab")
    expect(view.get_by_role("button", name="BIW-2026-0417", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(view.locator(".box.on")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(view).to_be_hidden()
    expect(page.locator(".body .row:focus")).to_contain_text("invoice-419")
    assert "#job" not in page.url


def test_the_table_is_sorted_by_its_heads(visit: Visits, report: Path) -> None:
    page = visit().open(report)
    head = page.get_by_role("columnheader", name="Cost")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "descending")
    costs = page.locator(".cell.cost span").evaluate_all(
        "nodes => nodes.slice(0, 8).map(node => Number(node.title.slice(1)))"
    )
    assert costs == sorted(costs, reverse=True)
    assert costs[0] > costs[-1] > 0
    page.keyboard.press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(page.locator(".body .row").first).to_contain_text("$0")
    page.get_by_role("columnheader", name="Job").get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "none")
    expect(page.locator(".body .row").first).to_contain_text("invoice-417")


def test_results_are_chosen_by_how_they_ended(visit: Visits, report: Path) -> None:
    page = visit().open(report)
    page.get_by_role("button", name="refused").click()
    expect(page.locator("#count")).to_have_text("4 of 68")
    expect(page.get_by_role("grid")).to_have_attribute("aria-rowcount", "5")
    page.get_by_role("searchbox").fill("nowhere to be found")
    expect(page.get_by_text("No result matches.")).to_be_visible()
    page.get_by_role("button", name="Show all results").click()
    expect(page.locator("#count")).to_have_text("68 results")


def test_an_address_opens_a_result_and_the_way_back_closes_it(visit: Visits, report: Path) -> None:
    page = visit().open(report)
    view = open_job(page, "water-2")
    expect(view).to_be_visible()
    assert page.url.endswith("#job=water-2")
    page.go_back()
    expect(view).to_be_hidden()
    page.go_forward()
    expect(view).to_be_visible()
    view.get_by_role("button", name="Close").click()
    expect(view).to_be_hidden()
    page.evaluate("location.hash = '#job=letter&field=writer'")
    expect(page.locator(".value", has_text="Rosalind Achterberg")).to_be_focused()


CONTRAST = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color[3] === undefined) return color;
    }
    return [255, 255, 255];
  };
  const low = [];
  for (const node of document.querySelectorAll('body *')) {
    if (node.closest('.sheet, .mark, script, [hidden], :disabled') || ![...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim()) || !node.checkVisibility()) continue;
    const [a, b] = [light(channels(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < 4.5) low.push([node.className, node.textContent.slice(0, 30), ratio]);
  }
  return low;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_can_be_read_in_the_light_and_in_the_dark(visit: Visits, report: Path, scheme: str) -> None:
    page = visit(color_scheme=scheme).open(report)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) > 380) == (scheme == "light")
    assert page.evaluate(CONTRAST) == []
    page.evaluate("location.hash = '#job=invoice-417&field=total'")
    page.locator(".box.on").wait_for()
    assert page.evaluate(CONTRAST) == []


def test_it_fits_on_a_phone(visit: Visits, report: Path) -> None:
    page = visit(**PHONE).open(report)
    width = "document.documentElement.scrollWidth"
    assert page.evaluate(width) == 390
    for summary in page.locator("main summary").all():
        summary.click()
    assert page.evaluate(width) == 390
    page.get_by_label("Sort by").select_option(label="Cost ↓")
    view = open_job(page, "invoice-417")
    view.get_by_role("button", name="9856.63", exact=True).tap()
    expect(view.locator(".box.on")).to_be_in_viewport()
    assert page.evaluate(width) == 390
    panes = view.locator(".pane").evaluate_all("panes => panes.map(pane => pane.scrollWidth - pane.clientWidth)")
    assert panes == [0, 0]


def test_a_page_is_named_above_it_and_boxes_are_as_high_as_their_lines_on_a_phone_too(
    visit: Visits, report: Path
) -> None:
    heights = []
    for circumstances in ({}, PHONE):
        page = visit(**circumstances).open(report, "#job=invoice-417&field=total")
        page.locator(".box.on").wait_for()
        figure = page.locator("figure", has=page.locator(".box.on"))
        label, sheet = edges(figure.get_by_text("Page 2")), edges(figure.locator(".sheet"))
        assert label[3] <= sheet[1]
        box = edges(page.locator(".box.on"))
        heights.append((box[3] - box[1]) / (sheet[3] - sheet[1]))
    assert heights[1] == pytest.approx(heights[0], rel=0.02)


def test_it_can_be_printed(visit: Visits, report: Path) -> None:
    page = visit().open(report)
    assert page.locator(".body .row").count() < 60
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".body .row").count() == 68
    tops = page.locator(".body .row").evaluate_all("rows => rows.map(row => row.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))


def test_the_picture_of_the_readme(visit: Visits, report: Path, tmp_path: Path) -> None:
    """With UPDATE_PICTURES=1 in the environment the picture is made anew where the README has it."""
    target = PICTURE if os.environ.get("UPDATE_PICTURES") else tmp_path / "report.png"
    page = visit(viewport={"width": 1280, "height": 780}).open(
        report, "#job=invoice-417&field=line_items%5B1%5D.amount"
    )
    page.locator(".box.on").wait_for()
    page.locator(".sheet img[src]").first.evaluate("image => image.decode()")
    page.screenshot(path=target)
    assert target.stat().st_size < 300_000
