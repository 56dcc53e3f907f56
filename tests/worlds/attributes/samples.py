"""What is sent to put a value of its own into every attribute of every kind, by each way in that has one."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.journeys.test_four_doors import BRIGHT, CHECK_IN, SAMIRA, STEPWISE_TEAM, TOLA_ID
from tests.rest.support import ask
from tests.support import Client

Json = dict[str, Any]
TOLA = "PID|||9991001379^^^NHS^NH{status:01}||Adeyemi^Tola"
RENAL, EASTGATE_TEAM = "b1fca6de-884d-4803-b760-ebd7f8cac475", "2c753854-647e-425b-af7c-17507335f501"
PDF, OTHER_PDF = (base64.b64encode(f"%PDF-1.4 {word} %%EOF".encode()).decode() for word in ("Willow", "Hazel"))


@dataclass(frozen=True)
class Sample:
    """One way to send an entity of a kind; `message` is the HL7 message, where it is one."""

    kind: str
    name: str
    send: Callable[[Client], None]
    message: str = ""


def hl7(
    kind: str, type_: str, *segments: str, name: str = "", user: str = "org_northmoor", start: str = "", pid: str = TOLA
) -> Sample:
    """A message that must be accepted; `start` is one that is sent before it."""
    application, facility = ("RADIOLOGY", "NORTHMOOR") if kind == "radiology_report" else ("PAS", "NORTHMOOR")
    facility = "EASTGATE_LB{EASTGATE_LB}" if user == "partner_letterbox" else facility
    text = head(type_, application, facility) + "\r".join(("", pid, *segments))

    def send(pkb: Client) -> None:
        for er7 in filter(None, (start, text)):
            ack = pkb.send(er7, user)
            assert ack.code == "AA", (er7, ack.detail)

    return Sample(kind, name or type_, send, text)


def head(type_: str, application: str = "PAS", facility: str = "NORTHMOOR", at: str = "20260310101702") -> str:
    return f"MSH|^~\\&|{application}|{facility}|HL7API|PKB|{at}||{type_}|sample|P|2.4"


def web(kind: str, act: str, name: str = "", **body: Any) -> Sample:
    """An act of a person in PKB's web pages."""

    def send(pkb: Client) -> None:
        response = pkb.http.post(f"/_sandbox/records/{TOLA_ID}/{act}", json=body)
        assert response.status_code in (200, 201), response.text

    return Sample(kind, name or f"web {act}", send)


def rest(kind: str, method: str, path: str, caller: str = "PATIENT", **body: Any) -> Sample:
    return Sample(kind, f"{method} {path}", lambda pkb: ask(pkb, method, path, caller, json=body) and None)


def then(first: Sample, act: Callable[[Client], None], name: str) -> Sample:
    """What is done after a sample, with the entity that it left."""

    def send(pkb: Client) -> None:
        first.send(pkb)
        act(pkb)

    return Sample(first.kind, name, send)


def relabelled(first: Sample, label: str = "SOCIAL_CARE") -> Sample:
    """The entity that a sample leaves, under another privacy label."""

    def act(pkb: Client) -> None:
        id_ = pkb.control(f"/records/{TOLA_ID}")[f"{first.kind}s".replace("ys", "ies").replace("siss", "ses")][-1]["id"]
        response = pkb.http.post(f"/_sandbox/records/{TOLA_ID}/labels", json={"data_point": id_, "label": label})
        assert response.status_code == 200, response.text

    return then(first, act, f"{first.name} relabelled")


def fields(segment: str, **values: str) -> str:
    """A segment of fields by their numbers: `fields("PV1", f10="ORTHO")`."""
    numbers = {int(name[1:]): value for name, value in values.items()}
    return "|".join([segment, *(numbers.get(number, "") for number in range(1, max(numbers) + 1))])


CODED = "373270004^Penicillin-class^SNOMED CT^Z88.0^Penicillin allergy^ICD10"
DOCTORS = {
    "f7": "^Lindqvist^Maja^Quill^^Dr",
    "f8": "^Bramhall^Ivor^Keir^^Mr",
    "f9": "^Osei^Adwoa^Nana^^Prof",
}

