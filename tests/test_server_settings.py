"""What a server makes of its settings before it listens: its token, its certificate, its addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.server import SandboxServer
from sandbox.settings import Settings
from tests.hl7.test_mllp import free_port


@pytest.mark.parametrize(
    ("host", "token", "length"),
    [("127.0.0.1", "", 0), ("127.0.0.1", "mine", 4), ("0.0.0.0", "", 32), ("0.0.0.0", "mine", 4), ("::", "", 32)],
)
def test_a_server_for_other_machines_makes_a_token_unless_it_has_one(host: str, token: str, length: int):
    assert len(SandboxServer(host=host, admin_token=token).settings.admin_token) == length


def test_only_a_local_authority_has_a_certificate_to_trust(tmp_path: Path):
    folder = str(tmp_path)
    assert SandboxServer(tls_dir=folder).certificate_file is None
    certificate = SandboxServer(tls=True, tls_dir=folder).certificate_file
    assert certificate is not None
    assert certificate.parent == tmp_path
    assert certificate.read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_a_supplied_world_is_there_at_once():
    assert not SandboxServer(at_once=True).workspaces.is_loading


def test_options_change_settings_and_leave_the_others():
    server = SandboxServer(Settings(port=0, seed=5), max_workspaces=7)
    assert (server.settings.seed, server.settings.max_workspaces) == (5, 7)


@pytest.mark.parametrize(("host", "address"), [("::1", "[::1]"), ("::", "127.0.0.1"), ("127.0.0.1", "127.0.0.1")])
def test_an_address_has_brackets_where_it_needs_them(host: str, address: str):
    with SandboxServer(host=host) as server:
        assert server.base_url == f"http://{address}:{server.port}"
        assert server.hl7_url == f"{server.base_url}/services/hl7"


def test_hl7_has_a_port_of_its_own_where_it_is_asked_for():
    port = free_port()
    with SandboxServer(hl7_port=port) as server:
        assert server.hl7_url == f"http://127.0.0.1:{port}/services/hl7"
    with SandboxServer(hl7_port=0) as server:
        assert server.hl7_url == f"{server.base_url}/services/hl7"
