"""The TLS context of the server: from the local authority, or from the user's own certificate."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox import facts
from sandbox.errors import Invalid
from sandbox.settings import Settings
from sandbox.tls import authority, host_names


def is_on(settings: Settings) -> bool:
    """Return whether the server uses TLS: by `--tls`, or by the user's own certificate."""
    # A key alone counts too, so that its missing certificate is an error and not silently plain HTTP.
    return settings.tls or bool(settings.tls_cert or settings.tls_key)


def server_context(settings: Settings) -> ssl.SSLContext:
    """Build the server's context. Raises Invalid for an unusable certificate, key, name or folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.tls_cert or settings.tls_key:
        _load_own(context, settings.tls_cert, settings.tls_key)
    else:
        _load_local(context, settings)
    return context


def _load_own(context: ssl.SSLContext, certificate: str, key: str) -> None:
    if not certificate:
        raise Invalid(f"--tls-key {key}: needs --tls-cert too")
    if not key:
        raise Invalid(f"--tls-cert {certificate}: needs --tls-key too")
    for option, file in (("--tls-cert", certificate), ("--tls-key", key)):
        try:
            Path(file).read_bytes()
        except OSError as error:
            raise Invalid(f"{option} {file}: {error.strerror or error}") from error
    try:
        # An empty password: OpenSSL would otherwise ask for that of an encrypted key on the terminal.
        context.load_cert_chain(certificate, key, password=lambda: b"")
    except (ssl.SSLError, ValueError) as error:
        what = "do not belong together" if "MISMATCH" in str(error) else "are not a certificate and its unencrypted key"
        raise Invalid(f"--tls-cert {certificate}: this file and --tls-key {key} {what}, both in PEM") from error


def _load_local(context: ssl.SSLContext, settings: Settings) -> None:
    folder = authority.folder(settings)
    issuer = authority.load_or_create(folder).issuer
    now = datetime.now(UTC)
    for name in settings.tls_name:
        _check_name(name)
    # Clients whose clock is a little behind accept a certificate that began an hour ago.
    certificate = issuer.issue_cert(
        *host_names.server_host_names(settings.host, settings.tls_name),
        common_name="PKB Sandbox",
        not_before=now - timedelta(hours=1),
        not_after=now + timedelta(days=facts.value("tls.certificate-days")),
    )
    # OpenSSL reads a certificate from a file only, and a container may have no other folder to write to.
    try:
        with certificate.private_key_and_cert_chain_pem.tempfile(
            str(folder) if os.access(folder, os.W_OK) else None
        ) as file:
            context.load_cert_chain(file)
    except OSError as error:
        raise Invalid(f"--tls-dir {folder}: neither this folder nor the one for temporary files is writable") from error


def _check_name(name: str) -> None:
    import idna

    try:
        idna.encode(name.removeprefix("*."), uts46=True)
    except ValueError as error:
        raise Invalid(f"--tls-name {name}: is not a host name") from error
