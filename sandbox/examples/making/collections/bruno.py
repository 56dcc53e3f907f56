"""A collection for Bruno: a folder with a file for each request, and an environment with the variables.

Source: the format, https://docs.usebruno.com/bru-lang/overview
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from sandbox.examples.making.collections.request import BASE, Collection, CollectionRequest, variable

ENVIRONMENT = "environments/Sandbox.bru"
_UNSAFE = re.compile(r"[^\w.-]+")


def bruno(collection: Collection) -> dict[str, str]:
    """Return the files of the collection: path in its folder → text."""
    settings = {"version": "1", "name": collection.title, "type": "collection", "ignore": []}
    files = {
        "bruno.json": json.dumps(settings, indent=2) + "\n",
        ENVIRONMENT: _block("vars", _pairs(collection.variables)),
    }
    for number, (folder, requests) in enumerate(collection.folders.items(), 1):
        name = f"{number} {folder}"
        files[f"{name}/folder.bru"] = _block("meta", _pairs({"name": name, "seq": str(number)}))
        for position, request in enumerate(requests, 1):
            # Names of requests contain slashes and braces of paths, which not every file system allows in a name.
            files[f"{name}/{position:02} {_UNSAFE.sub(' ', request.name)}.bru"] = _request(request, position)
    return files


def _request(request: CollectionRequest, position: int) -> str:
    return "\n".join(_blocks(request, position))


def _blocks(request: CollectionRequest, position: int) -> Iterator[str]:
    """Iterate over the blocks of a request's file."""
    kind = "formUrlEncoded" if request.form else request.language if request.body else "none"
    auth = "basic" if request.basic else "bearer" if request.bearer else "none"
    yield _block("meta", _pairs({"name": request.name, "type": "http", "seq": str(position)}))
    address = {"url": variable(BASE) + request.path, "body": kind, "auth": auth}
    yield _block(request.method.lower(), _pairs(address))
    if request.headers:
        yield _block("headers", _pairs(request.headers))
    if request.basic:
        user, password = map(variable, request.basic)
        yield _block("auth:basic", _pairs({"username": user, "password": password}))
    elif request.bearer:
        yield _block("auth:bearer", _pairs({"token": variable(request.bearer)}))
    if request.form:
        yield _block("body:form-urlencoded", _pairs(request.form))
    elif request.body:
        yield _block(f"body:{request.language}", request.body.split("\n"))
    if request.stores:
        yield _block("vars:post-response", _pairs({name: f"res.body.{path}" for name, path in request.stores.items()}))
    yield _block("tests", _tests(request))
    yield _block("docs", filter(None, (request.title, request.source)))


def _tests(request: CollectionRequest) -> list[str]:
    allowed = ", ".join(map(str, request.statuses))
    lines = [f"test('answers {allowed}', () => expect([{allowed}]).to.include(res.getStatus()));"]
    if request.text:
        text = json.dumps(request.text, ensure_ascii=False)
        lines.append(f"test('says so', () => expect(String(res.getBody())).to.include({text}));")
    return lines


def _pairs(values: Mapping[str, str]) -> list[str]:
    return [f"{name}: {value}" for name, value in values.items()]


def _block(name: str, lines: Iterator[str] | list[str] | filter[str]) -> str:
    return "\n".join((f"{name} {{", *(f"  {line}" if line else "" for line in lines), "}", ""))
