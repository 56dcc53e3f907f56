"""Schemathesis hooks for the APIs of PKB Sandbox: a world for each run, tokens, and what JSON Schema cannot say.

They need nothing but Schemathesis. The environment names the sandbox (`PKB_SANDBOX_URL`), its admin token
(`PKB_SANDBOX_ADMIN_TOKEN`), and as whom to call Custom REST (`PKB_SANDBOX_SCOPE`: PATIENT, CLINICIAN, TEAMCOORD, SITE).
"""

from __future__ import annotations

import atexit
import os
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
import schemathesis

URL = os.environ.get("PKB_SANDBOX_URL", "http://127.0.0.1:8080").rstrip("/")
ADMIN_TOKEN = os.environ.get("PKB_SANDBOX_ADMIN_TOKEN", "")
SCOPE = os.environ.get("PKB_SANDBOX_SCOPE", "PATIENT")
WORLD = f"schemathesis-{uuid.uuid4().hex[:8]}"
PATIENT_ID = "5010"
"""The patient whom the examples of Custom REST are about; as PATIENT, this patient is signed in."""
NUMBER = {"name": "NHS_NUMBER", "value": "9998120012"}
"""A valid number that nobody has."""


def control(method: str, path: str, **options: Any) -> Any:
    """Make a control call in the world of this run."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"} if ADMIN_TOKEN else {}
    response = requests.request(
        method, f"{URL}/_sandbox{path}", headers=headers, timeout=60, params={"workspace": WORLD}, **options
    )
    response.raise_for_status()
    return response.json() if response.content else None


@cache
def world() -> dict[str, Any]:
    """Create the world of this run, which ends with it; return its credentials, patients, users and organisations."""
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"} if ADMIN_TOKEN else {}
    created = requests.post(f"{URL}/_sandbox/workspaces", json={"name": WORLD}, headers=headers, timeout=60)
    created.raise_for_status()
    atexit.register(lambda: requests.delete(f"{URL}/_sandbox/workspaces/{WORLD}", headers=headers, timeout=60))
    return {**created.json(), **control("GET", "/world")}


# --- a token ---


@schemathesis.auth()
class SandboxToken:
    """Authorises calls: Custom REST with a token of the scope, the control API with the admin token, if any."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        return ADMIN_TOKEN if is_control(case) else token(SCOPE)

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        if data:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


def is_control(case: schemathesis.Case) -> bool:
    return "/_sandbox" in str(case.operation.base_url)


def token(scope: str) -> str:
    """Sign in: a person grants an app access, or a coordinator tethers a client."""
    kind = "tethered-token-system-client" if scope == "SITE" else "user-client"
    clients = [row for row in world()["credentials"] if row["kind"] == kind]
    if scope == "SITE":
        form = {"grant_type": "refresh_token", "refresh_token": clients[0]["refresh_token"], "scope": "SITE"}
        return exchange({**form, "client_id": clients[0]["client_id"]})
    client, user = next((row, user) for row in clients for user in row["users"] if is_of(user, scope))
    query = {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
    redirect = control("POST", f"/users/{user['id']}/approve", json=query)["redirect"]
    return exchange(
        {"grant_type": "authorization_code", "code": parse_qs(urlsplit(redirect).query)["code"][0], **query}
    )


def is_of(user: dict[str, Any], scope: str) -> bool:
    people = {str(row["id"]): str(row["legacy_id"]) for row in world()["patients"]}
    return user["scope"] == scope and people.get(user["id"], PATIENT_ID) == PATIENT_ID


def exchange(form: dict[str, str]) -> str:
    response = requests.post(f"{URL}/apiToken.action", data=form, timeout=60)
    response.raise_for_status()
    return str(response.json()["access_token"])


# --- what JSON Schema cannot say ---


@schemathesis.hook
def before_call(ctx: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Mend a valid request where it breaks a rule that no schema states; an invalid request stays as it is."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if is_control(case) and "workspace" in (case.query or {}):
        case.query = {**case.query, "workspace": WORLD}
    mend = MENDS.get(case.operation.label)
    if mend is not None and isinstance(case.body, dict):
        case.body = mend(case.body)


Json = dict[str, Any]


def dates_in_order(body: Json) -> Json:
    """A medication cannot end before it starts."""
    start, end = body.get("startDate"), body.get("endDate")
    return {**body, "endDate": start} if start and end and end < start else body


def few_digits(body: Json) -> Json:
    """A number has at most 15 digits behind the point, as JSON writes it."""
    numbers = {key: round(value, 6) for key, value in body.items() if isinstance(value, float)}
    return {**body, **numbers}


def new_user(body: Json) -> Json:
    """A patient creates carers, who need an address; a coordinator creates patients, who need a national number."""
    body = valid_number(body) if SCOPE == "PATIENT" else {**body, "nationalIds": [NUMBER]}
    return {**body, "email": f"{uuid.uuid4().hex}@example.org"} if SCOPE == "PATIENT" else body


def valid_number(body: Json) -> Json:
    """A national number has a check digit."""
    return {**body, "nationalIds": [NUMBER]} if body.get("nationalIds") else body


def patient_of_plan(body: Json) -> Json:
    """A professional names the patient of a plan."""
    return body if SCOPE == "PATIENT" or body.get("patientId") else {**body, "patientId": PATIENT_ID}


MENDS: dict[str, Callable[[Json], Json]] = {
    "POST /v1/medications": lambda body: few_digits(dates_in_order(body)),
    "PUT /v1/medications": lambda body: few_digits(dates_in_order(body)),
    "POST /v1/measurements": few_digits,
    "PUT /v1/measurements": few_digits,
    "POST /v2-beta/measurements/{patientId}": few_digits,
    "PUT /v2-beta/measurements/{patientId}": few_digits,
    "POST /v1/users": new_user,
    "PUT /v1/users": valid_number,
    "POST /v1/treatmentPlans": patient_of_plan,
}
"""Operation → what its body must keep to besides its schema."""
