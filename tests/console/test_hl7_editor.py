"""The HL7 editor of Try it: examples, lint, send, and what changed."""

from __future__ import annotations

import re
from html import unescape

import pytest

from sandbox.hl7.files import examples
from tests.console.crawling import PREFIX
from tests.support import Client

EDITOR = f"{PREFIX}try/hl7"
SCRIPT = "<script>alert(1)</script>"
SIU = examples()["siu_s12"]


def page_of(pkb: Client, query: str = "") -> str:
    pkb.http.cookies.clear()
    response = pkb.http.get(EDITOR + query)
    assert response.status_code == 200, response.text
    return response.text


def post(pkb: Client, action: str, text: str, credential: str = "org_northmoor", **fields: str) -> str:
    match = re.search(r'data-csrf="([^"]+)"', page_of(pkb))
    form = {"_csrf": match[1] if match else "", "text": text, "credential": credential, **fields}
    response = pkb.http.post(f"{EDITOR}/{action}", data=form, follow_redirects=True)
    assert response.status_code == 200, response.text
    return response.text


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.parametrize("name", examples())
def test_every_example_can_be_loaded(pkb: Client, name: str):
    page = page_of(pkb, f"?example={name}")
    assert examples()[name].splitlines()[0] in unescape(page)


def test_lint_predicts_the_acknowledgement_and_the_changes_in_clinical_words(pkb: Client):
    fragment = words(post(pkb, "lint", SIU, _fragment="1"))
    assert fragment.startswith("AA SIU^S12")
    assert "1 appointment booked: Knee clinic review" in fragment
    assert pkb.control("/exchanges")["exchanges"] == []


def test_findings_stand_with_their_place(pkb: Client):
    fragment = post(pkb, "lint", SIU.replace("202604020930", "soon").replace("Knee clinic", "A&E"), _fragment="1")
    assert words(fragment).startswith("AR SIU^S12")
    places = re.findall(r'data-place="([^"]+)"', fragment)
    assert "SCH-11.4" in places
    assert any(place.startswith("SCH-7.2") for place in places), places


def test_lint_works_without_scripts(pkb: Client):
    page = post(pkb, "lint", SIU.replace("202604020930", "soon"))
    assert "<h1>Try HL7 v2</h1>" in page
    assert "SCH-11.4" in page


def test_a_message_is_sent_and_the_difference_of_the_record_is_shown(pkb: Client):
    page = words(post(pkb, "send", SIU))
    (exchange,) = pkb.control("/exchanges")["exchanges"]
    assert exchange["hl7"]["ack"] == "AA"
    assert exchange["caller"].startswith("customer org_northmoor")
    assert "Application accept" in page
    assert "1 appointment booked: Knee clinic review" in page
    assert "Tola Adeyemi" in page


def test_a_refused_message_says_why_and_keeps_the_text(pkb: Client):
    page = post(pkb, "send", SIU.replace("202604020930", "soon"))
    assert "Application reject" in page
    assert "^soon^202604020950" in page
    assert "Nothing: the record is as before." in page


def test_an_exchange_opens_in_the_editor(pkb: Client):
    pkb.send(SIU.replace("\n", "\r"), "org_eastgate")
    id_ = pkb.control("/exchanges")["exchanges"][0]["id"]
    assert f'href="{EDITOR}?exchange={id_}"' in pkb.http.get(f"{PREFIX}traffic/{id_}").text
    page = page_of(pkb, f"?exchange={id_}")
    assert "APT-77120" in page
    assert '<option value="org_eastgate" selected>' in page


@pytest.mark.parametrize(
    "text", ["", "hello", "MSH", "MSH|^~\\&|" + "|" * 3000, f"MSH|^~\\&|{SCRIPT}\nPID|||{SCRIPT}", "\0"]
)
def test_no_text_is_too_strange(pkb: Client, text: str):
    for page in (post(pkb, "lint", text, _fragment="1"), post(pkb, "lint", text), post(pkb, "send", text)):
        assert "<script>alert" not in page


def test_an_unknown_credential_is_refused(pkb: Client):
    match = re.search(r'data-csrf="([^"]+)"', page_of(pkb))
    form = {"_csrf": match[1] if match else "", "text": SIU, "credential": "letterbox-facade"}
    assert pkb.http.post(f"{EDITOR}/send", data=form).status_code == 400
    assert pkb.http.post(f"{EDITOR}/send", data={**form, "_csrf": ""}).status_code == 400
    assert pkb.control("/exchanges")["exchanges"] == []


def test_a_held_message_leads_to_the_person_who_decides(pkb: Client):
    pkb.http.put(
        f"/_sandbox/organisations/{pkb.organisation()}/configuration",
        json={"options": {"soft_matching": ["family_name"]}},
    )
    page = post(pkb, "send", SIU.replace("Adeyemi", "Somebody"))
    held = pkb.control("/hl7/review")["held"]
    assert len(held) == 1
    assert f'href="{PREFIX}bench/held"' in page
    assert "Approve or reject it" in page
