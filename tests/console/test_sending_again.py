"""Sending an exchange again from its page, and what the page shows of its changes."""

from __future__ import annotations

import re
from html import unescape

from tests.console.crawling import PREFIX
from tests.console.test_traffic import ORU, TRAFFIC, exchange_page, text_of
from tests.support import Client


def csrf_of(page: str) -> str:
    match = re.search(r'data-csrf="([^"]+)"', page)
    assert match is not None
    return match[1]


def send_again(pkb: Client, number: int = -1) -> str:
    """The page of the new exchange."""
    pkb.http.cookies.clear()
    id_ = pkb.control("/exchanges")["exchanges"][number]["id"]
    page = text_of(pkb, f"{TRAFFIC}/{id_}")
    response = pkb.http.post(f"{TRAFFIC}/{id_}/again", data={"_csrf": csrf_of(page)}, follow_redirects=True)
    assert response.status_code == 200, response.text
    return response.text


ACCEPTED = ORU.replace("||||||F||\r", "||||||F|||20260303\r")


def test_a_message_is_sent_again_with_its_credential(pkb: Client):
    pkb.send(ACCEPTED)
    page = send_again(pkb)
    first, second = pkb.control("/exchanges")["exchanges"]
    assert (second["hl7"]["ack"], second["repeats"]) == ("AA", first["id"])
    assert second["caller"] == first["caller"]
    assert "Sent again" in page
    assert "Nothing: the record is as before." in page


def test_the_changes_of_a_message_are_listed_beside_it(pkb: Client):
    pkb.send(ACCEPTED)
    pkb.http.post("/_sandbox/reset", json={"reset": ["store"]})
    page = send_again(pkb)
    (changes,) = re.findall(r'<ul class="changes">(.*?)</ul>', page)
    assert "1 lab result added: " in changes, changes
    assert "(ORU^R01 laboratory" in changes


def test_the_change_log_tells_of_other_exchanges(pkb: Client):
    pkb.http.post("/_sandbox/checkpoints", json={"name": "before"})
    pkb.send(ACCEPTED)
    pkb.send(ORU)
    assert "1 lab result added: " in exchange_page(pkb, 0)
    assert "What it changed in the record" not in exchange_page(pkb, 1)


def test_a_search_is_sent_again_without_a_token(pkb: Client):
    pkb.facade("/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9991001379")
    send_again(pkb)
    first, second = (row for row in pkb.control("/exchanges")["exchanges"] if row["api"] == "facade")
    assert (second["outcome"], second["repeats"]) == ("accepted", first["id"])
    assert "9991001379" in second["response"]["body"]


def test_the_session_of_an_app_is_sent_again_for_the_same_patient(pkb: Client):
    token = pkb.user_token("tola.adeyemi@example.org")
    pkb.http.get("/json/users/self", headers={"Authorization": f"Bearer {token}"})
    send_again(pkb)
    rest = [row for row in pkb.control("/exchanges")["exchanges"] if row["api"] == "rest"]
    assert [row["outcome"] for row in rest] == ["accepted", "accepted"]
    assert rest[0]["response"]["body"] == rest[1]["response"]["body"]


def test_a_token_request_is_sent_again_with_its_secret(pkb: Client):
    pkb.token("letterbox-facade")
    pkb.http.post(
        "/api/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("letterbox-facade", pkb.credential("letterbox-facade")["client_secret"]),
    )
    send_again(pkb)
    assert pkb.control("/exchanges")["exchanges"][-1]["outcome"] == "accepted"


def test_a_lost_response_has_a_page_too(pkb: Client):
    pkb.send(ACCEPTED)
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "hl7", "drop": "after-commit"}]})
    assert "No response: the connection was closed" in send_again(pkb)


def test_a_cut_request_cannot_be_sent_again(pkb: Client):
    pkb.facade("/Observation", method="POST", content=b"x" * 70_000)
    page = exchange_page(pkb)
    assert "It cannot be sent again: The journal has only the beginning of its body." in page
    id_ = pkb.control("/exchanges")["exchanges"][-1]["id"]
    response = pkb.http.post(f"{TRAFFIC}/{id_}/again", data={"_csrf": csrf_of(page)})
    assert response.status_code == 400


def test_sending_again_needs_a_form_of_this_browser(pkb: Client):
    pkb.send(ORU)
    id_ = pkb.control("/exchanges")["exchanges"][-1]["id"]
    assert pkb.http.post(f"{TRAFFIC}/{id_}/again", data={"_csrf": "guessed"}).status_code == 400
    assert len(pkb.control("/exchanges")["exchanges"]) == 1


def test_an_exchange_becomes_an_assertion_that_holds(pkb: Client):
    pkb.send(ORU)
    page = exchange_page(pkb)
    assert "pkb_sandbox.assert_exchanged(api=&#34;hl7&#34;, operation=&#34;ORU^R01 laboratory&#34;" in page
    (body,) = re.findall(r"<pre[^>]*>(\{\s+&#34;expect.*?)</pre>", page, re.DOTALL)
    response = pkb.http.post("/_sandbox/verify", content=unescape(body))
    assert response.json()["ok"] is True


def test_an_exchange_fills_in_the_form_of_a_fault_rule(pkb: Client):
    pkb.send(ORU)
    assert (
        f'href="{PREFIX}bench/faults?api=hl7&amp;operation=ORU%5ER01+laboratory&amp;client=org_northmoor"'
        in exchange_page(pkb)
    )
