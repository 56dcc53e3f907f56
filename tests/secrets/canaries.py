"""Requests that each carry one secret, in every place and shape in which a client may send one.

Every secret contains CANARY and a number that no other secret has, so that a leak names the request it came from.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import quote

from tests.hl7.samples import A28
from tests.support import SOAP

CANARY = "ca7a4"
DIGITS = "77194"
"""Begins every secret that is a number."""
_NUMBERS = count(1)

NAMES = (
    "access_token",
    "refreshToken",
    "CLIENT_SECRET",
    "client-secret",
    "clientSecret",
    "id_token",
    "Password",
    "passwd",
    "otp",
    "otpToken",
    "assertedLoginIdentity",
    "code_verifier",
    "client_assertion",
    "api_key",
    "apiKey",
    "token",
)
PATHS = (
    "/api/oauth/token",
    "/apiToken.action",
    "/apiAuthorize.action",
    "/otp.action",
    "/auth/realms/pkb/protocol/openid-connect/token",
    "/services/hl7",
    "/json/users/self",
    "/fhir/Patient",
    "/phr-fhir/$process-message",
    "/customer/northmoor-r4/fhir/Patient",
    "/aggregated/fhir/Patient",
)
HEADERS = (
    "Authorization",
    "Proxy-Authorization",
    "Cookie",
    "X-Api-Key",
    "Api-Key",
    "X-Auth-Token",
    "X-Access-Token",
    "Client-Secret",
    "Ocp-Apim-Subscription-Key",
)
FORM, MULTIPART = "application/x-www-form-urlencoded", 'multipart/form-data; boundary="b"'


@dataclass(frozen=True)
class CanaryRequest:
    """One request with one secret; `what` says where it is."""

    what: str
    path: str
    method: str = "POST"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def new_secret() -> str:
    return f"{CANARY}{next(_NUMBERS):06}-S3cret"


def new_number() -> str:
    return f"{DIGITS}{next(_NUMBERS):06}"


BODIES: dict[str, tuple[str, Callable[[str], str]]] = {
    "form": (FORM, lambda name: f"grant_type=client_credentials&{name}={new_secret()}&scope=x"),
    "form, name encoded": (FORM, lambda name: f"a=1&{quote(name).replace('o', '%6F')}={new_secret()}"),
    "form, sent as JSON": ("application/json", lambda name: f"a=1&{name}={new_secret()}"),
    "form, sent as text": ("text/plain", lambda name: f"{name}={new_secret()}"),
    "JSON": ("application/json", lambda name: json.dumps({"a": 1, name: new_secret(), "b": 2}, indent=1)),
    "JSON, a number": ("application/json", lambda name: f'{{"{name}": {new_number()}, "b": 2}}'),
    "JSON, in a list": ("application/json", lambda name: json.dumps({name: [new_secret()]})),
    "JSON, in an object": ("application/json", lambda name: json.dumps({name: {"value": new_secret()}})),
    "JSON, within": ("application/fhir+json", lambda name: json.dumps({"a": [{"b": {name: new_secret()}}]})),
    "JSON, name escaped": ("application/json", lambda name: f'{{"\\u{ord(name[0]):04x}{name[1:]}": "{new_secret()}"}}'),
    "JSON, not valid": ("application/json", lambda name: f'{{"{name}": "{new_secret()}", }}'),
    "JSON, sent as a form": (FORM, lambda name: json.dumps({name: new_secret()})),
    "JSON, sent as XML": ("text/xml", lambda name: json.dumps({name: new_secret()})),
    "an address in JSON": ("application/json", lambda name: json.dumps({"u": f"https://x.y/?{name}={new_secret()}&z"})),
    "user in an address": ("application/json", lambda name: json.dumps({"u": f"https://me:{new_secret()}@x.y/"})),
    "Parameters": (
        "application/fhir+json",
        lambda name: json.dumps(
            {"resourceType": "Parameters", "parameter": [{"name": name, "valueString": new_secret()}]}
        ),
    ),
    "Parameters, value first": (
        "application/fhir+json",
        lambda name: json.dumps(
            {"resourceType": "Parameters", "parameter": [{"valueString": new_secret(), "name": name}]}
        ),
    ),
    "XML": ("text/xml", lambda name: f"<r><{name}>{new_secret()}</{name}></r>"),
    "XML, prefixed": (
        "application/xml",
        lambda name: f'<a:r xmlns:a="u"><a:{name} b="c">{new_secret()}</a:{name}></a:r>',
    ),
    "XML, CDATA": ("text/xml", lambda name: f"<r><{name}><![CDATA[{new_secret()}]]></{name}></r>"),
    "XML, attribute": ("text/xml", lambda name: f"<r a='1' {name}='{new_secret()}'/>"),
    "XML, value of FHIR": ("application/fhir+xml", lambda name: f'<r><{name} value="{new_secret()}"/></r>'),
    "XML, Parameters": (
        "application/fhir+xml",
        lambda name: (
            f'<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="{name}"/>'
            f'<valueString value="{new_secret()}"/></parameter></Parameters>'
        ),
    ),
    "XML, not valid": ("text/xml", lambda name: f"<r><{name}>{new_secret()}</r>"),
    "multipart": (
        MULTIPART,
        lambda name: f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{new_secret()}\r\n--b--\r\n',
    ),
    "multipart, with a type": (
        MULTIPART,
        lambda name: (
            f"--b\r\nContent-Disposition: form-data; name={name}\r\nContent-Type: text/plain\r\n\r\n"
            f"{new_secret()}\r\n--b--"
        ),
    ),
}
"""What is sent → its media type, and the body for a name; the name `code` is a secret in token requests alone."""
OTHERS: dict[str, tuple[str, Callable[[], bytes | str]]] = {
    "UTF-16": ("application/json", lambda: json.dumps({"password": new_secret()}).encode("utf-16")),
    "UTF-16 without a mark": ("application/json", lambda: json.dumps({"password": new_secret()}).encode("utf-16-le")),
    "code in JSON": (
        "application/json",
        lambda: json.dumps({"code": new_secret(), "grant_type": "authorization_code"}),
    ),
    "code in a form": (FORM, lambda: f"grant_type=authorization_code&code={new_secret()}"),
    "WS-Security": ("text/xml", lambda: ws_security()),
    "MSH-8": ("text/xml", lambda: SOAP.format(with_security(f"org_northmoor:{new_secret()}"))),
    "MSH-8 without an envelope": ("text/plain", lambda: with_security(f"org_northmoor:{new_secret()}")),
    "past what is kept": (FORM, lambda: f"a={'x' * 65_500}&client_secret={new_secret()}{'y' * 5000}"),
    "JSON past what is kept": (
        "application/json",
        lambda: f'{{"a":"{"x" * 65_400}","password":"{new_secret() * 20}"}}',
    ),
}


def with_security(field: str) -> str:
    """The example message with a field MSH-8."""
    fields = A28.split("|")
    fields[7] = field
    return "|".join(fields)


def ws_security() -> str:
    header = (
        '<soapenv:Header><wsse:Security xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-'
        'secext-1.0.xsd"><wsse:UsernameToken><wsse:Username>me</wsse:Username>'
        f'<wsse:Password Type="http://docs.oasis-open.org/#PasswordText">{new_secret()}</wsse:Password>'
        "</wsse:UsernameToken></wsse:Security></soapenv:Header>"
    )
    return SOAP.format("MSH|^~\\&amp;|").replace("<soapenv:Header/>", header)


def canary_requests() -> Iterator[CanaryRequest]:
    """Every shape at every address, and every name at those of tokens."""
    for path in PATHS:
        for name in NAMES if path in PATHS[:2] else NAMES[::4]:
            yield CanaryRequest(f"query {name}", f"{path}?a=1&{quote(name)}={new_secret()}&b=2", "GET")
            for what, (media_type, body) in BODIES.items():
                yield CanaryRequest(
                    f"{what}: {name}", path, body=body(name).encode(), headers={"Content-Type": media_type}
                )
        for what, (media_type, content) in OTHERS.items():
            body_ = content()
            encoded = body_.encode() if isinstance(body_, str) else body_
            yield CanaryRequest(what, path, body=encoded, headers={"Content-Type": media_type})
        yield from _headers(path)


def _headers(path: str) -> Iterator[CanaryRequest]:
    for name in HEADERS:
        yield CanaryRequest(f"header {name}", path, "GET", headers={name: new_secret()})
    for scheme in ("Bearer", "bearer", "Digest", "Basic"):
        yield CanaryRequest(f"header {scheme}", path, "GET", headers={"Authorization": f"{scheme} {new_secret()}"})
    basic = base64.b64encode(f"letterbox-facade:{new_secret()}".encode()).decode()
    yield CanaryRequest("header Basic, encoded", path, "GET", headers={"Authorization": f"Basic {basic}"})
    for name in ("Referer", "Origin", "X-Original-URL", "X-Forwarded-Uri", "Link"):
        yield CanaryRequest(f"header {name}", path, "GET", headers={name: f"https://x.y/?token={new_secret()}&b=1"})
