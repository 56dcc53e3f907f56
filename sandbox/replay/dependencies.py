"""Which values of earlier responses appear in later requests: ids, page links, tokens, one-time codes.

Tokens and codes are masked in a journal: an exchange depends on the newest token response of its client and user.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import parse_qsl, unquote

from sandbox.replay.recording import MASK, Dependency, RecordedExchange

UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID = re.compile(UUID)
_ID_KEYS = re.compile(r'"(?:id|[a-zA-Z]+Id)"\s*:\s*"?([A-Za-z0-9.\-_]+)"?')
_REFERENCES = re.compile(r"\b[A-Z][A-Za-z]+/([A-Za-z0-9.\-]{1,64})")
_PAGE = re.compile(r"[?&](_getpages|_?page[a-zA-Z_]*|_?cursor|_?continuation[a-zA-Z_]*)=([^&\"\s]+)")
_WORDS = re.compile(r"[A-Za-z0-9.\-_]+")


def dependencies_of(exchanges: Sequence[RecordedExchange]) -> Iterator[Dependency]:
    """Yield what each exchange needs, in order. A value that a request contained first is no dependency."""
    source: dict[str, tuple[str, str]] = {}
    tokens: dict[tuple[str, str], str] = {}
    passwords: list[str] = []
    used: set[str] = set()
    for exchange in exchanges:
        words = set(values_in_request(exchange))
        # Sorted, because sets of texts have another order in each process.
        for value in sorted(words & source.keys()):
            id_, kind = source[value]
            yield Dependency(exchange.id, id_, kind, value)
        used |= words - source.keys()
        yield from _secrets(exchange, tokens, passwords)
        for value, kind in _offered(exchange):
            if value not in used:
                # The first answer with a value counts: later ones only repeat it.
                source.setdefault(value, (exchange.id, kind))


def _secrets(
    exchange: RecordedExchange, tokens: dict[tuple[str, str], str], passwords: list[str]
) -> Iterator[Dependency]:
    """Yield the dependencies on secrets, which have no value; note which secrets this exchange brought."""
    key = (exchange.client, exchange.user)
    if exchange.api not in ("oauth", "hl7") and "authorization" in exchange.request.headers and key in tokens:
        yield Dependency(exchange.id, tokens[key], "access token")
    if exchange.operation == "token refresh_token" and key in tokens:
        yield Dependency(exchange.id, tokens[key], "refresh token")
    if exchange.path.endswith("/otp.action") and passwords:
        yield Dependency(exchange.id, passwords.pop(0), "one-time code")
    if exchange.operation.startswith("token ") and exchange.status == 200:
        tokens[key] = exchange.id
    # Servers write JSON with or without a blank after the colon.
    if f'"otpToken":"{MASK}"' in exchange.response.text.replace('": "', '":"'):
        passwords.append(exchange.id)


def values_in_request(exchange: RecordedExchange) -> Iterator[str]:
    """Yield what may be an id in a request: segments of the path, values of the query, words of headers and body."""
    path, _, query = exchange.target.partition("?")
    yield from (unquote(segment) for segment in path.split("/") if segment)
    for _, value in parse_qsl(query, keep_blank_values=True):
        yield value
        yield from _parts(value)
    for name, value in exchange.request.headers.items():
        if name in ("x-org-public-id", "x-team-id", "if-none-exist", "if-match"):
            yield from _parts(value)
    body = exchange.request.text
    yield from _UUID.findall(body)
    yield from _ID_KEYS.findall(body)
    yield from _REFERENCES.findall(body)


def _parts(value: str) -> Iterable[str]:
    return _WORDS.findall(value)


def _offered(exchange: RecordedExchange) -> Iterator[tuple[str, str]]:
    """Yield the values of a response that a later request may use, each with its kind."""
    location = exchange.response.headers.get("location", "")
    texts = (exchange.response.text, location)
    for text in texts:
        for _, value in _PAGE.findall(text):
            yield unquote(value), "page link"
    for text in texts:
        for pattern in (_UUID, _ID_KEYS, _REFERENCES):
            yield from ((value, "id") for value in pattern.findall(text))
