"""Whatever was read before, a question gets the answer that it would get in a world where everything was mapped first.

Random writes by every door, and random questions in any order, to two sandboxes: in one of them everything is mapped
after each write.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.linking.identity import holders, patient_keys
from sandbox.fhir.base.identifiers import identifier_systems
from sandbox.model import Credential, Patient
from tests.fhir.aggregated.support import LABEL, NHS, OWNERS, PUBLIC_ID, organization
from tests.fhir.aggregated.twins import CLIENTS, PARTNER, Twins, twins
from tests.fhir.messaging.samples import person

Json = dict[str, Any]
Act = tuple[str, tuple[Any, ...]]

TOLA, RHYS, IDRIS, CEDRIC, NEW = "9991001379", "9991013709", "9991002758", "9991005498", "9998120012"
TOLA_ID, IDRIS_ID = "4c86625f-13d7-423c-93e9-d58574a12dec", "1a9eca6b-4294-4260-a20c-2a23e852f2a2"
PEOPLE = (TOLA, RHYS, IDRIS, CEDRIC, NEW)
CHI, OLDER = identifier_systems()["CHI"], "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d"
X, Y = "0101900007", "0101900015"
LOCAL = "urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808"
FEEDS = {"northmoor-r4": "northmoor-fhir", "eastgate-r4": "eastgate-fhir"}
NORTHMOOR = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
CHECK_IN, RENAL = "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f", "b1fca6de-884d-4803-b760-ebd7f8cac475"
SEND = f"/aggregated/fhir/Questionnaire/{aggregated_id(CHECK_IN)}/$send-questionnaire-request"
LABELS = ("GENERAL_HEALTH", "MENTAL_HEALTH", "SEXUAL_HEALTH", "SOCIAL_CARE")
TEAM = "ab37b23d-c031-4ced-86aa-2691c368e777"


def hl7(type_: str, number: str, *segments: str, chi: str = "") -> str:
    more = f"~{chi}^^^CHI^CHI" if chi else ""
    pid = f"PID|||{number}^^^NHS^NH{more}||Adeyemi^Tola||19880214|F"
    return "\r".join((f"MSH|^~\\&|PAS|ANY|HL7API|PKB|20260310101500||{type_}|c-1|P|2.4", pid, *segments))


def appointment(trigger: str, number: str, sent_id: str) -> str:
    sch = f"SCH|{sent_id}||||||^Review {trigger}|NEW|||^^^202607020930^202607020950"
    return hl7(f"SIU^{trigger}", number, sch, "PV1|||^^^^^^^^Outpatients 3|||||||ORTHO")


MESSAGES = st.one_of(
    st.builds(hl7, st.sampled_from(["ADT^A28", "ADT^A31"]), st.sampled_from(PEOPLE), chi=st.sampled_from(["", X, Y])),
    st.builds(
        hl7,
        st.just("ADT^A31"),
        st.sampled_from(PEOPLE),
        st.sampled_from(["DG1|1||195967001^Asthma^SNOMED CT||20050110", "ZRX|^Daily^^20240115^20260602|^Ramipril"]),
    ),
    st.builds(
        appointment,
        st.sampled_from(["S12", "S13", "S14", "S15", "S26"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(["APT-1", "APT-2"]),
    ),
)

NUMBERS = st.sampled_from(
    [
        *((NHS, number) for number in PEOPLE),
        (CHI, X),
        (CHI, Y),
        (PUBLIC_ID, TOLA_ID),
        (PUBLIC_ID, IDRIS_ID),
        ("urn:mrn", "7"),
    ]
)


def _patient(id_: str, numbers: list[tuple[str, str]], family: str) -> Json:
    return {
        "resourceType": "Patient",
        "id": id_,
        "identifier": [{"system": system, "value": value} for system, value in dict(numbers).items()],
        "managingOrganization": {"reference": "Organization/org"},
        "name": [{"family": family}],
    }


def _about(type_: str, id_: str, subject: str, label: str) -> Json:
    security = {"meta": {"security": [{"system": LABEL, "code": label}]}} if label else {}
    asserter = {"reference": "Practitioner/d"}
    more = {"code": {"text": "x"}, "asserter": asserter} if type_ == "Condition" else {"status": "final", "code": {}}
    return {"resourceType": type_, "id": id_, **security, **more, "subject": {"reference": f"Patient/{subject}"}}


def _organisation(code: str, name: str) -> Json:
    return organization(code, name=name)


RESOURCES = st.one_of(
    st.builds(_organisation, st.sampled_from([*OWNERS.values(), "X1"]), st.sampled_from(["One", "Two"])),
    st.builds(
        _patient,
        st.sampled_from("pq"),
        st.lists(NUMBERS, min_size=1, max_size=3),
        st.sampled_from(["Adeyemi", "Jones"]),
    ),
    st.builds(
        _about,
        st.sampled_from(["Condition", "Observation"]),
        st.sampled_from("ab"),
        st.sampled_from("pq"),
        st.sampled_from([*LABELS, ""]),
    ),
)

ANSWERS = {"answers": {"concern": "My tablets"}}
ACTS = st.one_of(
    st.just(("diagnoses", {"diagnosis": {"code": "195967001", "text": "Asthma", "system": "SNOMED CT"}})),
    st.just((f"questionnaires/{CHECK_IN}/answer", ANSWERS)),
    st.builds(lambda disabled: ("sharing", {"disabled": disabled}), st.booleans()),
    st.builds(lambda frozen: ("freeze", {"frozen": frozen}), st.booleans()),
    st.builds(
        lambda labels: ("consents", {"grantee": {"kind": "team", "id": TEAM}, "labels": sorted(labels)}),
        st.sets(st.sampled_from(LABELS), min_size=1),
    ),
)
SENDERS = st.sampled_from(["org_northmoor", "org_eastgate"])


def _endpoint(feed: str, resource: Json) -> str:
    return f"/customer/{feed}/fhir/{resource['resourceType']}/{resource['id']}"


def _asking(number: str) -> Json:
    target = {"name": "target", "valueReference": {"identifier": {"system": NHS, "value": number}}}
    named = {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:campaign", "value": "7"}}
    return {"resourceType": "Parameters", "parameter": [target, named]}


MESSAGING = "/phr-fhir/Patient/$process-message"


def _message(number: str, chi: str) -> Json:
    chis = [{"system": CHI, "value": chi}] if chi else []
    return person(identifier=[{"system": NHS, "value": number}, *chis])


WRITES: st.SearchStrategy[Act] = st.one_of(
    st.builds(
        lambda number, chi: ("call", ("POST", MESSAGING, PARTNER, _message(number, chi))),
        st.sampled_from(PEOPLE),
        st.sampled_from(["", X, Y]),
    ),
    st.builds(
        lambda number: ("call", ("POST", SEND, "northmoor-fhir", _asking(number))), st.sampled_from([TOLA, RHYS, IDRIS])
    ),
    st.builds(
        lambda number, patient, label: ("relabel", (number, patient, label)),
        st.integers(0, 999),
        st.sampled_from([TOLA, RHYS]),
        st.sampled_from(LABELS),
    ),
    st.builds(lambda text, user: ("send", (text, user)), MESSAGES, SENDERS),
    st.builds(
        lambda feed, resource: ("call", ("PUT", _endpoint(feed, resource), FEEDS[feed], resource)),
        st.sampled_from(sorted(FEEDS)),
        RESOURCES,
    ),
    st.builds(
        lambda feed, resource: ("call", ("DELETE", _endpoint(feed, resource), FEEDS[feed], None)),
        st.sampled_from(sorted(FEEDS)),
        RESOURCES,
    ),
    st.builds(
        lambda patient, act: ("call", ("POST", f"/_sandbox/records/{patient}/{act[0]}", "", act[1])),
        st.sampled_from([TOLA, RHYS, CEDRIC]),
        ACTS,
    ),
    st.builds(lambda hours: ("advance", (timedelta(hours=hours),)), st.sampled_from([1, 30])),
)

_VALUES = st.sampled_from(
    [
        *(f"{NHS}|{number}" for number in PEOPLE),
        *PEOPLE,
        f"{NHS}|",
        f"{CHI}|",
        f"{CHI}|{X}",
        X,
        "urn:mrn|7",
        "urn:mrn|",
        "|7",
        "7",
        f"{PUBLIC_ID}|{TOLA_ID}",
        f"{PUBLIC_ID}|",
        f"{OLDER}|{IDRIS_ID}",
        TOLA_ID,
        f"{LOCAL}|NM00401",
        "NM00402",
        f"{NHS}|{TOLA},{NHS}|{RHYS}",
        "999 100 1379",
    ]
)
_PATIENT_SELECTORS = ["subject", "patient", "subject:Patient", "patient:Patient"]


def _chained(type_: str, value: str, more: str) -> str:
    parameter = "actor" if type_ == "Appointment" else "subject"
    return f"/{type_}?{parameter}:Patient.identifier={quote(value)}{more}"


FIXED = (
    "/Patient", "/Patient?_count=2&page=2", "/Patient?_summary=count", "/Patient?family=Jones", "/Patient?_sort=-_id",
    "/Patient?identifier:not=7", "/Patient?_lastUpdated=gt2026-06-01", "/Patient?_has:Condition:subject:code:text=x",
    "/Patient?_has:Appointment:actor:status=cancelled", "/Condition", "/Condition?code=195967001",
    "/Observation",
    "/Condition?_include=Condition:asserter&_include=Condition:subject", "/Appointment",
    "/Appointment?status=cancelled",
    "/Appointment?identifier=APT-1", "/Appointment?_sort=date&_count=1", "/MedicationStatement?status=stopped",
    "/MedicationStatement", "/Practitioner", "/Organization", "/Organization?name=Eastgate", "/Questionnaire",
    "/ServiceRequest", "/ServiceRequest?identifier=urn:campaign%7C7", "/QuestionnaireResponse?identifier=7",
    "/QuestionnaireResponse?based-on:ServiceRequest.status=completed", "/Practitioner?name=Kurian",
    "/Condition?subject.family=Jones", "/Condition?subject:Patient.identifier:not=7",
    "/Observation?_lastUpdated=ge2026",
    f"/Consent/$carers?patient:Patient.identifier={quote(f'{NHS}|{RHYS}')}",
    f"/Consent/$carers?patient:Patient.identifier={quote(f'{NHS}|9991006850')}",
)  # fmt: skip

QUESTIONS = st.one_of(
    st.sampled_from(FIXED),
    st.builds(
        lambda value, more: f"/Patient?identifier={quote(value)}{more}",
        _VALUES,
        st.sampled_from(["", "&_revinclude=Condition:subject", "&_revinclude=*", "&gender=female", "&_count=0"]),
    ),
    st.builds(
        _chained,
        st.sampled_from(["Condition", "Appointment", "MedicationStatement", "Observation", "ServiceRequest"]),
        _VALUES,
        st.sampled_from(["", "&_include=*", "&_sort=-_lastUpdated", "&_lastUpdated=gt2026-05-01"]),
    ),
)
"""Questions by numbers; those by ids are made of what was ever there."""


def by_id(number: int, shape: int, references: list[str]) -> str:
    """A question that names one of the resources that were ever there."""
    name = references[number % len(references)]
    type_, id_ = name.split("/")
    patients = [reference for reference in references if reference.startswith("Patient/")]
    patient = patients[number % len(patients)]
    selector = _PATIENT_SELECTORS[number % 4].split(":")[0]
    return (
        f"/{name}",
        f"/{type_}?_id={id_}",
        f"/Condition?{selector}={patient}",
        f"/MedicationStatement?{selector}={patient.split('/')[1]}",
        f"/Appointment?actor={patient}",
        f"/Patient?_id={patient.split('/')[1]}&_revinclude=Condition:subject",
        f"/Condition?{selector}={patient}&_include=Condition:asserter",
    )[shape % 7]


ASKED = st.tuples(st.just("ask"), st.tuples(QUESTIONS, st.sampled_from(CLIENTS)))
NAMED = st.tuples(st.just("named"), st.tuples(st.integers(0, 999), st.integers(0, 6), st.sampled_from(CLIENTS)))


def started(**options: Any) -> Twins:
    both = twins(tuple(options.items()))
    both.start()
    for feed, client in FEEDS.items():
        org = organization(OWNERS[feed.split("-")[0]])
        for resource in (org, {"resourceType": "Practitioner", "id": "d", "name": [{"family": "Bright"}]}):
            both.write("call", "PUT", _endpoint(feed, resource), client, json=resource)
    return both


def check_people(both: Twins, answer: Json, client: str) -> None:
    """Each Patient is one person, and whoever is shown is open to the caller's organisation."""
    if answer["resourceType"] == "Bundle" and "link" not in answer:
        return  # carers show whether or not the organisation knows their records
    store = both.eager.workspaces.default.store
    organisation = store.get(Credential, client).organisation
    resources = [entry.get("resource", {}) for entry in answer.get("entry", ())] + [answer]
    for resource in resources:
        if resource.get("resourceType") == "Patient":
            numbers = [f"{system}|{value}" for system, value in patient_keys(resource)]
            (id_,) = {record for key in numbers for record in holders(store, key)}
            assert aggregated_id(id_) == resource["id"]
            _check_open(store.get(Patient, id_), organisation)
        elif isinstance(resource.get("subject"), dict):
            (record,) = store.find(Patient, "aggregated_id", resource["subject"]["reference"].split("/")[1])
            _check_open(record, organisation)


