"""How a container runs: locked down, healthy, closed to callers without the token, quiet about it, and quick to end."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.container import engine
from tests.container.engine import Container

pytestmark = engine.needs_image
SECRET = "correct-horse-battery-staple"
TLS_FOLDER = "/var/lib/pkb-sandbox"


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """With the admin token from a file, as Docker and Kubernetes mount secrets."""
    folder = tmp_path_factory.mktemp("running")
    file = folder / "admin-token"
    file.write_text(f"{SECRET}\n")
    running = engine.start(
        folder, "--volume", f"{file}:/run/secrets/admin-token:ro", admin_token_file="/run/secrets/admin-token"
    )
    try:
        running.wait_until_ready()
        yield running
    finally:
        running.remove()


def test_the_server_has_no_privilege(container: Container):
    status = dict(line.split(":", 1) for line in container.execute("cat", "/proc/1/status").stdout.splitlines())
    assert {int(number) for number in status["Uid"].split() + status["Gid"].split()} == {10001}
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert int(status["NoNewPrivs"]) == 1


@pytest.mark.parametrize("folder", ["/", "/tmp", "/opt/sandbox", TLS_FOLDER])
def test_the_server_can_write_nowhere(container: Container, folder: str):
    assert "Read-only file system" in container.execute("touch", f"{folder}/file").stderr


def test_the_health_check_passes_in_the_container(container: Container):
    checked = container.execute("python", "-m", "sandbox.health_check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_health_check_fails_where_no_server_is(container: Container):
    closed = f"PKB_SANDBOX_PORT={engine.free_port()}"
    checked = container.execute("env", closed, "python", "-m", "sandbox.health_check")
    assert (checked.returncode, "/_sandbox/health/ready" in checked.stderr) == (1, True)


def test_the_health_needs_no_token(container: Container):
    address = engine.address_beyond_loopback()
    assert httpx.get(container.url("/_sandbox/health/ready", address)).json()["status"] == "ready"


def test_a_control_call_from_another_machine_needs_the_token(container: Container):
    url = container.url("/_sandbox/world", engine.address_beyond_loopback())
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert httpx.get(url, headers={"Authorization": f"Bearer {SECRET}"}).status_code == 200


def test_an_engine_delivers_a_message(container: Container):
    delivered = container.execute("pkb-sandbox", "hl7", "send", "--url", container.url(""), "adt_a28")
    assert "MSA|AA" in delivered.stdout


def test_a_token_that_the_user_set_is_never_printed(tmp_path: Path):
    file = tmp_path / "admin-token"
    file.write_text(SECRET)
    volume = f"{file}:/run/secrets/admin-token:ro"
    running = engine.start(tmp_path, "--volume", volume, admin_token_file="/run/secrets/admin-token")
    try:
        running.wait_until_ready()
        for token in (SECRET, "wrong"):
            httpx.get(running.url("/_sandbox/world"), headers={"Authorization": f"Bearer {token}"})
            httpx.get(running.url("/_sandbox/world"), params={"token": token, "admin_token": token})
        assert running.terminate() == 0
    finally:
        running.remove()
    assert "control calls need the configured admin token" in running.printed
    assert SECRET not in running.printed


def test_a_generated_token_is_printed_and_works(tmp_path: Path):
    running = engine.start(tmp_path)
    try:
        running.wait_until_ready()
        token = running.printed.rpartition("Bearer ")[2].split()[0]
        url = running.url("/_sandbox/world", engine.address_beyond_loopback())
        assert httpx.get(url).status_code == 401
        assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200
    finally:
        running.remove()


def test_a_token_file_that_the_user_of_the_image_cannot_read_is_named(tmp_path: Path):
    file = tmp_path / "admin-token"
    file.write_text(SECRET)
    file.chmod(0o600)
    volume = f"{file}:/run/secrets/admin-token:ro"
    running = engine.start(tmp_path, "--volume", volume, admin_token_file="/run/secrets/admin-token")
    try:
        assert running.process.wait(timeout=engine.PATIENCE) == 2
    finally:
        running.remove()
    assert "--admin-token-file /run/secrets/admin-token: cannot be read" in running.printed
    assert "Traceback" not in running.printed


MOST_STARTS = 5
"""Starts that a stop may take: one is a few tenths of a second, the end of a container's process among them."""


def test_an_idle_server_stops_about_as_fast_as_it_starts(tmp_path: Path):
    began = time.monotonic()
    running = engine.start(tmp_path)
    try:
        running.wait_until_ready()
        ready = time.monotonic()
        assert running.terminate() == 0
        ended = time.monotonic()
    finally:
        running.remove()
    print(f"start {ready - began:.2f} s, stop {ended - ready:.2f} s")
    assert ended - ready < MOST_STARTS * (ready - began)


def test_a_server_that_is_still_starting_stops(tmp_path: Path):
    """It reads its token from a pipe into which nothing is written, so that it never gets further."""
    pipe = tmp_path / "admin-token"
    os.mkfifo(pipe, 0o644)
    volume = f"{pipe}:/run/secrets/admin-token:ro"
    running = engine.start(tmp_path, "--volume", volume, admin_token_file="/run/secrets/admin-token")
    try:
        with os.fdopen(_opened(pipe), "w"):
            assert running.terminate() == 0
    finally:
        running.remove()
    assert running.printed == ""


def _opened(pipe: Path) -> int:
    """Open a pipe for writing, once another process reads from it."""
    deadline = time.monotonic() + engine.PATIENCE
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            assert time.monotonic() < deadline, "no process reads from the pipe"
            time.sleep(0.02)


def test_https_needs_only_its_own_volume(tmp_path: Path):
    volume = f"{TLS_FOLDER}:uid=10001,gid=10001,mode=0700"
    running = engine.start(tmp_path, "--tmpfs", volume, tls="true", hl7_port=0)
    try:
        running.wait_until_ready()
        assert running.execute("python", "-m", "sandbox.health_check").returncode == 0
        assert running.execute("ls", TLS_FOLDER).stdout.split() == ["authority.pem", "ca.pem"]
    finally:
        running.remove()


def test_https_without_a_volume_names_the_setting(tmp_path: Path):
    running = engine.start(tmp_path, tls="true", hl7_port=0)
    try:
        assert running.process.wait(timeout=engine.PATIENCE) == 2
    finally:
        running.remove()
    assert f"--tls-dir {TLS_FOLDER}: Read-only file system" in running.printed
    assert "Traceback" not in running.printed
