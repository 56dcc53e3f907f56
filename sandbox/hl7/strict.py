"""Refusals of a message under the setting `strict`; its other rules are those of the narrower settings."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.errors import Invalid
from sandbox.hl7.er7 import Er7Message


def strict_problems(message: Er7Message) -> Iterator[Invalid]:
    """Iterate over refusals of a header under the setting `strict`."""
    processing_id = message.all[0].text(11)
    if processing_id != "P":
        yield Invalid(
            f"MSH-11.1 (processing ID) must be P. You provided [{processing_id}]",
            where="MSH-11",
            rule="strict.processing-id",
            instead="P, as PKB's production environment requires",
        )
