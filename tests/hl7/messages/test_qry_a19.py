"""QRY^A19, answered with ADR^A19. Source: *QRY A19*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012701"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.model import Identifier, Patient
from tests.hl7.samples import A28, NHS, ORGANISATIONS, example, message, pid, state, stored
from tests.support import SOAP, Ack, Client

TOLA, RHYS, AOIFE, IMOGEN = "9991001379", "9991013709", "9991015078", "9991023291"
"""Northmoor's; of both organisations; Eastgate's; not activated."""
NO_IDENTIFIER = "11111111-1111-4111-8111-111111111111"


def query(
    filter_: str = "DEM", number: str = "", *, rows: str = "", status: str = "", qrf: str = "", facility: str = "ANY"
) -> str:
    qrd = f"QRD|20260310091500|R|I|Q1|||{rows}|{number}|{filter_}||{status}"
    return message(qrd, *([qrf] if qrf else []), type_="QRY^A19", control_id="q-1", facility=facility)


def numbers(ack: Ack) -> list[str]:
    """The first identifier of each patient in an answer."""
    assert ack.code == "AA", ack.text
    return [segment[3].split("^")[0] for segment in ack.segments if segment[0] == "PID"]


def ids(ack: Ack) -> list[str]:
    """The PKB id of each patient in an answer."""
    return [segment[3].split("~")[-1].split("^")[0] for segment in ack.segments if segment[0] == "PID"]


def members(pkb: Client, organisation: str = "northmoor") -> list[Patient]:
    store = pkb.server.workspaces.default.store
    patients = [p for p in store.find(Patient, "organisation", ORGANISATIONS[organisation]) if p.activated]
    return sorted(patients, key=lambda p: (p.updated_at, p.id))


def without_identifier(pkb: Client) -> Patient:
    store = pkb.server.workspaces.default.store
    patient = replace(stored(pkb, TOLA), id=NO_IDENTIFIER, legacy_id=9001, identifiers=(), contacts=())
    store.put(patient)
    return patient


def test_a_window_of_time_finds_who_has_joined(pkb: Client):
    start = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    assert AOIFE not in numbers(pkb.send(query(qrf=f"QRF||{start}")))
    assert pkb.send(message(pid(f"{AOIFE}^^^NHS^NH"), at="20200101")).code == "AA"
    assert AOIFE in numbers(pkb.send(query(qrf=f"QRF||{start}")))


# --- the answer ---


def test_an_answer_has_this_layout(pkb: Client):
    pkb.send(A28)
    ack = pkb.send(example("qry_a19_dem"))
    at, public = ack.segment("MSH")[6], stored(pkb).id
    identifiers = f"{NHS}^^^NHS^NH~NM00901^^^NORTHMOOR^MR"
    assert ack.text.split("\r") == [
        f"MSH|^~\\&|HL7API|PKB|PAS|NORTHMOOR|{at}||ADR^A19|PKB-{at}|P|2.4",
        "MSA|AA|q-dem",
        "QRD|20260310091500|R|I|Q7731||||9998120012^^^^^^^^^^^^NH|DEM",
        f"PID|1||{identifiers}~{public}^^^PKB^PI|{identifiers}|Khatun^Rina^Lee^^Mrs||19910623||||^^^^LS0 0ZZ",
    ]


def test_no_other_demographics_are_returned(pkb: Client):
    pkb.send(A28)
    pid_ = pkb.send(query(number=NHS)).segment("PID")
    assert len(pid_) == 12
    assert [number for number, value in enumerate(pid_) if value] == [0, 1, 3, 4, 5, 7, 11]
    assert not any(word in "|".join(pid_) for word in ("07700900111", "example.org", "Mill Yard", "Leeds"))


def test_names_are_escaped(pkb: Client):
    pkb.send(message(pid(name="Kha\\F\\tun^Ri\\S\\na^d\\T\\Arc")))
    assert pkb.send(query(number=NHS)).segment("PID")[5] == "Kha\\F\\tun^Ri\\S\\na^d\\T\\Arc"


def test_the_query_is_echoed_whole(pkb: Client):
    qrd = "QRD|20260310|R|I|Q\\T\\7|D|2027|5^RD|9991001379^Ade&y^Tola^^^^^^^^^^NH|DEM|x||z"
    qrf = "QRF|ANY|||x~y|z"
    ack = pkb.send(message(qrd, qrf, type_="QRY^A19"))
    assert ack.text.split("\r")[2:4] == [qrd, qrf]


def test_a_query_with_other_delimiters_is_echoed_with_the_standard_ones(pkb: Client):
    text = "MSH#*~\\&#PAS#N###20260310##QRY*A19#q#P\rQRD#20260310#R#I#Q1####9991001379***********NH#DEM"
    ack = pkb.send(text)
    assert ack.segment("QRD")[8].startswith("9991001379^^^")
    assert numbers(ack) == [TOLA]


def test_patients_are_numbered(pkb: Client):
    answered = [segment[1] for segment in pkb.send(query()).segments if segment[0] == "PID"]
    assert answered == [str(number) for number in range(1, len(answered) + 1)]


def test_nothing_found_is_an_answer_without_a_patient(pkb: Client):
    ack = pkb.send(query(number="9998120039"))
    assert [segment[0] for segment in ack.segments] == ["MSH", "MSA", "QRD"]
    assert (ack.code, ack.segment("MSH")[8]) == ("AA", "ADR^A19")


def test_a_query_changes_nothing(pkb: Client):
    before = state(pkb)
    for filter_ in ("DEM", "APN", "STA"):
        assert pkb.send(query(filter_)).code == "AA"
    assert state(pkb) == before


def test_a_refused_query_gets_a_plain_acknowledgement(pkb: Client):
    ack = pkb.send(query("XYZ"))
    assert (ack.code, ack.segment("MSH")[8]) == ("AR", "ACK^A19")
    assert [segment[0] for segment in ack.segments] == ["MSH", "MSA"]


# --- DEM: looking one up ---

LOOKUPS = {
    "national, NH": (f"{TOLA}^^^^^^^^^^^^NH", [TOLA]),
    "national, any other word": (f"{TOLA}^^^^^^^^^^^^PI", [TOLA]),
    "national, no word": (TOLA, [TOLA]),
    "local": ("NM00401^^^^^^^^^^^^MR", [TOLA]),
    "local as national": ("NM00401", []),
    "national as local": (f"{TOLA}^^^^^^^^^^^^MR", []),
    "of both organisations": (RHYS, [RHYS]),
    "unknown": ("9998120039", []),
    "not of the organisation": (AOIFE, []),
    "local number of another organisation": ("EG00711^^^^^^^^^^^^MR", []),
    "local number that the other organisation gave": ("EG00710^^^^^^^^^^^^MR", []),
    "not activated": (IMOGEN, []),
    "a name": ("^Adeyemi^Tola", None),
}


@pytest.mark.parametrize(("number", "found_numbers"), LOOKUPS.values(), ids=LOOKUPS.keys())
def test_a_number_finds_the_patient_of_the_organisation(pkb: Client, number: str, found_numbers: list[str] | None):
    expected = [p.identifiers[0].value for p in members(pkb)] if found_numbers is None else found_numbers
    assert numbers(pkb.send(query(number=number))) == expected


def test_the_local_number_of_another_organisation_is_not_shown(pkb: Client):
    assert "EG00710" not in pkb.send(query(number=RHYS)).text
    assert "NM00410" not in pkb.send(query(number=RHYS), "org_eastgate").text


def test_a_local_number_is_found_by_the_organisation_that_gave_it(pkb: Client):
    assert numbers(pkb.send(query(number="EG00710^^^^^^^^^^^^MR"), "org_eastgate")) == [RHYS]


# --- DEM: lists ---


@pytest.mark.parametrize("filter_", ["DEM", ""], ids=["DEM", "default"])
def test_an_open_query_lists_those_with_an_identifier(pkb: Client, filter_: str):
    without_identifier(pkb)
    answered = ids(pkb.send(query(filter_)))
    assert answered == [p.id for p in members(pkb) if p.identifiers]
    assert NO_IDENTIFIER not in answered


def test_deceased_frozen_unregistered_and_unconsenting_patients_are_listed(pkb: Client):
    answered = numbers(pkb.send(query()))
    for number in ("9991004114", "9991010963", "9991002758", "9991021922", "9991009590"):
        assert number in answered


@pytest.mark.parametrize("filter_", ["DEM", "APN", "STA"])
def test_a_patient_who_is_not_activated_is_never_returned(pkb: Client, filter_: str):
    assert IMOGEN not in pkb.send(query(filter_)).text


WINDOWS = {
    "from": ("QRF||20260110", ["9991008225"]),
    "from, inclusive": ("QRF||20260110090000+0000", ["9991008225"]),
    "until, exclusive": ("QRF||20260109|20260110090000+0000", ["9991006850"]),
    "until": ("QRF|||20260107", ["9991001379", "9991002758"]),
    "between": ("QRF||20260106|20260108", ["9991002758", "9991004114"]),
    "nothing between": ("QRF||20260301|20260302", []),
    "null": ('QRF||""|20260106', ["9991001379"]),
}


@pytest.mark.parametrize(("qrf", "first"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_window_lists_those_who_changed_in_it(pkb: Client, qrf: str, first: list[str]):
    answered = numbers(pkb.send(query(qrf=qrf)))
    assert answered[: len(first)] == first
    if qrf.count("|") == 3 or not first:
        assert answered == first


def test_a_window_narrows_a_lookup(pkb: Client):
    assert numbers(pkb.send(query(number=TOLA, qrf="QRF||20260106"))) == []
    assert numbers(pkb.send(query(number=TOLA, qrf="QRF||20260105"))) == [TOLA]


def test_an_update_moves_a_patient_into_the_window(pkb: Client):
    since = datetime.now(UTC).strftime("%Y%m%d%H%M%S+0000")
    assert numbers(pkb.send(query(qrf=f"QRF||{since}"))) == []
    pkb.send(message(pid(f"{TOLA}^^^NHS^NH", "Adeyemi^Teniola")))
    assert numbers(pkb.send(query(qrf=f"QRF||{since}"))) == [TOLA]


def test_a_row_limit_is_not_for_demographic_queries(pkb: Client):
    assert len(numbers(pkb.send(query(rows="1^RD")))) == len(members(pkb))


# --- APN ---


def test_apn_lists_everyone_and_ignores_number_and_window(pkb: Client):
    without_identifier(pkb)
    ack = pkb.send(query("APN", TOLA, qrf="QRF||20300101"))
    assert ids(ack) == [p.id for p in members(pkb)]
    assert NO_IDENTIFIER in ids(ack)
    pid_ = next(segment for segment in ack.segments if segment[0] == "PID" and NO_IDENTIFIER in segment[3])
    assert pid_[3:5] == [f"{NO_IDENTIFIER}^^^PKB^PI", ""]


# --- partners ---


def test_a_partner_of_the_organisation_sees_all_its_patients(pkb: Client):
    facility = "NORTHMOOR_LB{NORTHMOOR_LB}"
    assert ids(pkb.send(query(facility=facility), "partner_letterbox")) == [p.id for p in members(pkb)]


@pytest.mark.parametrize("filter_", ["DEM", "APN", "STA"])
def test_a_partner_whose_grant_comes_from_a_team_sees_its_patients_only(pkb: Client, filter_: str):
    answered = numbers(pkb.send(query(filter_, facility="EASTGATE_LB"), "partner_letterbox"))
    assert answered == [RHYS]


def test_a_partner_of_a_team_does_not_find_others_of_the_organisation(pkb: Client):
    assert numbers(pkb.send(query(number=AOIFE, facility="EASTGATE_LB"), "partner_letterbox")) == []


def test_a_partner_without_a_grant_is_refused(pkb: Client):
    assert pkb.send(query(facility="NORTHMOOR_LB"), "partner_untethered").code == "AR"


def test_the_cell_of_a_query_is_reading_demographics(pkb: Client):
    response = pkb.post_soap(SOAP.format(query().replace("&", "&amp;")))
    assert response.headers["PKB-Sandbox-Cell"] == "customer.hl7.read_demographics"


def test_an_identifier_of_a_type_that_is_gone_is_left_out(pkb: Client):
    store = pkb.server.workspaces.default.store
    tola = stored(pkb, TOLA)
    store.put(replace(tola, identifiers=(*tola.identifiers, Identifier(type="gone", value="X"))))
    assert pkb.send(query(number=TOLA)).segment("PID")[4] == f"{TOLA}^^^NHS^NH~NM00401^^^NORTHMOOR^MR"
