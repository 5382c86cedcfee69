"""Every file that a client has uploaded: how often, of what content, and whether it was deleted again."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """One upload that was taken, whether or not its answer arrived.

    `provider`: "anthropic", "openai" or "gemini"; `account`: a digest of the key; `purpose`: OpenAI's own, "batch" for the
    input of a Gemini batch, else "user_data"; `size` in bytes; `sha256` in hex. Times are Unix seconds by the emulator's
    clock; `expires_at` is None for one that is kept until deleted, and `deleted_at` for one that never was.
    """

    provider: str
    account: str
    file_id: str
    name: str
    purpose: str
    size: int
    sha256: str
    at: float
    expires_at: float | None = None
    deleted_at: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> "UploadedFile":
        return cls(**row)


class Uploads(Sequence[UploadedFile]):
    """The uploads of all accounts, oldest first."""

    def __init__(self, files: Iterable[UploadedFile] = ()) -> None:
        self._files = list(files)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: Any) -> Any:
        return self._files[index]

    @property
    def for_requests(self) -> "Uploads":
        """Those that requests refer to: all but the input files of batches."""
        return Uploads(file for file in self._files if file.purpose != "batch")

    @property
    def undeleted(self) -> "Uploads":
        """Those that no client has deleted, expired or not."""
        return Uploads(file for file in self._files if file.deleted_at is None)

    def twice(self) -> list[list[UploadedFile]]:
        """The same content, uploaded more than once to one account for requests to refer to."""
        groups: defaultdict[tuple[str, str, str], list[UploadedFile]] = defaultdict(list)
        for file in self.for_requests:
            groups[file.provider, file.account, file.sha256].append(file)
        return [files for files in groups.values() if len(files) > 1]
