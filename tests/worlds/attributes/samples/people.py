"""Patients, their consents, and the people around them."""

from __future__ import annotations

from typing import Any

from tests.journeys.test_four_doors import BRIGHT, SAMIRA, STEPWISE_TEAM
from tests.support import Client
from tests.worlds.attributes.samples.sending import Sample, fields, head, hl7, rest, web


def _reasoned(label: str) -> dict[str, Any]:
    """A consent to one label, with a reason and its text."""
    key = f"{label}ConsentGranted"
    return {"teamId": "2007", key: True, f"{key}Reason": "EXPLICIT_CONSENT", f"{key}ReasonText": f"Because of {label}"}


CONSENTS = [
    *(
        hl7("consent", type_, "ZTM|northmoor_default~northmoor_sexual", name=f"{type_} ZTM-1")
        for type_ in ("ADT^A28", "ADT^A31")
    ),
    *(hl7("consent", type_, "ZTM||northmoor_renal", name=f"{type_} ZTM-2") for type_ in ("ADT^A28", "ADT^A31")),
    *(
        rest("consent", "POST", "/v1/consents/forPatient/5001", **_reasoned(label))
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
        fields("NK1", f1="1", f2="Okoro^Bea^Ife^^Ms", f3="SIS", f4="9 Mews^Top^York^Yorkshire^YO1 9ZZ^GBR",
               f7="Keyholder", f15="F", f16="19550607", f33="KIN-901", f40="07700900444^PRS~^NET^^bea@kin.example")),
    hl7("next_of_kin", "ADT^A31", fields("NK1", f1="1", f2="Okoro^Bea", f3="BRO", f40="bea.two@kin.example^NET"),
        name="NK1-40.1"),
]  # fmt: skip