APPOINTMENT = hl7(
    "appointment",
    "SIU^S12",
    fields("SCH", f1="APT-901", f7="^Knee review", f8="KNEE-NEW^^SNOMED CT", f11="^^^202604020931^202604020952",
           f13="^^^booking@clinic.example"),
    "NTE|1||Bring the diary",
    fields("PV1", f3="^^^^^^^^Outpatients North", f10="SPEC-1"),
    "RGS|1",
    "AIP|1||^Lindqvist^Maja^Quill^^Prof|^Consultant",
    "ZAP|https://bookings.example/901",
)  # fmt: skip
APPOINTMENTS = [
    APPOINTMENT,
    hl7("appointment", "SIU^S12", "SCH|APT-902||||||^Hip||||^^^202604020933", "ZSC||||||||HIP-NEW^^LN",
        fields("PV1", f3="^^^^^^^^South", f10="S2"), name="SIU^S12 with ZSC"),
    *(
        hl7("appointment", f"ADT^{event}", f"EVN|{event}|20260301090000{more}",
            fields("PV1", f2="I", f3="^^^^^^^^Elm Ward", f10="SPEC-2", f19="VIS-902", f44=admitted), *pv2,
            name=f"ADT^{event} {place}")
        for event in ("A05", "A14")
        for place, more, admitted, pv2 in (
            ("PV2-8", "", "", [fields("PV2", f8="202604030917")]),
            ("EVN-3", "|202604030918", "", []),
            ("PV1-44", "", "202604030919", []),
        )
    ),
    hl7("appointment", "SIU^S12", "SCH|APT-903||||||^Feet||||^^^202604020934", fields("PV1", f3="^^^^^^^^West"),
        name="SIU^S12 of a partner", user="partner_letterbox"),
    relabelled(APPOINTMENT),
    then(APPOINTMENT, lambda pkb: _accepted(pkb, head("SIU^S15") + f"\r{TOLA}\rSCH|APT-901"), "SIU^S15"),
]  # fmt: skip


def _accepted(pkb: Client, text: str) -> None:
    ack = pkb.send(text)
    assert ack.code == "AA", ack.detail


ADMISSION = fields("PV1", f2="E", f3="^^^^^^^^Elm Ward", **DOCTORS, f10="EMERG-1", f19="VIS-901", f44="202603101407")
ENCOUNTERS = [
    hl7("encounter", "ADT^A01", "EVN|A01|20260310141000", ADMISSION),
    hl7("encounter", "ADT^A01", "EVN|A01|20260310141000|||| ".replace(" ", "202603101408"),
        fields("PV1", f2="I", f19="VIS-901"), name="ADT^A01 EVN-6"),
    hl7("encounter", "ADT^A02", "EVN|A02|20260310141000||||202603101509",
        fields("PV1", f2="I", f3="^^^^^^^^Oak Ward", **DOCTORS, f10="ORTHO-2", f19="VIS-901"),
        start=head("ADT^A01") + f"\r{TOLA}\rEVN|A01|20260310141000\r{ADMISSION}"),
    hl7("encounter", "ADT^A03", "EVN|A03|20260310141000",
        fields("PV1", f2="I", f19="VIS-901", f45="202603131131"),
        start=head("ADT^A01") + f"\r{TOLA}\rEVN|A01|20260310141000\r{ADMISSION}"),
    hl7("encounter", "ADT^A03", "EVN|A03|20260310141000||||202603131132", fields("PV1", f2="I", f19="VIS-901"),
        name="ADT^A03 EVN-6"),
    *(
        hl7("encounter", f"ADT^{event}", f"EVN|{event}|20260301090000{more}",
            fields("PV1", f2="I", f19="VIS-902", f44=admitted), *pv2, name=f"ADT^{event} {place}")
        for event in ("A05", "A14")
        for place, more, admitted, pv2 in (
            ("PV2-8", "", "", [fields("PV2", f8="202604030917")]),
            ("EVN-3", "|202604030918", "", []),
            ("PV1-44", "", "202604030919", []),
        )
    ),
    hl7("encounter", "ADT^A08", "EVN|A08|20260310141000||||202603101611", fields("PV1", f2="I", f19="VIS-901")),
    *(
        hl7("encounter", "ADT^A08", "EVN|A08|20260310141000||||202603141611",
            fields("PV1", f2="I", f19="VIS-901", **{f"f{field}": at}), name=f"ADT^A08 PV1-{field}",
            start=head(f"ADT^{event}") + f"\r{TOLA}\rEVN|{event}|20260310141000\r" + fields("PV1", f2="I", f19="VIS-901"))
        for field, event, at in ((44, "A01", "202603101411"), (45, "A03", "202603141412"))
    ),
]  # fmt: skip

