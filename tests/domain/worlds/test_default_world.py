"""The default world is sound: ids are unique, references resolve, and every patient has a reason to be there."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.base.ids import is_uuid
from sandbox.domain.patients.national_ids import national_id_types, problem
from sandbox.domain.worlds import loading
from sandbox.domain.worlds.points import KINDS as POINTS
from sandbox.model import Credential, Grant, Patient, Team
from sandbox.model.access import KINDS
from sandbox.model.organisation import LABELS
from sandbox.model.patient import GENDERS
from sandbox.model.questionnaire import QUESTION_TYPES
from sandbox.store import Store

WORLD = datafiles.read_toml(datafiles.path("fixtures/worlds/default.toml"))

ORGANISATIONS: list[dict[str, Any]] = WORLD["organisation"]
TEAMS = [team for row in ORGANISATIONS for team in row.get("team", [])]
USERS = [user for row in ORGANISATIONS for user in row.get("user", [])]
LOCAL_ID_TYPES = [kind for row in ORGANISATIONS for kind in row.get("local_id_type", [])]
ENDPOINTS = [endpoint for row in ORGANISATIONS for endpoint in row.get("endpoint", [])]
PARTNERS: list[dict[str, Any]] = WORLD["partner"]
GRANTS: list[dict[str, Any]] = WORLD["grant"]
CREDENTIALS: list[dict[str, Any]] = WORLD["credential"]
PATIENTS: list[dict[str, Any]] = WORLD["patient"]
CONSENTS = [consent for patient in PATIENTS for consent in patient.get("consents", [])]
DATA_POINTS = [
    {**point, "patient": patient["id"]} for patient in PATIENTS for kind in POINTS for point in patient.get(kind, [])
]
RESULTS = [result for point in DATA_POINTS for result in point.get("result", [])]
FILES = [file for point in DATA_POINTS for file in point.get("files", [])]

QUESTIONNAIRES = [
    {**questionnaire, "organisation": row["id"]}
    for row in ORGANISATIONS
    for questionnaire in row.get("questionnaire", [])
]

IDENTIFIED = [
    *(*ORGANISATIONS, *TEAMS, *USERS, *LOCAL_ID_TYPES, *QUESTIONNAIRES),
    *(*PARTNERS, *GRANTS, *PATIENTS, *CONSENTS, *DATA_POINTS, *RESULTS, *FILES),
]
"""Everything that has a public id."""

CUSTOMERS = [row for row in ORGANISATIONS if row["name"] in ("Northmoor NHS Trust", "Eastgate Community Health")]
ORGANISATION_OF_TEAM = {team["alias"]: row["id"] for row in ORGANISATIONS for team in row.get("team", [])}
ALIASES = set(ORGANISATION_OF_TEAM)


def ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["id"] for row in rows}


def patients_where(**wanted: Any) -> list[dict[str, Any]]:
    return [patient for patient in PATIENTS if all(patient.get(key) == value for key, value in wanted.items())]


def named(rows: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=[str(row.get("alias") or row["id"]) for row in rows])


# --- ids and references ---


def test_ids_are_unique():
    assert [id_ for id_, count in Counter(row["id"] for row in IDENTIFIED).items() if count > 1] == []


def test_ids_are_random_uuids():
    assert [row["id"] for row in IDENTIFIED if not is_uuid(row["id"]) or row["id"][14] != "4"] == []


def test_legacy_ids_are_unique_integers():
    legacy = [row["legacy_id"] for row in (*ORGANISATIONS, *TEAMS, *USERS, *PATIENTS)]
    assert all(isinstance(id_, int) for id_ in legacy)
    assert len(legacy) == len(set(legacy))


def test_client_ids_are_unique():
    assert len(ids(CREDENTIALS)) == len(CREDENTIALS)


def test_team_aliases_are_unique():
    assert len(ALIASES) == len(TEAMS)


def test_endpoint_names_are_unique():
    assert len({endpoint["name"] for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_e_mails_are_unique():
    emails = [user["email"] for user in USERS]
    emails += [contact["value"] for patient in PATIENTS for contact in patient.get("contacts", [])]
    assert len({email.casefold() for email in emails}) == len(emails)


def test_numbers_of_patients_are_unique():
    numbers = [(i["type"], i["value"]) for patient in PATIENTS for i in patient.get("identifiers", [])]
    assert len(set(numbers)) == len(numbers)


@named(ORGANISATIONS)
def test_an_organisation_has_its_default_team_and_known_teams(row):
    aliases = {team["alias"] for team in row["team"]}
    assert row["default_team"] in aliases
    assert {user["team"] for user in row.get("user", []) if "team" in user} <= aliases
    assert {kind["team"] for kind in row.get("local_id_type", []) if "team" in kind} <= aliases


@named(TEAMS)
def test_a_team_views_the_label_that_its_own_data_gets(row):
    assert set(row["labels"]) <= set(LABELS)
    assert row["default_label"] in row["labels"]


@named(GRANTS)
def test_a_grant_names_a_partner_and_an_organisation_with_its_teams(row):
    assert row["partner"] in ids(PARTNERS)
    assert row["organisation"] in ids(ORGANISATIONS)
    assert ORGANISATION_OF_TEAM[row["default_team"]] == row["organisation"]
    assert ORGANISATION_OF_TEAM[row.get("team", row["default_team"])] == row["organisation"]


def test_the_aliases_of_one_partner_are_unique_and_bare():
    aliases = [(grant["partner"], grant["alias"]) for grant in GRANTS]
    assert len(set(aliases)) == len(aliases)
    assert not any(re.search(r"[{}\s]", alias) for _, alias in aliases)


@named(CREDENTIALS)
def test_a_credential_belongs_to_a_known_organisation_or_partner(row):
    assert row["kind"] in KINDS
    assert row.get("organisation") or row.get("partner")
    assert row.get("organisation") is None or row["organisation"] in ids(ORGANISATIONS)
    assert row.get("partner") is None or row["partner"] in ids(PARTNERS)
    assert row.get("team") is None or row["team"] in ALIASES | ids(TEAMS)


@named(PATIENTS)
def test_a_patient_refers_to_what_is_there(row):
    local_types = ids(LOCAL_ID_TYPES)
    assert set(row["organisations"]) <= ids(ORGANISATIONS)
    assert {ORGANISATION_OF_TEAM[team] for team in row["teams"]} <= set(row["organisations"])
    assert {i["type"] for i in row["identifiers"]} <= local_types | set(national_id_types())


@named(PATIENTS)
def test_a_patients_consents_refer_to_what_is_there(row):
    for consent in row.get("consents", []):
        existing = {"team": ALIASES, "professional": ids(USERS), "carer": ids(PATIENTS) - {row["id"]}}
        assert consent["grantee"]["id"] in existing[consent["grantee"]["kind"]]
        assert set(consent.get("labels", [])) <= set(LABELS)


@named(PATIENTS)
def test_local_numbers_come_from_the_patients_own_organisations(row):
    owner = {kind["id"]: organisation["id"] for organisation in CUSTOMERS for kind in organisation["local_id_type"]}
    local = [i["type"] for i in row["identifiers"] if i["type"] not in national_id_types()]
    assert {owner[type_] for type_ in local} <= set(row["organisations"])


@named(DATA_POINTS)
def test_a_data_point_comes_from_a_team_of_its_source_organisation(row):
    source = row["source"]
    if "organisation" in source:
        assert ORGANISATION_OF_TEAM[source["team"]] == source["organisation"]
    else:  # what the patient or a carer entered has no source organisation
        patient = next(person for person in PATIENTS if person["id"] == row["patient"])
        carers = {c["grantee"]["id"] for c in patient["consents"] if c["grantee"]["kind"] == "carer"}
        assert source["person"] in {row["patient"]} | carers
    assert row.get("label", "GENERAL_HEALTH") in LABELS
    assert row["entered_at"].utcoffset() is not None


@named(QUESTIONNAIRES)
def test_a_questionnaire_asks_each_question_once(row):
    assert {ORGANISATION_OF_TEAM[team] for team in row.get("teams", [])} <= {row["organisation"]}
    assert len(ids(row["question"])) == len(row["question"])
    for question in row["question"]:
        assert question["type"] in QUESTION_TYPES
        assert bool(question.get("options")) == (question["type"] in ("RADIO", "CHECKBOX"))


def test_a_request_and_its_answer_are_about_one_questionnaire_of_the_requesting_organisation():
    requests = {row["id"]: row for row in DATA_POINTS if "requestor" in row}
    for request in requests.values():
        (questionnaire,) = [
            questionnaire for questionnaire in QUESTIONNAIRES if questionnaire["id"] == request["questionnaire"]
        ]
        assert questionnaire["organisation"] == request["source"]["organisation"]
        assert questionnaire.get("status", "PUBLISHED") == "PUBLISHED"
    answered = [row for row in DATA_POINTS if "answers" in row]
    assert {row["request"] for row in answered} == {
        id_ for id_, row in requests.items() if row.get("status") == "COMPLETED"
    }
    for row in answered:
        assert (row["patient"], row["questionnaire"]) == (
            requests[row["request"]]["patient"],
            requests[row["request"]]["questionnaire"],
        )


# --- numbers, secrets and people ---


@named(PATIENTS)
def test_nhs_numbers_are_valid_and_from_the_test_range(row):
    for identifier in row["identifiers"]:
        if identifier["type"] == "NHS":
            assert problem("NHS", identifier["value"]) == ""
            assert identifier["value"].startswith("999")


def test_patients_of_northmoor_carry_its_hospital_numbers():
    northmoor = next(row for row in ORGANISATIONS if row["name"] == "Northmoor NHS Trust")
    kind = next(
        t for t in northmoor["local_id_type"] if (t["assigning_authority"], t["type_code"]) == ("NORTHMOOR", "MR")
    )
    for patient in PATIENTS:
        if northmoor["id"] in patient["organisations"]:
            numbers = [i["value"] for i in patient["identifiers"] if i["type"] == kind["id"]]
            assert len(numbers) == 1
            assert re.fullmatch(r"NM-?\d+", numbers[0])


def test_passwords_and_secrets_satisfy_the_rule_of_the_web_pages():
    words = [row["secret"] for row in CREDENTIALS if "secret" in row]
    words += [row["password"] for row in (*USERS, *PATIENTS) if "password" in row]
    for word in words:
        assert len(word) >= 10
        assert all(re.search(pattern, word) for pattern in ("[A-Z]", "[a-z]", r"\d", r"[^A-Za-z0-9]"))


def test_e_mails_go_to_no_one():
    emails = [user["email"] for user in USERS]
    emails += [contact["value"] for patient in PATIENTS for contact in patient.get("contacts", [])]
    assert all(email.endswith((".example", "@example.org", ".example.org")) for email in emails)


@named(PATIENTS)
def test_a_patient_states_why_it_is_there(row):
    assert row["reason"].strip()
    assert row["gender"] in GENDERS
    assert isinstance(row["entered_at"], datetime)
    assert row["entered_at"].utcoffset() is not None


@named(PATIENTS)
def test_one_address_is_primary_when_there_are_any(row):
    assert sum(contact.get("primary", False) for contact in row.get("contacts", [])) == bool(row.get("contacts"))


def test_registered_patients_can_log_in():
    for patient in patients_where(registered=True):
        assert patient["password"]
        assert any(contact.get("primary") and contact.get("confirmed") for contact in patient["contacts"])


def test_sexual_health_data_comes_from_the_team_whose_default_label_it_is():
    default_label = {team["alias"]: team["default_label"] for team in TEAMS}
    sources = {point["source"]["team"] for point in DATA_POINTS if point.get("label") == "SEXUAL_HEALTH"}
    assert {default_label[team] for team in sources} == {"SEXUAL_HEALTH"}


def test_the_world_loads_into_a_store_with_its_aliases_resolved():
    store = Store()
    loading.load_world(store, "default")
    assert {team.id for team in store.all(Team)} == ids(TEAMS)
    assert {patient.id for patient in store.all(Patient)} == ids(PATIENTS)
    assert {credential.id for credential in store.all(Credential)} == ids(CREDENTIALS)
    team_ids = ids(TEAMS)
    assert {grant.default_team for grant in store.all(Grant)} <= team_ids
    assert {team for patient in store.all(Patient) for team in patient.teams} <= team_ids
