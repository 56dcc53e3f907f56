"""MessageService and AttachmentService: the stream after a time, and files with their media type.

Sources: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744628737 ;
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743121409
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from sandbox.base.ids import legacy_id
from sandbox.model import Attachment, Document
from tests.rest.support import ask, assert_error, assert_object, call, token_of
from tests.support import Client

TOLA, RHYS, OWEN_ID = "5001", "5010", "f1640ff8-d059-403c-b0d5-295ffc6e627d"
MDM = (
    "MSH|^~\\&|A|B|PKB|PKB|20260301120000||MDM^T02|m-{number}|P|2.4\rPID|1||9991001379^^^NHS^NH||Adeyemi^Tola\r"
    "PV1|1|O\rTXA|1|CL|TEXT|20260301113000||||||||{number}||||{name}|AU\r"
    "OBX|1|ED|CL^{title}||^TEXT^HTML^A^<p>Come back.</p>||||||||{delay}\r"
)
NOW = "2026-11-01T00:00:00Z"


def write(pkb: Client, **more: Any) -> dict[str, Any]:
    """A message of the patient to the clinician, as from PKB's web page."""
    body = {"recipients": [OWEN_ID], "subject": "Please cancel my appointment", "content": "On Tuesday."}
    response = pkb.http.post(f"/_sandbox/records/{TOLA}/messages", json={**body, **more})
    assert response.status_code == 201, response.text
    return response.json()


def send(
    pkb: Client, number: str = "D1", name: str = "letter.html", title: str = "Clinic letter", delay: str = ""
) -> None:
    ack = pkb.send(MDM.format(number=number, name=name, title=title, delay=delay))
    assert ack.code == "AA", ack.detail


def stream(pkb: Client, caller: str = "PATIENT", after: str = "0") -> list[dict[str, Any]]:
    messages = ask(pkb, "GET", f"/messages/after/{after}", caller)
    for message in messages:
        assert_object(message, message["kind"].lower())
    return messages


def test_a_message_shows_to_who_wrote_it_and_to_who_gets_it(pkb: Client):
    written = write(pkb)
    for caller in ("PATIENT", "CLINICIAN"):
        (message,) = [message for message in stream(pkb, caller) if message["id"] == legacy_id(written["id"])]
        assert (message["senderId"], message["senderName"], message["recipientIds"]) == (
            TOLA,
            "Ms Tola Adeyemi",
            ["3001"],
        )
        assert (message["subject"], message["content"], message["htmlAllowed"]) == (
            "Please cancel my appointment",
            "On Tuesday.",
            False,
        )
        assert (message["status"], message["attachmentIds"]) == ("UNREAD", [])


def test_a_draft_is_not_in_the_stream(pkb: Client):
    draft = write(pkb, draft=True)
    for caller in ("PATIENT", "CLINICIAN"):
        assert legacy_id(draft["id"]) not in [message["id"] for message in stream(pkb, caller)]


def test_after_is_strictly_after_and_the_oldest_is_first(pkb: Client):
    first = write(pkb)
    pkb.server.workspaces.default.clock.advance(timedelta(minutes=1))
    second = write(pkb)
    ids = [legacy_id(first["id"]), legacy_id(second["id"])]
    messages = stream(pkb)
    assert [message["id"] for message in messages if message["id"] in ids] == ids
    at = next(message["timestamp"] for message in messages if message["id"] == ids[0])
    later = [message["id"] for message in stream(pkb, after=at)]
    assert ids[1] in later
    assert stream(pkb, after="2199-01-01T00:00:00Z") == []


@pytest.mark.parametrize("time", ["yesterday", "2026-03-01", "2026-03-01T00:00:00", "9" * 30, "%20", "1e9"])
def test_an_invalid_time_is_a_bad_request(pkb: Client, time: str):
    assert_error(call(pkb, "GET", f"/messages/after/{time}", token_of(pkb, "PATIENT")), 400, "BAD_REQUEST")


def test_a_document_is_in_the_stream_and_its_file_is_given_out(pkb: Client):
    send(pkb)
    (message,) = [message for message in stream(pkb) if message["subject"] == "Clinic letter"]
    assert (message["kind"], message["documentType"], message["documentClass"]) == (
        "DOCUMENT",
        "CLINIC_LETTER",
        "OUT_PATIENT",
    )
    assert (message["senderName"], message["content"], message["recipientIds"]) == ("Northmoor NHS Trust", None, [TOLA])
    for caller in ("PATIENT", "CLINICIAN", "TEAMCOORD", "SITE"):
        response = call(pkb, "GET", f"/attachments/{message['attachmentIds'][0]}", token_of(pkb, caller))
        assert response.status_code == 200
        assert response.content == b"<p>Come back.</p>"
        assert response.headers["content-type"].startswith("text/html")
        assert response.headers["content-length"] == "17"
        assert (
            response.headers["content-disposition"]
            == "attachment; filename=\"letter.html\"; filename*=UTF-8''letter.html"
        )


