"""Calls of a Pact verifier to the provider states of a sandbox."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support import Client

Json = dict[str, Any]
PATH = "/_sandbox/pact/states"


def post(pkb: Client, **body: Any) -> httpx.Response:
    return pkb.http.post(PATH, json=body)


def set_up(pkb: Client, state: str, **params: Any) -> Json:
    """Set a state up as pact-python's verifier does, and return its values."""
    response = post(pkb, state=state, action="setup", params=params)
    assert response.status_code == 200, response.text
    values: Json = response.json()
    return values


def take_back(pkb: Client, state: str) -> None:
    response = post(pkb, state=state, action="teardown", params={})
    assert (response.status_code, response.json()) == (200, {}), response.text


def world(pkb: Client) -> Json:
    """All that a state may change and a teardown has to bring back, as control calls show it."""
    paths = ("/world", "/credentials", "/outbox?suppressed=all", "/faults", "/hl7/review")
    records = [f"/records/{patient['id']}" for patient in pkb.control("/world")["patients"]]
    rows = {path: pkb.control(path) for path in (*paths, *records)}
    # A live refresh token of a tethered client is another text at each look.
    for credential in rows["/credentials"]["credentials"]:
        credential.pop("refresh_token", None)
    return {**rows, "/clock": pkb.control("/clock")["mode"]}
