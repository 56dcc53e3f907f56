"""National numbers in searches: any spelling matches, because they are stored without blanks, dashes and brackets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sandbox.domain.patients.national_ids import national_id_types, normalised
from sandbox.fhir.aggregated.linking.identity import PUBLIC_ID
from sandbox.fhir.base.identifiers import national_types, stored_value
from sandbox.fhir.search.escape import split, unescape

Pairs = Sequence[tuple[str, str]]


def by_public_id(pairs: Pairs) -> list[tuple[str, str]]:
    """Return the pairs with the older system of patients' public ids replaced by the newer one, which resources
    have.
    """
    return [(name, value.replace(f"{PUBLIC_ID[1]}|", f"{PUBLIC_ID[0]}|")) for name, value in pairs]


LONGEST = 100
"""Characters that a national number has at most, in any spelling."""
_IDENTIFIER = re.compile(r"(?:.*[.:])?identifier(?::not)?")
_OF_A_PATIENT = re.compile(r"(?:subject|patient|actor)(?::Patient)?\.identifier(?::not)?")


def as_stored(type_: str, pairs: Pairs) -> list[tuple[str, str]]:
    """Return the pairs of a search with national numbers in their stored form.

    A number without a system that is valid for some country is searched as sent and in its stored form.
    """
    return [(name, _values(type_, name, value) if _IDENTIFIER.fullmatch(name) else value) for name, value in pairs]


def _values(type_: str, name: str, value: str) -> str:
    of_a_patient = (type_ == "Patient" and name.startswith("identifier")) or _OF_A_PATIENT.fullmatch(name) is not None
    spellings = [spelling for text in split(value, ",") for spelling in _spellings(text, of_a_patient)]
    return ",".join(dict.fromkeys(spellings))


def _spellings(text: str, of_a_patient: bool) -> list[str]:
    system, bar, number = text.rpartition("|")
    number = unescape(number)
    if unescape(system) in national_types():
        stored = stored_value(unescape(system), number)
        return [f"{system}|{stored}" if stored.isalnum() else text]
    # A number with another system is not national, and only patients have national numbers.
    if bar or not of_a_patient:
        return [text]
    return [text, *(_stored_forms(number) if len(number) <= LONGEST else ())]


@lru_cache(1000)
def _stored_forms(number: str) -> tuple[str, ...]:
    """Return the forms in which a number would be stored in the countries where it is valid."""
    forms = [(type_, normalised(code, number)) for code, type_ in national_id_types().items()]
    return tuple(form for type_, form in forms if not type_.problem(form))
