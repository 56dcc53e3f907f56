"""What each exchange of a recording needs of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.replay.dependencies import dependencies_of
from sandbox.replay.recording import MASK, RecordedExchange, RecordedMessage
from tests.replay.recorded_requests import BEARER, recorded
from tests.replay.test_meaning import A


def step(id_: str, target: str = "/x", answer: str = "", **values: Any) -> RecordedExchange:
    response = RecordedMessage(values.pop("answered", {}), answer.encode())
    return replace(recorded(target=target, **values), id=id_, response=response)


NEEDS: dict[str, tuple[list[RecordedExchange], list[tuple[str, str, str, str]]]] = {
    "an id": ([step("1", answer=f'"{A}"'), step("2", f"/x/{A}")], [("2", "1", "id", A)]),
    "an id of a location": (
        [step("1", answered={"location": "http://a:1/fhir/Patient/77"}), step("2", "/fhir/Patient/77")],
        [("2", "1", "id", "77")],
    ),
    "an id that the client chose": ([step("1", f"/x/{A}", answer=f'"{A}"'), step("2", f"/x/{A}")], []),
    "the first answer counts": (
        [step("1", answer=f'"{A}"'), step("2", answer=f'"{A}"'), step("3", f"/x?y={A}")],
        [("3", "1", "id", A)],
    ),
    "a page": (
        [step("1", answer='"url":"http://a:1/fhir?_getpages=p%201&x"'), step("2", "/fhir?_getpages=p%201")],
        [("2", "1", "page link", "p 1")],
    ),
    "an id in a header": (
        [
            step("1", answer='{"id":"o-1"}'),
            step("2", headers={"x-team-id": "o-1"}),
            step("3", headers={"accept": "o-1"}),
        ],
        [("2", "1", "id", "o-1")],
    ),
    "an id in a body": (
        [step("1", answer='{"patientId": 77}'), step("2", body='{"subject":{"reference":"Patient/77"}}')],
        [("2", "1", "id", "77")],
    ),
    "a token": (
        [step("1", api="oauth", operation="token client_credentials"), step("2", headers=BEARER), step("3")],
        [("2", "1", "access token", "")],
    ),
    "a token that was refused": (
        [step("1", api="oauth", operation="token client_credentials", status=400), step("2", headers=BEARER)],
        [],
    ),
    "the newest token": (
        [step(n, api="oauth", operation="token client_credentials") for n in ("1", "2")] + [step("3", headers=BEARER)],
        [("3", "2", "access token", "")],
    ),
    "a token of another client": (
        [step("1", api="oauth", operation="token x"), step("2", headers=BEARER, client="old-app")],
        [],
    ),
    "Basic is no token": (
        [step("1", api="oauth", operation="token x"), step("2", headers=BEARER, api="hl7")],
        [],
    ),
    "a refresh token": (
        [step("1", api="oauth", operation="token x"), step("2", api="oauth", operation="token refresh_token")],
        [("2", "1", "refresh token", "")],
    ),
    "a one-time password": (
        [step("1", answer=f'{{"otpToken": "{MASK}"}}'), step("2", "/otp.action"), step("3", "/otp.action")],
        [("2", "1", "one-time code", "")],
    ),
}


@pytest.mark.parametrize("case", NEEDS)
def test_an_exchange_needs_what_earlier_answers_brought(case: str):
    exchanges, needs = NEEDS[case]
    assert [tuple(need) for need in dependencies_of(exchanges)] == needs
