"""The first call with an issued credential, over HTTP as any client makes it: the request and its response."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from sandbox.base.readable import render_readable
from sandbox.cli.control_client import CallFailed, ControlClient

Json = Mapping[str, Any]
NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
SYSTEM_TOKENS = "/api/oauth/token"
CUSTOMER_TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
USER_TOKENS = "/apiToken.action"
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": NUMBER_SYSTEM, "value": "9998120012"}],
    "name": [{"use": "official", "family": "Khatun", "given": ["Rina"], "prefix": ["Mrs"]}],
    "gender": "female",
    "birthDate": "1991-06-23",
}
"""The synthetic patient of the example ADT^A28, for Messaging."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """One request and its response. `steps` are calls that came before it, such as the one for the token."""

    request: str
    status: int
    response: str
    steps: tuple[str, ...] = field(default=())

    @property
    def is_accepted(self) -> bool:
        # The HL7 API refuses a message with status 200.
        return self.status < 400 and not any(f"MSA|{code}" in self.response for code in ("AE", "AR"))


def make_first_call(client: ControlClient, api: str, credential: Json) -> FirstCall:
    """Make the first call of an API with a credential. Raises CallFailed."""
    if api == "hl7":
        return _message(client, credential)
    token, steps = TOKENS[credential["kind"]](client, credential)
    headers = {"Authorization": f"Bearer {token}"}
    if credential["kind"] == "system-client":
        headers["X-Org-Public-Id"] = credential["on_behalf_of"][0]["organisation"]["id"]
    method, path, body = _request(client, api, credential)
    if body:
        headers["Content-Type"] = "application/json" if api == "rest" else "application/fhir+json"
    status, text = client.send(method, path, headers, body.encode() if body else None)
    visible = "".join(f"\n{name}: {value}" for name, value in headers.items() if name != "Authorization")
    return FirstCall(
        request=f"{method} {client.url.rstrip('/')}{path}\nAuthorization: Bearer <token>{visible}"
        + (f"\n\n{body}" if body else ""),
        status=status,
        response=_readable_body(text),
        steps=steps,
    )


def _message(client: ControlClient, credential: Json) -> FirstCall:
    """Send the example ADT^A28; a partner names the Customer in MSH-4."""
    from sandbox.base import datafiles
    from sandbox.hl7.client import Unanswered, post

    message = datafiles.path("fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8").replace("\n", "\r")
    granted = credential.get("on_behalf_of")
    if granted:
        fields = message.split("|")
        # MSH-4 is the fourth part of the line: MSH-1 is the delimiter itself.
        fields[3] = f"{granted[0]['alias']}{{{granted[0]['alias']}}}"
        message = "|".join(fields)
    try:
        reply = post(client.url, credential["username"], credential["password"], message)
    except Unanswered as error:
        raise CallFailed(str(error)) from error
    segments = message.strip().replace("\r", "\n")
    request = f"POST {client.url.rstrip('/')}/services/hl7 (SOAP, HTTP Basic)\n\n{segments}"
    return FirstCall(request=request, status=200, response=reply.strip().replace("\r", "\n"))


def _request(client: ControlClient, api: str, credential: Json) -> tuple[str, str, str]:
    """Return method, path and body of the first request of an API."""
    patient = _patient(client, credential)
    identifier = quote(f"{NUMBER_SYSTEM}|{patient['nhs_number']}", safe="")
    match api:
        case "rest":
            return "GET", "/json/users/self", ""
        case "messaging":
            return "POST", "/phr-fhir/Patient/$process-message", json.dumps(PATIENT)
        case "customer":
            return "GET", f"/customer/{credential['endpoints'][0]}/fhir/Patient?identifier={identifier}", ""
        case "aggregated":
            return "GET", f"/aggregated/fhir/Patient?identifier={identifier}", ""
    return "GET", f"/fhir/Patient?identifier={identifier}", ""


def _patient(client: ControlClient, credential: Json) -> Json:
    """Return the first patient of the world with an NHS number."""
    patients = client.call("GET", "/world")["patients"]
    with_number = [patient for patient in patients if patient.get("nhs_number")]
    if not with_number:
        raise CallFailed("the world has no patient with an NHS number")
    row: Json = with_number[0]
    return row


def _by_secret(client: ControlClient, credential: Json) -> tuple[str, tuple[str, ...]]:
    """Get a token with id and secret."""
    path = CUSTOMER_TOKENS if credential["kind"] == "customer-system-client" else SYSTEM_TOKENS
    secret = f"{credential['client_id']}:{credential['client_secret']}"
    headers = {"Authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}
    return _token(client, path, {"grant_type": "client_credentials"}, headers), (f"POST {path} (client credentials)",)


def _by_coordinator(client: ControlClient, credential: Json) -> tuple[str, tuple[str, ...]]:
    """Let a team's coordinator tether the client, and exchange the refresh token."""
    refresh_token = credential.get("refresh_token")
    steps: tuple[str, ...] = ()
    if not refresh_token:
        team = client.call("GET", "/world")["organisations"][0]["teams"][0]["id"]
        payload = {"client_id": credential["client_id"]}
        refresh_token = client.call("POST", f"/teams/{team}/rest-api-access", payload)["refresh_token"]
        steps = ("a team's coordinator approves the client and gives it a refresh token",)
    form = {"grant_type": "refresh_token", "client_id": credential["client_id"], "refresh_token": refresh_token}
    return _token(client, USER_TOKENS, {**form, "scope": "SITE"}, {}), (*steps, f"POST {USER_TOKENS} (refresh token)")


def _by_user(client: ControlClient, credential: Json) -> tuple[str, tuple[str, ...]]:
    """Let a user approve, and exchange the code."""
    if not credential["users"]:
        raise CallFailed(f"nobody can sign in to {credential['client_id']}")
    user = credential["users"][0]
    query = {"client_id": credential["client_id"], "redirect_uri": credential["redirect_uris"][0]}
    redirect = client.call("POST", f"/users/{user['id']}/approve", query)["redirect"]
    code = parse_qs(urlsplit(redirect).query).get("code", [""])[0]
    token = _token(client, USER_TOKENS, {"grant_type": "authorization_code", "code": code, **query}, {})
    return token, (f"{user['email']} signs in and approves", f"POST {USER_TOKENS} (authorization code)")


def _token(client: ControlClient, path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    status, text = client.send("POST", path, headers, urlencode(form).encode())
    if status != 200:
        raise CallFailed(f"the token endpoint answered {status}: {text[:300]}")
    token: str = json.loads(text)["access_token"]
    return token


TOKENS: dict[str, Callable[[ControlClient, Json], tuple[str, tuple[str, ...]]]] = {
    "system-client": _by_secret,
    "customer-system-client": _by_secret,
    "tethered-token-system-client": _by_coordinator,
    "user-client": _by_user,
}
"""Kind of credential → how it gets a token: the token, and the steps in words."""


def _readable_body(text: str) -> str:
    try:
        return render_readable(json.loads(text))
    except ValueError:
        return text