UNITS = "mmol/L^millimoles^UCUM^mM^millimolar^LN"
LABORATORY = hl7(
    "lab_result",
    "ORU^R01",
    fields("PV1", f10="HAEM-1"),
    fields("ORC", f3="", f13="^^^^^^^^Ward Nine"),
    fields("OBR", f3="LAB-901", f4="FBC^Full count^SNOMED CT^58410-2^Panel^LN", f7="202603031121", f14="202603031401",
           f16="^Brandt^Jonas^Emil^^Dr", f24="HAE-1"),
    fields("OBX", f2="NM", f3="1022431^Haemoglobin^SNOMED CT^718-7^Hb mass^LN", f5="131.5", f6=UNITS, f7="120.5-150.5",
           f8="HH", f11="F", f13="3", f14="202603031122"),
    "NTE|1||Slightly haemolysed",
)  # fmt: skip
LAB_RESULTS = [
    LABORATORY,
    hl7("lab_result", "ORU^R01", "ORC||| LAB-902".replace(" ", ""), fields("OBR", f4="FBC^Count", f7="202603031123"),
        fields("OBX", f2="SN", f3="DD^D-dimer^L9", f5="<^0.197", f6="milligr"), name="ORU^R01 SN"),
    hl7("lab_result", "ORU^R01", fields("OBR", f3="LAB-903", f4="MCS^Microscopy^SNOMED CT^611-4^Bacteria^LN",
        f7="202603031124"), fields("OBX", f2="ST", f3="COM^Comment^L9", f5="Repeat soon"), name="ORU^R01 ST"),
    hl7("lab_result", "ORU^R01", fields("OBR", f3="LAB-904", f4="MCS^Microscopy^SNOMED CT^611-4^Bacteria^LN",
        f7="202603031125"), "OBX|1|FT|RPT^Report^L9||No white cells", "OBX|2|FT|RPT^Report^L9||No growth",
        name="ORU^R01 text report"),
    hl7("lab_result", "ORU^R01", fields("OBR", f3="LAB-905", f4="FBC^Count", f7="202603031126"),
        fields("OBX", f2="NM", f3="ESR^Sedimentation^L9", f5="14", f6="^millimetres"), name="ORU^R01 unit as text"),
    relabelled(LABORATORY),
]  # fmt: skip
LAB_REPORTS = [
    Sample("lab_report", "ORU^R01", LABORATORY.send, LABORATORY.message),
    Sample("lab_report", "ORU^R01 ORC-3", LAB_RESULTS[1].send, LAB_RESULTS[1].message),
]

