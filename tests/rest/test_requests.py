"""The requests that are made from the catalogue: each is answered as it says, and the files hold them all."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.rest.catalogue import FILE, operations
from sandbox.rest.http_file import http_file
from sandbox.rest.postman import collection
from sandbox.rest.requests import ADMIN, BASE, SIGN_INS, RestExample, examples
from sandbox.server import SandboxServer
from tests.rest.support import assert_object
from tests.support import Client

FIXTURES = Path(__file__).parents[2] / "fixtures/rest"
PEOPLE = {
    "patientToken": ("rhys.delacroix@example.org", "stepwise-diary"),
    "clinicianToken": ("owen.bright@northmoor.example", "stepwise-clinic"),
    "coordinatorToken": ("dilys.farrow@northmoor.example", "stepwise-clinic"),
}


def tokens(pkb: Client) -> dict[str, str]:
    return {sign_in.variable: pkb.user_token(*PEOPLE[sign_in.variable]) for sign_in in SIGN_INS.values()}


def filled(text: str, variables: dict[str, str]) -> str:
    """A text with the values of its variables; as in an `.http` file a value may be part of an earlier answer."""
    values = {"$timestamp": str(int(time.time())), **variables}
    return re.sub(r"\{\{([^{}]+)\}\}", lambda match: values[match[1]], text)


def answered(pkb: Client) -> Iterator[tuple[str, Any]]:
    """Sends every request in its order: the objects of the answers, each with its name in the catalogue."""
    variables = tokens(pkb)
    for example in examples():
        operation = example.operation
        headers = {"Authorization": f"Bearer {variables[example.token]}"} if example.token else {}
        content = filled(example.body_text, variables) if example.body else None
        path = filled(example.path, variables)
        response = pkb.http.request(operation.method, path, headers=headers, content=content)
        assert response.status_code == example.status, f"{operation.id}: {response.text}"
        if operation.answers and FILE not in operation.answers:
            body = response.json()["results"] if operation.wrapped else response.json()
            if operation.gives:
                variables[operation.gives] = body["id"]
            for object_ in body if operation.many else [body]:
                yield operation.answers[0] if len(operation.answers) == 1 else object_["kind"].lower(), object_


def test_every_request_is_answered_as_the_catalogue_says(pkb: Client):
    for name, object_ in answered(pkb):
        assert_object(object_, name)


def test_most_requests_show_something(pkb: Client):
    """A request whose answer is an empty list shows nothing of an object: those that do are named here."""
    variables = tokens(pkb)
    empty = set()
    for example in examples():
        operation = example.operation
        if operation.method == "GET" and operation.many:
            headers = {"Authorization": f"Bearer {variables[example.token]}"} if example.token else {}
            body = pkb.http.get(example.path, headers=headers).json()
            if not (body["results"] if operation.wrapped else body):
                empty.add(operation.id)
    assert empty == {"rest.my-carers", "rest.my-patients", "rest.colleagues-2014", "rest.diagnoses-2014"}


def test_the_collection_has_every_operation_once():
    collection_ = json.loads(collection())
    start, *groups = collection_["item"]
    assert [item["name"] for item in start["item"]] == ["POST /_sandbox/reset"]
    named = [item["name"] for group in groups for item in group["item"]]
    assert sorted(named) == sorted(f"{operation.method} {operation.path}" for operation in operations())


def test_the_http_file_has_every_operation_once():
    lines = http_file().split("\n")
    signing_in = 1 + 2 * len(SIGN_INS)
    assert len([line for line in lines if line.startswith("### ")]) == signing_in + len(operations())
    names = [line for line in lines if line.startswith("# @name ")]
    assert len(set(names)) == 2 * len(SIGN_INS) + len(operations())
    assert {example.token for example in examples() if example.token} == {
        sign_in.variable for sign_in in SIGN_INS.values()
    }


class HttpFile:
    """An editor's view of an `.http` file: variables, requests in order, parts of named answers."""

    def __init__(self, pkb: Client, text: str, **variables: str) -> None:
        self.pkb = pkb
        self.blocks = re.split(r"^### .*\n", text, flags=re.MULTILINE)
        self.variables = variables
        self.answers: dict[str, Any] = {}

    def run(self) -> Iterator[tuple[str, int]]:
        """The name of each request, and the status that it is answered with."""
        self._define(self.blocks[0], is_preset=True)
        for block in self.blocks[1:]:
            lines = [line for line in block.split("\n") if not line.startswith(("@", "#"))]
            name = next(iter(re.findall(r"^# @name (\w+)$", block, re.MULTILINE)), "")
            head, _, body = "\n".join(lines).partition("\n\n")
            (method, url), *headers = (line.split(" ", 1) for line in head.strip().split("\n"))
            sent_headers = {key.rstrip(":"): _encoded(self._fill(value)) for key, value in headers}
            response = self.pkb.http.request(
                method, self._fill(url), headers=sent_headers, content=self._fill(body).strip()
            )
            if name and "json" in response.headers.get("content-type", ""):
                self.answers[name] = response.json()
            self._define(block)
            yield name, response.status_code

    def _define(self, block: str, *, is_preset: bool = False) -> None:
        for key, value in re.findall(r"^@(\w+) =(.*)$", block, re.MULTILINE):
            if not (is_preset and key in self.variables):
                self.variables[key] = self._fill(value.strip())

    def _fill(self, text: str) -> str:
        parts = re.findall(r"\{\{(\w+)\.response\.body\.\$\.([\w.\[\]]+)\}\}", text)
        values = {f"{name}.response.body.$.{path}": str(at_path(self.answers[name], path)) for name, path in parts}
        return filled(text, {**self.variables, **values})


def at_path(content: Any, path: str) -> Any:
    """A value of JSON by names and positions: `credentials[11].refresh_token`."""
    for part in re.findall(r"\w+", path):
        content = content[int(part)] if part.isdigit() else content[part]
    return content


def _encoded(value: str) -> str:
    """A header; editors encode user and password themselves."""
    user_and_password = re.fullmatch(r"Basic (\S+) (\S+)", value)
    if user_and_password is None:
        return value
    return "Basic " + base64.b64encode(":".join(user_and_password.groups()).encode()).decode()


def test_the_http_file_signs_in_by_itself_and_can_be_run_again(pkb: Client):
    text = (FIXTURES / "custom-rest.http").read_text(encoding="utf-8")
    expected = {example.operation.id.removeprefix("rest.").replace("-", "_"): example.status for example in examples()}
    for _ in range(2):
        for name, status in HttpFile(pkb, text, **{BASE: pkb.server.base_url}).run():
            assert status == expected.get(name, 200), name


def test_the_http_file_takes_an_admin_token():
    text = (FIXTURES / "custom-rest.http").read_text(encoding="utf-8")
    with SandboxServer(port=0, admin_token="sesame") as server:
        pkb = Client(server)
        presets = {BASE: server.base_url, ADMIN: "sesame"}
        assert {status for _, status in HttpFile(pkb, text, **presets).run()} == {200, 204}
        pkb.http.close()


def test_an_example_has_a_value_in_every_slot():
    def slots(example: RestExample) -> list[str]:
        return re.findall(r"(?<!\{)\{\w+\}(?!\})", example.path)

    assert [example.operation.id for example in examples() if slots(example)] == []


def test_the_files_are_those_of_the_catalogue():
    assert (FIXTURES / "custom-rest.postman_collection.json").read_text(encoding="utf-8") == collection()
    assert (FIXTURES / "custom-rest.http").read_text(encoding="utf-8") == http_file()
