"""The names for which the server's certificate is valid."""

from __future__ import annotations

import pytest

from sandbox.tls.host_names import server_host_names


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_wildcard_address_is_not_a_name(host: str):
    assert host not in server_host_names(host, ())


def test_the_listening_address_and_further_names_are_listed_once():
    names = server_host_names("192.0.2.7", ("pkb.example", "localhost"))
    assert {"localhost", "192.0.2.7", "pkb.example"} <= set(names)
    assert len(names) == len(set(names))
