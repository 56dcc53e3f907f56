"""One example as the index lists it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message, bundle, collection or channel, and the answer that it gets in the default world.

    `files` are paths that `datafiles.read_example` reads, the example itself first. `user` is the HL7 user name or
    client id that sends it; `after` names the examples to send before it, `cell` the cell of the access matrix that
    decides. A request to another API than HL7 has `method` and `path`, and `organisation` where the header
    X-Org-Public-Id names it. `printed` says that PKB prints the text of the refusal on a page. `standing` and `source`
    are those of the fact that decides: `rule`, or the message's own.
    """

    name: str
    title: str
    kind: str
    variant: str
    api: str
    integration_type: str
    files: tuple[str, ...]
    standing: str
    source: str
    cell: str = ""
    user: str = ""
    after: tuple[str, ...] = ()
    ack: str = ""
    text: str = ""
    status: int = 0
    method: str = ""
    path: str = ""
    organisation: str = ""
    rule: str = ""
    printed: bool = False

    @property
    def expected(self) -> str:
        """The answer in a few words: the acknowledgement code, or the HTTP status."""
        return self.ack or (str(self.status) if self.status else "various")

    @property
    def ground(self) -> str:
        """The standing in words; of a refusal also whether PKB prints its text."""
        if not self.text or self.standing != "documented" or self.kind != "hl7":
            return self.standing
        return f"documented, and PKB prints {'this text' if self.printed else 'the rule, not this text'}"

    def row(self) -> dict[str, Any]:
        """Return the entry of the index, without empty values."""
        return {key: value for key, value in asdict(self).items() if value}


def example_of(row: dict[str, Any]) -> Example:
    """Build an example from its entry in the index."""
    return Example(**{**row, "files": tuple(row["files"]), "after": tuple(row.get("after", ()))})
