"""MDM^T02 and T11: documents and care plans. Source: *MDM T02 Document*, pkbdev.atlassian.net pages/3364848860."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hl7.clinical import ADEYEMI, accepted, configure, message, record, refused
from tests.hl7.samples import example
from tests.support import Client

TEXT = base64.b64encode(b"Dear Tola").decode()
TXA = "TXA||CL||202603071000||||||||D1||||letter.txt|AU"
PLAN = "TXA||CP||202603080845||||||||P1|||||AU"


def obx(
    type_: str = "TEXT", format_: str = "TXT", encoding: str = "Base64", data: str = TEXT, title: str = "T^Letter"
) -> str:
    return f"OBX|1|ED|{title}||^{type_}^{format_}^{encoding}^{data}"


def t02(*segments: str) -> str:
    return message("MDM^T02", *segments)


def document(pkb: Client) -> dict[str, Any]:
    (row,) = record(pkb)["documents"]
    document_: dict[str, Any] = row
    return document_


def test_a_document_holds_every_field(pkb: Client):
    accepted(pkb, example("mdm_t02_document"))
    stored_document = document(pkb)
    assert (stored_document["external_id"], stored_document["type"], stored_document["class"]) == (
        "DOC-30077",
        "CLINIC_LETTER",
        "OUT_PATIENT",
    )
    assert (stored_document["title"], stored_document["status"], stored_document["specialty"]) == (
        "Knee clinic letter",
        "UNREAD",
        "ORTHO",
    )
    assert (stored_document["at"], stored_document["released_at"]) == ("2026-03-07T10:00:00Z", "2026-03-10T10:00:00Z")
    assert stored_document["planned_postal_at"] == "2026-03-12T09:00:00Z"
    assert stored_document["source"]["text"] == "Dr Maja Lindqvist"
    (file,) = record(pkb)["attachments"]
    assert (file["id"], file["filename"], file["media_type"]) == (
        stored_document["attachment"],
        "knee-letter.pdf",
        "application/pdf",
    )
    got = pkb.http.get(f"/_sandbox/records/{ADEYEMI}/attachments/{file['id']}")
    assert got.content.startswith(b"%PDF-1.4")
    assert (len(got.content), got.headers["content-type"]) == (file["size"], "application/pdf")


@pytest.mark.parametrize(("field", "at"), [(8, "20260308"), (7, "20260309"), (6, "20260305")])
def test_a_document_takes_the_first_time_in_its_message(pkb: Client, field: int, at: str):
    fields = TXA.split("|")
    fields[field] = at
    accepted(pkb, t02("|".join(fields), obx()))
    assert document(pkb)["at"].startswith(f"{at[:4]}-{at[4:6]}-{at[6:]}T")


def test_a_known_number_is_replaced_whole_and_unread_again(pkb: Client):
    accepted(pkb, t02(TXA, obx()))
    before = document(pkb)
    path = f"/_sandbox/records/{ADEYEMI}/documents/{before['id']}/read"
    assert pkb.http.post(path).json()["status"] == "READ"
    accepted(pkb, t02(TXA, obx()))
    assert document(pkb)["status"] == "READ"
    accepted(pkb, t02(TXA, obx(title="^New title")))
    after = document(pkb)
    assert (after["id"], after["title"], after["status"]) == (before["id"], "New title", "UNREAD")
    assert len(record(pkb)["attachments"]) == 1


def test_a_deleted_document_and_its_file_are_gone(pkb: Client):
    accepted(pkb, t02(TXA, obx()), message("MDM^T11", "TXA||CL||||||||||D1"))
    assert (record(pkb)["documents"], record(pkb)["attachments"]) == ([], [])
    accepted(pkb, message("MDM^T11", "TXA||CL||||||||||D1"))


def test_a_care_plan_cannot_be_deleted(pkb: Client):
    accepted(pkb, t02(PLAN, obx("TEXT", "HTML", "A", "<p>Walk.</p>")), message("MDM^T11", "TXA||CP||||||||||P1"))
    assert len(record(pkb)["care_plans"]) == 1


def test_a_care_plan_keeps_its_versions(pkb: Client):
    first, second = obx("TEXT", "HTML", "A", "<p>Walk.</p>"), obx("TEXT", "HTML", "A", "<p>Run.</p>", "^Running")
    accepted(pkb, t02(PLAN, first), t02(PLAN, first), t02(PLAN.replace("20260308", "20260401"), second))
    (plan,) = record(pkb)["care_plans"]
    assert (plan["name"], len(plan["versions"])) == ("Running", 1)
    assert plan["versions"][0]["name"] == "Letter"
    assert plan["created_at"].startswith("2026-03-08")
    assert plan["last_edited_at"].startswith("2026-04-01")
    assert len(record(pkb)["attachments"]) == 2


REFUSED: dict[str, tuple[str, str]] = {
    "no number": (
        t02(TXA.replace("D1", ""), obx()),
        "TXA-12.1 (unique document number) must be provided. You provided []",
    ),
    "no status": (t02(TXA.replace("AU", ""), obx()), "TXA-17.1 (completion status) must be provided. You provided []"),
    "a draft": (t02(TXA.replace("AU", "IP"), obx()), "TXA-17.1 (completion status) must be AU. You provided [IP]"),
    "no type": (t02(TXA.replace("CL", ""), obx()), "TXA-2.1 (document type) must be provided. You provided []"),
    "another type": (t02(TXA.replace("CL", "ZZ"), obx()), "Unknown document type [ZZ] in TXA-2.1"),
    "no title": (
        t02(TXA, obx(title="X")),
        "You need to provide at least one of: OBX.3.2 (title), OBX.3.5 (alternative title)",
    ),
    "not ED": (t02(TXA, obx().replace("|ED|", "|TX|")), "OBX-2.1 (value type) must be ED. You provided [TX]"),
    "text in OBX": (t02(TXA, "OBX|1|TX|^Letter||Dear Tola"), "OBX-2.1 (value type) must be ED. You provided [TX]"),
    "no value type": (
        t02(TXA, "OBX|1||^Letter||Dear Tola"),
        "OBX-2.1 (value type) must be provided. You provided []",
    ),
    "a draft with text": (
        t02(TXA.replace("AU", "DO"), "OBX|1|TX|^Letter||Dear Tola"),
        "TXA-17.1 (completion status) must be AU. You provided [DO]",
    ),
    "a plan with text": (t02(PLAN, "OBX|1|FT|^Plan||Walk"), "OBX-2.1 (value type) must be ED. You provided [FT]"),
    "two files": (t02(TXA, obx(), obx()), "Only one OBX segment may be provided"),
    "a bad file": (t02(TXA, obx(data="***")), "OBX-5.5 (data) is not valid Base64"),
    "a truncated file": (t02(TXA, obx(data=TEXT[:-1])), "OBX-5.5 (data) is not valid Base64"),
    "a PDF as text": (t02(TXA, obx("TEXT", "PDF", "A")), "OBX-5.4 (encoding) must be Base64. You provided [A]"),
    "Word as text": (
        t02(TXA, obx("TEXT", "MSWORD")),
        "OBX-5.2 (type of data) must be APPLICATION. You provided [TEXT]",
    ),
    "another format": (
        t02(TXA, obx("TEXT", "EXE")),
        "OBX-5.3 (data subtype) must be PDF, HTML, RTF, TXT, PLAIN, MSWORD. You provided [EXE]",
    ),
    "an author without family name": (
        t02(TXA.replace("|202603071000|", "|202603071000|^^Maja"), obx()),
        "TXA-5.2 (family name) must be provided. You provided []",
    ),
    "a plan without time": (
        t02(PLAN.replace("202603080845", ""), obx("TEXT", "HTML")),
        "TXA-4.1 (activity time) must be provided. You provided []",
    ),
    "a plan as an application": (
        t02(PLAN, obx("APPLICATION", "PDF")),
        "OBX-5.2 (type of data) must be TEXT. You provided [APPLICATION]",
    ),
    "a plan of another format": (
        t02(PLAN, obx("TEXT", "RTF")),
        "OBX-5.3 (data subtype) must be HTML, PDF. You provided [RTF]",
    ),
    "a plan as plain PDF": (t02(PLAN, obx("TEXT", "PDF", "A")), "OBX-5.4 (encoding) must be Base64. You provided [A]"),
    "nothing to delete": (
        message("MDM^T11", "TXA||CL"),
        "TXA-12.1 (unique document number) must be provided. You provided []",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_document_needs_its_required_fields(pkb: Client, name: str):
    refused(pkb, *REFUSED[name])


def test_an_organisations_own_document_type_is_accepted(pkb: Client):
    configure(pkb, code_sets={"document_types": {"ZZ": "CLINIC_LETTER"}})
    accepted(pkb, t02(TXA.replace("CL", "ZZ"), obx()))
    assert document(pkb)["type"] == "CLINIC_LETTER"


def test_a_document_without_a_file_name_is_called_document_with_the_extension_of_its_format(pkb: Client):
    accepted(pkb, t02(TXA.replace("letter.txt", ""), obx()))
    (file,) = record(pkb)["attachments"]
    assert file["filename"] == "document.txt"


def test_an_unchanged_repeat_of_a_document_stays_read(pkb: Client):
    accepted(pkb, t02(TXA, obx()))
    before = document(pkb)
    assert pkb.http.post(f"/_sandbox/records/{ADEYEMI}/documents/{before['id']}/read").status_code == 200
    accepted(pkb, t02(TXA, obx()))
    assert (document(pkb)["id"], document(pkb)["status"]) == (before["id"], "READ")


def test_a_file_name_cannot_add_headers(pkb: Client):
    accepted(pkb, t02(TXA.replace("letter.txt", 'a"b\\.br\\Set-Cookie: x'), obx()))
    (file,) = record(pkb)["attachments"]
    got = pkb.http.get(f"/_sandbox/records/{ADEYEMI}/attachments/{file['id']}")
    assert "set-cookie" not in got.headers
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"a_b_Set-Cookie_ x\"; filename*=UTF-8''a%22b_Set-Cookie%3A%20x"
    )


@pytest.mark.parametrize("space", [" ", "\\.br\\", " \\.br\\"], ids=["blank", "new line", "both"])
def test_white_space_in_base64_is_skipped(pkb: Client, space: str):
    accepted(pkb, t02(TXA, obx(data=f"{TEXT[:4]}{space}{TEXT[4:]}")))
    (file,) = record(pkb)["attachments"]
    got = pkb.http.get(f"/_sandbox/records/{ADEYEMI}/attachments/{file['id']}")
    assert got.content == b"Dear Tola"


@pytest.mark.parametrize(
    ("segment", "place"),
    [(obx("TEXT", "EXE"), "5.3"), (obx("TEXT", "TXT", "B"), "5.4"), (obx(data="***"), "5.5")],
)
def test_what_is_wrong_with_a_file_is_said_at_its_component(pkb: Client, segment: str, place: str):
    findings = pkb.http.post("/_sandbox/hl7/lint", json={"text": t02(TXA, segment)}).json()["findings"]
    assert ("OBX", place) in {(row["segment"], row["field"]) for row in findings if row["level"] == "error"}


@given(data=st.text(alphabet="ABCDabcd0189+/=-_ ", max_size=24))
def test_any_base64_is_read_or_refused(running, data: str):
    pkb: Client = running
    assert pkb.send(t02(TXA, obx(data=data))).code in ("AA", "AR")
