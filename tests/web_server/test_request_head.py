"""The head of a request: its target, its length, its headers, each at the edge of what is allowed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sandbox.web_server.request_head import (
    LONGEST,
    BadHead,
    check_framing,
    check_method,
    check_size,
    check_values,
    origin_form,
)

HOST = (b"host", b"a")
CHUNKED = (b"transfer-encoding", b"chunked")
TARGETS = {
    b"/a?b": (b"/a?b", b"a"),
    b"*": (b"*", b"a"),
    b"http://other/a?b": (b"/a?b", b"other"),
    b"HTTPS://other:8443": (b"/", b"other:8443"),
    b"http://other?b": (b"/?b", b"other"),
}
BAD_TARGETS = [b"", b"a", b"/a#b", b"**", b"http://", b"http://user@other/", b"http://other/a#b", b"ftp://other/"]
GOOD = {
    "1.1 with a host": ("1.1", [HOST]),
    "1.0 without a host": ("1.0", []),
    "1.0 with a host": ("1.0", [HOST]),
    "chunks": ("1.1", [HOST, CHUNKED]),
    "chunks in capitals": ("1.1", [HOST, (b"transfer-encoding", b" Chunked ")]),
    "a length": ("1.1", [HOST, (b"content-length", b"1")]),
}
BAD = {
    "1.1 without a host": ("1.1", []),
    "1.1 with two": ("1.1", [HOST, HOST]),
    "1.0 with two": ("1.0", [HOST, HOST]),
    "another version": ("1.2", [HOST]),
    "chunks and a length": ("1.1", [HOST, CHUNKED, (b"content-length", b"1")]),
    "another coding": ("1.1", [HOST, (b"transfer-encoding", b"gzip")]),
    "chunks twice": ("1.1", [HOST, CHUNKED, CHUNKED]),
}


def is_refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except BadHead:
        return True
    return False


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_is_its_path_and_query_and_its_authority_the_host(target: bytes):
    headers = [(b"x", b"1"), HOST]
    path, host = TARGETS[target]
    assert origin_form(target, headers) == path
    assert [value for name, value in headers if name == b"host"] == [host]
    assert (b"x", b"1") in headers


@pytest.mark.parametrize("target", BAD_TARGETS)
def test_another_form_of_target_is_refused(target: bytes):
    assert is_refused(lambda: origin_form(target, [HOST]))


@pytest.mark.parametrize("case", GOOD)
def test_a_head_with_a_host_and_a_length_is_accepted(case: str):
    version, headers = GOOD[case]
    assert not is_refused(lambda: check_framing(version, headers))


@pytest.mark.parametrize("case", BAD)
def test_a_head_that_can_be_read_in_two_ways_is_refused(case: str):
    version, headers = BAD[case]
    assert is_refused(lambda: check_framing(version, headers))


@pytest.mark.parametrize(("method", "refused"), [("GET", False), ("PATCH", False), ("CONNECT", True), ("get", True)])
def test_a_method_is_one_of_the_known_ones(method: str, refused: bool):
    assert is_refused(lambda: check_method(method)) is refused


@pytest.mark.parametrize(("over", "refused"), [(0, False), (1, True)])
def test_a_head_has_a_longest_size(over: int, refused: bool):
    rest = LONGEST - len(b"/abc") - len(b"host") - len(b"a") - 2 * 4 - len(b"x")
    headers = [HOST, (b"x", b"v" * (rest + over))]
    assert is_refused(lambda: check_size(b"/abc", headers)) is refused


@pytest.mark.parametrize(
    ("value", "refused"), [(b"a\tb", False), (b"\xe9", False), (b"a\x00", True), (b"a\r", True), (b"\x7f", True)]
)
def test_a_value_has_no_control_characters(value: bytes, refused: bool):
    assert is_refused(lambda: check_values([HOST, (b"x", value)])) is refused