def _check_open(record: Patient, organisation: str | None) -> None:
    assert organisation in record.organisations
    assert not record.sharing_disabled
    assert not record.access_frozen


def play(both: Twins, steps: list[Any]) -> None:
    for act, details in steps:
        if act == "ask":
            check_people(both, both.ask(*details), details[1])
        elif act == "named":
            number, shape, client = details
            check_people(both, both.ask(by_id(number, shape, both.references()), client), client)
        elif act == "relabel":
            number, patient, label = details
            named = both.references()[number % len(both.references())]
            both.write(
                "call", "POST", f"/_sandbox/records/{patient}/labels", json={"data_point": named, "label": label}
            )
        elif act == "call":
            method, path, client, body = details
            headers = {SEND: {"x-team-id": RENAL}, MESSAGING: {"X-Org-Public-Id": NORTHMOOR}}.get(path, {})
            both.write("call", method, path, client, json=body, headers=headers)
        else:
            both.write(act, *details)


@settings(max_examples=60)
@given(st.lists(WRITES | ASKED | NAMED, min_size=4, max_size=14))
def test_no_answer_depends_on_what_was_asked_before(steps: list[Any]) -> None:
    play(started(), steps)


@settings(max_examples=40)
@given(
    st.sampled_from([{"aggregated_all_mapped": True}, {"aggregation_delay": 5400}]),
    st.lists(WRITES | ASKED | NAMED, min_size=4, max_size=14),
)
def test_no_answer_depends_on_it_with_other_settings_either(options: dict[str, Any], steps: list[Any]) -> None:
    play(started(**options), steps)


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("question", FIXED)
def test_a_fresh_server_answers_each_question_as_one_where_everything_is_mapped(question: str, client: str) -> None:
    both = twins()
    both.start()
    both.ask(question, client)
