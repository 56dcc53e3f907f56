"""Homes of synthetic patients: the organisations of a world with HL7 credentials, and their configuration."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.model import Credential, Endpoint, LocalIdType, Organisation
from sandbox.store import Store
from sandbox.synthetic.hl7_messages import Hl7Feed
from sandbox.synthetic.people.told import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeOrganisation:
    """An organisation as a home: the data for its record, its HL7 feed (under `credential`) and its endpoints."""

    number: int
    home: Home
    feed: Hl7Feed
    credential: str
    endpoints: tuple[Endpoint, ...]


def home_organisations(store: Store) -> tuple[HomeOrganisation, ...]:
    """Return the homes of a world, in its order. Raises Invalid if no organisation has HL7 credentials."""
    place_by_id: dict[str, HomeOrganisation] = {}
    for credential in store.find(Credential, "kind", "hl7-org"):
        organisation = store.find_one(Organisation, credential.organisation)
        if organisation and organisation.id not in place_by_id and not credential.revoked:
            place_by_id[organisation.id] = _home_organisation(store, organisation, credential, len(place_by_id))
    if not place_by_id:
        raise Invalid("the world has no organisation with HL7 credentials, so no patient can be registered")
    return tuple(place_by_id.values())


def _home_organisation(
    store: Store, organisation: Organisation, credential: Credential, number: int
) -> HomeOrganisation:
    # The number type of a team identifies patients of that team only; a home needs that of the whole organisation.
    kinds = [kind for kind in store.find(LocalIdType, "organisation", organisation.id) if kind.team is None]
    kind = kinds[0] if kinds else None
    return HomeOrganisation(
        number=number,
        home=Home(organisation=organisation.id, team=organisation.default_team, local_id_type=kind.id if kind else ""),
        feed=Hl7Feed(
            facility=organisation.name.split()[0].upper(),
            authority=kind.assigning_authority if kind else "",
            type_code=kind.type_code if kind else "",
        ),
        credential=credential.id,
        endpoints=organisation.endpoints,
    )
