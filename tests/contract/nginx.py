"""A real nginx with one `server` block in front of sandboxes, for the tests of configurations that the docs offer."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import trustme

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
needs_nginx = pytest.mark.skipif(NGINX is None, reason="nginx is not at hand; .ci/run installs it")

MAIN = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {server}
}}
"""


def free_ports(count: int) -> list[int]:
    """Different ports of 127.0.0.1 that nobody listens on."""
    with ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [listener.getsockname()[1] for listener in listeners]


@contextmanager
def running_nginx(configuration: str, leaf: trustme.LeafCert, folder: Path) -> Iterator[int]:
    """Run nginx with a configuration of the docs, on the port that is returned, with the certificate of `leaf`."""
    (port,) = free_ports(1)
    for setting, pem in (("ssl_certificate", leaf.cert_chain_pems[0]), ("ssl_certificate_key", leaf.private_key_pem)):
        name = re.search(rf"{setting} +/etc/nginx/(\S+);", configuration)
        assert name is not None
        pem.write_to_path(folder / name[1])
    text = configuration.replace("/etc/nginx/", f"{folder}/").replace("listen 443", f"listen 127.0.0.1:{port}")
    with serving_nginx(text, port, folder):
        yield port


@contextmanager
def serving_nginx(servers: str, port: int, folder: Path) -> Iterator[None]:
    """Run nginx with `server` blocks, one of which listens on a port."""
    file = folder / "nginx.conf"
    file.write_text(MAIN.format(folder=folder, server=servers), encoding="utf-8")
    with subprocess.Popen([str(NGINX), "-c", str(file), "-e", "stderr"]) as nginx:
        try:
            await_listener(nginx, port)
            yield
        finally:
            nginx.terminate()


def await_listener(nginx: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(200):
        assert nginx.poll() is None, "nginx did not start"
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nginx does not listen")
