"""A batch over the documents in `examples/documents`: five typed extractions with the passages behind their values, and a summary.

    python examples/demo.py                                  the embedded model: no key, no network
    python examples/demo.py --model claude-haiku-4-5         Claude, with ANTHROPIC_API_KEY set

Run it twice to see what resuming means: the same script, run again, goes on where it was.
"""

import argparse
import base64
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import display
import schemas

from batchata import Batch, BatchRun, JobResult
from batchata.errors import BatchataError
from batchata.report import write as write_report

DOCUMENTS = Path(__file__).parent / "documents"
STATE = "demo.state"
LOCAL_MODEL = "local/smollm2-135m-instruct"
ROUGH = """
A model of 135 million parameters reads and quotes a page of a few lines. Of longer documents its answers are fluent, with names,
dates and amounts often wrong. For answers to rely on: ANTHROPIC_API_KEY=... make demo MODEL=claude-haiku-4-5"""


def build(model: str, output: Path) -> Batch:
    """The whole of what is asked. Nothing is sent before `run()`."""
    # A few jobs to a provider batch, so that progress shows. For thousands of jobs leave it to the provider: None.
    batch = Batch(output / STATE, results_dir=output / "results", items_per_batch=2)
    batch.defaults(model=model, max_tokens=2000, enable_citations=True)
    batch.add_cost_limit(usd=1.0)

    for document, example in (("receipt", schemas.RECEIPT), ("delivery-note", schemas.DELIVERY_NOTE)):
        batch.add_job(
            job_id=document,
            messages=by_example(DOCUMENTS / f"{document}.pdf", example),
            response_model=example.response_model,
            max_tokens=300,
            temperature=0.0 if is_local(model) else None,
        )

    if is_local(model):  # beyond a page the small model can't quote, and it rambles when it is let to
        batch.defaults(max_tokens=160, temperature=0.0, enable_citations=False)
    batch.add_job(
        job_id="invoice",
        file=DOCUMENTS / "invoice.pdf",
        prompt="Extract the fields of this invoice.",
        response_model=schemas.Invoice,
    )
    batch.add_job(
        job_id="agreement",
        file=DOCUMENTS / "service-agreement.pdf",
        prompt="Extract the main terms of this agreement.",
        response_model=schemas.Agreement,
    )
    batch.add_job(
        job_id="water-report",
        file=DOCUMENTS / "water-report.pdf",
        prompt="Extract the findings of this test report.",
        response_model=schemas.WaterReport,
    )
    batch.add_job(
        job_id="letter",
        file=DOCUMENTS / "letter.txt",
        prompt="Summarise this letter in two sentences.",
    )
    return batch


def by_example(pdf: Path, example: schemas.Example) -> list[dict[str, Any]]:
    """A conversation in which one document was read already: by that even the small model sees what a quote is."""
    source = {
        "type": "base64",
        "media_type": "application/pdf",
        "data": base64.b64encode(pdf.read_bytes()).decode("ascii"),
    }
    document = {"type": "document", "title": pdf.name, "source": source}
    return [
        {"role": "user", "content": f"{example.text}\n\n{example.question}"},
        {"role": "assistant", "content": example.reply()},
        {"role": "user", "content": [document, {"type": "text", "text": example.question}]},
    ]


def is_local(model: str) -> bool:
    return model.startswith("local/")


def written_results(folder: Path) -> dict[str, JobResult]:
    """The results that an earlier run wrote, read back from their files."""
    results = (JobResult.from_dict(json.loads(path.read_bytes())) for path in sorted(folder.glob("*.json")))
    return {result.job_id: result for result in results}


def kept(results: Mapping[str, JobResult], earlier: Mapping[str, JobResult]) -> int:
    """How many jobs this run did not send: their history of attempts has not grown."""
    return sum(job_id in earlier and earlier[job_id].attempts == result.attempts for job_id, result in results.items())


def conclusion(model: str, results: Mapping[str, JobResult], finished_earlier: int) -> str:
    lines = ["Run the same command again to see it resume: what is finished is not sent a second time."]
    if finished_earlier:
        lines = [
            f"{finished_earlier} of {len(results)} jobs were finished earlier: not sent again, nothing paid again."
        ]
    if failed := sum(not result.is_success for result in results.values()):
        lines.append(f"{failed} of {len(results)} jobs failed: the next run tries them again.")
    if is_local(model):
        lines.append(ROUGH)
    return "\n".join(lines)


def finish(run: BatchRun, model: str, output: Path, earlier: Mapping[str, JobResult]) -> int:
    """Show what became of every job. The exit status: 0 if all have ended and one at least has an answer."""
    results = run.results()
    status = run.status()
    display.table(results.values(), output / "results")
    display.citations(results.values())
    report = write_report(output / STATE, output / "report.html")
    pending = status["total"] - len(results)
    print(f"\nEach value beside its page, to be opened in a browser: {report}")
    print(f"Cost so far: ${status['cost_usd']:.4f} of at most ${status['cost_limit_usd']:.2f}.")
    if pending:
        print(f"{pending} jobs are pending: {status['stop_reason'] or 'the run ended before them'}.")
    print(conclusion(model, results, kept(results, earlier)))
    return int(pending > 0 or not any(result.is_success for result in results.values()))


def main() -> int:
    parser = argparse.ArgumentParser(description="Run a small batch over the documents in examples/documents.")
    parser.add_argument("--model", default=LOCAL_MODEL, help="local/..., claude-...; default: %(default)s")
    parser.add_argument(
        "--output", type=Path, default=Path("demo-output"), help="state and results; default: %(default)s"
    )
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    earlier = written_results(options.output / "results")
    try:
        batch = build(options.model, options.output)
        print(batch.estimate(), end="\n\n")
        run = batch.run()
        display.follow(run)
        return finish(run, options.model, options.output, earlier)
    except BatchataError as error:
        print(f"batchata: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # batchata has said how to go on


if __name__ == "__main__":
    sys.exit(main())