WEIGHT = hl7(
    "measurement",
    "ORU^R01",
    fields("PV1", f10="OBS-1"),
    fields("OBR", f3="OBS-901", f4="OBS^Observations", f7="202603050807", f16="^Bright^Owen^Rhys^^Dr"),
    fields("OBX", f2="NM", f3="107647005^Weighing^SNOMED CT^29463-7^Body mass^LN", f5="68.43", f6="kg^kilogram"),
)
PRESSURE = [
    fields("OBX", f2="NM", f3="163030003^Systolic^SNOMED CT^8480-6^Sys^LN", f5="128", f6="mmHg"),
    fields("OBX", f2="NM", f3="163031004^Diastolic^SNOMED CT^8462-4^Dias^LN", f5="81", f6="mmHg"),
]
MEASUREMENTS = [
    hl7("measurement", "ORU^R01", *WEIGHT.message.split("\r")[2:-1],
        fields("OBX", f2="NM", f3="107647005^Weighing^SNOMED CT^29463-7^Body mass^LN", f5="68.43", f6="kg")),
    hl7("measurement", "ORU^R01", "ORC|||OBS-902", fields("OBR", f4="OBS", f7="202603050808"),
        fields("OBX", f2="NM", f3="107647005^Weighing^SNOMED CT", f5="68.44", f6="^kg", f14="202603050809"),
        name="ORU^R01 ORC-3, OBX-14"),
    hl7("measurement", "ORU^R01", fields("OBR", f3="OBS-903", f4="OBS", f7="202603050811"), *PRESSURE,
        name="ORU^R01 blood pressure"),
    *(
        hl7("measurement", "ORU^R01", fields("OBR", f3="OBS-905", f4="OBS", f7="202603050814"),
            fields("OBX", f2="NM", f3="105723007^Warmth^SNOMED CT", f5="98.61", f6=unit), name=f"ORU^R01 {unit}")
        for unit in ("degF", "^degF")
    ),
    hl7("measurement", "ORU^R01", fields("OBR", f3="OBS-904", f4="OBS", f7="202603050812"),
        fields("OBX", f2="ST", f3="107647005^Weighing^SNOMED CT", f5="Refused today", f6="kg"), name="ORU^R01 text"),
    web("measurement", "measurements", type="weight", value="71.25", at="2026-03-06T08:13:00Z", by=BRIGHT),
    web("measurement", "measurements", type="weight", text="Too unwell", at="2026-03-06T08:14:00Z",
        route="WEBAPP_NHS_APP", label="SOCIAL_CARE", name="web text"),
]  # fmt: skip

IMAGE = base64.b64encode(b"\x89PNG picture").decode()
RADIOLOGY = hl7(
    "radiology_report",
    "ORU^R01",
    fields("PV1", f10="RADIO-1"),
    fields("ORC", f13="^^^^^^^^Scan Room"),
    fields("OBR", f3="RAD-901", f4="XKNEE^Knee picture", f7="202603061016", f16="^Brandt^Jonas^Emil^^Dr"),
    fields("OBX", f2="TX", f3="RPT^Report", f5="No fracture", f13="7"),
    fields("OBX", f2="ED", f3="IMG^knee.png", f5=f"^IM^PNG^Base64^{IMAGE}"),
)
RADIOLOGY_REPORTS = [
    RADIOLOGY,
    hl7("radiology_report", "ORU^R01", "ORC|||RAD-902", fields("OBR", f4="^^^^Hip picture", f7="202603061017"),
        fields("OBX", f2="TX", f3="RPT^Report"), "NTE|1||Seen again",
        fields("OBX", f2="ED", f3="IMG^^^^hip.png", f5=f"^IM^PNG^Base64^{IMAGE}"), name="ORU^R01 alternatives"),
    relabelled(RADIOLOGY),
]  # fmt: skip

DOCUMENT = hl7(
    "document",
    "MDM^T02",
    fields("PV1", f2="I", f10="DOCS-1"),
    fields(
        "TXA", f2="CL", f5="^Lindqvist^Maja^Quill^^Dr", f8="202603071001", f12="DOC-901", f16="willow.pdf", f17="AU"
    ),
    fields("OBX", f2="ED", f3="CL^Knee letter", f5=f"^TEXT^PDF^Base64^{PDF}"),
    "ZPM|202603120901",
)


def _opened(pkb: Client) -> None:
    id_ = pkb.control(f"/records/{TOLA_ID}")["documents"][-1]["id"]
    assert pkb.http.post(f"/_sandbox/records/{TOLA_ID}/documents/{id_}/read").status_code == 200


DOCUMENTS = [
    DOCUMENT,
    *(
        hl7("document", "MDM^T02", fields("TXA", f2="DS", f12=f"DOC-90{field}", f17="AU", **{f"f{field}": at}),
            fields("OBX", f2="ED", f3="CL^^^^Hip letter", f5="^APPLICATION^MSWORD^Base64^aGVsbG8gdGhlcmU=", f13="4"),
            name=f"MDM^T02 TXA-{field}")
        for field, at in ((7, "202603071002"), (6, "202603071003"), (4, "202603071004"))
    ),
    relabelled(DOCUMENT),
    then(DOCUMENT, _opened, "read"),
    then(DOCUMENT, lambda pkb: None, "again"),
]  # fmt: skip

