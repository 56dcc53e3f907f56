"""The request that stands for a recorded one: addressed to the other server, with its ids and secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode
from xml.sax.saxutils import escape

from sandbox.hl7.client import ENVELOPE
from sandbox.replay.addresses import addresses, path_of
from sandbox.replay.authorization import Authorization, NotAvailable, form_of
from sandbox.replay.bindings import Bindings
from sandbox.replay.recording import MASK, RecordedExchange

DROPPED = frozenset(
    [
        "host",
        "content-length",
        "content-encoding",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "accept-encoding",
        "authorization",
        "cookie",
        "expect",
        "te",
        "upgrade",
        "referer",
        "origin",
        "user-agent",
        "proxy-authorization",
    ]
)
"""Headers about the recorded connection or browser, and secrets."""
OF_ETAGS = ("if-match", "if-none-match")
FORM_TYPE = "application/x-www-form-urlencoded"
_ID_KEY = re.compile(r"(?:id|[a-zA-Z]+Id)")
_MASKED_FIELD = re.compile(rf'"(\w+)"(\s*:\s*)"{re.escape(MASK)}"')


class PreparedRequest(NamedTuple):
    """A request to be sent. `headers` do not contain the secret, which `authorization` is."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    authorization: str = ""

    @property
    def parts(self) -> tuple[str, str, dict[str, str], bytes]:
        """Method, target, headers with the secret, and body."""
        secret = {"Authorization": self.authorization} if self.authorization else {}
        return self.method, self.target, {**self.headers, **secret}, self.body


def prepare(exchange: RecordedExchange, bindings: Bindings, authorization: Authorization, url: str) -> PreparedRequest:
    """Build the request. Raises NotAvailable if it cannot be sent, with the reason."""
    if not exchange.request.is_whole:
        raise NotAvailable("the journal kept only the beginning of its body")
    if exchange.scheme == "mllp":
        return _by_soap(exchange, bindings, authorization)
    before, after = addresses(exchange, url)
    headers = {
        name: _header(name, value, exchange, bindings).replace(before, after)
        for name, value in exchange.request.headers.items()
        if name not in DROPPED
    }
    target = _target(exchange, bindings, authorization)
    body = _body(exchange, bindings, authorization).replace(before, after)
    secret = authorization.header(exchange) if "authorization" in exchange.request.headers else ""
    # Bytes that are not UTF-8 leave as they were recorded: the server's answer to them is part of the comparison.
    return PreparedRequest(exchange.method, target, headers, body.encode("utf-8", "surrogateescape"), secret)


def _header(name: str, value: str, exchange: RecordedExchange, bindings: Bindings) -> str:
    return bindings.etags(exchange.path, value) if name in OF_ETAGS else bindings.rewrite(value)


def _by_soap(exchange: RecordedExchange, bindings: Bindings, authorization: Authorization) -> PreparedRequest:
    """Return a message that came by MLLP, which PKB does not offer, in SOAP."""
    text = bindings.rewrite(exchange.request.text.replace(MASK, ""))
    headers = {"Content-Type": "text/xml;charset=utf-8", "SOAPAction": '""'}
    body = ENVELOPE.format(escape(text)).encode()
    return PreparedRequest("POST", "/services/hl7", headers, body, authorization.header(exchange))


def _target(exchange: RecordedExchange, bindings: Bindings, authorization: Authorization) -> str:
    _, mark, query = exchange.target.partition("?")
    path = path_of(exchange)
    resource, version_mark, version = path.partition("/_history/")
    if version:  # of the recorded resource: the number means nothing elsewhere
        tag = bindings.etags(resource, f'W/"{version}"')
        path = resource + version_mark + tag.removeprefix('W/"').removesuffix('"')
    segments = [_segment(segment, bindings) for segment in path.split("/")]
    if MASK in unquote(query):
        query = _filled_form(query, exchange, authorization)
    parts = [_parameter(part, bindings) for part in query.split("&")]
    return "/".join(segments) + mark + "&".join(parts)


def _segment(segment: str, bindings: Bindings) -> str:
    value = unquote(segment)
    actual = bindings.value(value)
    return quote(bindings.rewrite(actual), safe="%:@!$&'()*+,;=~") if actual != value else bindings.rewrite(segment)


def _parameter(part: str, bindings: Bindings) -> str:
    name, equals, value = part.partition("=")
    plain = unquote(value)
    actual = bindings.value(plain)
    if actual == plain and "/" in plain:  # a reference: Patient/<id>
        type_, _, id_ = plain.rpartition("/")
        actual = f"{type_}/{bindings.value(id_)}"
    # Unescaped, as clients write them: the marks of references, of URLs, of tokens and of lists.
    return f"{name}{equals}{quote(actual, safe='/:|,')}" if actual != plain else bindings.rewrite(part)


def _body(exchange: RecordedExchange, bindings: Bindings, authorization: Authorization) -> str:
    text = exchange.request.body.decode("utf-8", "surrogateescape")
    media_type = exchange.request.media_type
    if media_type == FORM_TYPE:
        filled = _filled_form(text, exchange, authorization) if MASK in text or "%5Bredacted%5D" in text else text
        return "&".join(_parameter(part, bindings) for part in filled.split("&")) if filled else filled
    if MASK in text:
        text = _MASKED_FIELD.sub(lambda m: _filled_field(m, exchange, authorization), text).replace(MASK, "")
    if "json" in media_type:
        text = _with_ids(text, bindings)
    return bindings.rewrite(text)


def _filled_form(text: str, exchange: RecordedExchange, authorization: Authorization) -> str:
    fields = form_of(text)
    pairs = parse_qsl(text, keep_blank_values=True)
    filled = [(name, authorization.secret(name, exchange, fields) if value == MASK else value) for name, value in pairs]
    return urlencode(filled)


def _filled_field(match: re.Match[str], exchange: RecordedExchange, authorization: Authorization) -> str:
    return f'"{match[1]}"{match[2]}{json.dumps(authorization.secret(match[1], exchange, {}))}'


def _with_ids(text: str, bindings: Bindings) -> str:
    """Replace the ids in a JSON body, also short ones. A text without recorded ids stays byte for byte."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    replaced = _replaced(value, "", bindings)
    return text if replaced == value else json.dumps(replaced, ensure_ascii=False)


def _replaced(value: Any, key: str, bindings: Bindings) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(part, name, bindings) for name, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, key, bindings) for part in value]
    if isinstance(value, str) and key == "reference" and "/" in value:
        type_, _, id_ = value.rpartition("/")
        return f"{type_}/{bindings.value(id_)}"
    if _ID_KEY.fullmatch(key) and isinstance(value, (str, int)) and not isinstance(value, bool):
        actual = bindings.value(str(value))
        return (
            int(actual) if isinstance(value, int) and actual.isdigit() else (actual if actual != str(value) else value)
        )
    return value
