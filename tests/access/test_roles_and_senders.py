"""Roles in a Customer's token, the sender of a message by its facility, and which local numbers a caller sees."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.access import purview, sender
from sandbox.access.principal import Principal
from sandbox.access.roles import check_role, resource_access
from sandbox.errors import Forbidden, Invalid
from sandbox.model import Alias, Credential, Grant, LocalIdType, Name, Team, User
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.domain.small_world import FIRST, MAIN, OTHER, RENAL, SECOND, world

CUSTOMER, SYSTEM = "customer-system-client", "system-client"


def credential(kind: str, id_: str = "c-1", **values: Any) -> Credential:
    return Credential(**{"id": id_, "name": "N", "kind": kind, "secret": "s", **values})


def principal(kind: str, settings: Settings | None = None, **values: Any) -> Principal:
    """A caller in the small world; what is no attribute of a credential is one of the caller."""
    workspace: Workspace = Workspaces(settings or Settings()).default
    workspace.store.restore(world().store.snapshot())
    acting = {name: values.pop(name) for name in ("user", "scope", "team", "acts_for") if name in values}
    organisation = acting.pop("acts_for", None)
    return Principal(workspace=workspace, credential=credential(kind, **values), organisation=organisation, **acting)


# --- roles ---


@pytest.mark.parametrize(
    ("roles", "expected"), [((), ["fhir_reader", "fhir_writer"]), (("fhir_reader",), ["fhir_reader"])]
)
def test_a_token_has_its_roles_at_each_endpoint_of_the_organisation(roles: tuple[str, ...], expected: list[str]):
    store = Workspaces(Settings()).default.store
    own = next(row for row in store.all(Credential) if row.kind == CUSTOMER)
    claim = resource_access(store, credential(CUSTOMER, organisation=own.organisation, roles=roles))
    assert claim == {f"northmoor-{release}-client": {"roles": expected} for release in ("stu3", "r4")}


@pytest.mark.parametrize("organisation", [None, "nowhere", FIRST])
def test_a_token_without_endpoints_has_no_roles(organisation: str | None):
    assert resource_access(world().store, credential(CUSTOMER, organisation=organisation)) == {}


@pytest.mark.parametrize(
    ("kind", "roles", "is_refused"),
    [
        (CUSTOMER, (), False),
        (CUSTOMER, ("fhir_writer",), False),
        (CUSTOMER, ("fhir_reader",), True),
        (SYSTEM, ("fhir_reader",), False),
    ],
)
@pytest.mark.parametrize(("box", "place"), [("", "any endpoint"), ("a-r4", "a-r4-client")])
def test_a_customer_needs_the_role(kind: str, roles: tuple[str, ...], is_refused: bool, box: str, place: str):
    caller = principal(kind, organisation=FIRST, roles=roles)
    if not is_refused:
        check_role(caller, "fhir_writer", box)
        return
    with pytest.raises(Forbidden, match=f"The access token has no role fhir_writer for {place}"):
        check_role(caller, "fhir_writer", box)


# --- senders ---

ALIASES = (Alias(alias="main", organisation=FIRST), Alias(alias="renal", organisation=FIRST, team=RENAL))


@pytest.mark.parametrize(
    ("aliases", "facility", "team", "creating"),
    [
        ((), "", None, MAIN),
        ((), "anything", None, MAIN),
        (ALIASES, "main", None, MAIN),
        (ALIASES, "renal", RENAL, RENAL),
    ],
)
def test_an_organisation_sends_for_its_alias(
    aliases: tuple[Alias, ...], facility: str, team: str | None, creating: str
):
    source = sender.sender_of(principal("hl7-org", organisation=FIRST, aliases=aliases), facility)
    assert (source.organisation.id, source.team and source.team.id) == (FIRST, team)
    assert source.creating_team is not None
    assert source.creating_team.id == creating


@pytest.mark.parametrize("facility", ["", "other", "MAIN"])
def test_an_alias_that_is_not_its_own_is_unknown(facility: str):
    with pytest.raises(Invalid, match="Unknown sending facility"):
        sender.sender_of(principal("hl7-org", organisation=FIRST, aliases=ALIASES), facility)


def partner(grants: dict[str, dict[str, Any]], *, strict: bool = False) -> Principal:
    """A partner with grants by their aliases."""
    caller = principal("hl7-partner", Settings(strict_partner_alias=strict), partner="p-1")
    for alias, values in grants.items():
        row = {"team": None, "organisation": FIRST, **values}
        caller.workspace.store.put(Grant(id=f"g-{alias}", partner="p-1", alias=alias, **row))
    return caller


GRANTS: dict[str, dict[str, Any]] = {
    "whole": {},
    "renal": {"team": RENAL},
    "other": {"organisation": SECOND},
    "chosen": {"default_team": RENAL},
    "inner": {"team": RENAL, "default_team": MAIN},
}


@pytest.mark.parametrize(
    ("facility", "source", "team", "creating", "through"),
    [
        ("whole", FIRST, None, MAIN, None),
        ("renal", FIRST, RENAL, RENAL, None),
        ("chosen", FIRST, None, RENAL, None),
        ("inner", FIRST, RENAL, MAIN, None),
        ("whole{other}", SECOND, None, OTHER, FIRST),
        ("other{renal}", FIRST, RENAL, RENAL, SECOND),
        ("whole{renal}", FIRST, RENAL, RENAL, None),
    ],
)
def test_a_partner_sends_for_the_grant_of_its_alias(
    facility: str, source: str, team: str | None, creating: str, through: str | None
):
    sent_by = sender.sender_of(partner(GRANTS), facility)
    assert (sent_by.organisation.id, sent_by.team and sent_by.team.id) == (source, team)
    assert (sent_by.limited_to_team, sent_by.through, sent_by.partner) == (team, through, "p-1")
    assert sent_by.creating_team is not None
    assert sent_by.creating_team.id == creating


@pytest.mark.parametrize(
    ("strict", "facility"),
    [
        (False, "nobody"),
        (False, "whole{nobody}"),
        (False, "nobody{whole}"),
        (False, "whole{"),
        (False, "whole{}"),
        (False, "{whole}"),
        (True, "whole"),
    ],
)
def test_a_facility_without_a_grant_is_unknown(strict: bool, facility: str):
    with pytest.raises(Invalid, match="Unknown sending facility"):
        sender.sender_of(partner(GRANTS, strict=strict), facility)


def test_a_strict_server_wants_both_aliases():
    assert sender.sender_of(partner(GRANTS, strict=True), "whole{whole}").through is None
    with pytest.raises(Invalid, match="must be provided"):
        sender.sender_of(partner(GRANTS), "")


# --- local numbers ---

TYPES = {
    "of the first": LocalIdType(id="1", organisation=FIRST, name="", assigning_authority="A", type_code="MR"),
    "of its renal team": LocalIdType(
        id="2", organisation=FIRST, name="", assigning_authority="B", type_code="MR", team=RENAL
    ),
    "of the second": LocalIdType(id="3", organisation=SECOND, name="", assigning_authority="C", type_code="MR"),
}


def numbers(caller: Principal) -> list[str]:
    return [name for name, kind in TYPES.items() if purview.sees_identifier_type(caller, kind)]


def test_an_organisation_sees_its_numbers_and_a_team_no_other_teams_numbers():
    caller = principal(SYSTEM, partner="p-1")
    assert numbers(caller.acting_for(FIRST, frozenset())) == ["of the first", "of its renal team"]
    assert numbers(caller.acting_for(FIRST, frozenset({RENAL}))) == ["of the first", "of its renal team"]
    assert numbers(caller.acting_for(FIRST, frozenset({MAIN}))) == ["of the first"]
    assert numbers(caller.acting_for(SECOND, frozenset())) == ["of the second"]


@pytest.mark.parametrize(
    ("scope", "values", "expected"),
    [
        ("PATIENT", {"user": "p-1"}, list(TYPES)),
        ("CLINICIAN", {"user": "u-1"}, ["of the second"]),
        ("CLINICIAN", {"user": "nobody"}, []),
        ("SITE", {"team": MAIN}, ["of the first", "of its renal team"]),
    ],
)
def test_a_patients_app_sees_all_numbers_and_a_professional_those_of_the_employer(
    scope: str, values: dict[str, Any], expected: list[str]
):
    caller = principal("user-client", scope=scope, **values)
    caller.workspace.store.put(
        User(id="u-1", legacy_id=1, name=Name(), email="", password="", scope="CLINICIAN", organisation=SECOND)
    )
    assert caller.workspace.store.find_one(Team, MAIN) is not None
    assert numbers(caller) == expected
