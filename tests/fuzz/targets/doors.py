"""The doors: whole requests to each API and to the control API, and what they change."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from sandbox.access.tokens import REALM
from tests.fhir.facade.samples import NORTHMOOR_ID, RHYS, TOLA
from tests.fuzz.strategies import as_json, changed, json_values, pieces
from tests.fuzz.target import Target
from tests.fuzz.targets.door import ask_apis, ask_control
from tests.fuzz.targets.fhir import PATIENT, VALUES
from tests.fuzz.targets.hl7 import SEGMENTS
from tests.fuzz.targets.searches import QUERIES
from tests.support import SOAP

CUSTOMER, AGGREGATED = "/customer/northmoor-r4/fhir", "/aggregated/fhir"


def _post(target: str, body: bytes, *headers: str, method: str = "POST") -> bytes:
    return "\n".join([f"{method} {target}", *headers, "", ""]).encode() + body


def _message(body: bytes) -> bytes:
    text = body.decode("utf-8", "replace").replace("]]>", "")
    envelope = SOAP.format(f"<![CDATA[{text}]]>").encode()
    return _post("/services/hl7", envelope, "Content-Type: text/xml;charset=utf-8", "Authorization: $HL7")


FHIR = "Content-Type: application/fhir+json"
AS_CUSTOMER, AS_PARTNER, AS_USER = "Authorization: $CUSTOMER", "Authorization: $PARTNER", "Authorization: $USER"
OF_ORGANISATION = "X-Org-Public-Id: $ORG"
TYPES = st.sampled_from(
    ("Patient", "Observation", "Binary", "Bundle", "Encounter", "Patient/p1", "Patient/_search", "", "$x")
)
ENTRY: dict[str, Any] = {
    "fullUrl": "urn:uuid:1",
    "resource": PATIENT,
    "request": {"method": "PUT", "url": "Patient/p1"},
}
BUNDLE: dict[str, Any] = {"resourceType": "Bundle", "type": "transaction", "entry": [ENTRY]}
PARAMETERS: dict[str, Any] = {
    "resourceType": "Parameters",
    "parameter": [{"name": "nhs_number", "valueString": "9991001379"}],
}
OPERATIONS = (
    "Patient/$status-query", "Patient/$purview", "Communication", "Consent", "DocumentReference",
    "QuestionnaireResponse", "Patient/$RHYS/$purview", "Consent/$carers", "metadata", "Observation", "Patient",
)  # fmt: skip
ACTS = (
    "/json/users/self", "/json/v1/measurements/$RHYS", "/rest/patients", "/json/v1/users/self/messages",
    "/json/v1/symptoms/$RHYS", "/json/v1/files/$RHYS", "/rest/patients/$RHYS/measurements",
)  # fmt: skip
CONTROLS = (
    "POST /_sandbox/verify", "POST /_sandbox/hl7/lint", "PUT /_sandbox/faults", "PUT /_sandbox/clock",
    "POST /_sandbox/credentials", "POST /_sandbox/grants", "POST /_sandbox/reset", "POST /_sandbox/checkpoints",
    "POST /_sandbox/pact/states", "POST /_sandbox/report", "GET /_sandbox/exchanges?limit=",
    "GET /_sandbox/outbox?since=", "POST /_sandbox/records/$RHYS/consents", "GET /_sandbox/facts?standing=",
    "POST /_sandbox/records/$RHYS/measurements", "POST /_sandbox/users/$RHYS/approve",
    "GET /_sandbox/exchanges.har?api=", "GET /_sandbox/metrics?", "PUT /_sandbox/organisations/$ORG/configuration",
    "GET /_sandbox/records/", "POST /_sandbox/records/$RHYS/allergies",
)  # fmt: skip
IN_CONTROL = json_values(
    (
        "expect",
        "match",
        "count",
        "fail_on",
        "allow",
        "text",
        "rules",
        "status",
        "path",
        "first",
        "every",
        "mode",
        "at",
        "advance",
        "kind",
        "name",
        "partner",
        "organisation",
        "team",
        "reset",
        "state",
        "params",
        "client_id",
        "redirect_uri",
        "grantee",
        "id",
        "options",
        "code_sets",
        "jsonpath",
    ),
    (
        "frozen",
        "2026-03-10T12:00:00Z",
        "P1D",
        "system-client",
        "store",
        "$.a",
        "refused",
        NORTHMOOR_ID,
        RHYS,
        TOLA,
        "rest",
        "(a*)*b",
    ),
)
FORMS = pieces(
    (
        "grant_type=client_credentials",
        "grant_type=authorization_code",
        "grant_type=refresh_token",
        "&",
        "client_id=northmoor-fhir",
        "client_secret=x",
        "code=",
        "refresh_token=",
        "scope=PATIENT",
        "redirect_uri=",
        "%00",
        "%ff",
        "username=",
        "otp=1",
    )
)
TOKENS = (
    "/api/oauth/token",
    f"{REALM}/protocol/openid-connect/token",
    "/apiToken.action",
    "/apiAuthorize.action",
    "/otp.action",
)
TARGETS_ = pieces(
    (
        "/fhir",
        "/phr-fhir",
        CUSTOMER,
        AGGREGATED,
        "/json",
        "/rest",
        "/services/hl7",
        "/_sandbox",
        "/console/",
        "/",
        "Patient",
        "metadata",
        "//",
        "..",
        "%2e",
        "%00",
        "?",
        "=",
        "&",
        "_format=",
        "xml",
        "/_history",
        "%c3%28",
        "_count=1",
        "/docs/",
        "/api/oauth",
    )
)
METHODS = st.sampled_from(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"))
HEADERS = (
    "Accept: application/fhir+xml", "Accept: ", "Content-Encoding: gzip", "Origin: http://x.test",
    "Prefer: return=minimal", "If-Match: W/\"1\"", "If-None-Exist: name=x", "Range: bytes=0-",
    "Cookie: JSESSIONID=x", "PKB-Sandbox-Scenario: x", "X-HTTP-Method-Override: PUT", AS_PARTNER, AS_CUSTOMER,
    AS_USER, OF_ORGANISATION, FHIR, "Content-Type: ", "X-Forwarded-Host: a,b",
)  # fmt: skip


def _line(parts: bytes) -> str:
    return parts.decode("utf-8", "replace").encode("ascii", "replace").decode().replace("\n", "")


REQUESTS = st.builds(
    lambda method, target, headers, body: _post(target, body, *headers, method=method),
    METHODS,
    TARGETS_.map(_line),
    st.lists(st.sampled_from(HEADERS), max_size=4),
    st.just(b"") | st.binary(max_size=20) | as_json(VALUES),
)
WRITES = st.builds(
    lambda type_, body, method: _post(f"{CUSTOMER}/{type_}", body, FHIR, AS_CUSTOMER, method=method),
    TYPES,
    as_json(changed(PATIENT, VALUES)) | as_json(VALUES),
    st.sampled_from(("POST", "PUT", "PATCH")),
)
BUNDLES = st.builds(
    lambda body: _post(CUSTOMER, body, FHIR, AS_CUSTOMER),
    as_json(changed(BUNDLE, VALUES | st.sampled_from(("batch", "GET", "Patient?name=x", "DELETE")))),
)
SEARCHES = st.builds(
    lambda root, query: (
        f"GET {root}/{_line(query)}\n{AS_PARTNER if root == '/fhir' else AS_CUSTOMER}\n{OF_ORGANISATION}".encode()
    ),
    st.sampled_from(("/fhir", CUSTOMER, AGGREGATED)),
    QUERIES,
)
FACADE = st.builds(
    lambda name, body, caller: _post(f"/fhir/{name}", body, FHIR, caller, OF_ORGANISATION),
    st.sampled_from(OPERATIONS),
    as_json(changed(PARAMETERS, VALUES)) | as_json(VALUES) | as_json(changed(PATIENT, VALUES)),
    st.sampled_from((AS_PARTNER, AS_USER)),
)
MESSAGING = st.builds(
    lambda body: _post("/phr-fhir/$process-message", body, FHIR, AS_PARTNER, OF_ORGANISATION),
    as_json(changed(BUNDLE, VALUES)) | as_json(VALUES),
)
REST = st.builds(
    lambda act, body, method: _post(act, body, "Content-Type: application/json", AS_USER, method=method),
    st.sampled_from(ACTS),
    as_json(VALUES) | FORMS,
    st.sampled_from(("POST", "PUT", "GET")),
)
TOKEN_REQUESTS = st.builds(
    lambda target, body, kind: _post(target, body, f"Content-Type: {kind}"),
    st.sampled_from(TOKENS),
    FORMS | as_json(VALUES),
    st.sampled_from(("application/x-www-form-urlencoded", "text/xml", "multipart/form-data; boundary=b")),
)
CONTROL = st.builds(
    lambda line, end, body: (
        f"{line}{_line(end) if '=' in line else ''}\nContent-Type: application/json\n\n".encode() + body
    ),
    st.sampled_from(CONTROLS),
    pieces(("1", "hl7", "2026", "&", "=")),
    as_json(IN_CONTROL),
)

WORDS = tuple(
    json.dumps(word).encode() for word in ("resourceType", "Patient", "entry", "request", "$RHYS", "name", "value")
)
TARGETS: tuple[Target, ...] = (
    Target(
        name="door-message",
        run=ask_apis,
        words=tuple(word.encode() for word in SEGMENTS),
        strategy=pieces(SEGMENTS, 20).map(lambda end: _message(SEGMENTS[0].encode() + end)),
    ),
    Target(name="door-write", run=ask_apis, words=WORDS, strategy=WRITES),
    Target(name="door-bundle", run=ask_apis, words=WORDS, strategy=BUNDLES),
    Target(
        name="door-search", run=ask_apis, words=(b"&", b"=", b":not", b"_include=", b"_sort=", b"%"), strategy=SEARCHES
    ),
    Target(name="door-facade", run=ask_apis, words=WORDS, strategy=FACADE),
    Target(name="door-messaging", run=ask_apis, words=WORDS, strategy=MESSAGING),
    Target(name="door-rest", run=ask_apis, words=WORDS, strategy=REST),
    Target(name="door-token", run=ask_apis, words=(b"&", b"=", b"grant_type", b"%00"), strategy=TOKEN_REQUESTS),
    Target(name="door-control", run=ask_control, words=WORDS, strategy=CONTROL),
    Target(
        name="door-request", run=ask_apis, words=tuple(f"\n{header}".encode() for header in HEADERS), strategy=REQUESTS
    ),
)
