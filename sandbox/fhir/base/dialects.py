"""Differences of the endpoints in formats, bodies and refusals: a row for each server product that PKB probably runs.

Sources: HAPI's plain server for the Facade and Messaging;
https://docs.aidbox.app/profiling-and-validation/profiling for a Customer endpoint and Aggregated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sandbox.access.matrix import NotOffered
from sandbox.errors import Forbidden, SandboxError, Unauthenticated

JSON, XML = "json", "xml"


# eq=False: a dialect is part of the keys of caches, and is hashed by identity.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dialect:
    """One row; a `rule` is the fact behind the refusal next to it.

    `formats` are those of responses and bodies. `counts_form`: `_format` also counts in the form of a search by POST.
    `guesses_format`: a body without a media type is recognised by its first character. `not_json` replaces the
    description of a syntax error, where the product gives none. `terse` errors have one issue of severity `error`;
    others are `fatal`, with a narrative and the element. An interaction that is not offered is refused with the status
    `not_offered`: 400 as HAPI's plain server does, or 405.
    """

    formats: frozenset[str]
    counts_form: bool
    guesses_format: bool
    not_acceptable: str
    not_acceptable_rule: str
    wrong_media_type: str
    wrong_media_type_rule: str
    allows_duplicate_keys: bool
    not_json: str
    unreadable_code: str
    unreadable_rule: str
    terse: tuple[type[SandboxError], ...]
    not_offered: int


HAPI = Dialect(
    formats=frozenset({JSON}),
    counts_form=True,
    guesses_format=False,
    not_acceptable="This endpoint returns application/fhir+json only",
    not_acceptable_rule="facade.json-only",
    wrong_media_type="The body must be application/fhir+json",
    wrong_media_type_rule="fhir.body-json-only",
    allows_duplicate_keys=True,
    not_json="The body is not JSON",
    unreadable_code="structure",
    unreadable_rule="fhir.body-structure",
    terse=(SandboxError,),
    not_offered=400,
)
MESSAGING_HAPI = replace(HAPI, not_offered=405)
AIDBOX = Dialect(
    formats=frozenset({JSON, XML}),
    counts_form=False,
    guesses_format=True,
    not_acceptable="This endpoint returns application/fhir+json and application/fhir+xml",
    not_acceptable_rule="customer.formats",
    wrong_media_type="A resource must be sent as application/fhir+json;charset=utf-8, not {}",
    wrong_media_type_rule="customer.formats",
    allows_duplicate_keys=False,
    not_json="",
    unreadable_code="",
    unreadable_rule="customer.json",
    # Refusals of access have the same words at every FHIR endpoint of PKB.
    terse=(Unauthenticated, Forbidden),
    not_offered=405,
)
# Aggregated refuses an interaction that it does not offer as Messaging does: 405, with the method that it offers.
AGGREGATED_AIDBOX = replace(AIDBOX, terse=(*AIDBOX.terse, NotOffered))
