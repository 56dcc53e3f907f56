"""Identifiers: recognise the sent ones that have a known type.

Source: *Identifiers & matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077836
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sandbox.base.ids import is_uuid
from sandbox.base.pauses import with_pauses
from sandbox.base.quick_init import quick_init
from sandbox.domain.patients.national_ids import by_pair, normalised
from sandbox.errors import Invalid
from sandbox.model import Identifier, LocalIdType, Patient, SentIdentifier
from sandbox.store import Store

PUBLIC_ID = ("PKB", "PI")
EMAIL = ("EMAIL", "EMAIL")
ANY_AUTHORITY = "*"


@quick_init
@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIdentifier:
    """A sent identifier of a known type: `public`, `email`, `national` or `local`."""

    kind: str
    type: str
    value: str
    status: str = ""
    where: str = field(default="", compare=False)

    @property
    def stored(self) -> Identifier:
        return Identifier(type=self.type, value=self.value)


class IgnoredIdentifier(NamedTuple):
    """A sent identifier that is ignored: the fact and the reason."""

    identifier: SentIdentifier
    rule: str
    reason: str


class SortedIdentifiers(NamedTuple):
    """The identifiers of a message: recognised and ignored."""

    recognised: list[KnownIdentifier]
    ignored: list[IgnoredIdentifier]


def sort_identifiers(
    store: Store, organisation: str, identifiers: Iterable[SentIdentifier], *, check_nhs_number: bool
) -> SortedIdentifiers:
    """Separate the identifiers that the sender's organisation recognises from those that PKB ignores.

    Raises Invalid for more than one e-mail address among them.
    """
    local_types = store.find(LocalIdType, "organisation", organisation)
    outcomes = [
        _recognise(identifier, local_types, check_nhs_number)
        for identifier in with_pauses(identifiers)
        if identifier.value.strip()
    ]
    recognised = [outcome for outcome in outcomes if isinstance(outcome, KnownIdentifier)]
    if sum(identifier.kind == "email" for identifier in recognised) > 1:
        raise Invalid(
            "Only one email address may be provided as an identifier",
            rule="matching.one-email",
            instead="at most one identifier of type EMAIL",
        )
    return SortedIdentifiers(recognised, [outcome for outcome in outcomes if isinstance(outcome, IgnoredIdentifier)])


def _recognise(
    identifier: SentIdentifier, local_types: list[LocalIdType], check: bool
) -> KnownIdentifier | IgnoredIdentifier:
    pair, where = (identifier.assigning_authority, identifier.type_code), identifier.where
    if pair == PUBLIC_ID:
        if not is_uuid(identifier.value):
            return IgnoredIdentifier(identifier, "matching.unknown-identifier", "a PKB public id is a UUID")
        return KnownIdentifier(kind="public", type="", value=identifier.value.lower(), where=where)
    if pair == EMAIL:
        return KnownIdentifier(kind="email", type="", value=identifier.value.casefold(), where=where)
    national = by_pair().get(pair)
    if national is not None:
        number = normalised(national.code, identifier.value)
        problem = national.problem(number) if check else ""
        if problem:
            return IgnoredIdentifier(identifier, "matching.nhs-number-check", f"not a valid {national.name}: {problem}")
        status = identifier.status
        return KnownIdentifier(kind="national", type=national.code, value=number, status=status, where=where)
    # National pairs have been looked at before: an organisation cannot redefine them for itself.
    for local in local_types:
        if identifier.type_code == local.type_code and local.assigning_authority in (
            identifier.assigning_authority,
            ANY_AUTHORITY,
        ):
            return KnownIdentifier(kind="local", type=local.id, value=identifier.value, where=where)
    reason = f"assigning authority {pair[0] or 'missing'} with type code {pair[1] or 'missing'} is not a known type"
    return IgnoredIdentifier(identifier, "matching.unknown-identifier", reason)


def with_number(store: Store, type_: str, value: str) -> list[Patient]:
    """Return the patients with a national or local number; a national number in any spelling."""
    return store.find(Patient, "identifier", (type_, normalised(type_, value)))
