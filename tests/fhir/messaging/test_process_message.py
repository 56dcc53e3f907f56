"""`Patient/$process-message`: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077610 (*Process message*)"""

from __future__ import annotations

from typing import Any

import pytest
from fhir.resources.STU3.operationoutcome import OperationOutcome

from tests.fhir.messaging.samples import NHS, NUMBER, PATH, aliases, issues, numbered, person, send, stored
from tests.support import EASTGATE, Client, assert_operation_outcome

TEAMS = {
    "northmoor_default": "ab37b23d-c031-4ced-86aa-2691c368e777",
    "northmoor_renal": "b1fca6de-884d-4803-b760-ebd7f8cac475",
    "eastgate_diabetes": "2c753854-647e-425b-af7c-17507335f501",
}
TOLA = "9991001379"
CREATED = [("information", "informational", "Patient created")]
UPDATED = [("information", "informational", "Patient updated")]


# --- created ---


def test_a_patient_is_created_with_everything_that_the_table_maps(pkb: Client):
    response = send(pkb, person())
    assert issues(response, 201) == CREATED
    OperationOutcome.model_validate(response.json())
    assert "location" not in response.headers
    assert response.headers["pkb-sandbox-cell"] == "partner.messaging.send_data"
    patient = stored(pkb)
    assert patient["name"] == {"family": "Khatun", "given": "Rina", "middle": "Amal Joy", "title": "Mrs"}
    assert patient["address"] == {
        "line1": "1 Low Road",
        "line2": "Flat 2",
        "city": "Leeds",
        "state": "West Yorkshire",
        "postcode": "LS0 0ZZ",
        "country": "GBR",
    }
    assert (patient["date_of_birth"], patient["gender"], patient["phone"]) == ("1991-06-23", "FEMALE", "07700900161")
    assert patient["identifiers"] == [{"type": "NHS", "value": NUMBER}]
    assert patient["contacts"] == [{"value": "rina.khatun@example.org", "primary": True, "confirmed": False}]
    assert patient["organisations"] == [pkb.organisation()]
    assert patient["teams"] == [TEAMS["northmoor_default"], TEAMS["northmoor_renal"]]
    assert (patient["registered"], patient["deceased"]) == (False, False)


def test_the_patient_is_invited_by_e_mail(pkb: Client):
    send(pkb, person())
    (mail,) = pkb.control("/outbox")["items"]
    assert (mail["kind"], mail["to"]) == ("invitation", "rina.khatun@example.org")
    assert mail["links"][0].startswith(f"{pkb.server.base_url}/join/northmoor_default?t1=")


def test_without_an_e_mail_address_no_invitation_is_sent(pkb: Client):
    assert issues(send(pkb, person(telecom=None)), 201) == CREATED
    assert pkb.control("/outbox")["items"] == []


def test_of_several_addresses_the_first_is_processed(pkb: Client):
    telecom = [
        {"system": "fax", "value": "1"},
        {"system": "email", "value": "first@example.org"},
        {"system": "email", "value": "second@example.org"},
        {"system": "phone", "value": "07700900162"},
        {"system": "phone", "value": "07700900163"},
    ]
    send(pkb, person(telecom=telecom))
    patient = stored(pkb)
    assert [contact["value"] for contact in patient["contacts"]] == ["first@example.org"]
    assert patient["phone"] == "07700900162"


def test_without_aliases_the_patient_joins_the_default_team(pkb: Client):
    send(pkb, person(extension=None))
    assert stored(pkb)["teams"] == [TEAMS["northmoor_default"]]


def test_a_team_s_grant_has_that_team_as_its_default(pkb: Client):
    response = send(pkb, person(extension=None), organisation=EASTGATE)
    assert issues(response, 201) == CREATED
    assert stored(pkb)["teams"] == [TEAMS["eastgate_diabetes"]]


GENDERS = {"male": "MALE", "female": "FEMALE", "other": "INDETERMINATE", "unknown": "UNKNOWN"}


@pytest.mark.parametrize(("gender", "expected"), GENDERS.items())
def test_a_gender_is_one_of_four(pkb: Client, gender: str, expected: str):
    send(pkb, person(gender=gender))
    assert stored(pkb)["gender"] == expected


@pytest.mark.parametrize(
    ("death", "expected"),
    [
        ({"deceasedBoolean": True}, (True, None)),
        ({"deceasedBoolean": False}, (False, None)),
        ({"deceasedDateTime": "2026-02-03T10:00:00+01:00"}, (True, "2026-02-03T09:00:00Z")),
        ({"deceasedDateTime": "2026-02-03"}, (True, "2026-02-03T00:00:00Z")),
        ({"deceasedDateTime": "2026-02"}, (True, "2026-02-01T00:00:00Z")),
        ({"deceasedDateTime": "2026"}, (True, "2026-01-01T00:00:00Z")),
    ],
)
def test_death_is_a_flag_or_a_time(pkb: Client, death: Any, expected: tuple[bool, str | None]):
    assert issues(send(pkb, person(**death)), 201) == CREATED
    patient = stored(pkb)
    assert (patient["deceased"], patient["died_at"]) == expected


def test_texts_are_trimmed(pkb: Client):
    send(pkb, person(name=[{"family": " Khatun ", "given": ["Rina "]}]))
    assert (stored(pkb)["name"]["family"], stored(pkb)["name"]["given"]) == ("Khatun", "Rina")


def test_a_number_of_nines_passes_the_check(pkb: Client):
    assert issues(send(pkb, person(identifier=numbered("9999999999"))), 201) == CREATED


def test_the_percent_encoded_operation_is_the_same(pkb: Client):
    assert issues(send(pkb, person(), path=PATH.replace("$", "%24")), 201) == CREATED