CARE_PLAN = hl7(
    "care_plan",
    "MDM^T02",
    fields("PV1", f10="PLAN-1"),
    fields("TXA", f2="CP", f4="202603080846", f5="^Lindqvist^Maja^Quill^^Dr", f12="CP-901", f16="plan.html", f17="AU"),
    fields("OBX", f2="ED", f3="CP^Knee plan", f5="^TEXT^HTML^A^<p>Walk daily.</p>"),
)
CARE_PLANS = [
    CARE_PLAN,
    hl7("care_plan", "MDM^T02", fields("TXA", f2="CP", f4="202603080847", f12="CP-902", f17="AU"),
        fields("OBX", f2="ED", f3="CP^^^^Hip plan", f5=f"^TEXT^PDF^Base64^{PDF}"), name="MDM^T02 OBX-3.5"),
    rest("care_plan", "POST", "/v1/treatmentPlans", name="Drink plan", actionPlan="<p>Drink.</p>", red="<p>Call.</p>",
         amber="<p>Rest.</p>", green="<p>Go on.</p>", reviewDate="2026-09-08", privacyLabel="SOCIAL_CARE"),
    rest("care_plan", "POST", "/v1/treatmentPlans", name="Draft plan", status="INDRAFT"),
]  # fmt: skip


def lists(kind: str, *segments: str, **more: str) -> list[Sample]:
    return [hl7(kind, type_, *segments, name=f"{type_} {more.get('name', '')}") for type_ in ("ADT^A28", "ADT^A31")]


ALLERGIES = [
    *lists("allergy", fields("AL1", f3=CODED, f4="SV^Severe form^SNOMED CT^LA6752-5^Heavy^LN", f5="Rash", f6="20190402"),
           "NTE|1||Assessment clinic"),
    web("allergy", "allergies", allergen="Peanuts", route="WEBAPP_OTP", label="SOCIAL_CARE"),
    web("allergy", "allergies", allergen="Almonds", by=BRIGHT, name="web by a professional"),
]  # fmt: skip
DIAGNOSES = [
    *lists("diagnosis", fields("DG1", f3=CODED, f5="200501110807", f16="^Lindqvist^Maja^Quill^^Dr"), "NTE|1||From the GP"),
    *lists("diagnosis", fields("DG1", f3=CODED, f5="20050112", f6="^Bramhall^Ivor^Keir^^Mr"), name="DG1-6"),
    web("diagnosis", "diagnoses", diagnosis="Gout", by=BRIGHT, route="WEBAPP_OTP", label="SOCIAL_CARE"),
]  # fmt: skip
MEDICATIONS = [
    *lists("medication", fields("ZRX", f1="^Twice a day^^202401150807^202701150808", f2=CODED, f3="20.5",
           f5="mg^milligram^SNOMED CT^mgm^milligrams^LN"), "NTE|1||With food"),
    *lists("medication", fields("ZRX", f2="^Salbutamol", f3="Half a cup", f5="^glasses"), name="text"),
    *lists("medication", fields("ZRX", f2="^Ibuprofen", f3="400", f5="TAB"), name="own unit"),
    *lists("medication", fields("ZRX", f2="^Morphine", f3="40", f5="vial^^SNOMED CT"), name="coded unit"),
    *lists("medication", fields("ZRX", f2="^Codeine", f3="30", f5="^^^^sachets"), name="alternate unit"),
    rest("medication", "POST", "/v1/medications", substance={"displayText": "Zinc"}, privacyLabel="SOCIAL_CARE"),
]  # fmt: skip


def _message_read(pkb: Client) -> None:
    id_ = pkb.control(f"/records/{TOLA_ID}")["messages"][-1]["id"]
    assert pkb.http.post(f"/_sandbox/records/{TOLA_ID}/messages/{id_}/read").status_code == 200


LETTER = web("message", "messages", recipients=[BRIGHT], subject="My knee", content="<b>Better</b>", html=True,
             route="WEBAPP_OTP", label="SOCIAL_CARE")  # fmt: skip
