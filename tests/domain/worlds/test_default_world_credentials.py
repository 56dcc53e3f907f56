"""The customers, partners and credentials that the default world promises."""

from __future__ import annotations

from tests.domain.worlds.test_default_world import CREDENTIALS, CUSTOMERS, GRANTS, ORGANISATIONS, PARTNERS, named


@named(CUSTOMERS)
def test_a_customer_has_a_default_team_and_two_more(row):
    assert len(row["team"]) >= 3


@named(CUSTOMERS)
def test_a_customer_has_clinicians_in_two_teams_and_a_coordinator(row):
    assert len({user["team"] for user in row["user"] if user["scope"] == "CLINICIAN"}) >= 2
    assert any(user["scope"] == "TEAMCOORD" for user in row["user"])


def test_the_default_world_has_four_customer_endpoints():
    endpoints = {row["name"]: {e["name"]: e["release"] for e in row.get("endpoint", [])} for row in ORGANISATIONS}
    assert endpoints == {
        "Northmoor NHS Trust": {"northmoor-stu3": "stu3", "northmoor-r4": "r4"},
        "Eastgate Community Health": {"eastgate-r4": "r4"},
        "Stepwise Health": {"stepwise-r4": "r4"},
    }


def test_one_partner_is_granted_by_an_organisation_as_a_whole_and_by_a_team_of_the_other():
    name = {partner["id"]: partner["name"] for partner in PARTNERS}
    organisation = {row["id"]: row["name"] for row in ORGANISATIONS}
    granted = {(name[g["partner"]], organisation[g["organisation"]], "team" in g) for g in GRANTS}
    assert granted == {
        ("Letterbox Post Ltd", "Northmoor NHS Trust", False),
        ("Letterbox Post Ltd", "Eastgate Community Health", True),
    }
    assert "Untethered Systems Ltd" in name.values()


def test_credentials_stand_in_order():
    assert [(row["kind"], row["id"]) for row in CREDENTIALS] == [
        ("hl7-org", "org_northmoor"),
        ("hl7-org", "org_eastgate"),
        ("hl7-partner", "partner_letterbox"),
        ("hl7-partner", "partner_untethered"),
        ("user-client", "stepwise-diary"),
        ("user-client", "stepwise-clinic"),
        ("system-client", "letterbox-facade"),
        ("system-client", "untethered-facade"),
        ("customer-system-client", "northmoor-fhir"),
        ("customer-system-client", "eastgate-fhir"),
        ("customer-system-client", "stepwise-fhir"),
        ("tethered-token-system-client", "letterbox-tethered"),
    ]


def test_every_kind_of_credential_has_what_it_needs():
    for row in CREDENTIALS:
        if row["kind"] == "user-client":
            assert row["scopes"]
            assert row["redirect_uris"]
        elif row["kind"] == "tethered-token-system-client":
            assert row["team"]
        else:
            assert row["secret"]


def test_the_first_system_client_is_granted_by_the_first_organisation_as_a_whole():
    first = next(row for row in CREDENTIALS if row["kind"] == "system-client")
    whole = [grant for grant in GRANTS if grant["partner"] == first["partner"] and "team" not in grant]
    assert ORGANISATIONS[0]["id"] in {grant["organisation"] for grant in whole}


def test_the_first_app_is_for_patients():
    first = next(row for row in CREDENTIALS if row["kind"] == "user-client")
    assert first["scopes"] == ["PATIENT"]
    assert first["redirect_uris"] == ["http://localhost:8400/done", "stepwise://done"]