def test_the_patient_can_then_be_read_on_the_facade(pkb: Client):
    send(pkb, person())
    bundle = pkb.facade(f"/Patient?identifier={NHS}%7C{NUMBER}").json()
    assert bundle["total"] == 1
    assert bundle["entry"][0]["resource"]["id"] == stored(pkb)["id"]


# --- updated ---


def test_a_known_patient_is_updated_and_what_is_not_sent_stays(pkb: Client):
    before = stored(pkb, TOLA)
    sent_patient = person(
        extension=None,
        identifier=numbered(TOLA),
        telecom=None,
        address=[{"city": "York"}],
        name=[{"family": "Adeyemi-Cole", "given": ["Tola"]}],
        birthDate="1988-02-15",
    )
    assert issues(send(pkb, sent_patient), 200) == UPDATED
    after = stored(pkb, TOLA)
    assert after["id"] == before["id"]
    assert after["name"] == {"family": "Adeyemi-Cole", "given": "Tola", "middle": "Grace", "title": "Ms"}
    assert after["address"] == {**before["address"], "city": "York"}
    assert after["date_of_birth"] == "1988-02-15"
    kept = ("phone", "contacts", "identifiers", "teams", "organisations", "registered")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}


def test_the_same_again_changes_nothing(pkb: Client):
    send(pkb, person())
    before = pkb.control(f"/records/{NUMBER}")
    assert issues(send(pkb, person()), 200) == UPDATED
    after = pkb.control(f"/records/{NUMBER}")
    ignored = {"patient": {**before["patient"], "entered_at": after["patient"]["entered_at"]}}
    assert after == {**before, **ignored}
    assert len(pkb.control("/outbox")["items"]) == 1


def test_a_record_that_hl7_dated_in_the_future_is_updated_all_the_same(pkb: Client):
    """A Patient carries no time that could be older than the record; by HL7, what was said before that date is old."""

    def named(family: str, at: str) -> str:
        return (
            f"MSH|^~\\&|A|B|PKB|PKB|{at}||ADT^A28|m1|P|2.4\rEVN|A28|{at}\r"
            f"PID|1||{NUMBER}^^^NHS^NH||{family}^Rina||19910623|F\rPV1|1|N\r"
        )

    assert pkb.send(named("Khatun", "20990101120000")).code == "AA"
    assert issues(send(pkb, person(name=[{"family": "Khatun-Ali", "given": ["Rina"]}])), 200) == UPDATED
    after = stored(pkb)
    assert (after["name"]["family"], after["phone"]) == ("Khatun-Ali", "07700900161")
    assert [contact["value"] for contact in after["contacts"]] == ["rina.khatun@example.org"]
    assert pkb.send(named("Before", "20980101120000")).code == "AA"
    assert stored(pkb)["name"]["family"] == "Khatun-Ali"


def test_a_patient_of_another_organisation_joins_this_one(pkb: Client):
    aoife = "9991015078"
    assert issues(send(pkb, person(extension=None, identifier=numbered(aoife), telecom=None)), 200) == UPDATED
    patient = stored(pkb, aoife)
    assert pkb.organisation() in patient["organisations"]
    assert TEAMS["northmoor_default"] in patient["teams"]
    assert pkb.facade(f"/Patient/{patient['id']}").status_code == 200


def test_a_known_patient_is_added_to_the_named_teams(pkb: Client):
    idris = "9991002758"
    sent_patient = person(
        identifier=numbered(idris), telecom=None, extension=aliases("northmoor_default", "northmoor_renal")
    )
    assert issues(send(pkb, sent_patient), 200) == UPDATED
    assert stored(pkb, idris)["teams"] == [TEAMS["northmoor_default"], TEAMS["northmoor_renal"]]


def test_an_address_of_another_record_is_left_out_with_a_warning(pkb: Client):
    sent_patient = person(telecom=[{"system": "email", "value": "Tola.Adeyemi@example.org"}])
    warning = "Patient email address [Tola.Adeyemi@example.org] already active in PKB; it was not added"
    assert issues(send(pkb, sent_patient), 201) == [*CREATED, ("warning", "business-rule", warning)]
    assert stored(pkb)["contacts"] == []
    assert pkb.control("/outbox")["items"] == []


def test_other_identifiers_are_ignored(pkb: Client):
    sent_patient = person(
        identifier=[*numbered(NUMBER), *numbered("NM00401", "urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808")]
    )
    assert issues(send(pkb, sent_patient), 201) == CREATED
    assert stored(pkb)["identifiers"] == [{"type": "NHS", "value": NUMBER}]


def test_status_checking_holds_nothing_here(pkb: Client):
    path = f"/_sandbox/organisations/{pkb.organisation()}/configuration"
    assert pkb.http.put(path, json={"options": {"nhs_status_checking": True}}).status_code == 200
    assert issues(send(pkb, person(identifier=numbered(NUMBER))), 201) == CREATED


# --- the statement ---


def test_the_statement_and_the_definition_need_no_token(pkb: Client):
    response = pkb.http.get("/phr-fhir/metadata")
    assert response.headers["pkb-sandbox-standing"] == "choice"
    statement = response.json()
    assert statement["implementation"]["url"] == f"{pkb.server.base_url}/phr-fhir"
    assert [row["type"] for row in statement["rest"][0]["resource"]] == ["Patient"]
    (operation,) = statement["rest"][0]["operation"]
    assert operation["name"] == "process-message"
    definition = pkb.http.get(f"/phr-fhir/{operation['definition']['reference']}").json()
    assert definition["url"] == "http://fhir.patientsknowbest.com/operation/process-message"
    unknown = pkb.http.get("/phr-fhir/OperationDefinition/Patient-t-status-query")
    assert_operation_outcome(unknown, 404, "not-found")
