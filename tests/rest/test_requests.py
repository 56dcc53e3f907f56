"""The requests that are made from the catalogue: each is answered as it says, and the files hold them all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.rest.catalogue import FILE, operations
from sandbox.rest.http_file import http_file
from sandbox.rest.postman import collection
from sandbox.rest.requests import TOKENS, Example, examples
from tests.rest.support import assert_object
from tests.support import Client

FIXTURES = Path(__file__).parents[2] / "fixtures/rest"
PEOPLE = {
    "patientToken": ("rhys.delacroix@example.org", "stepwise-diary"),
    "clinicianToken": ("owen.bright@northmoor.example", "stepwise-clinic"),
    "coordinatorToken": ("dilys.farrow@northmoor.example", "stepwise-clinic"),
}


def tokens(pkb: Client) -> dict[str, str]:
    return {name: pkb.user_token(*PEOPLE[name]) for name in TOKENS.values()}


def filled(text: str, variables: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: variables[found[1]], text)


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
            for one in body if operation.many else [body]:
                yield operation.answers[0] if len(operation.answers) == 1 else one["kind"].lower(), one


def test_every_request_is_answered_as_the_catalogue_says(pkb: Client):
    for name, one in answered(pkb):
        assert_object(one, name)


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
    made = json.loads(collection())
    named = [item["name"] for group in made["item"] for item in group["item"]]
    assert sorted(named) == sorted(f"{one.method} {one.path}" for one in operations())


def test_the_http_file_has_every_operation_once():
    lines = http_file().split("\n")
    assert len([line for line in lines if line.startswith("### ")]) == len(operations())
    names = [line for line in lines if line.startswith("# @name ")]
    assert len(set(names)) == len(operations())
    assert {example.token for example in examples() if example.token} == set(TOKENS.values())


def test_an_example_has_a_value_in_every_slot():
    def slots(example: Example) -> list[str]:
        return re.findall(r"(?<!\{)\{\w+\}(?!\})", example.path)

    assert [example.operation.id for example in examples() if slots(example)] == []


def test_the_files_are_those_of_the_catalogue():
    assert (FIXTURES / "custom-rest.postman_collection.json").read_text(encoding="utf-8") == collection()
    assert (FIXTURES / "custom-rest.http").read_text(encoding="utf-8") == http_file()
