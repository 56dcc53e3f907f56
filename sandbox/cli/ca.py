"""`pkb-sandbox ca`: the certificate of the local authority, and how a Java client is made to trust it."""

from __future__ import annotations

import click

from sandbox.cli.command import fail
from sandbox.settings import Settings

JAVA = """\
# Make a trust store that contains the local authority:
keytool -importcert -noprompt -alias pkb-sandbox -file '{certificate}' \\
  -keystore pkb-sandbox-trust.p12 -storetype PKCS12 -storepass changeit
# Start the client with it:
java -Djavax.net.ssl.trustStore=pkb-sandbox-trust.p12 -Djavax.net.ssl.trustStorePassword=changeit …"""


@click.command(short_help="Print the certificate of the local authority.")
@click.option("--java", is_flag=True, help="Print how to import the certificate into a Java trust store.")
@click.option(
    "--tls-dir", default="", envvar="PKB_SANDBOX_TLS_DIR", help="Folder of the authority; default: as for `serve`."
)
# Hidden: it only says where the authority of `serve --data` is.
@click.option("--data", default="", envvar="PKB_SANDBOX_DATA", hidden=True)
def ca(java: bool, tls_dir: str, data: str) -> None:
    """Print the certificate of the local authority, which is made when there is none yet."""
    from sandbox.errors import SandboxError
    from sandbox.tls import authority

    try:
        local = authority.load_or_create(authority.folder(Settings(tls_dir=tls_dir, data=data)))
    except SandboxError as error:
        fail(f"ca: {error}")
    # A certificate ends its last line itself.
    click.echo(JAVA.format(certificate=local.certificate_file) if java else local.certificate, nl=java)
