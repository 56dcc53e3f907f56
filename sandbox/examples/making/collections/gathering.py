"""Gather the requests of an integration type: sign in, examples of the index, and each cell of the access matrix."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from sandbox.access.matrix import TYPES, matrix
from sandbox.console.pages.start.examples import ENVELOPE, request_of
from sandbox.console.pages.start.examples import examples as cell_requests
from sandbox.console.pages.start.stage import CellStage
from sandbox.examples.example import Example
from sandbox.examples.making.collections.request import ADMIN, DEFAULTS, Collection, CollectionRequest, variable
from sandbox.examples.making.hl7_messages import table
from sandbox.model import Credential
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

TABLE = "collections/collections"
CLOCK = "2026-03-10T10:15:00Z"
# SOAP 1.1, 6.1.1: clients must send SOAPAction; empty, it means that the address says enough.
SOAP = {"Content-Type": "text/xml;charset=utf-8", "SOAPAction": '""'}
JSON = "application/fhir+json"
FORM = "application/x-www-form-urlencoded"
BASIC = ("hl7User", "hl7Password")
HL7_KINDS = ("hl7-org", "hl7-partner")
NOT_TO_SEND = re.compile(r"Authorization|X-Org-Public-Id")
TOKENS = {"customer-system-client": "customerToken", "system-client": "partnerToken", "user-client": "patientToken"}
TOKENS["tethered-token-system-client"] = "tetheredToken"
FOLDERS = {"hl7": "HL7", "customer": "Customer FHIR", "messaging": "Messaging FHIR", "facade": "Facade FHIR"}


def collections(texts: Mapping[str, str], examples: Mapping[str, Example]) -> Iterator[Collection]:
    """Build a collection for each integration type, from the examples and their texts."""
    rows = table(TABLE)
    for type_ in TYPES:
        row = rows[type_]
        chosen = (examples[name] for name in row["examples"])
        requests = (_reset(), *_signing_in(type_), *(_of_example(e, texts[e.files[0]], row["token"]) for e in chosen))
        yield Collection(
            name=type_,
            title=row["title"],
            variables={**DEFAULTS, **_variables(type_)},
            requests=(*requests, *_cells(type_)),
        )


def _variables(type_: str) -> dict[str, str]:
    variables: dict[str, str] = table(TABLE)[type_]["variables"]
    if type_ == "app":
        return {**variables, "user": _stage("user-client").user}
    return variables


def _reset() -> CollectionRequest:
    return CollectionRequest(
        folder="Start",
        name="Reset the sandbox",
        title="Restore the starting state, so that each request is answered as it says. Not part of PKB.",
        method="POST",
        path="/_sandbox/reset",
        headers={"Content-Type": "application/json"},
        body='{"reset": ["store"]}',
        bearer=ADMIN,
        statuses=(200,),
        source="",
    )


def _signing_in(type_: str) -> Iterator[CollectionRequest]:
    """Build the requests that get the tokens of an integration type."""
    source = "https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979"
    shared: dict[str, Any] = {"folder": "Sign in", "method": "POST", "statuses": (200,), "source": source}
    client = {"client_id": variable("clientId"), "client_secret": variable("clientSecret")}
    granted = {"grant_type": "client_credentials", **client}
    if type_ == "app":
        yield from _signing_in_a_patient(shared)
        return
    path = "/auth/realms/pkb/protocol/openid-connect/token" if type_ == "customer" else "/api/oauth/token"
    yield CollectionRequest(
        name="Get a token",
        title="Get an access token by client credentials",
        path=path,
        form=granted,
        stores={table(TABLE)[type_]["token"]: "access_token"},
        **shared,
    )
    if type_ == "partner":
        yield from _tethering(shared)


def _signing_in_a_patient(shared: dict[str, Any]) -> Iterator[CollectionRequest]:
    client = {"client_id": variable("clientId"), "redirect_uri": variable("redirectUri")}
    yield CollectionRequest(
        name="A patient approves the app",
        title="Act as the patient on the page of PKB that asks for consent. Not part of PKB.",
        path=f"/_sandbox/users/{variable('user')}/approve",
        headers={"Content-Type": "application/json"},
        body='{"client_id": "{{clientId}}", "redirect_uri": "{{redirectUri}}"}',
        bearer=ADMIN,
        stores={"code": "code"},
        **shared,
    )
    yield CollectionRequest(
        name="Exchange the code",
        title="Exchange the code of the redirect for a token",
        path="/apiToken.action",
        form={"grant_type": "authorization_code", **client, "code": variable("code")},
        stores={"patientToken": "access_token"},
        **shared,
    )


def _tethering(shared: dict[str, Any]) -> Iterator[CollectionRequest]:
    # By position: the paths that all three tools understand have no filters.
    number = [row.id for row in _workspace().store.all(Credential)].index("letterbox-tethered")
    yield CollectionRequest(
        name="Read the tethered token",
        title="Read the refresh token that a coordinator gave the client of the renal team. Not part of PKB.",
        path="/_sandbox/credentials",
        bearer=ADMIN,
        stores={"refreshToken": f"credentials[{number}].refresh_token"},
        **{**shared, "method": "GET"},
    )
    yield CollectionRequest(
        name="Get a tethered token",
        title="Exchange the refresh token, which can be used once",
        path="/apiToken.action",
        form={
            "grant_type": "refresh_token",
            "client_id": "letterbox-tethered",
            "scope": "SITE",
            "refresh_token": variable("refreshToken"),
        },
        stores={"tetheredToken": "access_token"},
        **shared,
    )


def _of_example(example: Example, text: str, token: str) -> CollectionRequest:
    """Build the request that sends an example."""
    shared: dict[str, Any] = {
        "folder": FOLDERS[example.api],
        "name": example.name,
        "title": example.title,
        "source": example.source,
    }
    if example.kind == "hl7":
        answer = f"MSA|{example.ack}|"
        return CollectionRequest(
            method="POST",
            path="/services/hl7",
            headers=SOAP,
            # An XML parser turns a carriage return into a line feed, unless it is escaped (XML 1.0, 2.11).
            body=ENVELOPE.format("&#13;\n".join(escape(line) for line in text.strip().split("\n"))).strip(),
            basic=BASIC,
            statuses=(200,),
            text=escape(example.text) if example.text else answer,
            **shared,
        )
    headers = {"Content-Type": JSON, "Accept": JSON}
    if example.organisation:
        headers["X-Org-Public-Id"] = variable("organisation")
    # A second run updates what the first one created.
    repeated = (200,) if example.status == 201 else ()
    return CollectionRequest(
        method=example.method,
        path=example.path,
        headers=headers,
        body=text.strip(),
        bearer=token,
        statuses=(example.status, *repeated),
        **shared,
    )


def _cells(type_: str) -> Iterator[CollectionRequest]:
    """Build the request for each cell of the access matrix, allowed or not."""
    statuses, texts = table(TABLE)["status"], table(TABLE)["text"]
    for cell, example in cell_requests().items():
        if not cell.startswith(f"{type_}."):
            continue
        request = request_of(example, _stage(example.kind), "")
        headers = {name: value for name, value in request.headers if not NOT_TO_SEND.fullmatch(name)}
        if example.kind == "system-client":
            headers["X-Org-Public-Id"] = variable("organisation")
        is_basic = example.kind in HL7_KINDS
        usual = (201, 200) if example.path.endswith("$process-message") else (200,)
        refused = statuses.get(cell, statuses.get(cell.rpartition(".")[0]))
        row = matrix()[cell]
        yield CollectionRequest(
            folder="Access matrix",
            name=cell,
            title=f"{example.text}. {row.decision.capitalize()}: {row.reason}",
            method=request.method,
            path=request.encoded_url,
            headers=headers,
            body=request.body.strip(),
            basic=BASIC if is_basic else None,
            bearer="" if is_basic else TOKENS[example.kind],
            statuses=(refused,) if refused else usual,
            text=texts.get(cell, ""),
            source=row.source,
        )


@cache
def _workspace() -> Workspace:
    # A fixed seed and clock: the files must be the same each time, because the gate compares them with new ones.
    return Workspaces(Settings(world="default", seed=1, clock=CLOCK)).default


@cache
def _stage(kind: str) -> CellStage:
    return CellStage(_workspace(), kind)
