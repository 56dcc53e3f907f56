"""What clients do less often: the second journey that the tests record and send again."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox import Sandbox
from tests.replay.journey import NHS, PERSON, TOLA_EMAIL

VERIFIER = "a-verifier-of-at-least-forty-three-characters-for-pkce"
XML = """<Patient xmlns="http://hl7.org/fhir"><name><family value="Xavier"/></name></Patient>"""
IDRIS = "9991002758"
LARGE = "A" * 90_000


def sign_in_with_proof(pkb: Sandbox) -> None:
    """The code flow with PKCE, a refresh, and a call with the new token."""
    app = pkb.credential("user-client")
    user = next(row["id"] for row in app["users"] if row["email"] == TOLA_EMAIL)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
    request = {"client_id": app["client_id"], "redirect_uri": app["redirect_uris"][0]}
    approval = {**request, "code_challenge": challenge, "code_challenge_method": "S256"}
    code = pkb._ask("POST", f"/users/{user}/approve", approval)["code"]
    with httpx.Client(base_url=pkb.base_url) as client:
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER, **request}
        tokens = client.post("/apiToken.action", data=form).json()
        renewal = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        tokens = client.post("/apiToken.action", data={**renewal, "client_id": app["client_id"]}).json()
        client.get("/json/users/self", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        client.post("/apiToken.action", data={**renewal, "client_id": app["client_id"]})  # used
        client.post("/apiToken.action", data={**form, "code": "guessed"})
        client.get("/apiAuthorize.action", params={**request, "response_type": "code"})
        client.get("/auth/realms/pkb/protocol/openid-connect/certs")
        client.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=("letterbox-facade", "guess"))


def sign_a_browser_in(pkb: Sandbox) -> None:
    """A one-time password, used once."""
    with pkb.client("user-client", user=TOLA_EMAIL) as app:
        password = app.get("/json/v1/otp").json()["otpToken"]
    httpx.get(f"{pkb.base_url}/otp.action", params={"otpToken": password, "redirect_uri": "/"})


def write_fhir(pkb: Sandbox) -> None:
    """XML, a transaction, a delete, and the endpoint by its host name."""
    base = urlsplit(pkb.fhir_url("northmoor-r4")).path
    with pkb.client("customer-system-client") as client:
        fhir_xml = {"Content-Type": "application/fhir+xml", "Accept": "application/fhir+xml"}
        created = client.post(f"{base}/Patient", content=XML, headers=fhir_xml)
        client.get(urlsplit(created.headers["location"]).path.partition("/_history")[0], headers=fhir_xml)
        entry: dict[str, Any] = {"resourceType": "Bundle", "type": "transaction", "entry": [_entry(PERSON, "Patient")]}
        observation = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"text": "Pulse"},
            "subject": {"reference": "urn:uuid:6d1f7a10-8a39-4b52-a6b4-7a3f0dd0c9c1"},
        }
        entry["entry"].append(_entry(observation, "Observation"))
        stored = client.post(base, json=entry).json()
        location = urlsplit(stored["entry"][1]["response"]["location"]).path.partition("/_history")[0]
        client.get(f"{base}/Observation?_sort=-_lastUpdated")
        client.delete(f"{base}/{'/'.join(location.split('/')[-2:])}")
        host = {"Host": "northmoor-r4.fhir-api.localhost"}
        created = client.post("/fhir/Patient", json=PERSON, headers=host)
        client.get(f"/fhir/Patient/{created.json()['id']}", headers=host)
        client.post(f"{base}/Basic", json={"resourceType": "Basic", "code": {"text": LARGE}})


def _entry(resource: dict[str, Any], type_: str) -> dict[str, Any]:
    url = "urn:uuid:6d1f7a10-8a39-4b52-a6b4-7a3f0dd0c9c1" if type_ == "Patient" else None
    return {
        **({"fullUrl": url} if url else {}),
        "resource": resource,
        "request": {"method": "POST", "url": type_},
    }


def invite(pkb: Sandbox) -> None:
    """Random codes in an answer."""
    parameter = {"name": "patientIdentifier", "valueIdentifier": {"system": NHS, "value": IDRIS}}
    with pkb.client("system-client") as client:
        body = {"resourceType": "Parameters", "parameter": [parameter]}
        headers = {"Content-Type": "application/fhir+json"}
        client.post("/fhir/Organization/$generate-invitation-tokens", json=body, headers=headers)


def meet_a_fault(pkb: Sandbox) -> None:
    """An answer that a fault rule made."""
    pkb.fail_next(api="hl7", status=503)
    row = pkb.credential("hl7-org")
    httpx.post(f"{pkb.base_url}/services/hl7", content=b"<x/>", auth=(row["username"], row["password"]))
