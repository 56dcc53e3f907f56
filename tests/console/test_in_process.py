"""Calls from pages to APIs of the same server: on someone's behalf, and without a trace."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from sandbox.access.principal import Principal
from sandbox.app import create_app
from sandbox.console.in_process import InnerResponse, send_request
from sandbox.http.call import Call
from sandbox.model import Credential, Organisation
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces


def page_of(workspaces: Workspaces) -> Call:
    """A request for a page, as its handler gets it."""
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "method": "GET",
        "scheme": "http",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", b"sandbox.example:8080")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8080),
        "pkb_sandbox.app": create_app(workspaces),
    }
    return Call(Request(scope), workspaces, workspaces.default, "console", "/")


def read_patient(call: Call, *, is_recorded: bool) -> InnerResponse:
    world = call.workspace
    client = world.store.get(Credential, "letterbox-facade")
    organisation = next(world.store.all(Organisation)).id
    principal = Principal(workspace=world, credential=client)
    headers = {"authorization": "Bearer any", "x-org-public-id": organisation}
    query = {"identifier": "https://fhir.nhs.uk/Id/nhs-number|9991001379"}
    return asyncio.run(
        send_request(
            call, "GET", "/fhir/Patient", query=query, headers=headers, principal=principal, is_recorded=is_recorded
        )
    )


def test_a_call_on_behalf_of_a_client_needs_no_token_and_leaves_no_trace():
    workspaces = Workspaces(Settings(seed=7))
    call = page_of(workspaces)
    response = read_patient(call, is_recorded=False)
    assert response.status == 200
    assert response.json()["resourceType"] == "Bundle"
    assert len(workspaces.default.exchanges) == 0


def test_a_recorded_call_is_in_the_journal_with_its_caller():
    workspaces = Workspaces(Settings())
    assert read_patient(page_of(workspaces), is_recorded=True).status == 200
    (exchange,) = workspaces.default.exchanges
    assert exchange.client == "letterbox-facade"


def test_links_have_the_address_that_the_person_used():
    response = read_patient(page_of(Workspaces(Settings())), is_recorded=False)
    assert response.json()["link"][0]["url"].startswith("http://sandbox.example:8080/fhir/")
