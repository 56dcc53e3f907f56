"""FHIR: the CapabilityStatement that an endpoint serves, as tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from starlette.responses import Response

from sandbox.console.in_process import send_request
from sandbox.console.pages.start.capabilities.page import render_capabilities
from sandbox.console.pages.start.words import words
from sandbox.console.snippets import HttpRequest
from sandbox.errors import NotFound
from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import Capabilities
from sandbox.http.call import Call
from sandbox.model import Endpoint, Organisation

RELEASES = ("stu3", "r4")
_ORDER = ("read", "vread", "search-type", "create", "update", "patch", "delete", "history-instance", "history-type")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeRow:
    """A resource type: its interactions, its search parameters with what is required of them, and includes."""

    type: str
    interactions: frozenset[str]
    parameters: tuple[tuple[str, str, str], ...]
    includes: tuple[str, ...]


async def show_statement(call: Call, api: str) -> Response:
    """Render the statement of an endpoint; of a Customer endpoint by `?release=`. Raises NotFound."""
    release = call.request.query_params.get("release", "r4")
    if release not in RELEASES:
        raise NotFound(f"release must be one of: {', '.join(RELEASES)}")
    path = _path(call, api, release)
    statement = await _statement(call, path) if path else None
    rules = _rules(f"customer_{release}" if api == "customer" else api)
    rest: dict[str, Any] = statement["rest"][0] if statement else {}
    rows = [_row(resource, rules) for resource in rest.get("resource", [])]
    used = {code for row in rows for code in row.interactions}
    return render_capabilities(
        call,
        api,
        "fhir.html",
        f"{words()['api'][api]['title']}: CapabilityStatement",
        statement=statement,
        rows=rows,
        codes=[code for code in _ORDER if code in used],
        system=[interaction["code"] for interaction in rest.get("interaction", [])],
        operations=[operation for operation in rules.operations if operation.built],
        standing_of=rules.standing,
        releases=RELEASES if api == "customer" else (),
        release=release,
        request=HttpRequest("GET", f"{call.base_url}{path}/metadata") if path else None,
    )


def _path(call: Call, api: str, release: str) -> str:
    """Return the path of the endpoint; empty if the world has no Customer endpoint of the release."""
    if api != "customer":
        return str(words()["api"][api]["path"])
    endpoint = _endpoint(call, release)
    return f"/customer/{endpoint.name}/fhir" if endpoint else ""


def _endpoint(call: Call, release: str) -> Endpoint | None:
    endpoints = (e for organisation in call.workspace.store.all(Organisation) for e in organisation.endpoints)
    return next((endpoint for endpoint in endpoints if endpoint.release == release), None)


async def _statement(call: Call, path: str) -> dict[str, Any] | None:
    """Read the statement as clients do. Those of another world than the default one have no address without a token."""
    response = await send_request(call, "GET", f"{path}/metadata", headers={"accept": "application/fhir+json"})
    statement: dict[str, Any] = response.json()
    return statement if response.status == 200 else None


@cache
def _rules(name: str) -> Capabilities:
    return capability.load(name)


def _row(resource: dict[str, Any], rules: Capabilities) -> TypeRow:
    searches = rules.searches.get(resource["type"], {})
    parameters = [
        (row["name"], row["type"], rule.optionality if (rule := searches.get(row["name"])) else "")
        for row in resource.get("searchParam", [])
    ]
    return TypeRow(
        type=resource["type"],
        interactions=frozenset(interaction["code"] for interaction in resource.get("interaction", [])),
        parameters=tuple(parameters),
        includes=tuple(resource.get("searchInclude", ())),
    )
