"""The body of a FHIR request: its format, and its resource as a tree, by the rules of a dialect."""

from __future__ import annotations

from typing import Any

from sandbox.errors import Unreadable
from sandbox.fhir.base.dialects import HAPI, XML, Dialect
from sandbox.fhir.base.json import NotJson, parse
from sandbox.fhir.base.negotiation import body_format
from sandbox.fhir.base.xml import from_xml
from sandbox.http.call import Call

Json = dict[str, Any]


def parse_body(body: bytes, format_: str, release: str, dialect: Dialect) -> Any:
    """Parse the text of a resource, without validating it. Raises Unreadable."""
    if format_ == XML:
        return from_xml(release, body)
    try:
        return parse(body, allows_duplicate_keys=dialect.allows_duplicate_keys)
    except Unreadable as error:
        text = dialect.not_json if dialect.not_json and isinstance(error, NotJson) else error.text
        raise Unreadable(text, code=dialect.unreadable_code, rule=dialect.unreadable_rule) from error


def read_object(call: Call, type_: str, dialect: Dialect = HAPI) -> Json:
    """Parse the body as one JSON object. Raises WrongMediaType, or Unreadable if it is missing or not such an object;
    `type_` is the type that the refusals name.

    The order of the checks is that of HAPI's plain server.
    """
    if not call.body.strip():
        raise _wrong_body(f"The body must be a {type_} resource, but it is missing", dialect)
    # Only XML needs the release, and the endpoints that read a body here accept JSON alone.
    resource = parse_body(call.body, body_format(call, dialect), "", dialect)
    if not isinstance(resource, dict):
        raise _wrong_body(f"The body must be a {type_} resource, a JSON object", dialect)
    return resource


def _wrong_body(text: str, dialect: Dialect) -> Unreadable:
    return Unreadable(text, code=dialect.unreadable_code, rule=dialect.unreadable_rule)
