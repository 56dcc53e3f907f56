"""PD1, ROL and NK1 as PKB has announced them, with the settings and without.

Sources: *GP details* (roadmap) and *NK1* (roadmap).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.hl7.clinical import accepted, message, record
from tests.support import Client

PD1 = "PD1|||Mill Lane Surgery^^B86001^^^NHS^ODS|1234567^Farrow^Dilys^^^Dr^^^NHS^^^^GMC"
ROL = (
    "ROL|1|UC|PP|7654321^Bright^Owen^^^Dr^^^NHS^^^^GMC|||||||1 High Street^^Leeds^^LS0 0ZZ^GBR"
    "|^^^surgery@example.org^^^07700900222"
)
MOTHER = (
    "NK1|1|Adeyemi^Folake^^^Mrs|MTH|3 Mill Yard^^Leeds|||NOK||||||||F|19550110|||||||||||||||||K-1|||||||"
    "07700900333^PRS~^NET^^folake@example.org"
)
BROTHER = "NK1|2|Adeyemi^Kunle|BRO"


@pytest.fixture(scope="module")
def announced() -> Iterator[Client]:
    with SandboxServer(port=0, gp_roadmap=True, nk1_roadmap=True) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def switched_on(announced: Client) -> Client:
    assert announced.http.post("/_sandbox/reset").status_code == 200
    return announced


def a31(*segments: str) -> str:
    return message("ADT^A31", *segments)


def kin(pkb: Client) -> list[dict[str, Any]]:
    return record(pkb)["next_of_kin"]


def test_announced_segments_are_ignored(pkb: Client):
    accepted(pkb, a31(PD1, ROL, MOTHER))
    assert (record(pkb)["general_practitioners"], kin(pkb)) == ([], [])


def test_pd1_brings_practice_and_gp(switched_on: Client):
    accepted(switched_on, a31(PD1))
    (gp,) = record(switched_on)["general_practitioners"]
    assert (gp["practice"], gp["practice_code"], gp["number"]) == ("Mill Lane Surgery", "B86001", "1234567")
    assert (gp["name"]["family"], gp["name"]["given"], gp["name"]["title"]) == ("Farrow", "Dilys", "Dr")


def test_rol_replaces_earlier_gp_details(switched_on: Client):
    accepted(switched_on, a31(PD1))
    (before,) = record(switched_on)["general_practitioners"]
    accepted(switched_on, a31(ROL))
    (gp,) = record(switched_on)["general_practitioners"]
    assert (gp["id"], gp["number"], gp["name"]["family"], gp["practice"]) == (before["id"], "7654321", "Bright", "")
    assert (gp["address"]["postcode"], gp["email"], gp["phone"]) == ("LS0 0ZZ", "surgery@example.org", "07700900222")


def test_rol_goes_before_pd1_in_one_message(switched_on: Client):
    accepted(switched_on, a31(PD1, ROL))
    (gp,) = record(switched_on)["general_practitioners"]
    assert (gp["practice"], gp["name"]["family"]) == ("Mill Lane Surgery", "Bright")


@pytest.mark.parametrize("segment", ["PD1|", ROL.replace("|PP|", "|AT|")], ids=["an empty PD1", "another role"])
def test_a_segment_without_a_gp_changes_nothing(switched_on: Client, segment: str):
    accepted(switched_on, a31(PD1))
    before = record(switched_on)["general_practitioners"]
    accepted(switched_on, a31(segment))
    assert record(switched_on)["general_practitioners"] == before


def test_nk1_brings_next_of_kin(switched_on: Client):
    accepted(switched_on, a31(MOTHER, BROTHER))
    mother, brother = kin(switched_on)
    assert (mother["name"]["family"], mother["name"]["title"], mother["relationship"]) == ("Adeyemi", "Mrs", "MTH")
    assert (mother["address"]["city"], mother["role"], mother["gender"]) == ("Leeds", "NOK", "FEMALE")
    assert (mother["date_of_birth"], mother["identifier"]) == ("1955-01-10", "K-1")
    assert (mother["phone"], mother["email"]) == ("07700900333", "folake@example.org")
    assert (brother["name"]["given"], brother["relationship"], brother["gender"]) == ("Kunle", "BRO", "UNKNOWN")


def test_nk1_replaces_all_entries_of_the_organisation_and_no_others(switched_on: Client):
    accepted(switched_on, a31(MOTHER, BROTHER))
    assert switched_on.send(a31(MOTHER), "org_eastgate").code == "AA"
    accepted(switched_on, a31(BROTHER.replace("|2|", "|1|")))
    assert [relative["name"]["given"] for relative in kin(switched_on)] == ["Folake", "Kunle"]


def test_no_nk1_leaves_next_of_kin_as_they_are(switched_on: Client):
    accepted(switched_on, a31(MOTHER))
    before = kin(switched_on)
    accepted(switched_on, a31())
    assert kin(switched_on) == before


def test_the_null_in_the_only_nk1_deletes_all_of_the_sender(switched_on: Client):
    accepted(switched_on, a31(MOTHER, BROTHER))
    accepted(switched_on, a31('NK1|""'))
    assert kin(switched_on) == []


@pytest.mark.parametrize("number", ["", "2", "x", '""'])
def test_an_nk1_out_of_sequence_is_ignored(switched_on: Client, number: str):
    accepted(switched_on, a31(MOTHER, BROTHER.replace("|2|", f"|{number}|"), BROTHER.replace("|2|", "|4|")))
    assert len(kin(switched_on)) == (2 if number == "2" else 1)


@pytest.mark.parametrize("code", ["", "FTH", "mth"])
def test_an_unknown_relationship_is_unk(switched_on: Client, code: str):
    accepted(switched_on, a31(MOTHER.replace("|MTH|", f"|{code}|")))
    assert kin(switched_on)[0]["relationship"] == "UNK"


def test_lint_says_what_is_used(pkb: Client, switched_on: Client):
    for client, level in ((pkb, "ignored"), (switched_on, "used")):
        response = client.http.post("/_sandbox/hl7/lint", json={"text": a31(PD1, MOTHER)})
        findings = [finding for finding in response.json()["findings"] if finding["segment"] in ("PD1", "NK1")]
        assert {finding["level"] for finding in findings if "." not in finding["field"]} == {level}, findings
