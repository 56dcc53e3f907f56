"""An example request for each operation, generated from the catalogue, for the Postman collection and the `.http`
file.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from sandbox.base.readable import render_readable
from sandbox.rest.catalogue import RestOperation, operations
from sandbox.rest.objects import shapes

PREFIX = "/json"
BASE, ADMIN, NEW = "baseUrl", "adminToken", "{{"
DEFAULT_BASE, NO_TOKEN = "http://127.0.0.1:8080", "none"
"""The token when none is needed, because an empty one would not be a valid header."""
RESET = "/_sandbox/reset"
NOW = "{{$timestamp}}"
"""Makes an address that no record has yet, each time that a request is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A sign-in: a person of the default world grants an app a token, stored in `variable`."""

    variable: str
    person: str
    user: str
    client_id: str
    redirect_uri: str

    @property
    def name(self) -> str:
        return self.variable.removesuffix("Token")

    @property
    def approve_path(self) -> str:
        return f"/_sandbox/users/{self.user}/approve"

    @property
    def client(self) -> dict[str, str]:
        return {"client_id": self.client_id, "redirect_uri": self.redirect_uri}


TOKEN_PATH = "/apiToken.action"  # noqa: S105 - an address
CLINIC = {"client_id": "stepwise-clinic", "redirect_uri": "http://localhost:8401/done"}
SIGN_INS = {
    "PATIENT": SignIn(
        variable="patientToken",
        person="Rhys Delacroix, a patient",
        user="ca7dfd5d-19d2-4e88-88f1-def6bb3a9200",
        client_id="stepwise-diary",
        redirect_uri="http://localhost:8400/done",
    ),
    "CLINICIAN": SignIn(
        variable="clinicianToken",
        person="Owen Bright, a clinician",
        user="f1640ff8-d059-403c-b0d5-295ffc6e627d",
        **CLINIC,
    ),
    "TEAMCOORD": SignIn(
        variable="coordinatorToken",
        person="Dilys Farrow, a coordinator",
        user="de0bf099-fc0a-4da4-959c-b16cd9e05bca",
        **CLINIC,
    ),
}
"""Scope → the sign-in for it."""


@dataclass(frozen=True, slots=True)
class RestExample:
    """A request: `path` is relative to the base; `token` and text in double braces are variables."""

    operation: RestOperation
    path: str
    token: str
    body: Mapping[str, Any] | None

    @property
    def body_text(self) -> str:
        return render_readable(self.body)

    @property
    def about(self) -> str:
        """The variable with the id of the object that another request creates; usually empty."""
        names = (example.operation.gives for example in examples() if example.operation.gives)
        text = self.path + (self.body_text if self.body else "")
        return next((name for name in names if f"{{{{{name}}}}}" in text), "")

    @property
    def status(self) -> int:
        """The status of its response in the default world."""
        return 200 if self.operation.answers else 204


@cache
def examples() -> tuple[RestExample, ...]:
    """Build one for each operation, in the order of the catalogue."""
    return tuple(_example(operation) for operation in operations())


def maker_of(name: str) -> RestExample:
    """Return the request whose response contains the id of a variable."""
    return next(example for example in examples() if example.operation.gives == name)


def groups() -> dict[str, list[RestExample]]:
    """Group requests by the first part of their path after the version: one group for each of PKB's services."""
    services: dict[str, list[RestExample]] = {}
    for example in examples():
        words = example.operation.path.strip("/").split("/")
        services.setdefault(words[1] if words[0].startswith("v") else words[0], []).append(example)
    return services


def _example(operation: RestOperation) -> RestExample:
    path, query = operation.path, []
    for parameter in operation.parameters:
        if parameter.example is None:
            continue
        value = str(parameter.example)
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", value if value.startswith(NEW) else quote(value, safe=""))
        else:
            query.append(f"{parameter.name}={quote(value, safe=',')}")
    # The first scope is enough: any of them may call the operation.
    token = SIGN_INS[operation.scopes[0]].variable if operation.scopes else ""
    body = operation.example or (shapes()[operation.body].example() if operation.body else None)
    if body and "email" in body:
        # An address belongs to one record only, so each run needs a new one.
        body = {**body, "email": body["email"].replace("@", f"+{NOW}@")}
    return RestExample(operation, PREFIX + path + ("?" + "&".join(query) if query else ""), token, body)
