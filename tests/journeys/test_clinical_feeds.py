"""Messages that hospitals and partners send during a patient's care, and the record afterwards."""

from __future__ import annotations

from datetime import timedelta

import hl7apy.parser
import pytest
from hl7apy.consts import VALIDATION_LEVEL

from tests.hl7.clinical import ADEYEMI, PID, accepted, message, record
from tests.hl7.messages.test_encounters import adt, events, pv1
from tests.hl7.messages.test_mdm import PLAN, TXA, obx, t02
from tests.hl7.messages.test_oru import OBR, lab
from tests.hl7.messages.test_oru import obx as result
from tests.hl7.samples import FIXTURES, example
from tests.journeys.test_hl7_soap_clients import session, soap_client
from tests.support import Client


def events_shown(pkb: Client) -> list[tuple[str, str]]:
    return [(event["type"], event["location"]) for event in events(pkb)]


def test_an_admission_is_corrected_and_cancelled_out_of_order(pkb: Client):
    accepted(pkb, adt("A05", pv1("Day unit"), "PV2||||||||202604010800"))
    accepted(pkb, adt("A01", pv1("Elm")), adt("A02", pv1("Oak")), adt("A02", pv1("Ash")), adt("A03", pv1("Ash")))
    accepted(pkb, adt("A01", pv1("Elm, bed 4")), adt("A13"))
    assert events_shown(pkb) == [
        ("PRE_ADMIT", "Day unit"),
        ("ADMIT", "Elm, bed 4"),
        ("TRANSFER", "Oak"),
        ("TRANSFER", "Ash"),
    ]
    accepted(pkb, adt("A11"), adt("A12"), adt("A38"), adt("A12"))
    assert record(pkb)["encounters"] == []
    assert [appointment["status"] for appointment in record(pkb)["appointments"]] == ["CANCELLED"]
    accepted(pkb, adt("A03", pv1("Ash")), adt("A01", pv1("Elm")))
    assert events_shown(pkb) == [("DISCHARGE", "Ash"), ("ADMIT", "Elm")]


def test_an_outpatient_booking_is_moved_cancelled_and_missed(pkb: Client):
    accepted(pkb, example("siu_s12"), example("siu_s13"))
    (moved,) = record(pkb)["appointments"]
    assert (moved["start_at"], moved["status"]) == ("2026-04-09T09:30:00Z", "ACTIVE")
    accepted(pkb, message("SIU^S15", "SCH|APT-77120"))
    assert record(pkb)["appointments"][0]["status"] == "CANCELLED"
    accepted(pkb, example("siu_s14"), message("SIU^S26", "SCH|APT-77120"))
    (missed,) = record(pkb)["appointments"]
    assert (missed["id"], missed["subject"], missed["status"]) == (
        moved["id"],
        "Knee clinic review with imaging",
        "DNA",
    )


def test_a_lab_report_in_two_panels_is_corrected_withdrawn_and_sent_again(pkb: Client):
    second = OBR.replace("FBC^Full blood count", "UE^Urea")
    accepted(pkb, lab(result(), second, result("NA^Sodium^L9", "139")), lab(result(value="129")))
    live = [(result["code"]["code"], result["value"], len(result["versions"])) for result in record(pkb)["lab_results"]]
    assert live == [("HB", "129", 1), ("NA", "139", 0)]
    accepted(pkb, lab(obr=OBR + "|" * 18 + "R"))
    assert all(result["deleted"] for result in record(pkb)["lab_results"])
    accepted(pkb, lab(result(value="130")))
    assert [result["value"] for result in record(pkb)["lab_results"] if not result["deleted"]] == ["130"]
    assert len(record(pkb)["lab_reports"]) == 1


def test_a_letter_delayed_by_fourteen_days_is_opened_when_it_may_be_and_then_deleted(pkb: Client):
    workspace = pkb.server.workspaces.default
    today = workspace.clock.now().strftime("%Y%m%d%H%M%S+0000")
    accepted(pkb, t02(TXA.replace("202603071000", today), obx() + "|" * 8 + "14"))
    (letter,) = record(pkb)["documents"]
    path = f"/_sandbox/records/{ADEYEMI}/documents/{letter['id']}/read"
    assert pkb.http.post(path).status_code == 409
    assert record(pkb)["documents"][0]["status"] == "UNREAD"
    workspace.clock.advance(timedelta(days=15))
    assert pkb.http.post(path).json()["status"] == "READ"
    accepted(pkb, message("MDM^T11", "TXA||CL||||||||||D1"))
    assert (record(pkb)["documents"], record(pkb)["attachments"]) == ([], [])
    assert pkb.http.post(path).status_code == 404


def test_a_partners_full_sync_twice_leaves_the_same_counts(pkb: Client):
    sync = [
        message("ADT^A28", "AL1|1||91936005^Penicillin allergy^SNOMED CT", "DG1|1||195967001^Asthma^SNOMED CT"),
        t02(PLAN, obx("TEXT", "HTML", "A", "<p>Walk.</p>")),
        *(t02(TXA.replace("D1", f"D{number}"), obx()) for number in range(3)),
        example("oru_r01_laboratory"),
        example("oru_r01_measurements"),
    ]
    counts = []
    for _ in range(2):
        for text in sync:
            messages = text.replace("|ANY|", "|NORTHMOOR_LB{NORTHMOOR_LB}|").replace(
                "|NORTHMOOR|", "|NORTHMOOR_LB{NORTHMOOR_LB}|"
            )
            ack = pkb.send(messages, user="partner_letterbox")
            assert ack.code == "AA", ack.text
        counts.append({key: len(points) for key, points in record(pkb).items() if key != "patient"})
    assert counts[0] == counts[1]
    assert (counts[0]["documents"], counts[0]["lab_results"], counts[0]["measurements"]) == (3, 4, 2)
    assert record(pkb)["documents"][0]["source"]["partner"] is not None


@pytest.mark.parametrize("name", sorted(file.stem for file in FIXTURES.glob("*.hl7")))
def test_zeep_sends_every_message_and_hl7apy_reads_every_acknowledgement(pkb: Client, name: str):
    with session(pkb) as opened:
        answer = soap_client(pkb, opened).service.acceptMessage(example(name))
    parsed = hl7apy.parser.parse_message(answer, validation_level=VALIDATION_LEVEL.TOLERANT)
    assert parsed.msa.msa_1.value == "AA"
    for line in answer.split("\r")[1:2]:
        assert hl7apy.parser.parse_segment(line, version="2.4", validation_level=VALIDATION_LEVEL.STRICT).name == "MSA"


def test_the_patient_of_the_examples_is_of_northmoor(pkb: Client):
    assert pkb.organisation() in record(pkb)["patient"]["organisations"]
    assert ADEYEMI in PID
