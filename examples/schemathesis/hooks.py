"""Schemathesis hooks for the APIs of PKB Sandbox: a world for each run, tokens, and what JSON Schema cannot say.

They need nothing but Schemathesis. The environment names the sandbox (`PKB_SANDBOX_URL`), its admin token
(`PKB_SANDBOX_ADMIN_TOKEN`), and as whom to call Custom REST (`PKB_SANDBOX_SCOPE`: PATIENT, CLINICIAN, TEAMCOORD, SITE).
"""

from __future__ import annotations

import atexit
import os
import uuid
from collections.abc import Callable
from contextlib import suppress
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
DEACTIVATE = "POST /v1/users/{userId}/deactivate"
UUID_LENGTH = 36
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
    atexit.register(delete_worlds, headers)
    return {**created.json(), **control("GET", "/world")}


def delete_worlds(headers: dict[str, str]) -> None:
    for name in (WORLD, *made):
        requests.delete(f"{URL}/_sandbox/workspaces/{name}", headers=headers, timeout=60)


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
    if is_control(case):
        stay_in_world(case)
    if case.operation.label == DEACTIVATE and is_an_id(case.path_parameters.get("userId")):
        # Not the account that the run is signed in with, whose id an earlier answer has told.
        case.path_parameters = {**case.path_parameters, "userId": PATIENT_ID}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if is_control(case):
        name_what_exists(case)
    mend = MENDS.get(case.operation.label)
    if mend is not None and isinstance(case.body, dict):
        case.body = mend(case.body)


@schemathesis.hook
def after_call(ctx: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    """Remember the workspaces that a run makes, which end with it."""
    if case.operation.label == "POST /workspaces" and response.status_code == 201:
        made.append(response.json()["name"])


made: list[str] = []


def is_an_id(value: object) -> bool:
    """Whether a value may be the id of a user: a legacy id, or a public one."""
    return str(value).isdigit() or len(str(value)) == UUID_LENGTH


def stay_in_world(case: schemathesis.Case) -> None:
    """Make every control call one about the world of this run, and let none wait for minutes."""
    query = dict(case.query or {})
    if "{" in case.operation.path or not case.operation.path.startswith("/health/"):
        query.setdefault("workspace", world()["name"])
    with suppress(ValueError, TypeError):
        query |= {"wait": "0.1"} if float(query.get("wait", 0)) > 1 else {}
    if query != dict(case.query or {}):
        case.query = query


def name_what_exists(case: schemathesis.Case) -> None:
    """Put ids of this world where a valid request needs one."""
    query, path = dict(case.query or {}), dict(case.path_parameters or {})
    organisation = world()["organisations"][0]["id"]
    if "organisation" in query:
        query["organisation"] = organisation
    if "workspace" in query:
        query["workspace"] = WORLD
    if case.operation.path.startswith("/organisations/"):
        path["id"] = organisation
    if "patient" in path:
        path["patient"] = world()["patients"][0]["id"]
    if query != dict(case.query or {}):
        case.query = query
    if path != dict(case.path_parameters or {}):
        case.path_parameters = path


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


def grant(body: Json) -> Json:
    """A grant names a partner and an organisation of the world, and teams of that organisation."""
    organisation = world()["organisations"][0]
    team = organisation["teams"][0]["id"]
    ids = {"partner": world()["partners"][0]["id"], "organisation": organisation["id"]}
    return {
        **body,
        **ids,
        **{key: None if body[key] is None else team for key in ("team", "default_team") if key in body},
    }


def owner(body: Json) -> Json:
    """A credential belongs to an organisation or partner of the world."""
    ids = {"organisation": world()["organisations"][0]["id"], "partner": world()["partners"][0]["id"]}
    return {**body, **{key: None if body[key] is None else id_ for key, id_ in ids.items() if key in body}}


def without_world(body: Json) -> Json:
    """A workspace begins with a world that comes with the sandbox."""
    return {key: value for key, value in body.items() if key != "world"}


def home(body: Json) -> Json:
    """Synthetic patients belong to an organisation of the world; few of them are enough."""
    return {**owner(body), "patients": min(body.get("patients", 10), 3)}


def near_time(body: Json) -> Json:
    """A clock stays within some centuries."""
    return {"advance": "PT15M"} if "advance" in body else body


def grantee(body: Json) -> Json:
    """A consent names a team, a professional or a carer of the world."""
    kind = body["grantee"]["kind"]
    ids = {
        "team": world()["organisations"][0]["teams"][0]["id"],
        "professional": world()["users"][0]["id"],
        "carer": world()["patients"][1]["id"],
    }
    kept = {key: value for key, value in body.items() if key != "kept" or kind == "carer"}
    return {**kept, "grantee": {"kind": kind, "id": ids[kind]}}


def measurement(body: Json) -> Json:
    """The type decides which values a measurement has."""
    return entry(
        {key: body[key] for key in body if key in ("at", "by", "label", "route")} | {"type": "weight", "value": 71}
    )


def entry(body: Json) -> Json:
    """What is entered is entered by a person of the world."""
    return {**body, "by": world()["patients"][0]["id"]} if "by" in body else body


def letter(body: Json) -> Json:
    """A message has a sender and recipients of the world, and begins a conversation of its own."""
    kept = {key: value for key, value in body.items() if key not in ("sender", "conversation")}
    return {**kept, "recipients": [world()["users"][0]["id"]]}


def configuration(body: Json) -> Json:
    """A configuration refers to teams, credentials and grants of the organisation, and to a time zone."""
    known = {
        "default_team": None,
        "local_id_types": [],
        "aliases": [],
        "partner_aliases": {},
        "time_zone": "Europe/London",
    }
    return {**body, **{key: value for key, value in known.items() if key in body}}


def expectations(body: Json) -> Json:
    """An allowed rule is one of the ledger; paths and patterns have a grammar."""
    kept = [{key: value for key, value in row.items() if key != "body"} for row in body.get("expect", ())]
    allow = [{**row, "rule": fact()} if isinstance(row, dict) else fact() for row in body.get("allow", ())]
    return {**body, **({"expect": kept} if "expect" in body else {}), **({"allow": allow} if "allow" in body else {})}


@cache
def fact() -> str:
    return str(control("GET", "/facts")["facts"][0]["id"])


def new_rules(body: Json) -> Json:
    """A fault rule with an id is one of those that GET lists; the two numbers of a delay are in order."""
    return {"rules": [rule for rule in map(new_rule, body["rules"]) if rule]}


def new_rule(rule: Json) -> Json:
    if "id" in rule or "hits" in rule:
        return {}
    delay = rule.get("delay_ms")
    if isinstance(delay, dict) and "uniform" in delay:
        return {**rule, "delay_ms": {"uniform": sorted(delay["uniform"])}}
    return rule


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
    "POST /grants": grant,
    "POST /credentials": owner,
    "POST /workspaces": without_world,
    "POST /generate": home,
    "PUT /clock": near_time,
    "POST /records/{patient}/consents": grantee,
    "POST /records/{patient}/measurements": measurement,
    "POST /records/{patient}/allergies": entry,
    "POST /records/{patient}/diagnoses": entry,
    "POST /records/{patient}/messages": letter,
    "POST /verify": expectations,
    "PUT /organisations/{id}/configuration": configuration,
    "PUT /faults": new_rules,
}
"""Operation → what its body must keep to besides its schema."""
