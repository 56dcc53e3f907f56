"""The linter reports every error of a message, the one that decides first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.hl7.lint import lint
from tests.hl7.clinical import message
from tests.hl7.samples import A28, example
from tests.hl7.test_every_field import EXAMPLES
from tests.hl7.test_usage import PRINCIPAL, outcome, put


def errors(text: str) -> dict[str, str]:
    """Place → text of the errors, in order."""
    findings = lint(PRINCIPAL, text)["findings"]
    rows = [finding for finding in findings if finding["level"] == "error"]
    return {f"{finding['segment']}-{finding['field']}".rstrip("-"): finding["text"] for finding in rows}


SEVERAL = {
    "of the header": (
        A28.replace("|20260310101500||ADT^A28|a28-001|P|", "|||ADT^A28|||"),
        ["MSH-7.1", "MSH-10.1", "MSH-11.1"],
    ),
    "of a header without a type": (A28.replace("|ADT^A28|a28-001|P|", "||||"), ["MSH-9", "MSH-10.1", "MSH-11.1"]),
    "of PID": (
        A28.replace("|19910623|F|", "|1991062|X|").replace("^NET^^rina", "^NET^^other@example.org~^NET^^rina"),
        ["PID-7.1", "PID-8", "PID-13"],
    ),
    "of several segments": (
        A28.replace("91936005^Penicillin allergy^SNOMED CT", "")
        .replace("195967001^Asthma^SNOMED CT", "")
        .replace("|N\n", "|N\nZRX|^x\n"),
        ["ZRX-2.1", "AL1-3.1", "DG1-3.1"],
    ),
    "of an appointment": (
        example("siu_s12").replace("APT-77120", "", 1).replace("202604020930^202604020950", "^20260402095"),
        ["SCH-1.1", "SCH-11.5", "SCH-11.4"],
    ),
    "of attendees": (
        example("siu_s12").replace("^Lindqvist^Maja^^^Dr|^Consultant", "^^Maja|^Nurse\nAIP|||^^Owen"),
        ["AIP-3.2", "AIP[2]-3.2"],
    ),
    "of every observation": (
        message(
            "ORU^R01",
            "OBR|1|||FBC^Full blood count",
            "OBX|1|NM|A^A||1|||||||||20260101",
            "OBX|2||B^B||2||||||F||x",
            "OBX|3|NM|||3|||||||||2026",
            "OBX|4|SN|D^D||<^x",
        ),
        ["OBX[2]-2.1", "OBX[3]-3.1", "OBX[2]-14.1", "OBX[2]-13.1", "OBX[4]-5.2", "OBX[4]-14.1", "OBR-3.1"],
    ),
    "of a document": (
        example("mdm_t02_document")
        .replace("|CL|", "|ZZ|")
        .replace("^Lindqvist^Maja^^^Dr", "^^Maja")
        .replace("|AU", "|DO"),
        ["TXA-17.1", "TXA-2.1", "TXA-5.2"],
    ),
    "of a file": (
        message("MDM^T02", "TXA||CL||||||||||D1|||||AU", "OBX|1|ED|^T||^IMAGE^PDF^A^x||||||||x"),
        ["OBX-5.2", "OBX-5.4", "OBX-13.1"],
    ),
    "of radiology": (
        message(
            "ORU^R01", "OBR|1|||X", "OBX|1||R||x", "OBX|2|ED|R||^IM^EXE^A^x||||||||y", "OBR|2||R2|X^Y", app="RADIOLOGY"
        ),
        ["OBR[2]", "OBR-3.1", "OBR-7.1", "OBR-4.2", "OBX-2.1", "OBX[2]-13.1", "OBX[2]-5.3"],
    ),
    "of an encounter": (
        message("ADT^A01", "EVN||2026|x", "PV1|1|I|||||^^a|^^b||||||||||||||||||||||||||||||||||||2026011"),
        ["PV1-19.1", "EVN-3.1", "PV1-44.1", "PV1-7.2", "PV1-8.2"],
    ),
    "of the message and of the record": (
        message("SIU^S13", "SCH|A99|||||||||||", "AIP|||^^x").replace("19880214", "1988021"),
        ["PID-7.1", "AIP-3.2", "SCH-11.4", "PV1"],
    ),
    "of the message and of the identifiers": (
        A28.replace("9998120012^^^NHS^NH{status:01}~NM00901^^^NORTHMOOR^MR", "1^^^X^Y").replace("|F|", "|X|"),
        ["PID-8", "PID-3"],
    ),
    "of the message and of what the record needs": (
        A28.replace("Khatun^Rina", "^Rina").replace("91936005^Penicillin allergy^SNOMED CT", ""),
        ["AL1-3.1", "PID-5"],
    ),
    "of a query": (
        example("qry_a19_sta").replace("10^RD", "x^LI"),
        ["QRD-7.2", "QRD-7.1"],
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_every_error_is_reported(name: str):
    text, places = SEVERAL[name]
    assert sorted(errors(text)) == sorted(places)


def test_an_unknown_sender_does_not_hide_other_errors(pkb):
    text = A28.replace("91936005^Penicillin allergy^SNOMED CT", "")
    response = pkb.http.post("/_sandbox/hl7/lint", json={"text": text, "credential": "partner_letterbox"})
    rows = [finding for finding in response.json()["findings"] if finding["level"] == "error"]
    assert [finding["segment"] for finding in rows] == ["MSH", "AL1"]


def test_the_first_error_is_that_of_the_acknowledgement():
    for text, _ in SEVERAL.values():
        linted = lint(PRINCIPAL, text)
        assert linted["ack"] == "AR"
        assert linted["findings"][0]["text"].split(" (accepted")[0] in linted["ack_text"].replace("\\S\\", "^")


def test_an_error_does_not_bring_others_with_it():
    obr = "OBR|1||L1|S^S|||2026030311x"
    assert list(errors(message("ORU^R01", obr, "OBX|1|NM|A^A||1", "OBX|2|NM|B^B||2"))) == ["OBR-7.1"]
    assert list(errors(example("mdm_t02_document").replace("|ED|", "|TX|"))) == ["OBX-2.1"]


@settings(max_examples=300)
@given(
    name=st.sampled_from(sorted(EXAMPLES)),
    damages=st.lists(
        st.tuples(
            st.integers(0, 6),
            st.integers(2, 20),
            st.sampled_from((1, 2, 4)),
            st.sampled_from(("", '""', "2026031", "x", "-1")),
        ),
        min_size=1,
        max_size=4,
    ),
)
def test_of_any_damage_the_linter_says_what_the_acknowledgement_says(name, damages):
    text = EXAMPLES[name]
    for line, field, component, value in damages:
        count = len(text.splitlines())
        least = 3 if line % count == 0 else 1
        text, _ = put(text, line % count, (max(field, least), 1, component, 1), value)
    linted = lint(PRINCIPAL, text)
    ack, _ = outcome(text)
    assert linted["ack"] == ack
    rows = [finding for finding in linted["findings"] if finding["level"] == "error"]
    assert bool(rows) == (ack != "AA")
    assert len(rows) == len({(row["segment"], row["field"], row["text"]) for row in rows})
    assert lint(PRINCIPAL, text) == linted


def test_of_a_message_of_errors_so_many_are_listed():
    text = "\r".join((A28.splitlines()[0], A28.splitlines()[1], *["AL1|1|||||x"] * 5000))
    assert len(errors(text)) == 1000
