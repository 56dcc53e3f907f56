"""The entries of a Bundle as requests: their interactions, and the references to them.

Source: https://hl7.org/fhir/R4/bundle.html ; a `collection` counts as a batch of updates, as in the server product
that PKB probably runs.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.errors import Invalid
from sandbox.fhir.base.preconditions import Preconditions, tags
from sandbox.fhir.base.query_string import read_query
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.fhir.resources.patches import PatchLimits, check_no_parameters, patch_in
from sandbox.fhir.resources.query import criteria, if_none_exist
from sandbox.fhir.resources.repository import Draft
from sandbox.fhir.resources.request import Request
from sandbox.fhir.search import date

Json = dict[str, Any]
KINDS = ("batch", "transaction", "collection")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
_URL = re.compile(
    # A part of the path that begins with an underscore is `_history` or `_search`, not an id.
    r"(?P<type>[A-Za-z]+)(?:/(?!_)(?P<id>[^/?]+))?"
    r"(?P<history>/_history(?:/(?P<version>[^/?]+))?)?(?P<search>/_search)?/?(?:\?(?P<query>.*))?",
    re.DOTALL,
)
_FULL_URL = re.compile(r"(?P<base>https?://.+/)[A-Z][A-Za-z]*/[A-Za-z0-9\-.]{1,64}")
_CODES: dict[str, Callable[[re.Match[str]], str]] = {
    "GET": lambda url: (
        "vread"
        if url["version"]
        else f"history-{'instance' if url['id'] else 'type'}"
        if url["history"]
        else "read"
        if url["id"]
        else "search-type"
    ),
    "POST": lambda url: "search-type" if url["search"] else "create",
    "PUT": lambda url: "update",
    "PATCH": lambda url: "patch",
    "DELETE": lambda url: "delete",
}
"""Method → FHIR's code of the interaction, by the form of the URL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEntry:
    """One entry: its number, the interaction, the request without its draft, the resource and its `fullUrl`."""

    number: int
    code: str
    request: Request
    resource: Any = None
    full_url: str = ""

    @property
    def where(self) -> str:
        return f"Bundle.entry[{self.number}]"

    @property
    def base(self) -> str:
        """The part of the `fullUrl` before `Type/id`; empty if it has another form."""
        match = _FULL_URL.fullmatch(self.full_url)
        return match["base"] if match else ""

    def carrying(self, draft: Draft | None) -> Request:
        return replace(self.request, draft=draft)


def kind_of(bundle: Any) -> str:
    """Return `batch`, `transaction` or `collection`. Raises InvalidResource for anything else."""
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise InvalidResource((Issue("resourceType", "expected Bundle"),))
    kind = bundle.get("type")
    if kind not in KINDS:
        raise InvalidResource((Issue("Bundle.type", f"expected {' or '.join(KINDS)}"),))
    if not isinstance(bundle.get("entry", []), list):
        raise InvalidResource((Issue("Bundle.entry", "expected array"),))
    return str(kind)


def entry_of(kind: str, number: int, entry: Any, mounts: tuple[str, ...], limits: PatchLimits) -> BundleEntry:
    """Parse the entry with a number. Raises InvalidResource for an invalid entry, Invalid for an invalid URL."""
    where = f"Bundle.entry[{number}]"
    if not isinstance(entry, dict):
        raise InvalidResource((Issue(where, "expected object"),))
    request = _put(entry, where) if kind == "collection" else entry.get("request")
    if not isinstance(request, dict) or not all(isinstance(value, str) for value in request.values()):
        raise InvalidResource((Issue(f"{where}.request", "missing required property"),))
    method = request.get("method")
    if method not in METHODS:
        raise InvalidResource((Issue(f"{where}.request.method", f"expected {', '.join(sorted(METHODS))}"),))
    url = _address(request.get("url", ""), mounts, where)
    full_url = entry.get("fullUrl")
    code = _CODES["GET" if method == "HEAD" else str(method)](url)
    resource = entry.get("resource")
    return BundleEntry(
        number=number,
        code=code,
        request=_request(code, request, url, resource, limits),
        resource=resource if code in ("create", "update") else None,
        full_url=full_url if isinstance(full_url, str) else "",
    )


def _put(entry: Json, where: str) -> Mapping[str, str]:
    """Return the update for an entry of a collection."""
    resource = entry.get("resource")
    named = [resource.get(name) if isinstance(resource, dict) else None for name in ("resourceType", "id")]
    if not all(isinstance(name, str) for name in named):
        raise InvalidResource((Issue(f"{where}.resource", "expected a resource with an id"),))
    return {"method": "PUT", "url": "/".join(map(str, named))}


def _address(url: str, mounts: tuple[str, ...], where: str) -> re.Match[str]:
    """Make a URL relative to the endpoint, by removing the endpoint's own URL."""
    mount = next((prefix for prefix in mounts if url.startswith(f"{prefix}/")), "")
    match = _URL.fullmatch(url.removeprefix(mount).lstrip("/"))
    if match is None:
        raise InvalidResource((Issue(f"{where}.request.url", "expected an address such as Patient or Patient/1"),))
    return match


def _request(code: str, request: Mapping[str, str], url: re.Match[str], resource: Any, limits: PatchLimits) -> Request:
    condition = if_none_exist(request.get("ifNoneExist"), url["type"]) if code == "create" else ()
    pairs = tuple(read_query(url["query"] or ""))
    return Request(
        method=request["method"],
        type=url["type"],
        id=url["id"] or "",
        version=url["version"] or "",
        query=pairs,
        criteria=(*criteria(pairs), *condition),
        # Bundle.entry.request has no counterpart of If-Unmodified-Since.
        preconditions=Preconditions(
            match=tags(request.get("ifMatch", "")),
            none_match=tags(request.get("ifNoneMatch", "")),
            modified_since=_instant(request.get("ifModifiedSince", "")),
        ),
        patch=_patch(resource, limits) if code == "patch" else None,
    )


def _instant(text: str) -> datetime | None:
    """Parse a time; an invalid one is ignored, as in the header."""
    try:
        return date.instant_of(date.range_of(text).low)
    except ValueError:
        return None


def _patch(resource: Any, limits: PatchLimits) -> Callable[[Any], Any]:
    """Parse a patch, which a Bundle contains as the data of a Binary (https://hl7.org/fhir/R4/http.html#patch)."""
    check_no_parameters(resource)
    data = resource.get("data", resource.get("content")) if isinstance(resource, dict) else None
    if not isinstance(data, str):
        raise Invalid("A patch in a Bundle must be a Binary that contains a JSON Patch", rule="customer.patch")
    try:
        document = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Invalid("The data of the patch is not Base64", rule="customer.patch") from error
    return patch_in(document, str(resource.get("contentType", "")), "", limits)
