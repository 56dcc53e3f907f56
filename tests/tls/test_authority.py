"""The local certificate authority: made once, read again, its key kept from others, and named when it is unusable."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from sandbox.cli import main
from sandbox.errors import Invalid
from sandbox.settings import Settings
from sandbox.tls import authority, certificates


def test_an_authority_is_made_once(tmp_path: Path):
    folder = tmp_path / "new" / "folder"
    created, read = authority.load_or_create(folder), authority.load_or_create(folder)
    assert created.certificate == read.certificate
    assert created.certificate_file.read_text() == created.certificate
    assert sorted(file.name for file in folder.iterdir()) == ["authority.pem", "ca.pem"]


def test_only_its_owner_can_read_the_private_key(tmp_path: Path):
    folder = authority.load_or_create(tmp_path).folder
    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600
    assert "PRIVATE KEY" not in (folder / "ca.pem").read_text()


def test_everybody_can_read_the_certificate(tmp_path: Path):
    folder = tmp_path / "new" / "folder"
    authority.load_or_create(folder)
    authority.load_or_create(folder)
    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir() if file.name != "authority.pem"} == {0o644}


def test_servers_that_start_together_share_one_authority(tmp_path: Path):
    with ThreadPoolExecutor(8) as pool:
        certificates = set(pool.map(lambda _: authority.load_or_create(tmp_path).certificate, range(16)))
    assert len(certificates) == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["authority.pem", "ca.pem"]


def test_a_lost_certificate_is_written_again(tmp_path: Path):
    certificate = authority.load_or_create(tmp_path).certificate
    (tmp_path / "ca.pem").unlink()
    assert authority.load_or_create(tmp_path).certificate_file.read_text() == certificate


@pytest.mark.parametrize(
    "text", ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "\u00e9"]
)
def test_a_damaged_authority_is_named_and_kept(tmp_path: Path, text: str):
    file = tmp_path / "authority.pem"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(Invalid, match=r"authority\.pem does not contain a private key and a certificate"):
        authority.load_or_create(tmp_path)
    assert file.read_text(encoding="utf-8") == text


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(Invalid, match=r"--tls-dir .*/file/folder: Not a directory"):
        authority.load_or_create(tmp_path / "file" / "folder")


def test_the_folder_is_the_one_named_or_beside_the_data_or_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    data = str(tmp_path / "data" / "sandbox.db")
    assert authority.folder(Settings(tls_dir=str(tmp_path), data=data)) == tmp_path
    assert authority.folder(Settings(data=data)) == tmp_path / "data"
    if os.name == "posix":
        assert authority.folder(Settings()).name == "pkb-sandbox"


def test_the_command_prints_the_certificate(tmp_path: Path):
    result = CliRunner().invoke(main, ["ca", "--tls-dir", str(tmp_path)])
    assert (result.exit_code, result.output) == (0, authority.load_or_create(tmp_path).certificate)


def test_the_command_says_how_java_trusts_it(tmp_path: Path):
    result = CliRunner().invoke(main, ["ca", "--java"], env={"PKB_SANDBOX_TLS_DIR": str(tmp_path)})
    assert result.exit_code == 0
    assert f"-file '{tmp_path / 'ca.pem'}'" in result.output


def test_the_command_names_a_folder_that_cannot_be_used(tmp_path: Path):
    (tmp_path / "file").touch()
    result = CliRunner().invoke(main, ["ca", "--tls-dir", str(tmp_path / "file" / "x")])
    assert result.exit_code == 2
    assert result.output.count("\n") == 1
    assert "--tls-dir" in result.output


def test_a_certificate_needs_no_other_writable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As in a container with a read-only root and a volume for the authority."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    settings = Settings(tls=True, tls_dir=str(tmp_path))
    assert certificates.server_context(settings).get_ca_certs() == []
    assert sorted(file.name for file in tmp_path.iterdir()) == ["authority.pem", "ca.pem"]


def test_without_any_writable_folder_the_error_names_the_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As in a container whose authority is a read-only volume."""
    authority.load_or_create(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "missing"))
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(Invalid, match=f"--tls-dir {tmp_path}: neither this folder nor"):
        certificates.server_context(Settings(tls=True, tls_dir=str(tmp_path)))
