"""The local certificate authority: made once, kept in a folder, trusted by the clients that should reach the sandbox.

The folder holds `authority.pem` (private key and certificate, readable by its owner only) and `ca.pem` (the certificate
alone, for clients).
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.errors import Invalid
from sandbox.settings import Settings

if TYPE_CHECKING:
    import trustme

AUTHORITY, CERTIFICATE = "authority.pem", "ca.pem"
_START_OF_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


def folder(settings: Settings) -> Path:
    """The folder of the authority: `--tls-dir`, else beside the data file, else in the user's data directory."""
    if settings.tls_dir:
        return Path(settings.tls_dir)
    if settings.data:
        return Path(settings.data).resolve().parent
    import platformdirs

    return Path(platformdirs.user_data_dir("pkb-sandbox", appauthor=False))


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate authority that is kept in a folder."""

    folder: Path
    issuer: trustme.CA

    @property
    def certificate_file(self) -> Path:
        """The file that clients add to their trust store."""
        return self.folder / CERTIFICATE

    @property
    def certificate(self) -> str:
        """The certificate in PEM."""
        return self.issuer.cert_pem.bytes().decode()


def load_or_create(in_folder: Path) -> Authority:
    """Read the authority in a folder, or create one there. Raises Invalid for an unusable folder or file."""
    file = in_folder / AUTHORITY
    try:
        if not file.exists():
            _make(in_folder)
        # Read back even if it was just created: another process may have been faster, and its file counts.
        text = file.read_text(encoding="ascii")
        authority = Authority(in_folder, _read(text))
        if not authority.certificate_file.exists():
            _write(authority.certificate_file, authority.certificate, 0o644)
    except OSError as error:
        raise Invalid(f"--tls-dir {in_folder}: {error.strerror or error}") from error
    except ValueError as error:
        raise Invalid(f"--tls-dir {in_folder}: {AUTHORITY} does not contain a private key and a certificate") from error
    return authority


def _make(in_folder: Path) -> None:
    import trustme

    in_folder.mkdir(parents=True, exist_ok=True)
    issuer = trustme.CA(organization_name="PKB Sandbox", organization_unit_name="Local authority for tests")
    key = issuer.private_key_pem.bytes().decode()
    _write(in_folder / AUTHORITY, key + issuer.cert_pem.bytes().decode(), 0o600)


def _read(text: str) -> trustme.CA:
    import trustme

    key, start, certificate = text.partition(_START_OF_CERTIFICATE)
    return trustme.CA.from_pem((start + certificate).encode(), key.encode())


def _write(file: Path, text: str, mode: int) -> None:
    """Write a file in one step, unless another process was faster: then its file stays."""
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="ascii") as stream:
        stream.write(text)
    try:
        # A link fails if the name exists, where renaming would replace the authority of a server that started
        # meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
