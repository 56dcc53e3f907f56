"""Registration by the link of an invitation: who is invited, what is asked for, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.model import Invitation, Patient
from sandbox.server import SandboxServer
from tests.console.crawling import PREFIX
from tests.console.forms import notice, submit
from tests.console.samples import example
from tests.support import SOAP, Client

PASSWORD = "Correct-horse-7"
RINA = example("adt_a28")


@pytest.fixture
def mailed_link(pkb: Client) -> str:
    """The link in the mail of an invitation."""
    assert pkb.send(RINA).code == "AA"
    return link_of(pkb)


def link_of(pkb: Client, query: str = "") -> str:
    return str(pkb.control(f"/outbox?kind=invitation{query}")["items"][-1]["links"][0])


def page_of(pkb: Client, mailed_link: str) -> str:
    """The path of the console, below its prefix, to which a link leads."""
    response = pkb.http.get(mailed_link)
    assert response.status_code == 307
    return response.headers["location"].removeprefix(PREFIX)


def rina(pkb: Client, query: str = "") -> dict[str, Any]:
    (row,) = [row for row in pkb.control(f"/world{query}")["patients"] if "Khatun" in row["name"]]
    return row


def register(pkb: Client, mailed_link: str, **fields: str) -> httpx.Response:
    path = page_of(pkb, mailed_link)
    call = re.search(r'name="_call" value="(POST /records/[^"]*)"', pkb.http.get(PREFIX + path).text)
    assert call is not None
    values = {"date_of_birth": "1968-11-30", "password": PASSWORD, **fields}
    return submit(pkb, path, call[1], **values)


def test_the_mailed_link_says_who_is_invited_and_by_whom(pkb: Client, mailed_link: str):
    assert urlsplit(mailed_link).path == "/join/northmoor_default"
    text = pkb.http.get(PREFIX + page_of(pkb, mailed_link)).text
    assert "<b>Northmoor NHS Trust</b>" in text
    assert "Rina" in text
    assert 'value="rina.khatun@example.org"' in text


def test_the_patient_registers_and_can_sign_in(pkb: Client, mailed_link: str):
    born = pkb.control(f"/records/{rina(pkb)['id']}")["patient"]["date_of_birth"]
    response = register(pkb, mailed_link, date_of_birth=born)
    assert response.status_code == 303, response.text
    assert response.headers["location"] == f"{PREFIX}patients/{rina(pkb)['id']}"
    assert "is registered" in notice(pkb.http.get(response.headers["location"]))
    assert pkb.user_token("rina.khatun@example.org")
    assert "is already registered." in pkb.http.get(PREFIX + page_of(pkb, mailed_link)).text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"date_of_birth": "1901-01-01"}, "The date of birth does not match the record"),
        ({"date_of_birth": "yesterday"}, "date_of_birth must be a date"),
        ({"password": "short"}, "A password needs at least 10 characters"),
        ({"email": "nobody"}, "email must be an e-mail address"),
        ({"email": "tola.adeyemi@example.org"}, "belongs to another person"),
        ({"token": "wrongwrong"}, "do not match an invitation"),
    ],
)
def test_wrong_data_is_refused_with_a_reason_and_registers_no_patient(
    pkb: Client, mailed_link: str, fields: dict[str, str], text: str
):
    born = pkb.control(f"/records/{rina(pkb)['id']}")["patient"]["date_of_birth"]
    response = register(pkb, mailed_link, **{"date_of_birth": born, **fields})
    assert response.status_code == 400
    assert text in response.text
    assert not pkb.control(f"/records/{rina(pkb)['id']}")["patient"]["registered"]


@pytest.mark.parametrize("query", ["t1=nothing&t2=nothing", "t1=<b>&t2=%22", "t1=&t2=x", "t1=%00&t2=%ff", "t1=Ä&t2=Ä"])
def test_codes_that_do_not_belong_together_are_refused_in_words(pkb: Client, mailed_link: str, query: str):
    response = pkb.http.get(f"{PREFIX}join?{query}")
    assert response.status_code == 400
    assert "do not belong together" in response.text
    assert "<b>" not in response.text.partition("<form")[2]


def test_one_code_alone_identifies_no_patient(pkb: Client, mailed_link: str):
    code = re.search(r"t1=(\w+)", mailed_link)
    response = pkb.http.get(f"{PREFIX}join?t1={code[1] if code else ''}&t2=wrong")
    assert response.status_code == 400
    assert "Khatun" not in response.text


def test_an_expired_invitation_says_so(pkb: Client, mailed_link: str):
    path = page_of(pkb, mailed_link)
    pkb.http.put("/_sandbox/clock", json={"advance": "P71D"})
    assert "The invitation expired on" in pkb.http.get(PREFIX + path).text


@pytest.mark.parametrize(
    ("born", "by_mail", "is_refused"),
    [("20150623", True, False), ("20150623", False, True), ("19910623", True, False), ("19910623", False, False)],
    ids=["a child by mail", "a child by letter", "an adult by mail", "an adult by letter"],
)
def test_a_child_registers_only_with_an_invitation_by_mail(pkb: Client, born: str, by_mail: bool, is_refused: bool):
    assert pkb.send(RINA.replace("19910623", born)).code == "AA"
    path = page_of(pkb, link_of(pkb))
    store = pkb.server.workspaces.default.store
    if not by_mail:
        for invitation in store.find(Invitation, "patient", rina(pkb)["id"]):
            store.put(replace(invitation, email=""))
    text = pkb.http.get(PREFIX + path).text
    assert ("is under 16, and can register only with an invitation by e-mail." in text) is is_refused
    assert ('name="_call"' in text) is not is_refused


def test_a_deceased_patient_cannot_register(pkb: Client, mailed_link: str):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, rina(pkb)["id"]), deceased=True))
    assert "has died: the record cannot be registered." in pkb.http.get(PREFIX + page_of(pkb, mailed_link)).text


def test_an_invitation_of_another_workspace_registers_there(pkb: Client):
    blue = pkb.http.post("/_sandbox/workspaces", json={"name": "blue"}).json()
    credential = next(row for row in blue["credentials"] if row["kind"] == "hl7-org")
    auth = (credential["username"], credential["password"])
    try:
        body = SOAP.format(RINA.replace("&", "&amp;"))
        pkb.http.post("/services/hl7", content=body, headers={"Content-Type": "text/xml"}, auth=auth)
        mailed_link = link_of(pkb, "&workspace=blue")
        assert "workspace" not in mailed_link
        born = pkb.control(f"/records/{rina(pkb, '?workspace=blue')['id']}?workspace=blue")["patient"]["date_of_birth"]
        response = register(pkb, mailed_link, date_of_birth=born)
        assert response.headers["location"].endswith("?workspace=blue")
    finally:
        pkb.http.delete("/_sandbox/workspaces/blue")


@pytest.fixture(scope="module")
def guarded() -> Iterator[SandboxServer]:
    with SandboxServer(port=0, admin_token="a-token-of-the-join-tests") as server:
        yield server


def test_the_page_needs_the_access_of_the_console(guarded: SandboxServer):
    with httpx.Client(base_url=guarded.base_url) as http:
        first = http.get("/join/northmoor_default?t1=a&t2=b")
        assert first.status_code == 303
        assert first.headers["location"].startswith(f"{PREFIX}sign-in?back=")
        other = http.get(f"{PREFIX}join?t1=a&t2=b", headers={"Accept": "text/html"})
        assert other.status_code == 303


def test_a_page_of_another_site_registers_no_patient(pkb: Client, mailed_link: str):
    path = page_of(pkb, mailed_link)
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert pkb.http.get(PREFIX + path, headers=headers).status_code == 401
    assert pkb.http.get(mailed_link, headers=headers).status_code == 401
