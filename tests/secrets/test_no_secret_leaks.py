"""No secret that a client sends, wherever and however, is in journal, log, metrics, exports, reports or console."""

from __future__ import annotations

import base64
import io
import logging
import re
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from sandbox.cli import main
from sandbox.server import SandboxServer
from tests.secrets.canaries import CANARY, DIGITS, CanaryRequest, canary_requests
from tests.worlds.durable.files import crashed

PLACES = (
    "exchanges?limit=10000",
    "exchanges.har",
    "exchanges.hl7",
    "metrics",
    "report",
    "outbox",
    "console/traffic",
    "console/fidelity",
)
BASE64 = re.compile(r"[A-Za-z0-9+/]{24,}")
LEAK = re.compile(f"{CANARY}[0-9]{{6}}|{DIGITS}[0-9]{{6}}")


@pytest.fixture(scope="module")
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the level that a server has."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # the client's own log is not the sandbox's
    yield text
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.fixture(scope="module")
def requests() -> dict[str, CanaryRequest]:
    """Number of a secret → the request that carried it."""
    return {number: request for request in canary_requests() for number in _numbers(request)}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data file of the server, with its journal."""
    return tmp_path_factory.mktemp("data") / "world.db"


@pytest.fixture(scope="module")
def control(log: io.StringIO, requests: dict[str, CanaryRequest], data: Path) -> Iterator[httpx.Client]:
    """A client of a server that has received every secret."""
    with (
        SandboxServer(port=0, journal_bytes=1 << 30, data=str(data), data_journal=True) as server,
        httpx.Client(base_url=server.base_url, timeout=120) as client,
    ):
        for request in {id(request): request for request in requests.values()}.values():
            content = request.body or None
            answer = client.request(request.method, request.path, content=content, headers=request.headers)
            assert answer.status_code < 501, (request.what, answer.text)
        yield client


def _numbers(request: CanaryRequest) -> list[str]:
    encoded = request.headers.get("Authorization", "").removeprefix("Basic ")
    plain = base64.b64decode(encoded).decode("latin-1") if request.what == "header Basic, encoded" else ""
    text = request.body.replace(b"\0", b"").decode("utf-8", "replace")
    return LEAK.findall(f"{request.path} {request.headers} {text} {plain}")


def leaks(text: str, requests: dict[str, CanaryRequest]) -> list[str]:
    """Where the secrets in a text came from, also those in wide encodings and in Base64."""
    encoded = (base64.b64decode(part[: len(part) // 4 * 4]) for part in BASE64.findall(text))
    plain = b"".join(encoded).replace(b"\0", b"").decode("latin-1")
    numbers = LEAK.findall(text.replace("\0", "").replace("\\u0000", "") + plain)
    # Digits of a duration may look like a number that was never sent.
    sent_numbers = [number for number in dict.fromkeys(numbers) if number in requests]
    return [f"{requests[number].what} at {requests[number].path[:60]}" for number in sent_numbers]


def test_no_secret_is_in_the_journal_of_the_data_file(
    control: httpx.Client, requests: dict[str, CanaryRequest], data: Path
):
    deadline, rows = time.monotonic() + 60, list[tuple[str]]()
    while len(rows) < len(control.get("/_sandbox/exchanges?limit=10000").json()["exchanges"]):
        assert time.monotonic() < deadline
        with closing(sqlite3.connect(crashed(data))) as connection:
            rows = connection.execute("SELECT value FROM items WHERE part = 'exchange'").fetchall()
    assert leaks("\n".join(value for (value,) in rows), requests) == []


def test_there_is_a_request_of_every_kind(control: httpx.Client, requests: dict[str, CanaryRequest]):
    assert len(requests) > 1_500
    listed = control.get("/_sandbox/exchanges?limit=10000").json()
    assert listed["dropped"] == 0
    assert len(listed["exchanges"]) > 1_500


@pytest.mark.parametrize("place", PLACES)
def test_no_secret_is_in(place: str, control: httpx.Client, requests: dict[str, CanaryRequest]):
    answer = control.get(f"/_sandbox/{place}", follow_redirects=True)
    assert answer.status_code == 200
    assert leaks(answer.text, requests) == []


def test_no_secret_is_in_an_exchange_or_its_page(control: httpx.Client, requests: dict[str, CanaryRequest]):
    for exchange in control.get("/_sandbox/exchanges?limit=10000").json()["exchanges"][::25]:
        page = f"/_sandbox/console/traffic/{exchange['id']}"
        for path in (f"/_sandbox/exchanges/{exchange['id']}", exchange["explain"], page):
            answer = control.get(path or page)
            assert answer.status_code == 200, path
            assert leaks(answer.text, requests) == []


@pytest.mark.parametrize("media_type", ["application/json", "text/html", "text/markdown", "text/plain"])
def test_no_secret_is_in_the_report(media_type: str, control: httpx.Client, requests: dict[str, CanaryRequest]):
    answer = control.get("/_sandbox/report", headers={"Accept": media_type})
    assert answer.status_code == 200
    assert leaks(answer.text, requests) == []


def test_no_secret_is_in_the_evidence(control: httpx.Client, requests: dict[str, CanaryRequest], tmp_path: Path):
    page, archive = tmp_path / "evidence.html", tmp_path / "evidence.zip"
    options = ["--url", str(control.base_url), "--html", str(page), "--zip", str(archive)]
    CliRunner().invoke(main, ["verify", *options])
    assert leaks(page.read_text(encoding="utf-8"), requests) == []
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            assert leaks(files.read(name).decode("utf-8", "replace"), requests) == []


def test_no_secret_is_in_the_log(log: io.StringIO, control: httpx.Client, requests: dict[str, CanaryRequest]):
    assert log.getvalue().count("sandbox.exchange") > 1_500
    assert leaks(log.getvalue(), requests) == []
