"""curator's `LLM` with `batch=True`: a dataset in, a dataset out; requests, batches and answers are files in its working folder."""

import os
from pathlib import Path
from typing import Any

from benchmarks.peers.adapters import asking


def quiet(folder: Path) -> None:
    """Its own switches: nothing is told to its makers, prices come with the package, nothing is known from an earlier run."""
    os.environ["TELEMETRY_ENABLED"] = "false"
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    os.environ["HF_HOME"] = str(folder / "datasets")


def mend() -> None:
    """It uploads to OpenAI without a file's name, and the emulator wants one that ends with .jsonl."""
    from openai.resources.files import AsyncFiles

    create: Any = AsyncFiles.create
    named: Any = lambda self, file, **options: create(self, file=("requests.jsonl", file), **options)  # noqa: E731
    AsyncFiles.create = named  # type: ignore[method-assign]


def main() -> None:
    work = asking.given()
    quiet(work.folder)
    if work.dialect == "openai":
        mend()
    from bespokelabs import curator  # type: ignore[import-not-found]

    model = curator.LLM(
        model_name=work.model,
        batch=True,
        backend=work.dialect,
        generation_params={"max_tokens": asking.MAX_TOKENS},
        backend_params={"batch_size": work.largest, "batch_check_interval": 1},
    )
    prompts = [asking.prompt(number) for number in range(work.jobs)]
    answers = model(prompts, working_dir=str(work.folder / "curator"))
    asking.tell(sum(map(bool, answers.dataset["response"])))


if __name__ == "__main__":
    main()
