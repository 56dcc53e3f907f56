"""The fields of a form for a request: caller, method, address, headers and body; how they are read and filled in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, unquote

from sandbox.access.organisation import HEADER
from sandbox.console.forms import value_of
from sandbox.console.sending import credential_of, people_of, principal_of, send
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.model import Credential, Organisation
from sandbox.oauth import people
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.masking import masked_body, masked_query

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
LONGEST_LIST = 200
"""Credentials and organisations that a form offers."""
OWN_HEADERS = frozenset({"host", "content-length", "connection", "transfer-encoding", HEADER.lower()})
"""Headers that the form does not take as text, and those of the connection."""
OF_BROWSER = ("accept-encoding", "user-agent", "authorization", "cookie", "origin", "referer")
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:(.*)")
# With %, because a query stays percent-encoded; a path of the journal is decoded.
_SAFE_QUERY = "%/?:@!$&'()*+,;=~|[]"
_SAFE_PATH = "/:@!$&'()*+,;=~"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFields:
    """A request as a form has it: `path` and `query` percent-encoded, `headers` a line each."""

    client: str = ""
    user: str = ""
    organisation: str = ""
    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: str = ""
    body: str = ""

    @classmethod
    def of_form(cls, fields: Iterable[tuple[str, str]], path: str) -> RequestFields:
        """Read the fields of a form. Raises Invalid."""
        rows = list(fields)
        method = value_of(rows, "method") or "GET"
        if method not in METHODS:
            raise Invalid(f"method must be one of: {', '.join(METHODS)}")
        names = ("client", "user", "organisation", "query", "headers", "body")
        values = {name: value_of(rows, name).replace("\r\n", "\n") for name in names}
        return cls(method=method, path=path, **values)

    @classmethod
    def of_exchange(cls, exchange: Exchange) -> RequestFields:
        """Return the fields that make the request of an exchange again, without secrets."""
        headers = exchange.request.as_json()["headers"]
        kept = {name: value for name, value in headers.items() if name not in OWN_HEADERS and name not in OF_BROWSER}
        return cls(
            client=exchange.client,
            # The journal names the patient of a request; in an App that is usually the person who signed in.
            user=exchange.patient if exchange.credential == "user-client" else "",
            organisation=headers.get(HEADER.lower(), ""),
            method=exchange.method,
            path=quote(exchange.path, safe=_SAFE_PATH),
            query=masked_query(exchange.query),
            headers="\n".join(f"{name}: {value}" for name, value in kept.items()),
            body=masked_body(exchange.request.body, exchange.request.media_type),
        )

    def with_address(self, call: Call) -> RequestFields:
        """Return the same fields with the person's e-mail address instead of an id, where there is one."""
        person = people.by_id(call.workspace.store, self.user) if self.user else None
        return replace(self, user=person.email) if person is not None and person.email else self

    def parsed_headers(self) -> dict[str, str]:
        """Parse the headers. Raises Invalid, which names the line."""
        headers: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.headers.split("\n"))):
            match = _HEADER.fullmatch(line)
            # A line break or another control character in a value would begin a header of its own.
            if match is None or not line.isprintable():
                raise Invalid(f"{line[:80]!r} is no header: write a name, a colon and a value on each line")
            if match[1].lower() not in OWN_HEADERS:
                headers[match[1].lower()] = match[2].strip()
        return headers


async def send_fields(call: Call, fields: RequestFields) -> Exchange:
    """Send the request in the name of its caller. Raises Invalid, NotFound."""
    headers = fields.parsed_headers()
    if fields.organisation:
        headers[HEADER.lower()] = fields.organisation.strip()
    workspace, principal = call.workspace, None
    if fields.client:
        principal = principal_of(workspace, credential_of(workspace, fields.client), fields.user.strip())
    return await send(
        call,
        fields.method,
        unquote(fields.path.strip()),
        query=quote(fields.query.strip().removeprefix("?"), safe=_SAFE_QUERY),
        headers=headers,
        body=fields.body.encode("utf-8", "replace"),
        principal=principal,
    )


def choices(call: Call) -> dict[str, Any]:
    """What the form offers: credentials but those of HL7, people of apps, organisations, methods."""
    store = call.workspace.store
    issued = (row for row in store.all(Credential) if not row.revoked and not row.kind.startswith("hl7-"))
    credentials = [row for _, row in zip(range(LONGEST_LIST), issued, strict=False)]
    apps = (row for row in credentials if row.kind == "user-client")
    persons = {person.id: person for app in apps for person in people_of(call.workspace, app)}
    organisations = [row for _, row in zip(range(LONGEST_LIST), store.all(Organisation), strict=False)]
    return {
        "credentials": credentials,
        "persons": list(persons.values())[:LONGEST_LIST],
        "organisations": organisations,
        "organisation_header": HEADER,
        "methods": METHODS,
    }
