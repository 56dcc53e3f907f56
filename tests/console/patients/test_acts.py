"""What people do in PKB's pages, by the forms of the console: each form makes its control call, with its effect."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

import httpx
import pytest

from sandbox.model import Consent
from tests.console.patients.support import TOLA, page, rows, words
from tests.fhir.facade.operations.samples import nhs, patients, post
from tests.support import Client

DO = "/_sandbox/console/do"
RENAL = "b1fca6de-884d-4803-b760-ebd7f8cac475"
SEXUAL = "6384e0b3-7b55-4bcb-91f1-20682cc85dc0"
BRIGHT = "f1640ff8-d059-403c-b0d5-295ffc6e627d"


def forms(pkb: Client, patient: str) -> list[Element]:
    pkb.http.cookies.clear()
    return [form for form in page(pkb, f"patients/{patient}/acts").iter("form") if form.get("method") == "post"]


def fields_of(form: Element) -> list[tuple[str, str]]:
    """What a browser would send of a form as it is."""
    fields = []
    for element in form.iter():
        name = element.get("name")
        if name is None:
            continue
        if element.tag == "select":
            choices = list(element.iter("option"))
            option = next(
                (choice for choice in choices if "selected" in choice.attrib), choices[0] if choices else None
            )
            if option is not None:
                fields.append((name, option.get("value", words(option))))
        elif element.get("type") != "checkbox" or "checked" in element.attrib:
            fields.append((name, element.get("value", "")))
    return fields


def act(pkb: Client, call: str, *, patient: str = TOLA, having: str = "", **values: str | list[str]) -> httpx.Response:
    """Submit the form of a call, with some of its fields filled in; `having` is a value that tells forms apart."""
    path = call if call.startswith("POST") else f"POST /records/{patient}/{call}"
    for form in forms(pkb, patient):
        fields = fields_of(form)
        contents = {value for _, value in fields} | {words(form)}
        if ("_call", path) in fields and (not having or any(having in content for content in contents)):
            filled = {name.replace("__", ".").replace("_as_", ":"): value for name, value in values.items()}
            known_names = {element.get("name") for element in form.iter() if element.get("name")}
            assert set(filled) <= known_names, (set(filled) - known_names, known_names)
            kept = [(name, value) for name, value in fields if name not in filled]
            extra = [
                (n, item) for n, value in filled.items() for item in (value if isinstance(value, list) else [value])
            ]
            encoded: dict[str, Any] = {}
            for name, value in [*kept, *extra]:
                encoded.setdefault(name, []).append(value)
            response = pkb.http.post(DO, data=encoded)
            assert response.status_code == 303, response.text[-1500:]
            return response
    raise AssertionError(f"no form for {path}")


def record(pkb: Client, patient: str = TOLA) -> Any:
    return pkb.control(f"/records/{patient}")


def test_freezing_ends_the_patients_own_access_and_the_page_says_so(pkb: Client):
    response = act(pkb, "freeze")
    assert response.headers["location"].endswith("/access")
    text = words(page(pkb, f"patients/{TOLA}/access"))
    assert "Access is frozen." in text
    assert "access.visibility-frozen" in text
    act(pkb, "freeze")
    assert record(pkb)["patient"]["access_frozen"] is False


def test_sharing_is_disabled_and_enabled(pkb: Client):
    act(pkb, "sharing")
    assert record(pkb)["patient"]["sharing_disabled"] is True
    act(pkb, "sharing")
    assert record(pkb)["patient"]["sharing_disabled"] is False


def test_a_form_sets_the_preference_for_notifications(pkb: Client):
    act(pkb, "notifications", preference="time-sensitive")
    assert record(pkb)["patient"]["notifications"] == "time-sensitive"


def consent_of(pkb: Client, grantee: str) -> Consent:
    (consent,) = pkb.server.workspaces.default.store.find(Consent, "grantee", (TOLA, grantee))
    return consent


def test_a_consent_is_changed_discharged_and_ended(pkb: Client):
    act(pkb, "consents", having=RENAL, labels_as_item=["GENERAL_HEALTH", "MENTAL_HEALTH"])
    assert consent_of(pkb, RENAL).labels == ("GENERAL_HEALTH", "MENTAL_HEALTH")
    act(pkb, "consents", having=RENAL, discharged_as_bool=["false", "true"])
    assert consent_of(pkb, RENAL).discharged
    act(pkb, "consents", having=RENAL, discharged_as_bool="false", labels_as_item=[])
    assert not consent_of(pkb, RENAL).discharged
    assert consent_of(pkb, RENAL).labels == ()


def test_a_team_and_a_professional_are_granted(pkb: Client):
    act(pkb, "consents", having="Northmoor Sexual Health Clinic", grantee__id=SEXUAL)
    assert consent_of(pkb, SEXUAL).labels == ("GENERAL_HEALTH",)
    act(pkb, "consents", having=BRIGHT, grantee__id=BRIGHT, labels_as_item="SOCIAL_CARE")
    assert consent_of(pkb, BRIGHT).labels == ("SOCIAL_CARE",)


def test_a_form_enters_a_measurement_with_two_values(pkb: Client):
    act(pkb, "measurements", type="bloodPressure", value="128", value2="81", at="2026-03-06")
    measurement = record(pkb)["measurements"][-1]
    assert (measurement["value"], measurement["value2"]) == ("128", "81")


def test_a_professional_enters_an_allergy_and_a_diagnosis(pkb: Client):
    act(
        pkb, "allergies", allergen__text="Peanuts", reactions_as_list="Rash, swelling", onset="2024-02-01", by=BRIGHT,
        label="SOCIAL_CARE", route="WEBAPP_OTP",
    )  # fmt: skip
    allergy = record(pkb)["allergies"][-1]
    assert (allergy["reactions"], allergy["label"]) == (["Rash", "swelling"], "SOCIAL_CARE")
    assert allergy["source"]["person"] == BRIGHT
    act(pkb, "diagnoses", diagnosis__text="<b>Migraine</b>", note="Since school")
    assert record(pkb)["diagnoses"][-1]["diagnosis"]["text"] == "<b>Migraine</b>"
    assert any("<b>Migraine</b>" in row for row in rows(page(pkb, f"patients/{TOLA}")))


def test_a_message_is_written_and_opened(pkb: Client):
    act(pkb, "messages", sender=TOLA, recipients_as_item=BRIGHT, subject="My knee", content="Better")
    message = record(pkb)["messages"][-1]
    assert (message["subject"], message["status"]) == ("My knee", "UNREAD")
    act(pkb, f"messages/{message['id']}/read")
    assert record(pkb)["messages"][-1]["status"] == "READ"


def test_a_document_is_opened(pkb: Client):
    id_ = record(pkb)["documents"][-1]["id"]
    act(pkb, f"documents/{id_}/read")
    assert record(pkb)["documents"][-1]["status"] == "READ"
    assert "document, unread" not in words(page(pkb, f"patients/{TOLA}/acts"))


def test_a_questionnaire_is_answered(pkb: Client):
    call = "questionnaires/248f29fa-0aa1-47c8-a07d-e0bd3ab3157f/answer"
    answers = {"answers.concern": "Tablets", "answers.fluid": "No", "answers.symptoms:item": ["Swelling", "Itching"]}
    act(pkb, call, **answers)  # type: ignore[arg-type]
    stored = {row["question"]: row["values"] for row in record(pkb)["questionnaire_responses"][-1]["answers"]}
    assert stored == {"concern": ["Tablets"], "fluid": ["No"], "symptoms": ["Swelling", "Itching"]}


def test_a_label_is_changed(pkb: Client):
    id_ = record(pkb)["appointments"][0]["id"]
    act(pkb, "labels", data_point=id_, label="SOCIAL_CARE")
    assert record(pkb)["appointments"][0]["label"] == "SOCIAL_CARE"


def test_a_patient_registers_with_the_codes_of_the_invitation(pkb: Client):
    patient = pkb.patient("can be invited by letter")["id"]
    assert "There is no invitation yet" in words(page(pkb, f"patients/{patient}/acts"))
    response = post(pkb, "/Organization/$generate-invitation-tokens", patients(nhs("9991002758")))
    assert response.status_code == 200, response.text
    act(pkb, "register", patient=patient, email="idris@example.org", password="Sandbox-1234")
    assert record(pkb, patient)["patient"]["registered"] is True


@pytest.mark.parametrize("reason", ["Under 16", "Shared by both", "Has no NHS number"])
def test_every_form_names_its_call(pkb: Client, reason: str):
    for form in forms(pkb, pkb.patient(reason)["id"]):
        call = dict(fields_of(form))["_call"]
        method, path = call.split(" ")
        assert f"{method} /_sandbox{path}" in words(form)


def test_a_refused_act_says_why(pkb: Client):
    with pytest.raises(AssertionError, match="value"):
        act(pkb, "measurements", value="much")
