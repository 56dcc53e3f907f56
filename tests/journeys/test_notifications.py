"""Would my patient be told, how, and why not? PKB's table of notifications, row by row.

Source: *Notifications*, https://wiki.hub.patientsknowbest.com/wiki/spaces/MAN/pages/3624665101/Notifications
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

import pytest

from sandbox.base.ids import is_uuid
from sandbox.domain.notifications.news import events
from sandbox.domain.notifications.suppression import reasons
from tests.hl7.samples import ORGANISATIONS, message, pid
from tests.hl7.test_lint import lint
from tests.rest.support import call, token_of
from tests.support import SOAP, Client

Item = dict[str, Any]
NOW = "2026-07-01T09:00:00Z"
SOON, PAST = "20260709093000", "20260601093000"
RECENT, OLD = "20260628100000", "20260620100000"
PDF = base64.b64encode(b"%PDF-1.4 a letter").decode()

TOLA, IDRIS, MARJORIE, NOOR = "9991001379", "9991002758", "9991004114", "9991006850"
BETTINA, AOIFE, RHYS, INVITED = "9991010963", "9991015078", "9991013709", "9998120012"
"""Registered; not registered; deceased; under 16, with a carer; frozen; of Eastgate; of both; invited by e-mail."""
CARER, BRIGHT = "samira.halloran@example.org", "f1640ff8-d059-403c-b0d5-295ffc6e627d"

# --- what happens, in the words of the wire ---


def appointment(number: str, at: str = SOON, trigger: str = "S12") -> str:
    sch = f"SCH|APT-{number}||||||^Renal clinic||||^^^{at}"
    return message(pid(f"{number}^^^NHS^NH"), sch, "PV1||O|^^^^^^^^Ward 3", type_=f"SIU^{trigger}", control_id=f"a{at}")


def document(number: str, at: str = RECENT, type_: str = "CL") -> str:
    txa = f"TXA||{type_}||{at}||||||||DOC-{number}-{at}|||||AU"
    obx = f"OBX|1|ED|{type_}^Letter||^TEXT^PDF^Base64^{PDF}"
    return message(pid(f"{number}^^^NHS^NH"), txa, obx, type_="MDM^T02", control_id=f"d{at}")


def plan(number: str) -> str:
    txa, obx = f"TXA||CP||{RECENT}||||||||PLAN-{number}|||||AU", "OBX|1|ED|CP^Plan||^TEXT^HTML^A^<p>Rest</p>"
    return message(pid(f"{number}^^^NHS^NH"), txa, obx, type_="MDM^T02", control_id="p1")


def discharge(number: str, at: str = RECENT) -> str:
    pv1 = f"PV1||I|^^^^^^^^Ward 3||||||||||||||||V-{number}{'|' * 26}{at}"
    return message(f"EVN|A03|{at}", pid(f"{number}^^^NHS^NH"), pv1, type_="ADT^A03", control_id=f"e{at}")


def result(number: str, order: str = "R-1", code: str = "K^Potassium^LOCAL", unit: str = "mmol/L") -> str:
    obr, obx = f"OBR|1||{order}|RENAL^Renal|||20260630", f"OBX|1|NM|{code}||4.1|{unit}|||||F|||20260630"
    return message(pid(f"{number}^^^NHS^NH"), obr, obx, type_="ORU^R01", control_id=f"r{order}")


def radiology(number: str) -> str:
    lines = result(number, "X-1").replace("|PAS|", "|RADIOLOGY|").split("\r")
    return "\r".join([*lines[:-1], "OBX|1|TX|XR^Chest||No change"])


def weight(number: str) -> str:
    return result(number, "W-1", "27113001^Weight^SNOMED CT", "kg")


def a31(number: str, *segments: str) -> str:
    return message(pid(f"{number}^^^NHS^NH", "Adeyemi^Tola"), *segments, type_="ADT^A31", control_id="l1")


def allergy(number: str) -> str:
    return a31(number, "AL1|1||^Latex")


def diagnosis(number: str) -> str:
    return a31(number, "DG1|1||^Anaemia")


def medication(number: str) -> str:
    return a31(number, "ZRX|^daily|^Iron|1")


def team(number: str) -> str:
    return a31(number, "ZTM|northmoor_default~northmoor_sexual")


def demographics(number: str) -> str:
    return message(pid(f"{number}^^^NHS^NH", "Adeyemi^Tola", {13: "0113 4960000"}), type_="ADT^A31", control_id="l1")


Rows = dict[str, tuple[str, str, list[tuple[str, str | None]]]]
MAILED, PUSHED = ("email", None), ("nhs-app", None)

TABLE: Rows = {
    # --- appointments: registered and unregistered, none in the past ---
    "a new appointment": (TOLA, appointment(TOLA), [MAILED, PUSHED]),
    "a cancelled appointment": (TOLA, appointment(TOLA, trigger="S15"), [MAILED, PUSHED]),
    "an appointment of somebody invited": (INVITED, appointment(INVITED), [MAILED, ("nhs-app", "not-registered")]),
    "an appointment of somebody without an address": (
        IDRIS,
        appointment(IDRIS),
        [("email", "no-address"), ("nhs-app", "not-registered")],
    ),
    "an appointment in the past": (
        TOLA,
        appointment(TOLA, PAST),
        [("email", "in-the-past"), ("nhs-app", "in-the-past")],
    ),
    "an appointment of the deceased": (
        MARJORIE,
        appointment(MARJORIE),
        [("email", "deceased"), ("nhs-app", "deceased")],
    ),
    "an appointment while access is frozen": (
        BETTINA,
        appointment(BETTINA),
        [("email", "frozen"), ("nhs-app", "frozen")],
    ),
    "an appointment of a child": (
        NOOR,
        appointment(NOOR),
        [("email", "no-address"), ("nhs-app", "under-16"), MAILED],
    ),
    # --- documents: none that is dated over a week ago; a referral letter by text message to who has not registered ---
    "a new document": (TOLA, document(TOLA), [MAILED, PUSHED]),
    "a document of over a week ago": (
        TOLA,
        document(TOLA, OLD),
        [("email", "older-than-a-week"), ("nhs-app", "older-than-a-week")],
    ),
    "a document of somebody invited": (
        INVITED,
        document(INVITED),
        [("email", "not-registered"), ("nhs-app", "not-registered")],
    ),
    "a referral letter, not registered": (
        IDRIS,
        document(IDRIS, type_="RL"),
        [("email", "not-registered"), ("nhs-app", "not-registered"), ("sms", None)],
    ),
    "a referral letter, registered": (TOLA, document(TOLA, type_="RL"), [MAILED, PUSHED, ("sms", "registered")]),
    "a referral letter of a child": (
        NOOR,
        document(NOOR, type_="RL"),
        [("email", "not-registered"), ("nhs-app", "under-16"), ("sms", "under-16"), MAILED],
    ),
    "a referral letter of the deceased": (
        MARJORIE,
        document(MARJORIE, type_="RL"),
        [("email", "deceased"), ("nhs-app", "deceased"), ("sms", "deceased")],
    ),
    "a referral letter, no mobile number": (
        INVITED,
        document(INVITED, type_="RL"),
        [("email", "not-registered"), ("nhs-app", "not-registered"), ("sms", "no-address")],
    ),
    # --- discharge: none over a week ago, nothing in the NHS App ---
    "a discharge": (TOLA, discharge(TOLA), [MAILED]),
    "a discharge of over a week ago": (TOLA, discharge(TOLA, OLD), [("email", "older-than-a-week")]),
    "a discharge of somebody invited": (INVITED, discharge(INVITED), [("email", "not-registered")]),
    # --- each time ---
    "a new plan": (TOLA, plan(TOLA), [MAILED]),
    "a plan of somebody invited": (INVITED, plan(INVITED), [MAILED]),
    "a sharing change": (TOLA, team(TOLA), [MAILED]),
    # --- allergies and diagnoses: none when they came by HL7 ---
    "an allergy by HL7": (TOLA, allergy(TOLA), [("email", "arrived-by-hl7-or-fhir")]),
    "a diagnosis by HL7": (TOLA, diagnosis(TOLA), [("email", "arrived-by-hl7-or-fhir")]),
    # --- at most one a day ---
    "a test result": (TOLA, result(TOLA), [MAILED]),
    "a radiology report": (TOLA, radiology(TOLA), [MAILED]),
    "a measurement": (TOLA, weight(TOLA), [MAILED]),
    "a medication": (TOLA, medication(TOLA), [MAILED]),
    "a test result of somebody not registered": (INVITED, result(INVITED), [("email", "not-registered")]),
    # --- demographics: none ---
    "demographics": (TOLA, demographics(TOLA), []),
}


@pytest.fixture
def frozen(pkb: Client) -> Client:
    """The default world on the first of July, with somebody who was invited by e-mail."""
    clock(pkb, {"mode": "frozen", "at": NOW})
    person = pid(f"{INVITED}^^^NHS^NH", "Khatun^Rina", {7: "19910623", 13: "^NET^^rina.khatun@example.org"})
    assert pkb.send(message(person)).code == "AA"
    assert pkb.http.delete("/_sandbox/outbox").status_code == 204
    return pkb


def clock(pkb: Client, body: Item) -> Item:
    response = pkb.http.put("/_sandbox/clock", json=body)
    assert response.status_code == 200, response.text
    answer: Item = response.json()
    return answer


def outbox(pkb: Client, **query: str) -> list[Item]:
    response = pkb.http.get("/_sandbox/outbox", params=query)
    assert response.status_code == 200, response.text
    items: list[Item] = response.json()["items"]
    return items


def outcomes(items: list[Item]) -> list[tuple[str, str | None]]:
    return [(item["channel"], item["suppressed"]) for item in items]


def send(pkb: Client, text: str, user: str = "org_northmoor") -> str:
    """Sends a message; gives the id of its exchange."""
    response = pkb.post_soap(SOAP.format(escape(text)), user)
    assert pkb.ack(response).code == "AA", response.text
    return response.headers["pkb-sandbox-exchange"]


def id_of(pkb: Client, number: str) -> str:
    patient: str = pkb.control(f"/records/{number}")["patient"]["id"]
    return patient


@pytest.mark.parametrize(("number", "text", "expected"), TABLE.values(), ids=TABLE)
def test_a_message_tells_whom_the_table_says(
    frozen: Client, number: str, text: str, expected: list[tuple[str, str | None]]
):
    announced = [item for item in lint(frozen, text)["effects"] if item["kind"] == "outbox item"]
    exchange = send(frozen, text)
    items = outbox(frozen, exchange=exchange, suppressed="all")
    assert outcomes(items) == expected
    assert {item["patient"] for item in items} <= {id_of(frozen, number)}
    assert all(item["organisation"] == ORGANISATIONS["northmoor"] for item in items)
    assert outcomes(outbox(frozen, exchange=exchange)) == [item for item in expected if item[1] is None]
    assert outcomes(outbox(frozen, exchange=exchange, suppressed="true")) == [item for item in expected if item[1]]
    # The linter says the same beforehand.
    assert [item["action"] for item in announced] == ["suppress" if reason else "create" for _, reason in expected]
    for effect, (channel, reason) in zip(announced, expected, strict=True):
        assert f"by {channel} " in effect["text"]
        assert reason is None or f"Not sent ({reason})" in effect["text"]


def test_a_held_message_notifies_the_patient_only_once_released(frozen: Client):
    options = {"options": {"soft_matching": ["family_name"]}}
    path = f"/_sandbox/organisations/{ORGANISATIONS['northmoor']}/configuration"
    assert frozen.http.put(path, json=options).status_code == 200
    exchange = send(frozen, appointment(TOLA))  # the message names another family
    assert outbox(frozen, suppressed="all") == []
    (held,) = frozen.control("/hl7/review")["held"]
    assert frozen.http.post(f"/_sandbox/hl7/review/{held['id']}/approve").json()["ack"] == "AA"
    assert outcomes(outbox(frozen, exchange=exchange)) == [MAILED, PUSHED]


def test_an_unchanged_repeat_sends_no_notification(frozen: Client):
    for text in (appointment(TOLA), document(TOLA), plan(TOLA), discharge(TOLA), result(TOLA), weight(TOLA)):
        assert outcomes(outbox(frozen, exchange=send(frozen, text), suppressed="all"))
        assert outbox(frozen, exchange=send(frozen, text), suppressed="all") == []
    for text in (radiology(TOLA), allergy(TOLA), diagnosis(TOLA), medication(TOLA), team(TOLA)):
        assert outcomes(outbox(frozen, exchange=send(frozen, text), suppressed="all"))
        assert outbox(frozen, exchange=send(frozen, text), suppressed="all") == []


# --- what people do in web pages and apps ---


def act(pkb: Client, number: str, path: str, body: Item | None = None) -> Item:
    response = pkb.http.post(f"/_sandbox/records/{number}/{path}", json=body or {})
    assert response.status_code in (200, 201), response.text
    entity: Item = response.json()
    return entity


ENTERED = {
    "an allergy": ("allergies", {"allergen": "Latex", "by": BRIGHT}, [MAILED]),
    "a diagnosis": ("diagnoses", {"diagnosis": "Anaemia", "by": BRIGHT}, [MAILED]),
    "a measurement": ("measurements", {"type": "weight", "value": 61, "by": BRIGHT}, [MAILED]),
    "sharing switched off": ("sharing", {"disabled": True}, [MAILED]),
    "a consent": ("consents", {"grantee": {"kind": "professional", "id": BRIGHT}, "labels": ["SOCIAL_CARE"]}, [MAILED]),
    "a label": ("labels", None, []),
    "access frozen": ("freeze", {"frozen": True}, []),
    "a preference": ("notifications", {"preference": "time-sensitive"}, []),
}


@pytest.mark.parametrize(("path", "body", "expected"), ENTERED.values(), ids=ENTERED)
def test_what_people_enter_tells_the_patient(
    frozen: Client, path: str, body: Item | None, expected: list[tuple[str, str | None]]
):
    point = frozen.control(f"/records/{TOLA}")["allergies"][0]["id"]
    act(frozen, TOLA, path, body or {"data_point": point, "label": "SOCIAL_CARE"})
    items = outbox(frozen, suppressed="all")
    assert outcomes(items) == expected
    assert all(item["exchange"] is None for item in items)


def test_a_message_from_a_professional_tells_the_patient(frozen: Client):
    patient = id_of(frozen, TOLA)
    written = act(frozen, TOLA, "messages", {"sender": BRIGHT, "recipients": [patient], "subject": "Your visit"})
    items = outbox(frozen, suppressed="all")
    assert outcomes(items) == [MAILED, PUSHED]
    assert all(item["about"] == {"kind": "message", "id": written["id"]} for item in items)
    assert items[0]["links"] == [f"{frozen.server.base_url}/inbox"]


PLAN = {"name": "Walk more", "patientId": "4c86625f-13d7-423c-93e9-d58574a12dec"}
OTHER_DOORS: dict[str, tuple[str, str, Item, str]] = {
    "a measurement of an app": ("/v1/measurements", "PATIENT", {"apiRef": "weight", "value": 61}, "measurement"),
    "a medication of an app": ("/v1/medications", "PATIENT", {"substance": {"displayText": "Iron"}}, "medication"),
    "a plan of a professional": ("/v1/treatmentPlans", "CLINICIAN", PLAN, "care_plan"),
}


@pytest.mark.parametrize(("path", "caller", "body", "kind"), OTHER_DOORS.values(), ids=OTHER_DOORS)
def test_custom_rest_tells_the_patient_in_its_exchange(frozen: Client, path: str, caller: str, body: Item, kind: str):
    response = call(frozen, "POST", path, token_of(frozen, caller), json=body)
    assert response.status_code < 300, response.text
    (mail,) = outbox(frozen, exchange=response.headers["pkb-sandbox-exchange"], suppressed="all")
    assert (mail["to"], mail["about"]["kind"]) == ("tola.adeyemi@example.org", kind)


def test_a_patient_by_messaging_is_invited_in_its_exchange(frozen: Client):
    patient = {
        "resourceType": "Patient",
        "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9998120039"}],
        "name": [{"family": "Okoro", "given": ["Bea"]}],
        "birthDate": "1990-02-03",
        "gender": "female",
        "telecom": [{"system": "email", "value": "bea.okoro@example.org"}],
    }
    headers = {"Authorization": f"Bearer {frozen.token('letterbox-facade')}", "X-Org-Public-Id": frozen.organisation()}
    response = frozen.http.post("/phr-fhir/Patient/$process-message", json=patient, headers=headers)
    assert response.status_code == 201, response.text
    (invitation,) = outbox(frozen, exchange=response.headers["pkb-sandbox-exchange"], suppressed="all")
    assert (invitation["kind"], invitation["channel"]) == ("invitation", "email")


# --- one a day ---


def test_one_mail_a_day_is_one_over_all_kinds(frozen: Client):
    first = send(frozen, result(TOLA))
    assert outcomes(outbox(frozen, exchange=first, suppressed="all")) == [MAILED]
    for text in (result(TOLA, "R-2"), weight(TOLA), medication(TOLA)):
        assert outcomes(outbox(frozen, exchange=send(frozen, text), suppressed="all")) == [
            ("email", "already-one-today")
        ]
    act(frozen, TOLA, "allergies", {"allergen": "Latex", "by": BRIGHT})
    assert outcomes(outbox(frozen, suppressed="all"))[-1] == ("email", "already-one-today")
    assert outcomes(outbox(frozen, exchange=send(frozen, plan(TOLA)))) == [MAILED]
    assert outcomes(outbox(frozen, exchange=send(frozen, result(RHYS)))) == [MAILED]


def test_a_day_is_one_of_london(frozen: Client):
    clock(frozen, {"mode": "frozen", "at": "2026-07-01T22:30:00Z"})
    assert outcomes(outbox(frozen, exchange=send(frozen, result(TOLA)))) == [MAILED]
    clock(frozen, {"advance": "PT29M"})
    assert outbox(frozen, exchange=send(frozen, result(TOLA, "R-2"))) == []
    clock(frozen, {"advance": "PT1M"})  # midnight of British Summer Time
    assert outcomes(outbox(frozen, exchange=send(frozen, result(TOLA, "R-3")))) == [MAILED]


def test_a_suppressed_mail_does_not_count(frozen: Client):
    act(frozen, TOLA, "notifications", {"preference": "time-sensitive"})
    assert outcomes(outbox(frozen, exchange=send(frozen, result(TOLA)), suppressed="all")) == [("email", "preference")]
    act(frozen, TOLA, "notifications", {"preference": "all"})
    assert outcomes(outbox(frozen, exchange=send(frozen, result(TOLA, "R-2")))) == [MAILED]


# --- the reminder ---


def test_unread_items_are_mailed_once_more_at_six(frozen: Client):
    exchange = send(frozen, document(TOLA))
    assert clock(frozen, {"mode": "frozen", "at": "2026-07-02T04:59:00Z"})["became_due"] == []
    (line,) = clock(frozen, {"advance": "PT3H"})["became_due"]
    assert line.startswith("Reminder to tola.adeyemi@example.org: unopened document ")
    (reminder,) = outbox(frozen, kind="reminder", suppressed="all")
    assert (reminder["at"], reminder["channel"], reminder["exchange"]) == ("2026-07-02T05:00:00Z", "email", exchange)
    assert reminder["about"] == outbox(frozen, exchange=exchange)[0]["about"]
    assert clock(frozen, {"advance": "P3D"})["became_due"] == []


def test_in_winter_six_is_six_in_utc(frozen: Client):
    clock(frozen, {"mode": "frozen", "at": "2026-12-01T23:30:00Z"})
    send(frozen, document(TOLA, "20261130100000"))
    clock(frozen, {"advance": "P1D"})
    assert [item["at"] for item in outbox(frozen, kind="reminder")] == ["2026-12-02T06:00:00Z"]


def test_an_opened_item_needs_no_reminder(frozen: Client):
    send(frozen, document(TOLA))
    opened = frozen.control(f"/records/{TOLA}")["documents"][-1]["id"]
    act(frozen, TOLA, f"documents/{opened}/read")
    assert clock(frozen, {"advance": "P1D"})["became_due"] == []
    assert outbox(frozen, kind="reminder") == []
    assert outcomes(outbox(frozen, kind="reminder", suppressed="all")) == [("email", "read-in-app")]


def test_a_message_and_a_questionnaire_are_reminded_of(frozen: Client):
    patient = id_of(frozen, TOLA)
    act(frozen, TOLA, "messages", {"sender": BRIGHT, "recipients": [patient], "subject": "Your visit"})
    assert len(clock(frozen, {"advance": "P1D"})["became_due"]) == 1
    assert outcomes(outbox(frozen, kind="reminder")) == [MAILED]


def test_a_patient_without_a_first_mail_gets_no_reminder(frozen: Client):
    send(frozen, document(IDRIS))
    send(frozen, document(TOLA, OLD))
    assert clock(frozen, {"advance": "P2D"})["became_due"] == []
    assert outbox(frozen, kind="reminder", suppressed="all") == []


# --- what the patient and the organisation choose ---

TIME_SENSITIVE = {
    "appointment": (appointment, True),
    "document": (document, True),
    "discharge": (discharge, True),
    "plan": (plan, False),
    "sharing": (team, False),
    "result": (result, False),
    "measurement": (weight, False),
    "medication": (medication, False),
}


@pytest.mark.parametrize(("make", "mailed"), TIME_SENSITIVE.values(), ids=TIME_SENSITIVE)
def test_the_time_sensitive_preference_suppresses_other_notifications(
    frozen: Client, make: Callable[[str], str], mailed: bool
):
    act(frozen, TOLA, "notifications", {"preference": "time-sensitive"})
    items = outbox(frozen, exchange=send(frozen, make(TOLA)), suppressed="all", channel="email")
    assert outcomes(items) == [MAILED if mailed else ("email", "preference")]


def test_a_channel_that_the_organisation_has_not_is_closed(frozen: Client):
    items = outbox(frozen, exchange=send(frozen, appointment(AOIFE), "org_eastgate"), suppressed="all")
    assert outcomes(items) == [MAILED, ("nhs-app", "organisation-option")]
    letter = outbox(frozen, exchange=send(frozen, document(AOIFE, type_="RL"), "org_eastgate"), suppressed="all")
    assert outcomes(letter)[1:] == [("nhs-app", "organisation-option"), ("sms", "organisation-option")]
    path = f"/_sandbox/organisations/{ORGANISATIONS['eastgate']}/configuration"
    assert frozen.http.put(path, json={"options": {"notify_nhs_app": True}}).status_code == 200
    later = appointment(AOIFE, "20260710093000")
    assert outcomes(outbox(frozen, exchange=send(frozen, later, "org_eastgate"))) == [MAILED, PUSHED]


# --- carers ---


def test_a_carer_gets_the_e_mail_that_the_child_would_get(frozen: Client):
    items = outbox(frozen, exchange=send(frozen, appointment(NOOR)))
    assert [(item["channel"], item["to"], item["patient"]) for item in items] == [("email", CARER, id_of(frozen, NOOR))]
    assert "the record of Miss Noor Halloran" in items[0]["text"]


def test_a_carer_hears_of_what_the_carer_may_see(frozen: Client):
    carer = {"kind": "carer", "id": id_of(frozen, "9991008225")}
    act(frozen, NOOR, "consents", {"grantee": carer, "labels": ["MENTAL_HEALTH"]})
    assert outbox(frozen, exchange=send(frozen, appointment(NOOR)), to=CARER, suppressed="all") == []
    act(frozen, NOOR, "consents", {"grantee": carer, "labels": ["GENERAL_HEALTH"], "discharged": True})
    later = appointment(NOOR, "20260710093000")
    assert outbox(frozen, exchange=send(frozen, later), to=CARER, suppressed="all") == []


# --- the outbox ---


def test_every_item_says_what_it_is_about(frozen: Client):
    exchange = send(frozen, appointment(TOLA))
    mail, push = outbox(frozen, exchange=exchange)
    stored = frozen.control(f"/records/{TOLA}")["appointments"][-1]
    assert mail["about"] == push["about"] == {"kind": "appointment", "id": stored["id"]}
    assert (mail["to"], push["to"]) == ("tola.adeyemi@example.org", id_of(frozen, TOLA))
    assert (mail["kind"], mail["at"]) == ("notification", NOW)
    assert is_uuid(mail["exchange"])
    assert frozen.control(f"/exchanges/{exchange}")["hl7"]["type"] == "SIU^S12"


FILTERS = {
    "kind": ({"kind": "notification"}, 5),
    "another kind": ({"kind": "letter"}, 0),
    "channel": ({"channel": "nhs-app"}, 2),
    "to": ({"to": "rhys.delacroix@example.org"}, 1),
    "since now": ({"since": NOW}, 5),
    "since an offset": ({"since": "2026-07-01T10:00:00+01:00"}, 5),
    "since later": ({"since": "2026-07-01T09:00:01Z"}, 0),
    "an unknown exchange": ({"exchange": "x"}, 0),
    "all": ({"suppressed": "all"}, 6),
    "suppressed": ({"suppressed": "true"}, 1),
    "sent": ({"suppressed": "false"}, 5),
    "two": ({"channel": "email", "to": "tola.adeyemi@example.org"}, 2),
}


@pytest.mark.parametrize(("query", "count"), FILTERS.values(), ids=FILTERS)
def test_items_are_chosen_by_parameters(frozen: Client, query: dict[str, str], count: int):
    for text in (appointment(TOLA), appointment(RHYS), result(TOLA), weight(TOLA)):
        send(frozen, text)
    assert len(outbox(frozen, **query)) == count


@pytest.mark.parametrize(
    "query",
    ["kind=x", "channel=post", "suppressed=no", "since=noon", "wait=x", "wait=-1", "wait=nan", "wait=601", "x=1"],
)
def test_an_invalid_filter_is_refused(frozen: Client, query: str):
    response = frozen.http.get(f"/_sandbox/outbox?{query}")
    assert response.status_code == 400
    assert query.split("=")[0] in response.json()["detail"]


def test_every_event_and_reason_of_the_data_is_in_this_file():
    reached = {reason for _, _, expected in TABLE.values() for _, reason in expected if reason}
    elsewhere = {"organisation-option", "preference", "already-one-today", "read-in-app", "do-not-contact"}
    assert reached | elsewhere == set(reasons())
    assert set(events()) == {
        *("appointment", "document", "message", "questionnaire", "discharge", "plan", "sharing", "carer-warning"),
        *("allergy", "diagnosis", "measurement", "result", "medication"),
    }
