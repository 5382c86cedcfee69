"""The other clients: what is installed for each, and where."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ADAPTERS = Path(__file__).parent / "adapters"
DIALECTS = {"anthropic": "Anthropic's", "openai": "OpenAI's"}


@dataclass(frozen=True, slots=True)
class Client:
    """`keeps`: what is left of a run after a crash, from its documentation and source (November 2026). The first of the
    `requirements` is the client itself.
    """

    name: str
    requirements: tuple[str, ...]
    keeps: str
    dialects: tuple[str, ...] = tuple(DIALECTS)

    @property
    def version(self) -> str:
        return self.requirements[0].split("==")[1]

    @property
    def script(self) -> str:
        return str(ADAPTERS / f"with_{self.name.replace('-', '_')}")

    def case(self, dialect: str) -> str:
        return f"peer:{dialect}:{self.name}"


CLIENTS = (
    Client("instructor", ("instructor[anthropic]==1.17.0",), "nothing: ids are the caller's to keep"),
    Client(
        "firming",
        ("firming[anthropic,openai]==0.4.0",),
        "nothing with `run`; a ticket that the caller saves with `submit`",
    ),
    Client("autobatcher", ("autobatcher==0.12.0",), "nothing: in memory", ("openai",)),
    Client("batchwizard", ("batchwizard==0.5.0",), "a manifest of batches in SQLite; answers are files"),
    Client(
        "batchling",
        # it takes over the requests of httpx, and later SDKs send theirs through httpx2
        ("batchling==0.1.0a3", "anthropic==0.125.0", "openai==2.54.0"),
        "the batch id of every job, in SQLite; no answers",
    ),
    Client(
        "pydantic-ai",
        ("pydantic-ai-slim[anthropic,openai]==2.68.0",),
        "nothing with `model_request_batch`; a handle that the caller saves with `batch_create`",
    ),
    Client(
        "curator",
        # without a pin it gets instructor 1.16, which lacks what it calls on Anthropic's dialect
        ("bespokelabs-curator==0.1.31", "instructor==1.14.5"),
        "every job, batch id and answer, in files",
    ),
)


def python_of(client: Client, folder: Path) -> str:
    """The Python of a client's environment, made the first time. Needs the network then."""
    place = (folder / client.name).absolute()
    python, mark = place / "bin" / "python", place / "requirements.txt"
    wanted = "\n".join(client.requirements)
    if not mark.exists() or mark.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)  # noqa: S603 - our own interpreter
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *client.requirements]
        subprocess.run(install, check=True)  # noqa: S603 - pinned above
        mark.write_text(wanted, encoding="utf-8")
    return str(python)
