"""The catalogue as an `.http` file, which editors run request by request.

It begins with the sign-in requests. Later requests take ids from the responses of named requests, by a JSON path.
Source: the format, https://github.com/Huachao/vscode-restclient , which Visual Studio and others read too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

from sandbox.rest.requests import (
    ADMIN,
    BASE,
    DEFAULT_BASE,
    NO_TOKEN,
    RESET,
    SIGN_INS,
    TOKEN_PATH,
    RestExample,
    SignIn,
    examples,
)


def http_file() -> str:
    """Build the text of the file: variables, sign-in requests, then a request for each operation."""
    lines = [*_variables(), *_reset()]
    lines += [line for sign_in in SIGN_INS.values() for line in _sign_in(sign_in)]
    lines += [line for example in examples() for line in _request(example)]
    return "\n".join(lines) + "\n"


def _variables() -> Iterator[str]:
    yield "# The Custom REST API of PKB Sandbox. Generated from the catalogue: do not edit."
    yield "# Send the sign-in requests first (two for each person), then any other request. An id such as measurementId"
    yield "# comes from the request that creates the measurement, so send that request before those that use the id."
    yield ""
    yield f"@{BASE} = {DEFAULT_BASE}"
    yield "# Needed only if the server was started with an admin token."
    yield f"@{ADMIN} = {NO_TOKEN}"


def _reset() -> Iterator[str]:
    yield ""
    yield "### Restore the world's starting state, to repeat requests that succeed only once"
    yield f"POST {{{{{BASE}}}}}{RESET}"
    yield f"Authorization: Bearer {{{{{ADMIN}}}}}"
    yield "Content-Type: application/json"
    yield ""
    yield '{"reset": ["store"]}'


def _sign_in(sign_in: SignIn) -> Iterator[str]:
    code = f"{{{{{sign_in.name}_approves.response.body.$.code}}}}"
    yield ""
    yield f"### Sign in as {sign_in.person}: approve the app"
    yield f"# @name {sign_in.name}_approves"
    yield f"POST {{{{{BASE}}}}}{sign_in.approve_path}"
    yield f"Authorization: Bearer {{{{{ADMIN}}}}}"
    yield "Content-Type: application/json"
    yield ""
    yield json.dumps(sign_in.client)
    yield ""
    yield f"### Sign in as {sign_in.person}: exchange the code for a token"
    yield f"# @name {sign_in.name}_signs_in"
    yield f"POST {{{{{BASE}}}}}{TOKEN_PATH}"
    yield "Content-Type: application/x-www-form-urlencoded"
    yield ""
    yield f"{urlencode({'grant_type': 'authorization_code', **sign_in.client})}&code={code}"
    yield ""
    yield f"@{sign_in.variable} = {{{{{sign_in.name}_signs_in.response.body.$.access_token}}}}"


def _request(example: RestExample) -> Iterator[str]:
    operation = example.operation
    name = operation.id.removeprefix("rest.").replace("-", "_")
    yield ""
    yield f"### {operation.text}"
    yield f"# @name {name}"
    yield f"{operation.method} {{{{{BASE}}}}}{example.path}"
    yield "Accept: */*" if "file" in operation.answers else "Accept: application/json"
    if example.token:
        yield f"Authorization: Bearer {{{{{example.token}}}}}"
    if example.body is not None:
        yield "Content-Type: application/json"
        yield ""
        yield from example.body_text.split("\n")
    if operation.gives:
        yield ""
        yield f"@{operation.gives} = {{{{{name}.response.body.$.id}}}}"
