"""The limit of the values of one resource that searches find: a resource with too many would fill the indexes."""

from __future__ import annotations

from typing import Any

from sandbox.errors import TooLarge
from sandbox.fhir.search import values_of

VALUES_OF_A_CHARACTER = 2
"""An upper bound of the values that a character adds: each word of a family name is found alone, in several
parameters.
"""


def may_have_too_many(size: int, most: int) -> bool:
    """Return whether a text of a size in characters may have more values than allowed: only then they are counted."""
    return size * VALUES_OF_A_CHARACTER > most


def check_values(release: str, resource: dict[str, Any], most: int) -> None:
    """Raise TooLarge for a resource with more values than `most`, all parameters together."""
    if sum(map(len, values_of(release, resource).values())) > most:
        text = f"The resource has more than {most:,} values that searches find"
        raise TooLarge(text, rule="customer.searchable-values")
