"""Further host names of the server: with letters beyond ASCII, in capitals, and with a wildcard."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import Invalid
from sandbox.settings import Settings
from sandbox.tls import certificates


@pytest.mark.parametrize(
    "name", ["pkb.test", "PKB.Test", "*.pkb.test", "b\u00fccher.test", "B\u00dcCHER.test", "192.0.2.7"]
)
def test_a_host_name_in_any_spelling_is_accepted(tmp_path: Path, name: str):
    assert certificates.server_context(Settings(tls=True, tls_dir=str(tmp_path), tls_name=(name,))).get_ca_certs() == []


@pytest.mark.parametrize("name", ["", "a b", "a..b", "*", "-a.test", "x" * 64])
def test_what_is_not_a_host_name_is_refused(tmp_path: Path, name: str):
    with pytest.raises(Invalid) as refused:
        certificates.server_context(Settings(tls=True, tls_dir=str(tmp_path), tls_name=("pkb.test", name)))
    assert refused.value.text == f"--tls-name {name}: is not a host name"


@pytest.mark.parametrize(
    ("options", "is_on"),
    [({}, False), ({"tls": True}, True), ({"tls_cert": "a"}, True), ({"tls_key": "a"}, True)],
    ids=str,
)
def test_a_certificate_or_a_key_alone_asks_for_tls(options: dict[str, object], is_on: bool):
    assert certificates.is_on(Settings(**options)) is is_on  # type: ignore[arg-type]