def test_a_file_name_cannot_break_out_of_its_header(pkb: Client):
    send(pkb, name='a"\\X0D\\\\X0A\\Set-Cookie: x=1;é.html', title="Odd name")
    (message,) = [message for message in stream(pkb) if message["subject"] == "Odd name"]
    response = call(pkb, "GET", f"/attachments/{message['attachmentIds'][0]}", token_of(pkb, "PATIENT"))
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    assert response.headers["content-disposition"].count('"') == 2


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\\E\\b.pdf", "a\\.br\\b.pdf"])
def test_a_file_name_has_neither_path_nor_control_characters(pkb: Client, name: str):
    send(pkb, name=name, title="Odd name")
    (message,) = [message for message in stream(pkb) if message["subject"] == "Odd name"]
    response = call(pkb, "GET", f"/attachments/{message['attachmentIds'][0]}", token_of(pkb, "PATIENT"))
    full = unquote(response.headers["content-disposition"].rpartition("UTF-8''")[2])
    assert not set(full) & set("/\\\n")


def test_a_document_that_is_held_back_shows_to_the_patient_without_title_and_file(pkb: Client):
    send(pkb)
    store = pkb.server.workspaces.default.store
    document = next(
        document
        for document in store.all(Document)
        if document.title == "Clinic letter" and document.external_id == "D1"
    )
    store.put(replace(document, released_at=document.at + timedelta(days=36500)))
    path = f"/attachments/{document.attachment}"
    (held,) = [message for message in stream(pkb) if message["id"] == legacy_id(document.id)]
    assert (held["subject"], held["attachmentIds"]) == ("", [])
    assert_error(call(pkb, "GET", path, token_of(pkb, "PATIENT")), 404, "NOT_FOUND")
    (seen,) = [message for message in stream(pkb, "CLINICIAN") if message["id"] == legacy_id(document.id)]
    assert (seen["subject"], len(seen["attachmentIds"])) == ("Clinic letter", 1)
    assert call(pkb, "GET", path, token_of(pkb, "CLINICIAN")).status_code == 200


def test_only_files_of_documents_that_one_may_see_are_given_out(pkb: Client):
    send(pkb)
    ask(pkb, "POST", "/v1/treatmentPlans", "PATIENT", json={"name": "Plan", "actionPlan": "<p>x</p>"})
    store = pkb.server.workspaces.default.store
    letter = next(attachment for attachment in store.all(Attachment) if attachment.filename == "letter.html")
    plan = next(attachment for attachment in store.all(Attachment) if attachment.filename == "action-plan.html")
    other = pkb.user_token("rhys.delacroix@example.org")
    assert_error(call(pkb, "GET", f"/attachments/{letter.id}", other), 404, "NOT_FOUND")
    assert_error(call(pkb, "GET", f"/attachments/{plan.id}", token_of(pkb, "PATIENT")), 404, "NOT_FOUND")
    for id_ in ("1", "x", "..%2F..%2Fetc%2Fpasswd", "%00", "a" * 5000):
        assert_error(call(pkb, "GET", f"/attachments/{id_}", token_of(pkb, "PATIENT")), 404, "NOT_FOUND")


def test_a_download_is_in_the_journal_without_its_bytes(pkb: Client):
    send(pkb)
    (message,) = [message for message in stream(pkb) if message["subject"] == "Clinic letter"]
    response = call(pkb, "GET", f"/attachments/{message['attachmentIds'][0]}", token_of(pkb, "PATIENT"))
    exchange = pkb.control(f"/exchanges/{response.headers['pkb-sandbox-exchange']}")
    assert (exchange["operation"], exchange["response"]["body"]) == ("GET /attachments/{id}", "")


@pytest.mark.parametrize("path", ["/v1/otp"])
def test_messages_and_documents_are_not_written_here(pkb: Client, path: str):
    for method, written in (("POST", "/messages/after/0"), ("DELETE", "/attachments/1"), ("POST", path)):
        assert_error(call(pkb, method, written, token_of(pkb, "PATIENT")), 405, "METHOD_NOT_ALLOWED")
