"""Every resource type of both releases, from create to delete, in JSON and in XML.

Instances are made by `generate`; what they must be found by is what `values_of` takes out of them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from sandbox.app import create_app
from sandbox.fhir.base.json import parse, render
from sandbox.fhir.base.releases import release
from sandbox.fhir.base.xml import from_xml, to_xml
from sandbox.fhir.search import values_of
from sandbox.fhir.search.composite import Composed
from sandbox.fhir.search.date import BEGINNING, END, Span
from sandbox.fhir.search.number import LEAST, Amount
from sandbox.fhir.search.quantity import Measured
from sandbox.fhir.search.reference import Ref
from sandbox.fhir.search.string import Text
from sandbox.fhir.search.token import IMPLICIT, SearchToken
from sandbox.fhir.search.uri import Uri
from sandbox.settings import Settings
from sandbox.synthetic.fhir import instance
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.customer.support import bare

Json = dict[str, Any]
TYPES = [(name, type_) for name in ("stu3", "r4") for type_ in sorted(release(name).types)]
SEED = 11


class InProcess:
    """The whole application without sockets, called as Northmoor."""

    def __init__(self, runner: asyncio.Runner) -> None:
        transport = httpx.ASGITransport(app=create_app(Workspaces(Settings(seed=1))))
        self.runner = runner
        self.client = httpx.AsyncClient(transport=transport, base_url="http://pkb.test")
        form = {"client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
        data = {"grant_type": "client_credentials", **form}
        token = self._call("POST", "/auth/realms/pkb/protocol/openid-connect/token", data=data).json()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}

    def ask(self, release_name: str, method: str, path: str, content: bytes | None = None, **headers: str) -> Any:
        sent_headers = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self._call(
            method, f"/customer/northmoor-{release_name}/fhir{path}", content=content, headers=sent_headers
        )

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.runner.run(self.client.request(method, path, **options))


@pytest.fixture(scope="module")
def pkb() -> Iterator[InProcess]:
    with asyncio.Runner() as runner:
        called = InProcess(runner)
        yield called
        runner.run(called.client.aclose())


def escaped(text: str) -> str:
    for char in "\\,$|":
        text = text.replace(char, f"\\{char}")
    return text


def queried(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """The parameter and the value that a client would write to find a value; nothing for an empty one."""
    if isinstance(value, SearchToken):
        yield (
            name,
            escaped(value.code) if value.system == IMPLICIT else f"{escaped(value.system)}|{escaped(value.code)}",
        )
    elif isinstance(value, Text):
        yield (f"{name}:exact", escaped(value.exact)) if value.exact else (name, escaped(value.folded))
    elif isinstance(value, Uri):
        yield name, escaped(value.uri)
    elif isinstance(value, Ref) and (value.id or value.base):
        yield name, escaped(f"{value.type}/{value.id}" if value.id and not value.base else value.base)
    elif isinstance(value, Span):
        yield name, f"ge{moment(value.low)}" if value.low != BEGINNING else f"le{moment(value.high)}"
        assert value.high <= END
    elif isinstance(value, Amount):
        yield name, f"ge{value.low}" if value.low != LEAST else f"le{value.high}"
    elif isinstance(value, Measured):
        number = f"ge{value.low}" if value.low != LEAST else f"le{value.high}"
        yield name, f"{number}|{escaped(value.system)}|{escaped(value.code)}" if value.code else number
    elif isinstance(value, Composed):
        parts = [next(queried(name, part[0]), ("", ""))[1] for part in value.parts]
        if all(parts) and not any(isinstance(part[0], Text) for part in value.parts):
            yield name, "$".join(parts)


def moment(nanoseconds: int) -> str:
    at = datetime(1, 1, 1) + timedelta(days=-1, microseconds=nanoseconds // 1000)
    return at.isoformat(timespec="seconds") + "Z"


def searches(release_name: str, resource: Json) -> list[tuple[str, str]]:
    pairs = []
    for name, values in values_of(release_name, resource).items():
        if ":" not in name:
            pairs += [pair for value in values for pair in queried(name, value)]
    return pairs


@pytest.mark.parametrize(("release_name", "type_"), TYPES)
def test_a_resource_of_every_type_is_stored_as_it_was_sent(pkb: InProcess, release_name: str, type_: str):
    resource = instance(release_name, type_, SEED)
    content = render(resource).encode()
    created = pkb.ask(release_name, "POST", f"/{type_}", content)
    assert created.status_code == 201, created.text
    place = f"/{type_}/{resource['id']}"
    read = pkb.ask(release_name, "GET", place)
    assert read.content == created.content
    kept = parse(read.content)
    assert render(without_meta(kept)) == render(without_meta(resource))
    is_found(pkb, release_name, resource)
    comes_through_xml(pkb, release_name, resource)
    changed = {**resource, "language": "cy"}
    updated = pkb.ask(release_name, "PUT", place, render(changed).encode())
    assert updated.status_code == 200
    assert bare(updated.json())["language"] == "cy"
    assert pkb.ask(release_name, "DELETE", place).status_code == 200
    assert pkb.ask(release_name, "GET", place).status_code == 410
    assert pkb.ask(release_name, "GET", f"/{type_}?_id={resource['id']}").json()["total"] == 0


def without_meta(resource: Json) -> Json:
    return {name: value for name, value in resource.items() if name != "meta"}


def is_found(pkb: InProcess, release_name: str, resource: Json) -> None:
    """By every search parameter that it has a value of, in one batch."""
    pairs = [("_id", resource["id"]), *searches(release_name, resource)]
    urls = [f"{resource['resourceType']}?{quote(name, safe=':')}={quote(value, safe='')}" for name, value in pairs]
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    content = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
    answered = pkb.ask(release_name, "POST", "", content).json()["entry"]
    for url, entry in zip(urls, answered, strict=True):
        ids = [entry["resource"]["id"] for entry in entry.get("resource", {}).get("entry", ())]
        assert resource["id"] in ids, (url, entry)


def comes_through_xml(pkb: InProcess, release_name: str, resource: Json) -> None:
    """As it is; types of R4 that R4B dropped or made anew are JSON only."""
    place = f"/{resource['resourceType']}/{resource['id']}"
    response = pkb.ask(release_name, "GET", place, Accept="application/fhir+xml")
    if resource["resourceType"] in release(release_name).unmodelled:
        assert response.status_code == 406
        return
    assert response.status_code == 200, response.text
    stored = parse(pkb.ask(release_name, "GET", place).content)
    assert from_xml(release_name, response.content) == stored
    again = pkb.ask(release_name, "PUT", place, response.content, Content_Type="application/fhir+xml")
    assert again.status_code == 200, again.text
    assert again.json()["meta"]["versionId"] == stored["meta"]["versionId"]
    assert to_xml(release_name, stored) == response.content


def test_a_type_without_a_model_is_not_read_as_xml(pkb: InProcess):
    body = b'<MedicinalProduct xmlns="http://hl7.org/fhir"/>'
    response = pkb.ask("r4", "POST", "/MedicinalProduct", body, Content_Type="application/fhir+xml")
    assert response.status_code == 415
