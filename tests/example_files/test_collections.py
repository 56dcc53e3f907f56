"""Each request of the collections gets the status and the text that it says: as `.http` files, and as Bruno's folders.

Postman's are run by newman, in tests/contract.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.access.matrix import matrix
from sandbox.base import datafiles
from sandbox.examples.index import all_examples
from sandbox.rest.catalogue import operations
from tests.rest.test_requests import HttpFile, at_path
from tests.support import Client

TYPES = ("customer", "partner", "app")
_ANSWER = re.compile(r"^# Answer: ([\d or]+)(?:, (.+))?$", re.MULTILINE)
_BLOCK = re.compile(r"^([\w:-]+) \{\n(.*?)^\}$", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"expect\(\[([\d, ]+)\]\)\.to\.include\(res\.getStatus\(\)\)")
_TEXT = re.compile(r'to\.include\((".*")\)\);$', re.MULTILINE)


def content(path: str) -> str:
    return datafiles.read_example(path).decode()


@pytest.mark.parametrize("type_", TYPES)
def test_an_http_file_gets_the_answers_that_it_says(pkb: Client, type_: str):
    text = content(f"collections/{type_}.http")
    answers = [({int(status) for status in row.split(" or ")}, text) for row, text in _ANSWER.findall(text)]
    ran = HttpFile(pkb, text, baseUrl=pkb.server.base_url).run()
    for (statuses, _), (name, status) in zip(answers, ran, strict=True):
        assert status in statuses, name


class Bruno:
    """A folder as Bruno reads it: an environment, then the requests by folder and `seq`."""

    def __init__(self, pkb: Client, name: str) -> None:
        self.pkb = pkb
        files = all_examples()[f"bruno_{name}"].files
        folder = f"collections/bruno/{name}/"
        assert json.loads(content(f"{folder}bruno.json"))["type"] == "collection"
        self.variables = pairs(blocks(content(f"{folder}environments/Sandbox.bru"))["vars"])
        self.variables["baseUrl"] = pkb.server.base_url
        self.requests = sorted(path for path in files if re.search(r"/\d\d [^/]+\.bru$", path))

    def send(self, path: str) -> None:
        """Send a request, test its answer, and take variables from it."""
        parts = blocks(content(path))
        method = next(name for name in parts if name in ("get", "post", "put", "patch", "delete"))
        target = pairs(parts[method])
        headers = pairs(self.fill(parts.get("headers", "")))
        if target["auth"] == "bearer":
            headers["Authorization"] = f"Bearer {pairs(self.fill(parts['auth:bearer']))['token']}"
        login = pairs(self.fill(parts.get("auth:basic", "")))
        body: dict[str, Any] = {"content": self.fill(parts.get(f"body:{target['body']}", ""))}
        if target["body"] == "formUrlEncoded":
            body = {"data": pairs(self.fill(parts["body:form-urlencoded"]))}
        auth = (login["username"], login["password"]) if login else None
        response = self.pkb.http.request(method.upper(), self.fill(target["url"]), headers=headers, auth=auth, **body)
        (statuses,) = _TEST.findall(parts["tests"])
        assert str(response.status_code) in statuses.split(", "), f"{path}: {response.text}"
        for text in _TEXT.findall(parts["tests"]):
            assert json.loads(text) in response.text, path
        for name, place in pairs(parts.get("vars:post-response", "")).items():
            self.variables[name] = str(at_path(response.json(), place.removeprefix("res.body.")))

    def fill(self, text: str) -> str:
        return re.sub(r"\{\{(\w+)\}\}", lambda match: self.variables[match[1]], text)


def blocks(text: str) -> dict[str, str]:
    """The blocks of a `.bru` file, without the two blanks before each line."""
    return {name: re.sub("^  ", "", inner, flags=re.MULTILINE).rstrip("\n") for name, inner in _BLOCK.findall(text)}


def pairs(text: str) -> dict[str, str]:
    parts = [line.partition(":") for line in text.split("\n") if line]
    return {name: value.strip() for name, _, value in parts}


@pytest.mark.parametrize("name", [*TYPES, "rest"])
def test_a_bruno_collection_gets_the_answers_that_it_tests(pkb: Client, name: str):
    bruno = Bruno(pkb, name)
    for path in bruno.requests:
        bruno.send(path)


def test_each_cell_and_each_operation_has_a_request():
    for type_ in TYPES:
        names = set(re.findall(r"^### Access matrix: (.+)$", content(f"collections/{type_}.http"), re.MULTILINE))
        assert names == {cell for cell in matrix() if cell.startswith(f"{type_}.")}
    bruno = all_examples()["bruno_rest"].files
    names = {
        pairs(blocks(content(path))["meta"])["name"] for path in bruno if "Operations/" in path and "folder" not in path
    }
    assert names == {f"{operation.method} {operation.path}" for operation in operations()}


def in_http_file(text: str) -> list[tuple[str, str, str, str]]:
    """Name, method, URL and body or form of each request."""
    rows = []
    for block in re.split(r"^### ", text, flags=re.MULTILINE)[1:]:
        lines = [line for line in block.split("\n") if not line.startswith(("#", "@"))]
        head, _, body = "\n".join(lines[1:]).partition("\n\n")
        method, url = head.split("\n")[0].split(" ", 1)
        rows.append((lines[0], method, url, body.strip()))
    return rows


def in_postman(path: str) -> list[tuple[str, str, str, str]]:
    """The same of a Postman collection."""
    rows = []
    for group in json.loads(content(path))["item"]:
        for item in group["item"]:
            request, body = item["request"], item["request"].get("body", {})
            form = "&".join(f"{row['key']}={row['value']}" for row in body.get("urlencoded", ()))
            name = f"{group['name']}: {item['name']}"
            rows.append((name, request["method"], request["url"], form or body.get("raw", "")))
    return rows


@pytest.mark.parametrize("type_", TYPES)
def test_the_three_tools_have_the_same_requests(type_: str):
    postman = in_postman(f"collections/{type_}.postman_collection.json")
    assert in_http_file(content(f"collections/{type_}.http")) == postman
    requests = [path for path in all_examples()[f"bruno_{type_}"].files if re.search(r"/\d\d [^/]+\.bru$", path)]
    names = [pairs(blocks(content(path))["meta"])["name"] for path in requests]
    assert names == [name.partition(": ")[2] for name, *_ in postman]


@pytest.mark.parametrize("type_", TYPES)
def test_postman_tests_what_the_http_file_says(type_: str):
    answers = _ANSWER.findall(content(f"collections/{type_}.http"))
    items = [
        item
        for group in json.loads(content(f"collections/{type_}.postman_collection.json"))["item"]
        for item in group["item"]
    ]
    for (statuses, text), item in zip(answers, items, strict=True):
        script = "\n".join(item["event"][0]["script"]["exec"])
        assert f"oneOf([{statuses.replace(' or ', ', ')}])" in script
        assert json.dumps(text, ensure_ascii=False) in script if text else "include(" not in script
