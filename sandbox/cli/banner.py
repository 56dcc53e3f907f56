"""The start-up text of `serve`: the address of each API, one credential of each kind, and a first request for each
integration type.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from urllib.parse import urlencode

from sandbox import __version__
from sandbox.access.credentials import secrets_of, users_of
from sandbox.model import Credential, Grant, Organisation, Patient
from sandbox.worlds.workspace import Workspace

ADDRESSES = (
    ("HL7 v2, SOAP 1.1", "/services/hl7", "?wsdl describes it"),
    ("OAuth, System Clients", "/api/oauth/token", ""),
    ("OAuth, users and teams", "/apiAuthorize.action", ""),
    ("OAuth, Customer clients", "/auth/realms/pkb/protocol/openid-connect/token", ""),
    ("Custom REST", "/json", "the same at /rest"),
    ("Facade FHIR", "/fhir", "STU3, read-only"),
    ("Messaging FHIR", "/phr-fhir", "STU3, write-only"),
    ("Aggregated FHIR", "/aggregated/fhir", "R4, read"),
    ("control", "/_sandbox", "/openapi.json lists it"),
    ("documentation", "/_sandbox/docs/", "in a browser"),
)


def banner(workspace: Workspace, base_url: str, hl7_url: str = "", certificate: str = "") -> str:
    """Render the start-up text for the world that is served."""
    return "\n".join(_lines(workspace, base_url, hl7_url, certificate))


def _lines(workspace: Workspace, base_url: str, hl7_url: str, certificate: str) -> Iterator[str]:
    yield f"PKB Sandbox {__version__} · {base_url} · synthetic data, not PKB's service"
    yield ""
    for name, path, note in ADDRESSES:
        yield f"  {name:<23} {base_url}{path}  {note}".rstrip()
    if hl7_url and not hl7_url.startswith(f"{base_url}/"):
        yield f"  {'HL7 v2, port of its own':<23} {hl7_url}  as 7443"
    for endpoint in (e for o in workspace.store.all(Organisation) for e in o.endpoints):
        address = f"{base_url}/customer/{endpoint.name}/fhir"
        yield f"  {f'Customer FHIR, {endpoint.release.upper()}':<23} {address}"
    yield ""
    # The first credential of each kind, in the order of the world: the dict keeps the last of a reversed list.
    credentials = {c.kind: c for c in reversed(list(workspace.store.all(Credential)))}
    for kind, credential in reversed(credentials.items()):
        secret = _secret(workspace, credential)
        yield f"{kind:<28} {credential.id} {secret}"
    yield ""
    if certificate:
        yield "  HTTPS: make curl, Python and Node trust the local authority"
        yield "  (Java: `pkb-sandbox ca --java`)"
        for variable in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
            yield f"    export {variable}={shlex.quote(certificate)}"
    yield from _first_calls(workspace, base_url, credentials)


def _first_calls(workspace: Workspace, base_url: str, credentials: dict[str, Credential]) -> Iterator[str]:
    if "hl7-org" in credentials:
        yield "  Customer: send the example ADT^A28"
        yield f"    pkb-sandbox hl7 send --url {base_url} adt_a28"
    client = credentials.get("system-client")
    grants = workspace.store.find(Grant, "partner", client.partner) if client and client.partner else []
    if client and grants:
        organisation = workspace.store.get(Organisation, grants[0].organisation)
        number = _a_number(workspace, organisation.id)
        yield "  Partner: get a token, read a patient from the Facade"
        yield f"    TOKEN=$(curl -s -u {client.id}:{client.secret} \\"
        yield "      -d grant_type=client_credentials \\"
        # sed, because not every machine has a reader of JSON.
        yield f'      {base_url}/api/oauth/token | sed \'s/.*"access_token":"\\([^"]*\\)".*/\\1/\')'
        yield '    curl -s -H "Authorization: Bearer $TOKEN" \\'
        yield f'      -H "X-Org-Public-Id: {organisation.id}" \\'
        yield f'      "{base_url}/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C{number}"'
    app = credentials.get("user-client")
    person = next(users_of(workspace.store, app), None) if app else None
    if app and person:
        yield f"  App: open in a browser; {person['email']}, password {person['password']}"
        query = {"response_type": "code", "client_id": app.id, "redirect_uri": app.redirect_uris[0]}
        yield f"    {base_url}/apiAuthorize.action?{urlencode(query)}"


def _secret(workspace: Workspace, credential: Credential) -> str:
    row = secrets_of(workspace, credential)
    return next((row[key] for key in ("password", "client_secret", "refresh_token") if row.get(key)), "no secret")


def _a_number(workspace: Workspace, organisation: str) -> str:
    # One by one: the first has a number, and a large world has thousands.
    store = workspace.store
    patients = (store.get(Patient, id_) for id_ in store.ids(Patient, "organisation", organisation))
    return next((i.value for p in patients for i in p.identifiers if i.type == "NHS"), "")
