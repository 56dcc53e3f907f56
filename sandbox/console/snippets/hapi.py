"""A FHIR read or search in Java, with the client of HAPI FHIR."""

from __future__ import annotations

import re
from urllib.parse import unquote

from sandbox.console.snippets.http_request import HttpRequest
from sandbox.console.snippets.java import concatenated, literal

_PATH = re.compile(r"(?P<base>.*?/(?:fhir|phr-fhir))/(?P<type>[A-Z][A-Za-z]+)(?:/(?P<id>[A-Za-z0-9.-]{1,64}))?")
CONTEXTS = {"STU3": ("forDstu3", "dstu3"), "R4": ("forR4", "r4")}
"""FHIR release → the factory of its context, and its package."""


def hapi_text(request: HttpRequest) -> str:
    """Return statements that print the resource or the Bundle; empty for any other request."""
    address = request.address
    match = _PATH.fullmatch(address.path)
    release = request.release or _release(address.path)
    if request.method != "GET" or match is None or release not in CONTEXTS:
        return ""
    factory, package = CONTEXTS[release]
    type_ = match["type"]
    result, interaction = _interaction(type_, match["id"], address.query)
    lines = [
        "import ca.uhn.fhir.context.FhirContext;",
        "import ca.uhn.fhir.rest.client.api.IGenericClient;",
        "import ca.uhn.fhir.rest.client.interceptor.AdditionalRequestHeadersInterceptor;",
        f"import org.hl7.fhir.{package}.model.*;",
        "",
        f"FhirContext context = FhirContext.{factory}();",
        f"IGenericClient client = context.newRestfulGenericClient({literal(_base(request, match['base']))});",
    ]
    # HAPI sets its own `Accept`, by the release of its context.
    headers = [(name, value) for name, value in request.own_headers if name.lower() != "accept"]
    if headers:
        lines.append("var headers = new AdditionalRequestHeadersInterceptor();")
        lines += [
            f"headers.addHeaderValue({literal(name)}, {concatenated(request, value)});" for name, value in headers
        ]
        lines.append("client.registerInterceptor(headers);")
    lines.append(f"{result} result = client.{interaction}.execute();")
    lines.append("System.out.println(context.newJsonParser().setPrettyPrint(true).encodeResourceToString(result));")
    return "\n".join(lines)


def _base(request: HttpRequest, path: str) -> str:
    return f"{request.address.scheme}://{request.address.netloc}{path}"


def _interaction(type_: str, id_: str | None, query: str) -> tuple[str, str]:
    """Return the class of the result, and the call."""
    if id_:
        return type_, f"read().resource({type_}.class).withId({literal(unquote(id_))})"
    search = literal(f"{type_}?{query}" if query else f"{type_}")
    return "Bundle", f"search().byUrl({search}).returnBundle(Bundle.class)"


def _release(path: str) -> str:
    """Return the release of an endpoint with one: the Facade and Messaging are STU3, Aggregated is R4."""
    if "/aggregated/" in path:
        return "R4"
    return "" if "/customer/" in path else "STU3"
