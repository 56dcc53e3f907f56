"""What the operations of the Custom REST API answer to each role: real answers of the default world, for examples."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from sandbox import Sandbox
from sandbox.rest.catalogue import FILE, RestOperation, operations
from sandbox.rest.requests import NOW, SIGN_INS, TOKEN_PATH, RestExample, examples, maker_of

AT = "2026-03-10T10:15:00Z"
SHOWN = 2
"""The most entries of a list in an example."""


def rest_answers() -> str:
    """The answers as JSON: operation, role, body. The same in every run: seeded ids, and a clock that stands still."""
    with Sandbox(mode="asgi", seed=1, clock=AT) as pkb:
        answers = {operation.id: dict(_answers(pkb, operation)) for operation in operations()}
    return json.dumps({id_: roles for id_, roles in answers.items() if roles}, indent=1, ensure_ascii=False) + "\n"


def _answers(pkb: Any, operation: RestOperation) -> Iterator[tuple[str, Any]]:
    """Ask as each role that may, each time in the seeded world."""
    if not operation.answers or operation.answers == (FILE,):
        return
    example = next(row for row in examples() if row.operation is operation)
    for role in operation.scopes or ("",):
        pkb.reset()
        with httpx.Client(transport=pkb.client("hl7-org")._transport, base_url=pkb.base_url) as client:
            answer = _ask(client, pkb, example, role)
        if answer.status_code == 200:
            yield role.lower() or "public", _shortened(answer.json())


def _ask(client: httpx.Client, pkb: Any, example: RestExample, role: str) -> httpx.Response:
    """Send an example request as a role, after the request that makes what it is about."""
    path, text = example.path, example.body_text if example.body else ""
    if example.about:
        maker = maker_of(example.about)
        first = _ask(client, pkb, maker, maker.operation.scopes[0])
        id_ = str(first.json()["id"]) if first.status_code == 200 else ""
        path, text = (part.replace(f"{{{{{example.about}}}}}", id_) for part in (path, text))
    headers = {"Authorization": f"Bearer {_token(client, pkb, role)}"} if role else {}
    content = text.replace(NOW, "new") if text else None
    if content:
        headers["Content-Type"] = "application/json"
    return client.request(example.operation.method, path, content=content, headers=headers)


def _token(client: httpx.Client, pkb: Any, role: str) -> str:
    if role not in SIGN_INS:
        return str(pkb.token("tethered-token-system-client"))
    sign_in = SIGN_INS[role]
    redirect = client.post(sign_in.approve_path, json={**sign_in.client, "scope": role}).json()["redirect"]
    form = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(redirect).query)["code"][0]}
    return str(client.post(TOKEN_PATH, data={**form, **sign_in.client}).json()["access_token"])


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(part) for name, part in value.items()}
    return [_shortened(item) for item in value[:SHOWN]] if isinstance(value, list) else value
