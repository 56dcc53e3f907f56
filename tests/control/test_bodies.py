"""The JSON body of a control call: one object with known keys, each once. Anything else is a 400 that says what."""

from __future__ import annotations

import pytest

from tests.control.test_control_api import assert_problem
from tests.support import Client

UNREADABLE = {
    "cut off": (b'{"name": "a"', "The body is not JSON"),
    "not UTF-8": (b'{"name": "\xff"}', "The body is not JSON"),
    "an unpaired surrogate in a value": (b'{"name": "\\ud800"}', "The body is not JSON"),
    "an unpaired surrogate in a key": (b'{"\\udfff": 1}', "The body is not JSON"),
    "many levels": (b"[" * 100_000, "The body is not JSON"),
    "a list": (b"[]", "The body must be a JSON object"),
    "null": (b"null", "The body must be a JSON object"),
    "an unknown key": (b'{"colour": 1}', "Unknown key 'colour'; allowed: "),
    "a key twice": (b'{"name": "a", "name": "b"}', "Duplicate key 'name'"),
    "a key twice behind a hundred thousand others": (
        b'{"x": {%s, "a": 1, "a": 2}}' % b",".join(b'"k%d": 1' % n for n in range(100_000)),
        "Duplicate key 'a'",
    ),
    "a key twice further down": (b'{"name": {"x": 1, "x": 2}}', "Duplicate key 'x'"),
}


@pytest.mark.parametrize(("body", "detail"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_body_is_refused_and_creates_nothing(pkb: Client, body: bytes, detail: str):
    response = pkb.http.post("/_sandbox/workspaces", content=body, headers={"Content-Type": "application/json"})
    assert_problem(response, 400, detail)
    assert [row["name"] for row in pkb.control("/workspaces")["workspaces"]] == ["default"]


def test_blanks_alone_count_as_an_empty_object(pkb: Client):
    response = pkb.http.post("/_sandbox/reset", content=b" \r\n ", headers={"Content-Type": "application/json"})
    assert response.status_code == 200


WHOLE = {
    "a fault rule": ("PUT", "/faults", {"rules": [{"status": 503.0, "first": 2.0}]}),
    "an expectation": ("POST", "/verify", {"expect": [{"at_most": 5.0}]}),
    "synthetic patients": ("POST", "/generate", {"patients": 1.0, "seed": 3.0}),
}


@pytest.mark.parametrize(("method", "path", "body"), WHOLE.values(), ids=WHOLE)
def test_a_whole_number_may_be_written_with_a_point(pkb: Client, method: str, path: str, body: dict[str, object]):
    """JSON has one kind of number: 5.0 is 5."""
    response = pkb.http.request(method, f"/_sandbox{path}", json=body)
    assert response.status_code in (200, 201), response.text
    assert response.json().get("ok", True)
