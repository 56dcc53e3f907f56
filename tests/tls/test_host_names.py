"""The names for which the server's certificate is valid."""

from __future__ import annotations

import pytest

from sandbox.tls.host_names import of_server


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_wildcard_address_is_not_a_name(host: str):
    assert host not in of_server(host, ())


def test_the_listening_address_and_further_names_are_listed_once():
    names = of_server("192.0.2.7", ("pkb.example", "localhost"))
    assert {"localhost", "192.0.2.7", "pkb.example"} <= set(names)
    assert len(names) == len(set(names))
