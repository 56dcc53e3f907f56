"""Small languages: headers, addresses, durations, instants, paths of assertions, and what masks secrets in any text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from sandbox.access import addresses
from sandbox.base.clock import Clock, instant, moment, parse_instant
from sandbox.base.durations import add_duration
from sandbox.control.queries import ExchangeQuery
from sandbox.control.verify.bounds import Bounds, bounded
from sandbox.control.verify.json_path import JsonPaths
from sandbox.domain.patients.national_ids import national_id_types, normalised, problem
from sandbox.errors import Invalid, TooLarge, Unreadable
from sandbox.fhir.base.negotiation import accepted_types
from sandbox.fhir.base.preconditions import from_headers
from sandbox.fhir.base.preferences import is_strict, preferred_return
from sandbox.http import forwarded, hosts, request_body
from sandbox.http.request_body import UnsupportedCoding
from sandbox.oauth import redirects
from sandbox.worlds import masking
from tests.fuzz.strategies import pieces
from tests.fuzz.target import Target

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
HEADERS = ("forwarded", "host", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "x-forwarded-prefix")
FORWARDED = (
    "for=", "host=", "proto=", "https", '"', "\\", ";", ",", "a.test", ":8443", "[::1]", "/pkb", "/%2e%2e", "/..",
    ":", " ", "\t", "70000", "\u0660", "\n", "northmoor-r4.fhir-api.", "aggregated-fhir.", "@", "//",
)  # fmt: skip
LIKED = ("application/fhir+json", "text/html", "*/*", ";q=", "0.5", "1e999", "nan", ",", ";", " ", "inf", "-1")
CONDITIONS = (
    'W/"1"',
    '"',
    "*",
    ",",
    "1",
    " ",
    "W/",
    "Tue, 10 Mar 2026 12:00:00 GMT",
    "Mon, 00 Xyz 0000",
    "-0000",
    "99999",
    "+9999",
)
PREFER = ("return=", "minimal", "handling=strict", '"', "\\", ";", ",", "=", " ", "respond-async", "wait")
DURATIONS = ("P", "T", "1Y", "2M", "3W", "4D", "5H", "6M", "7.5S", "999999999", ".", ",", "-", "\u0661")
INSTANTS = (
    "2026-03-10",
    "T",
    "12:00",
    ":00",
    "Z",
    "+14:00",
    "-23:59",
    "0001-01-01",
    "9999-12-31",
    "2026-W01-1",
    "real",
    " ",
    ".5",
    "+24:00",
)
QUERY = (
    "hl7",
    "accepted",
    "99999",
    "2026-03-10T12:00:00",
    "+01:00",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00",
    "-1",
    "",
)
JSONPATH = (
    "$", ".a", "[0]", "[*]", "..", "[?", "@.a", "==", "'x'", "]", "match(@.a, '(a*)*b')", "search(", ")",
    "[1:2:-1]", "[-1]", "length(", "&&", "!", "1e999", '"\\ud800"', "value(",
)  # fmt: skip
URIS = (
    "https://app.test/back",
    "?",
    "a=1",
    "&",
    "code=x",
    "#",
    "\\",
    "@",
    "%00",
    " ",
    "[",
    "]",
    ":99999",
    "//",
    "javascript:",
    "\u2028",
)
SECRETS = (
    '{"', "password", '":"', "client_secret", "=", "&", "hunter2", "<", ">", "</", "MSH|^~\\&|||||", "||u:p|",
    'name="', '"', "\r\n--b\r\n", "code", "https://u:p@h/", "%70assword", "\\u0070assword", "access_token", ": ",
    "'", ",", "}", "wsse:Password", "\n", "Bearer ",
)  # fmt: skip


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _header(data: bytes) -> str:
    """A header as ASGI gives it."""
    return data.decode("latin-1")


def _forwarded(data: bytes) -> str:
    """One header a line; whatever they say, the base is one that this server can have."""
    values = dict(zip(HEADERS, _header(data).split("\n"), strict=False))
    for is_trusted in (False, True):
        base = forwarded.base_url("http", "localhost:1", values, is_proxy_trusted=is_trusted)
        assert forwarded.is_base_url(base), base
    scope = {"type": "http", "path": "/fhir/Patient", "headers": [(b"host", data)]}
    assert hosts.path_by_host(scope).endswith("/Patient")
    return base


def _address(data: bytes) -> object:
    text = _header(data)
    (
        addresses.is_loopback(text),
        addresses.is_unspecified(text),
        addresses.normalised(text),
        addresses.without_port(text),
    )
    origin = addresses.origin_of(text)
    assert not origin or addresses.origin_of(origin) == origin
    return addresses.is_same_origin(text, text)


def _conditions(data: bytes) -> object:
    text = _header(data)
    names = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
    conditions = from_headers(dict.fromkeys(names, text))
    return conditions.match.cover("1"), conditions.unmet(None)


def _prefer(data: bytes) -> object:
    header = {"prefer": _header(data)}
    return preferred_return(header), is_strict(header)


def _duration(data: bytes) -> datetime:
    return add_duration(NOW, _text(data))


def _instant(data: bytes) -> str:
    text = _text(data)
    Clock.parse(text).now()
    at = parse_instant(text)
    assert parse_instant(instant(at)) == at.replace(microsecond=at.microsecond // 1000 * 1000)
    return moment(at)


def _query(data: bytes) -> object:
    values = _text(data).split("\n")
    query = ExchangeQuery.of(dict(zip(("limit", "since", "api", "outcome", "text"), values, strict=False)))
    return query.criteria.since is None or query.criteria.since < NOW


def _json_path(data: bytes) -> int:
    bounds = Bounds()
    values = JsonPaths(bounds).values_at(_text(data))
    return len(values(bounded({"a": ["x", {"a": "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"}], "b": [1, 2, {"a": 1}]}, bounds)))


def _redirect(data: bytes) -> bool:
    uri = _text(data)
    is_allowed = redirects.is_allowed(uri, ("https://app.test/back?a=1", "https://app.test/back"))
    if is_allowed:
        assert redirects.with_parameters(uri, {"code": "x"}).startswith("https://app.test/back")
    return is_allowed


def _masked(data: bytes) -> int:
    """Masking takes any body and any text, whatever its type, and what is masked is not masked in another way again."""
    text = masking.masked_body(data, "application/json")
    masking.masked_text(_text(data), "text/plain")
    masking.masked_headers([("authorization", text), ("location", text)])
    return len(masking.masked_query(text))


def _coded(data: bytes) -> int:
    """The first byte chooses the coding; what comes out is within the limit."""
    names = request_body.codings(
        ("gzip", "deflate", "x-gzip, deflate", "br", "gzip,gzip,gzip")[data[0] % 5] if data else ""
    )
    body = data[1:]
    for name in names:
        body = request_body.decoded(body, name, 10_000)
    assert len(body) <= 10_000 or not names
    return len(body)


def _national(data: bytes) -> str:
    text = _text(data)
    return "".join(problem(type_, normalised(type_, text)) for type_ in national_id_types())


def _words(*texts: str) -> tuple[bytes, ...]:
    return tuple(text.encode() for text in texts)


NUMBERS = ("9991001379", "0000000000", "-", " ", "\u0660", "\u00b2", "A", "X", "R", "(3)")

TARGETS: tuple[Target, ...] = (
    Target(name="header-forwarded", run=_forwarded, words=_words(*FORWARDED), strategy=pieces((*FORWARDED, "\n"))),
    Target(name="header-origin", run=_address, words=_words(*FORWARDED), strategy=pieces(FORWARDED)),
    Target(
        name="header-accept",
        run=lambda data: accepted_types(_header(data)),
        words=_words(*LIKED),
        strategy=pieces(LIKED),
    ),
    Target(name="header-conditions", run=_conditions, words=_words(*CONDITIONS), strategy=pieces(CONDITIONS)),
    Target(name="header-prefer", run=_prefer, words=_words(*PREFER), strategy=pieces(PREFER)),
    Target(
        name="duration",
        run=_duration,
        refusals=(ValueError, OverflowError),
        words=_words(*DURATIONS),
        strategy=pieces(DURATIONS),
    ),
    Target(name="instant", run=_instant, refusals=(ValueError,), words=_words(*INSTANTS), strategy=pieces(INSTANTS, 6)),
    Target(
        name="journal-query",
        run=_query,
        refusals=(Invalid,),
        words=_words(*QUERY, "\n"),
        strategy=pieces((*QUERY, "\n")),
    ),
    Target(name="json-path", run=_json_path, refusals=(Invalid,), words=_words(*JSONPATH), strategy=pieces(JSONPATH)),
    Target(name="redirect-uri", run=_redirect, words=_words(*URIS), strategy=pieces(URIS)),
    Target(name="masking", run=_masked, words=_words(*SECRETS), strategy=pieces(SECRETS, 30)),
    Target(
        name="content-coding",
        run=_coded,
        refusals=(TooLarge, UnsupportedCoding, Unreadable),
        words=(b"\x1f\x8b\x08", b"\x78\x9c"),
        strategy=st.binary(max_size=60),
    ),
    Target(name="national-number", run=_national, words=_words(*NUMBERS), strategy=pieces(NUMBERS)),
)
