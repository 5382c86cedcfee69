"""The other clients: what is installed for each, and where."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ADAPTERS = Path(__file__).parent / "adapters"


@dataclass(frozen=True, slots=True)
class Client:
    """`keeps`: what is left of a run after a crash, from its documentation and source (November 2026)."""

    name: str
    requirement: str
    keeps: str

    @property
    def case(self) -> str:
        return f"peer:{self.name}"

    @property
    def script(self) -> str:
        return str(ADAPTERS / f"with_{self.name}")


CLIENTS = (
    Client("instructor", "instructor==1.17.0", "nothing: ids are the caller's to keep"),
    Client("firming", "firming[openai]==0.4.0", "nothing with `run`; a ticket that the caller saves with `submit`"),
    Client("autobatcher", "autobatcher==0.12.0", "nothing: in memory"),
    Client("batchwizard", "batchwizard==0.5.0", "a manifest of batches in SQLite; answers are files"),
)


def python_of(client: Client, folder: Path) -> str:
    """The Python of a client's environment, made the first time. Needs the network then."""
    place = (folder / client.name).absolute()
    python, mark = place / "bin" / "python", place / "requirement.txt"
    if not mark.exists() or mark.read_text(encoding="utf-8") != client.requirement:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)  # noqa: S603 - our own interpreter
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", client.requirement]
        subprocess.run(install, check=True)  # noqa: S603 - pinned above
        mark.write_text(client.requirement, encoding="utf-8")
    return str(python)


def version_of(client: Client, python: str) -> str:
    asked = f"from importlib.metadata import version; print(version({client.name!r}))"
    done = subprocess.run([python, "-c", asked], check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout.strip()