MESSAGES = [
    LETTER,
    web(
        "message",
        "messages",
        sender=BRIGHT,
        recipients=[TOLA_ID],
        subject="Your knee",
        content="Good",
        name="by a user",
    ),
    then(LETTER, _message_read, "read"),
]


def _request(pkb: Client, *, notify: bool = True) -> str:
    parameters = [
        {"name": "requestor", "valueReference": {"reference": f"Practitioner/{BRIGHT}"}},
        {"name": "target", "valueReference": {"reference": f"Patient/{TOLA_ID}"}},
        {"name": "notificationFlag", "valueCode": f"EMAIL_NOTIFICATION_{'EN' if notify else 'DIS'}ABLED"},
        {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:campaign", "value": "CAMPAIGN-901"}},
    ]
    sent = {"resourceType": "Parameters", "parameter": parameters}
    path = f"/Questionnaire/{CHECK_IN}/$send-questionnaire-request"
    response = pkb.facade(path, method="POST", json=sent, headers={"Content-Type": "application/fhir+json"})
    assert response.status_code == 200, response.text
    request: str = response.json()["parameter"][0]["valueReference"]["reference"].partition("/")[2]
    return request


def _answered(pkb: Client) -> None:
    answers = {"concern": "My sleep", "symptoms": ["Swelling", "Itching"]}
    request = _request(pkb)
    web("", f"questionnaires/{request}/answer", answers=answers, route="WEBAPP_OTP").send(pkb)


REQUESTS = [
    Sample("questionnaire_request", "open", lambda pkb: _request(pkb, notify=False) and None),
    Sample("questionnaire_request", "answered", _answered),
]
RESPONSES = [Sample("questionnaire_response", "answered", _answered)]
QUESTIONNAIRES = [Sample("questionnaire", "of the world", lambda pkb: None)]

REASON = "PATIENT_REQUEST"
CONSENTS = [
    *(
        hl7("consent", type_, "ZTM|northmoor_default~northmoor_sexual", name=f"{type_} ZTM-1")
        for type_ in ("ADT^A28", "ADT^A31")
    ),
    *(hl7("consent", type_, "ZTM||northmoor_renal", name=f"{type_} ZTM-2") for type_ in ("ADT^A28", "ADT^A31")),
    *(
        rest("consent", "POST", "/v1/consents/forPatient/5001", teamId="2007",
             **{f"{label}ConsentGranted": True, f"{label}ConsentGrantedReason": "EXPLICIT_CONSENT",
                f"{label}ConsentGrantedReasonText": f"Because of {label}"})
        for label in ("generalHealth", "mentalHealth", "sexualHealth", "socialCare")
    ),
    web("consent", "consents", grantee={"kind": "carer", "id": SAMIRA}, labels=["GENERAL_HEALTH"], kept=True),
    web("consent", "consents", grantee={"kind": "professional", "id": BRIGHT}, labels=["GENERAL_HEALTH"],
        name="web professional"),
    web("consent", "consents", grantee={"kind": "team", "id": STEPWISE_TEAM}, discharged=True, name="web discharged"),
]  # fmt: skip

PATIENT_FIELDS = {
    "f5": "Quaye^Ottoline^Wren^^Mrs",
    "f7": "19870612",
    "f8": "M",
    "f11": "4 Sandpiper Row^Upper Quay^Whitby^North Riding^YO21 9ZZ^FRA",
    "f13": "07700900333^PRS~^NET^^otti@example.org",
    "f15": "cy",
}
LATER = "20270310101702"


def _person(name: str, *segments: str, type_: str = "ADT^A31", user: str = "org_northmoor", **more: str) -> Sample:
    ids = more.pop("ids", "9991001379^^^NHS^NH{status:01}~NM00777^^^NORTHMOOR^MR")
    facility = "EASTGATE" if user == "org_eastgate" else "NORTHMOOR"
    pid = fields("PID", **{"f3": ids, "f5": "Adeyemi^Tola", **more})
    text = "\r".join((head(type_, facility=facility, at=LATER), pid, *segments))

    def send(pkb: Client) -> None:
        ack = pkb.send(text, user)
        assert ack.code == "AA", ack.detail

    return Sample("patient", name, send, text)


def _change_newcomer(pkb: Client) -> None:
    """Something done to a patient whom PKB has not activated: such a patient comes with a world only."""
    id_ = pkb.patient("not activated")["id"]
    body = {"preference": "time-sensitive"}
    assert pkb.http.post(f"/_sandbox/records/{id_}/notifications", json=body).status_code == 200


DEACTIVATED = rest("patient", "POST", "/v1/users/5001/deactivate", "TEAMCOORD")
PATIENTS = [
    _person("all", **PATIENT_FIELDS),
    _person("female", f8="F"),
    _person("indeterminate", f8="I"),
    _person("PID-13.1", f13="otti.two@example.org^NET"),
    _person("PID-14.4", f14="07700900334^PRS~^NET^^otti.three@example.org"),
    _person("PID-14.1", f14="otti.four@example.org^NET"),
    _person("PID-2", f2="NM00778^^^NORTHMOOR^MR"),
    _person("team number", user="org_eastgate", ids="9991001379^^^NHS^NH{status:01}~DR-778^^^EASTGATE^DR"),
    _person("died", f29="202701080915", f30="Y"),
    _person("died at an unknown time", f30="Y"),
    *(
        _person(f"{type_} {place}", segment, type_=type_)
        for type_ in ("ADT^A28", "ADT^A31")
        for place, segment in (
            ("ZTM-1", "ZTM|northmoor_default~northmoor_sexual"),
            ("ZTM-2", "ZTM||northmoor_renal"),
        )
    ),
    web("patient", "freeze", frozen=True),
    web("patient", "sharing", disabled=True),
    web("patient", "notifications", preference="time-sensitive"),
    DEACTIVATED,
    Sample("patient", "not activated", lambda pkb: _change_newcomer(pkb)),
]  # fmt: skip

GP = hl7(
    "general_practitioner",
    "ADT^A28",
    fields("PD1", f3="Quay Surgery^^B81009", f4="G901^Marsh^Petra^June^^Dr"),
)
GENERAL_PRACTITIONERS = [
    GP,
    hl7("general_practitioner", "ADT^A31",
        fields("ROL", f3="PP", f4="G902^Fenn^Silas^Abel^^Mr", f11="1 Dock^Pier^Hull^Humberside^HU1 9ZZ^GBR",
               f12="^^^silas@surgery.example^^^01482900111"), name="ROL"),
]  # fmt: skip
NEXT_OF_KIN = [
    hl7("next_of_kin", "ADT^A28",
        fields("NK1", f1="1", f2="Okoro^Bea^Ife^^Ms", f3="SIS", f4="9 Mews^Top^York^Yorkshire^YO1 9ZZ^GBR", f7="Keyholder",
               f15="F", f16="19550607", f33="KIN-901", f40="07700900444^PRS~^NET^^bea@kin.example")),
    hl7("next_of_kin", "ADT^A31", fields("NK1", f1="1", f2="Okoro^Bea", f3="BRO", f40="bea.two@kin.example^NET"),
        name="NK1-40.1"),
]  # fmt: skip


def _held(pkb: Client) -> None:
    organisation = pkb.organisation()
    options = {"options": {"soft_matching": ["family_name"]}}
    assert pkb.http.put(f"/_sandbox/organisations/{organisation}/configuration", json=options).status_code == 200
    text = APPOINTMENT.message.replace("Adeyemi^Tola", "Quaye^Tola")
    assert pkb.send(text).code == "AA"


HELD = [Sample("held_message", "soft matching", _held, APPOINTMENT.message)]

SAMPLES = [
    *PATIENTS,
    *CONSENTS,
    *APPOINTMENTS,
    *ENCOUNTERS,
    *LAB_REPORTS,
    *LAB_RESULTS,
    *MEASUREMENTS,
    *RADIOLOGY_REPORTS,
    *DOCUMENTS,
    *CARE_PLANS,
    *ALLERGIES,
    *DIAGNOSES,
    *MEDICATIONS,
    *MESSAGES,
    *REQUESTS,
    *RESPONSES,
    *QUESTIONNAIRES,
    *GENERAL_PRACTITIONERS,
    *NEXT_OF_KIN,
    *HELD,
]
