"""Answers, ids, file names and documents are whatever somebody wrote: they are shown as they are, and do nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect
from pydantic import BaseModel

from batchata import BatchRun
from batchata.report import write

Visits = Callable[..., Any]
Running = Callable[..., BatchRun]

SCRIPT = "</script><script>window.hacked = 1; alert(1)</script>"
HOSTILE = [
    SCRIPT,
    '<img src=x onerror="window.hacked=1;alert(2)">',
    "<!--<script>",
    "javascript:alert(3)",
    "]]>\u2028window.hacked = 1\u2029//",
    "\u202egnp.exe <b>right to left</b>",
    "%SCRIPT% %DATA% {{7*7}} ${alert(4)}",
    "' onfocus='alert(5)' autofocus='",
    "&lt;script&gt;alert(6)&lt;/script&gt;",
    "\x00\x08\x1b[31m\ufeff\ud7ff",
]


class Said(BaseModel):
    words: str
    more: list[str]


def test_whatever_is_said_is_shown_and_never_run(visit: Visits, running: Running, tmp_path: Path) -> None:
    file = tmp_path / "<img src=x onerror=alert(7)> & 'quoted'.txt"
    file.write_text("\n".join(HOSTILE[:9]))
    answer = {"words": SCRIPT, "more": HOSTILE}
    quotes = [{"quote": SCRIPT, "fields": ["words"]}, {"quote": HOSTILE[1], "fields": ["more[1]"]}]
    job_id = "a-javascript-alert"  # an id can hold no markup
    run = running(
        lambda _: json.dumps({"answer": answer, "quotes": quotes}),
        [
            {"job_id": job_id, "file": file, "prompt": SCRIPT, "response_model": Said, "enable_citations": True, "metadata": {SCRIPT: HOSTILE}}
        ],
    )  # fmt: skip
    assert run.results()[job_id].is_success
    report = write(tmp_path / "state.db", tmp_path / "report.html")
    page = visit().open(report)
    row = page.locator(".body .row")
    expect(row.locator(".file")).to_have_text(file.name)
    expect(row.locator(".excerpt")).to_contain_text("</script><script>window.hacked")
    row.click()
    for number, text in enumerate(HOSTILE):
        shown = page.locator(".line", has=page.get_by_text(f"[{number}]", exact=True)).locator("dd > :first-child")
        assert shown.evaluate("node => node.textContent") == text
        assert shown.evaluate("node => node.childElementCount") == 0
    page.locator(".value", has_text="window.hacked").first.click()
    expect(page.locator(".paper .mark.on")).to_have_text(SCRIPT)
    for summary in page.locator("dialog summary").all():
        summary.click()
    expect(page.locator("dialog pre.small", has_text="<b>right to left</b>")).to_have_count(
        2
    )  # in the model's own text, and the metadata
    page.keyboard.press("Escape")
    page.get_by_role("searchbox").fill("</script>")
    expect(page.locator("#count")).to_have_text("1 result")
    assert page.evaluate("window.hacked") is None
    assert page.locator("dialog img, body > img, [onerror], [onfocus]").count() == 0


def test_an_error_s_own_words_are_text_too(visit: Visits, running: Running, tmp_path: Path) -> None:
    from batchata.testing import Answer

    running(lambda _: Answer.errored(SCRIPT, "<b>error</b>"), [{"job_id": "one", "prompt": "Say."}])
    page = visit().open(write(tmp_path / "state.db", tmp_path / "report.html"), "#job=one")
    expect(page.locator("dialog .notice")).to_contain_text(SCRIPT)
    assert page.evaluate("window.hacked") is None


def test_no_other_script_runs_and_nothing_is_fetched(browser: Any, report: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    broken: list[str] = []
    page.expose_function("broke", lambda directive: broken.append(str(directive)))
    page.evaluate(
        "document.addEventListener('securitypolicyviolation', event => window.broke(event.effectiveDirective))"
    )
    added = """() => {
      const outcome = [];
      const attempt = (make) => { try { make(); } catch (error) { outcome.push(error.name); } };
      attempt(() => { const s = document.createElement('script'); s.append('window.hacked = 1'); document.body.append(s); });
      attempt(() => { document.body.insertAdjacentHTML('beforeend', '<b>markup</b>'); });
      attempt(() => { const i = new Image(); i.src = 'http://127.0.0.1:9/picture.png'; });
      attempt(() => { const b = document.createElement('button'); b.setAttribute('onclick', 'window.hacked = 1'); document.body.append(b); b.click(); });
      attempt(() => { const b = document.createElement('div'); b.setAttribute('style', 'color: red'); document.body.append(b); });
      return outcome;
    }"""
    errors = page.evaluate(added)
    assert set(errors) == {"TypeError"}  # by Trusted Types, before the policy is asked
    fetched = page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'fetched', () => 'refused')")
    assert fetched == "refused"
    assert page.evaluate("window.hacked") is None
    assert {"img-src", "connect-src", "style-src-attr"} <= set(broken)
    page.close()
