"""Proof Key for Code Exchange (RFC 7636): verified when a client sends it, never demanded."""

from __future__ import annotations

import base64
import hashlib

import httpx
import pytest

from tests.control.test_control_api import assert_problem
from tests.oauth.test_code_grant import ASKED, DIARY, DONE, TOLA, Browser, approve, exchange
from tests.support import Client

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
S256 = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
"""The verifier and challenge of RFC 7636 appendix B."""
OTHER = "x" * 43


def redeem(pkb: Client, code: str, **form: str) -> httpx.Response:
    return exchange(pkb, grant_type="authorization_code", code=code, client_id=DIARY, redirect_uri=DONE, **form)


PROVED = {
    "S256": ({"code_challenge": S256, "code_challenge_method": "S256"}, VERIFIER),
    "plain": ({"code_challenge": VERIFIER, "code_challenge_method": "plain"}, VERIFIER),
    "plain by default": ({"code_challenge": VERIFIER}, VERIFIER),
    "the longest": ({"code_challenge": "~" * 128}, "~" * 128),
}


@pytest.mark.parametrize(("challenge", "verifier"), PROVED.values(), ids=PROVED)
def test_a_challenge_that_is_proved_gets_tokens(pkb: Client, challenge: dict[str, str], verifier: str):
    response = redeem(pkb, approve(pkb, **challenge)["code"], code_verifier=verifier)
    assert response.status_code == 200, response.text
    assert response.json()["access_token"]


UNPROVED = {
    "another verifier": ({"code_challenge": S256, "code_challenge_method": "S256"}, {"code_verifier": OTHER}),
    "the challenge itself": ({"code_challenge": S256, "code_challenge_method": "S256"}, {"code_verifier": S256}),
    "no verifier": ({"code_challenge": S256, "code_challenge_method": "S256"}, {}),
    "an empty verifier": ({"code_challenge": S256, "code_challenge_method": "S256"}, {"code_verifier": ""}),
    "a hash taken as plain": ({"code_challenge": S256}, {"code_verifier": VERIFIER}),
    "a verifier that is not ASCII": ({"code_challenge": VERIFIER}, {"code_verifier": "é" * 43}),
    "a verifier without a challenge": ({}, {"code_verifier": VERIFIER}),
}


@pytest.mark.parametrize(("challenge", "proof"), UNPROVED.values(), ids=UNPROVED)
def test_an_unproved_code_challenge_is_refused(pkb: Client, challenge: dict[str, str], proof: dict[str, str]):
    code = approve(pkb, **challenge)["code"]
    response = redeem(pkb, code, **proof)
    assert response.status_code == 400
    assert response.json() == {
        "error": "invalid_grant",
        "error_description": "code_verifier does not match code_challenge",
    }
    explained = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()
    assert explained["standing"] == "choice"
    assert "code_verifier" in explained["instead"]


def test_a_code_stays_good_for_the_client_that_can_prove_it(pkb: Client):
    code = approve(pkb, code_challenge=S256, code_challenge_method="S256")["code"]
    assert redeem(pkb, code, code_verifier=OTHER).status_code == 400
    assert redeem(pkb, code, code_verifier=VERIFIER).status_code == 200


def test_without_a_challenge_nothing_is_to_be_proved(pkb: Client):
    assert redeem(pkb, approve(pkb)["code"]).status_code == 200
    assert redeem(pkb, approve(pkb, code_challenge="", code_challenge_method="")["code"]).status_code == 200


def test_an_unknown_code_is_refused_as_one(pkb: Client):
    assert "The code is unknown" in redeem(pkb, "nonsense", code_verifier=VERIFIER).json()["error_description"]


@pytest.mark.parametrize(
    ("challenge", "text"),
    [
        (
            {"code_challenge": S256, "code_challenge_method": "S512"},
            "code_challenge_method must be one of: S256, plain",
        ),
        (
            {"code_challenge": S256, "code_challenge_method": "s256"},
            "code_challenge_method must be one of: S256, plain",
        ),
        ({"code_challenge_method": "S256"}, "code_challenge must be 43 to 128"),
        ({"code_challenge": "short"}, "code_challenge must be 43 to 128"),
        ({"code_challenge": "x" * 129}, "code_challenge must be 43 to 128"),
        ({"code_challenge": f"{S256}="}, "code_challenge must be 43 to 128"),
    ],
)
def test_a_challenge_that_cannot_be_one_ends_on_the_error_page(pkb: Client, challenge: dict[str, str], text: str):
    response = Browser(pkb).open(**ASKED, **challenge)
    assert response.status_code == 400
    assert text in response.text


def test_the_control_call_takes_a_challenge_as_the_page_does(pkb: Client):
    user = next(user["id"] for user in pkb.credential(DIARY)["users"] if user["email"] == TOLA)
    verifier = "v" * 64
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"client_id": DIARY, "redirect_uri": DONE, "code_challenge": digest, "code_challenge_method": "S256"}
    code = pkb.http.post(f"/_sandbox/users/{user}/approve", json=query).json()["redirect"].partition("code=")[2]
    assert redeem(pkb, code).status_code == 400
    assert redeem(pkb, code, code_verifier=verifier).status_code == 200
    wrong = pkb.http.post(f"/_sandbox/users/{user}/approve", json={**query, "code_challenge_method": "none"})
    assert_problem(wrong, 400, "code_challenge_method must be one of")
