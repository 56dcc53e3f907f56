"""ZTM: teams that a patient joins and leaves, and the consents that follow.

Sources: *ZTM*, pages/4251353138 ; *Adding to and Removing patients from teams*, pages/3364849143 ; *Team membership*,
pages/3365013031
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import Alias, Consent, Credential, Grant, Organisation, Team
from tests.hl7.samples import IDS, ORGANISATIONS, PREFIX_AR, TEAMS, message, pid, state, stored
from tests.support import Client

TOLA, AOIFE, TADEUSZ = "9991001379", "9991015078", "9991021922"
"""In the default and the renal team of Northmoor; of Eastgate alone; in a team without having consented."""
TOLA_PID = pid(f"{TOLA}^^^NHS^NH", "Adeyemi^Tola")


def teams(pkb: Client, number: str = "9998120012") -> set[str]:
    names = {id_: alias for alias, id_ in TEAMS.items()}
    return {names[team] for team in stored(pkb, number).teams}


def consents(pkb: Client, number: str, alias: str) -> list[Consent]:
    store = pkb.server.workspaces.default.store
    return store.find(Consent, "grantee", (stored(pkb, number).id, TEAMS[alias]))


@pytest.mark.parametrize(
    ("ztm", "expected"),
    [
        ([], {"northmoor_default"}),
        (["ZTM|northmoor_default"], {"northmoor_default"}),
        (["ZTM|northmoor_default~northmoor_renal"], {"northmoor_default", "northmoor_renal"}),
        (
            ["ZTM|northmoor_renal~northmoor_default~northmoor_sexual"],
            {"northmoor_default", "northmoor_renal", "northmoor_sexual"},
        ),
        (["ZTM|"], {"northmoor_default"}),
        (["ZTM||"], {"northmoor_default"}),
    ],
)
def test_a_new_record_is_in_the_creating_team_and_those_named(pkb: Client, ztm: list[str], expected: set[str]):
    assert pkb.send(message(pid(), *ztm)).code == "AA"
    assert teams(pkb) == expected


@pytest.mark.parametrize(
    ("ztm", "expected"),
    [
        ("ZTM|northmoor_default~northmoor_sexual", {"northmoor_default", "northmoor_renal", "northmoor_sexual"}),
        ("ZTM|northmoor_default", {"northmoor_default", "northmoor_renal"}),
        ("ZTM||northmoor_renal", {"northmoor_default"}),
        ("ZTM||northmoor_default", {"northmoor_renal"}),
        ("ZTM||northmoor_default~northmoor_renal", set()),
        ("ZTM|northmoor_default~northmoor_sexual|northmoor_renal", {"northmoor_default", "northmoor_sexual"}),
    ],
    ids=["add", "already in", "leave", "leave the default team", "leave all", "add and leave"],
)
def test_a_record_joins_and_leaves_teams_and_stays_in_the_organisation(pkb: Client, ztm: str, expected: set[str]):
    assert pkb.send(message(TOLA_PID, ztm)).code == "AA"
    assert teams(pkb, TOLA) == expected
    assert stored(pkb, TOLA).organisations == (ORGANISATIONS["northmoor"],)


REFUSED = {
    "without the default team": ("ZTM|northmoor_sexual", "ZTM-1 must include the default team"),
    "in both": (
        "ZTM|northmoor_default~northmoor_renal|northmoor_renal",
        "ZTM-1 and ZTM-2 must not contain the same team [northmoor_renal]",
    ),
    "not in the team": ("ZTM||northmoor_sexual", "Patient is not in team [northmoor_sexual]"),
    "one of two not in the team": (
        "ZTM||northmoor_renal~northmoor_sexual",
        "Patient is not in team [northmoor_sexual]",
    ),
    "unknown to join": ("ZTM|northmoor_default~nowhere", "Unknown team alias [nowhere]"),
    "unknown to leave": ("ZTM||nowhere", "Unknown team alias [nowhere]"),
    "another case": ("ZTM|northmoor_default~NORTHMOOR_RENAL", "Unknown team alias [NORTHMOOR_RENAL]"),
    "another organisation's": ("ZTM|northmoor_default~eastgate_default", "Unknown team alias [eastgate_default]"),
    "the organisation, to leave": ("ZTM||RNM99", "Alias [RNM99] does not identify a team"),
    "the organisation, to join": ("ZTM|northmoor_default~RNM99", "Alias [RNM99] does not identify a team"),
}


@pytest.mark.parametrize("number", [TOLA, "9998120012"], ids=["existing", "new"])
@pytest.mark.parametrize(("ztm", "detail"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_change_applies_nothing_of_the_message(pkb: Client, ztm: str, detail: str, number: str):
    before = state(pkb)
    segment = pid(f"{number}^^^NHS^NH", "Changed^Name", {13: "^NET^^new@example.org"})
    ack = pkb.send(message(segment, "AL1|1||1^New", ztm))
    if number != TOLA and ztm == "ZTM||northmoor_renal~northmoor_sexual":
        detail = "Patient is not in team [northmoor_renal]"
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + detail)
    assert state(pkb) == before


def test_joining_a_team_adds_consent_to_its_labels(pkb: Client):
    pkb.send(message(TOLA_PID, "ZTM|northmoor_default~northmoor_sexual"))
    (consent,) = consents(pkb, TOLA, "northmoor_sexual")
    assert (consent.labels, consent.discharged) == (("GENERAL_HEALTH", "SEXUAL_HEALTH"), False)
    assert (consent.grantee.kind, consent.grantee.id) == ("team", TEAMS["northmoor_sexual"])


def test_leaving_a_team_discharges_and_rejoining_restores(pkb: Client):
    (before,) = consents(pkb, TOLA, "northmoor_renal")
    pkb.send(message(TOLA_PID, "ZTM||northmoor_renal"))
    (left,) = consents(pkb, TOLA, "northmoor_renal")
    assert (left.id, left.labels, left.discharged) == (before.id, before.labels, True)
    pkb.send(message(TOLA_PID, "ZTM|northmoor_default~northmoor_renal"))
    (back,) = consents(pkb, TOLA, "northmoor_renal")
    assert (back.id, back.labels, back.discharged) == (before.id, before.labels, False)


def test_being_in_a_named_team_already_changes_no_consent(pkb: Client):
    before = state(pkb)["consents"]
    assert pkb.send(message(pid(f"{TADEUSZ}^^^NHS^NH", "Wolniak^Tadeusz"), "ZTM|northmoor_default")).code == "AA"
    assert state(pkb)["consents"] == before
    assert pkb.control("/outbox")["items"] == []


def test_a_record_from_outside_joins_the_teams_that_are_named(pkb: Client):
    segment = pid(f"{AOIFE}^^^NHS^NH", "Byrne^Aoife")
    assert pkb.send(message(segment, "ZTM|northmoor_default~northmoor_renal")).code == "AA"
    assert {"northmoor_default", "northmoor_renal", "eastgate_default", "eastgate_wellbeing"} == teams(pkb, AOIFE)


# --- the creating team ---


def test_a_partner_creates_in_the_default_team_of_the_grant(pkb: Client):
    text = message(pid(), facility="EASTGATE_LB{EASTGATE_LB}")
    assert pkb.send(text, "partner_letterbox").code == "AA"
    assert teams(pkb) == {"eastgate_diabetes"}
    assert stored(pkb).organisations == (ORGANISATIONS["eastgate"],)


def test_the_default_team_of_a_partner_is_that_of_the_grant(pkb: Client):
    facility = "EASTGATE_LB{EASTGATE_LB}"
    refused = pkb.send(message(pid(), "ZTM|eastgate_default", facility=facility), "partner_letterbox")
    assert refused.detail == PREFIX_AR + "ZTM-1 must include the default team"
    named = message(pid(), "ZTM|eastgate_diabetes~eastgate_default", facility=facility)
    assert pkb.send(named, "partner_letterbox").code == "AA"
    assert teams(pkb) == {"eastgate_diabetes", "eastgate_default"}


def test_of_two_aliases_the_second_owns_the_data(pkb: Client):
    text = message(pid(), facility="EASTGATE_LB{NORTHMOOR_LB}")
    assert pkb.send(text, "partner_letterbox").code == "AA"
    assert stored(pkb).organisations == (ORGANISATIONS["northmoor"],)


@pytest.mark.parametrize(
    ("facility", "through"),
    [
        ("EASTGATE_LB{NORTHMOOR_LB}", ORGANISATIONS["eastgate"]),
        ("NORTHMOOR_LB{NORTHMOOR_LB}", None),
        ("NORTHMOOR_LB", None),
    ],
)
def test_of_two_aliases_the_first_is_kept_as_the_way_it_came(pkb: Client, facility: str, through: str | None):
    text = message(pid(), "AL1|1||91936005^Penicillin^SNOMED CT", facility=facility)
    assert pkb.send(text, "partner_letterbox").code == "AA"
    (allergy,) = pkb.control(f"/records/{stored(pkb).id}")["allergies"]
    assert (allergy["source"]["organisation"], allergy["source"]["through"]) == (ORGANISATIONS["northmoor"], through)


def test_without_a_default_team_of_the_grant_the_organisations_own_is_taken(pkb: Client):
    store = pkb.server.workspaces.default.store
    (grant,) = store.find(Grant, "alias", ("77053f32-df07-4122-80fb-c1a327d11e45", "NORTHMOOR_LB"))
    store.put(replace(grant, default_team=None))
    assert pkb.send(message(pid(), facility="NORTHMOOR_LB"), "partner_letterbox").code == "AA"
    assert teams(pkb) == {"northmoor_default"}


def test_without_a_creating_team_no_record_is_created(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Organisation, ORGANISATIONS["northmoor"]), default_team=""))
    before = state(pkb)
    ack = pkb.send(message(pid()))
    assert ack.detail == PREFIX_AR + "Cannot create patient: no creating team could be determined"
    assert state(pkb) == before


def test_an_alias_of_an_organisations_own_credentials_names_the_source_team(pkb: Client):
    store = pkb.server.workspaces.default.store
    alias = Alias(alias="RENAL", organisation=ORGANISATIONS["northmoor"], team=TEAMS["northmoor_renal"])
    store.put(replace(store.get(Credential, "org_northmoor"), aliases=(alias,)))
    unknown = pkb.send(message(pid(), facility="ELSE"))
    assert unknown.detail == PREFIX_AR + "Unknown sending facility [ELSE]"
    assert pkb.send(message(pid(), facility="")).detail == PREFIX_AR + "Unknown sending facility []"
    assert pkb.send(message(pid(), facility="RENAL")).code == "AA"
    assert teams(pkb) == {"northmoor_renal"}


def test_the_labels_of_a_consent_are_those_of_its_team(pkb: Client):
    pkb.send(message(pid(IDS), "ZTM|northmoor_default~northmoor_renal"))
    store = pkb.server.workspaces.default.store
    for alias in ("northmoor_default", "northmoor_renal"):
        (consent,) = consents(pkb, "9998120012", alias)
        assert consent.labels == store.get(Team, TEAMS[alias]).labels
