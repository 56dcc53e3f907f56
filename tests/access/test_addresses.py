"""Which hosts mean this machine, and the origin of an address, however they are written."""

from __future__ import annotations

import pytest

from sandbox.access.addresses import (
    is_loopback,
    is_of_a_proxy,
    is_same_origin,
    is_unspecified,
    normalised,
    origin_of,
    without_port,
)

LOOPBACK = ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "[::ffff:7f00:1]"]
NAMES = ["localhost", "LOCALHOST", "localhost.", "LocalHost."]
ELSEWHERE = [
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "example.org",
    "localhost.example.org",
    "127.1",
    "",
    "[::1",
    "[::12",
    "0::1]",
]


@pytest.mark.parametrize("host", [*LOOPBACK, *NAMES])
def test_a_loopback_host_is_recognised_in_every_spelling(host: str):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_a_host_outside_loopback_is_told_apart(host: str):
    assert not is_loopback(host)


@pytest.mark.parametrize(("host", "expected"), [("0.0.0.0", True), ("::", True), ("[::]", True), ("::1", False)])
def test_a_wildcard_host_is_recognised(host: str, expected: bool):
    assert is_unspecified(host) is expected


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        ("[::1]", "::1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("LOCALHOST.", "localhost"),
        ("0:0::0", "::"),
        ("Example.org", "Example.org"),
    ],
)
def test_a_host_is_brought_into_its_plain_spelling(host: str, plain: str):
    assert normalised(host) == plain


@pytest.mark.parametrize(
    ("host", "name"),
    [("a:80", "a"), ("a", "a"), ("[::1]:80", "[::1]"), ("[::1]", "[::1]"), ("::1", "::1"), ("a:b", "a:b"), ("", "")],
)
def test_the_port_is_removed_from_a_host(host: str, name: str):
    assert without_port(host) == name


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("HTTP://Localhost:80/path?x", "http://localhost"),
        ("https://a.example:443", "https://a.example"),
        ("https://a.example:80", "https://a.example:80"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("null", ""),
        ("", ""),
        ("http://a:99999", ""),
        ("http://[::1", ""),
        ("//a", ""),
    ],
)
def test_an_address_has_an_origin_of_scheme_host_and_port(url: str, origin: str):
    assert origin_of(url) == origin


def test_a_missing_origin_matches_no_origin():
    assert not is_same_origin("null", "null")
    assert not is_same_origin("", "")
    assert is_same_origin("http://localhost:80", "http://LOCALHOST/")


@pytest.mark.parametrize(("header", "expected"), [("via", True), ("x-forwarded-for", True), ("accept", False)])
def test_a_header_that_proxies_add(header: str, expected: bool):
    assert is_of_a_proxy(header) is expected
