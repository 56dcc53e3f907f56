"""Which redirect URIs are allowed: the registered one with more parameters, and nothing that merely looks like it."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sandbox.oauth.redirects import RESERVED, is_allowed, with_parameters

DONE, QUERY, APP = "http://localhost:8400/done", "https://app.example/back?tenant=1&tenant=2&flag=", "stepwise://done"
REGISTERED = (DONE, QUERY, APP)

ALLOWED = [
    DONE,
    f"{DONE}?",
    f"{DONE}?a=1",
    f"{DONE}?a=1&a=2&b",
    f"{DONE}?next=http://evil.example",
    f"{DONE}?a=%23",
    QUERY,
    "https://app.example/back?flag=&tenant=2&tenant=1",
    f"{QUERY}&more=3",
    APP,
    f"{APP}?x=y",
]

REFUSED = {
    "empty": "",
    "other scheme": "https://localhost:8400/done",
    "no scheme": "//localhost:8400/done",
    "other host": "http://127.0.0.1:8400/done",
    "host in another case": "http://Localhost:8400/done",
    "host with a dot": "http://localhost.:8400/done",
    "longer host": "http://localhost.evil.example:8400/done",
    "IPv6 loopback": "http://[::1]:8400/done",
    "other port": "http://localhost:8401/done",
    "no port": "http://localhost/done",
    "port with a zero": "http://localhost:08400/done",
    "default port spelt out": "https://app.example:443/back?tenant=1&tenant=2&flag=",
    "no path": "http://localhost:8400",
    "other path": "http://localhost:8400/other",
    "path in another case": "http://localhost:8400/DONE",
    "trailing slash": f"{DONE}/",
    "path parameter": f"{DONE};x",
    "double slash": "http://localhost:8400//done",
    "dots": "http://localhost:8400/x/../done",
    "encoded letter": "http://localhost:8400/%64one",
    "encoded slash": "http://localhost:8400%2Fdone",
    "user": "http://user@localhost:8400/done",
    "user and password": "http://user:secret@localhost:8400/done",
    "empty user": "http://@localhost:8400/done",
    "host as user": "http://localhost:8400@evil.example/done",
    "fragment": f"{DONE}#x",
    "empty fragment with query": f"{DONE}?a#x",
    "backslash for the host": "http://evil.example\\@localhost:8400/done",
    "backslash for the path": "http:\\\\localhost:8400\\done",
    "line end": f"{DONE}\r\nX: y",
    "line end in the query": f"{DONE}?a=b\nc",
    "tab": "http://local\thost:8400/done",
    "leading space": f" {DONE}",
    "trailing space": f"{DONE} ",
    "delete": f"{DONE}\x7f",
    "nul": f"{DONE}\x00",
    "registered parameter missing": "https://app.example/back",
    "one of two registered parameters missing": "https://app.example/back?tenant=1&flag=",
    "registered parameter changed": "https://app.example/back?tenant=1&tenant=3&flag=",
    "script": "javascript:alert(1)",
    "script like the app": "javascript://done",
    "data": "data:text/html,done",
    "other app": "stepwises://done",
    "app with a path": "stepwise://done/",
    "open bracket": "http://[localhost:8400/done",
    "prefix": "http://localhost:8400/don",
}


@pytest.mark.parametrize("uri", ALLOWED)
def test_a_registered_uri_is_allowed_with_more_parameters(uri: str):
    assert is_allowed(uri, REGISTERED)


@pytest.mark.parametrize("uri", REFUSED.values(), ids=REFUSED.keys())
def test_anything_else_is_refused(uri: str):
    assert not is_allowed(uri, REGISTERED)


@pytest.mark.parametrize("uri", ["http://user@localhost/done", "http://localhost/done#x"])
def test_a_user_name_or_fragment_is_refused_even_if_it_was_registered(uri: str):
    assert not is_allowed(uri, (uri,))


ALMOST = {"empty fragment": f"{DONE}#", "scheme in another case": "HTTP://localhost:8400/done"}


@pytest.mark.parametrize("uri", ALMOST.values(), ids=ALMOST.keys())
def test_a_uri_that_differs_in_one_character_is_refused(uri: str):
    assert not is_allowed(uri, REGISTERED)


@pytest.mark.parametrize("uri", ALLOWED)
def test_no_uri_is_allowed_when_none_is_registered(uri: str):
    assert not is_allowed(uri, ())


def test_parameters_go_behind_those_that_are_there():
    assert with_parameters(DONE, {"code": "x", "state": "q7 Zt&"}) == f"{DONE}?code=x&state=q7+Zt%26"
    assert with_parameters(f"{DONE}?a=1", {"code": "x"}) == f"{DONE}?a=1&code=x"
    assert with_parameters(APP, {"error": "access_denied"}) == f"{APP}?error=access_denied"


SCHEMES = ["http", "https", "stepwise", "javascript"]
HOSTS = ["localhost", "evil.example", "localhost:8400", "localhost.evil.example", ":8400", "done"]
MARKS = [":", "//", "/", "@", "?", "&", "#", "\\", ".", "..", ";", "[", "]", "a=1"]
ODDITIES = ["%2F", "%64", "\t", "\r\n", "\x00", "\uff1a", "\u3002", "\uff0f"]
PIECES = st.sampled_from([*SCHEMES, *HOSTS, *MARKS, *ODDITIES])
MADE = st.lists(PIECES, max_size=12).map("".join)
BEHIND = st.builds(lambda uri, tail: uri + tail, st.sampled_from(REGISTERED), st.text(max_size=12) | MADE)
ALTERED = st.builds(
    lambda uri, at, inserted: uri[:at] + inserted + uri[at:],
    st.sampled_from(REGISTERED),
    st.integers(0, 40),
    PIECES | st.characters(),
)


def place(uri: str) -> tuple[str, str, int | None, str, str | None]:
    parts = urlsplit(uri)
    return parts.scheme, parts.hostname or "", parts.port, parts.path, parts.username


@settings(max_examples=600)
@given(uri=MADE | BEHIND | ALTERED | st.text(max_size=40))
def test_every_allowed_address_is_at_the_place_of_a_registered_uri(uri: str):
    if is_allowed(uri, REGISTERED):
        assert place(uri) in [place(registered) for registered in REGISTERED]
        assert not set(uri) & set("\\\r\n\t \x00")


QUERIES = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_characters="#\\\x7f"), max_size=20)
ANSWERS = st.dictionaries(st.sampled_from(["code", "state", "error"]), st.text(max_size=20), min_size=1)


@settings(max_examples=300)
@given(registered=st.sampled_from(REGISTERED), query=QUERIES, added=ANSWERS)
def test_the_answer_goes_to_the_same_place_and_keeps_every_parameter(
    registered: str, query: str, added: dict[str, str]
):
    assume(RESERVED.isdisjoint(name for name, _ in parse_qsl(query, keep_blank_values=True)))
    uri = f"{registered}{'&' if '?' in registered else '?'}{query}"
    assert is_allowed(uri, REGISTERED)
    answer = with_parameters(uri, added)
    assert place(answer) == place(registered)
    before, after = (parse_qsl(urlsplit(address).query, keep_blank_values=True) for address in (uri, answer))
    assert after == before + list(added.items())


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_registered_uri_may_have_what_a_request_must_not_add(name: str):
    registered = f"https://app.example/back?{name}=fixed"
    assert is_allowed(registered, (registered,))
    assert is_allowed(f"{registered}&more=1", (registered,))
    assert not is_allowed(f"{registered}&{name}=fixed", (registered,))
