"""Recordings and servers of somebody else: whatever they contain, the command ends with a report or one line."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sandbox import Sandbox
from tests.cli.test_cli import run as invoke
from tests.replay.conftest import Recorded

ODD: list[Any] = [
    None,
    True,
    -1,
    1e300,
    "",
    "x",
    "\x00",
    "http://",
    [],
    {},
    [[]],
    [None],
    {"a": None},
    "é" * 9,
    "../../x",
]


def broken(value: Any, luck: random.Random) -> Any:
    """The value with one part somewhere in it replaced by something odd, or left out."""
    if isinstance(value, dict) and value and luck.random() < 0.9:
        key = luck.choice(list(value))
        if luck.random() < 0.1:
            return {name: part for name, part in value.items() if name != key}
        return {**value, key: broken(value[key], luck)}
    if isinstance(value, list) and value and luck.random() < 0.95:
        position = luck.randrange(len(value))
        return [broken(part, luck) if n == position else part for n, part in enumerate(value)]
    return luck.choice(ODD)


def assert_ends_well(result: Result) -> None:
    assert result.exit_code in (0, 1, 2), result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    assert "Traceback" not in result.output
    if result.exit_code == 2:
        assert len(result.stderr.splitlines()) == 1, result.stderr


@pytest.fixture(scope="module")
def other() -> Iterator[Sandbox]:
    with Sandbox() as pkb:
        yield pkb


@pytest.mark.parametrize("seed", range(12))
def test_a_damaged_recording_is_refused_or_replayed_without_a_trace(
    seed: int, recorded: Recorded, other: Sandbox, tmp_path: Path
):
    luck = random.Random(seed)
    credentials = tmp_path / "credentials.json"
    for number in range(4):
        folder = Path(shutil.copytree(recorded.folder, tmp_path / str(number)))
        name = luck.choice(["recording.json", "exchanges.har"])
        content = json.loads((folder / name).read_text())
        if name == "exchanges.har":
            content["log"]["entries"] = content["log"]["entries"][:12]
            index = json.loads((folder / "recording.json").read_text())
            order = [entry["_exchange"] for entry in content["log"]["entries"]]
            (folder / "recording.json").write_text(json.dumps({**index, "order": order}))
            for _ in range(3):
                content["log"]["entries"] = broken(content["log"]["entries"], luck)
        else:
            content["order"] = content["order"][:12]
            content = broken(content, luck)
        (folder / name).write_text(json.dumps(content))
        credentials.write_text(json.dumps({"credentials": other.credentials}))
        where = ("--against", other.base_url, "--credentials", str(credentials))
        assert_ends_well(invoke("replay", str(folder), *where))
        assert_ends_well(invoke("replay", str(folder), *where, "--dry-run"))


@contextmanager
def server(answer: bytes, media_type: str = "application/json", status: int = 200) -> Iterator[str]:
    """A server that gives the same answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(answer)))
            self.send_header("Location", "http://192.0.2.1/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - names that http.server asks for

        def log_message(self, *_: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listener.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_address[1]}"
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()


ANSWERS: dict[str, tuple[bytes, str, int]] = {
    "nothing": (b"", "text/plain", 200),
    "a redirect elsewhere": (b"", "text/plain", 302),
    "JSON of another shape": (
        b'{"status":"ready","access_token":7,"redirect":[],"organisations":7}',
        "application/json",
        200,
    ),
    "deep JSON": (b"[" * 900 + b"]" * 900, "application/json", 200),
    "an entity bomb": (b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>', "text/xml", 200),
    "bytes": (bytes(range(256)), "application/fhir+json", 200),
    "a token that is none": (b'{"status":"ready","access_token":"a.b.c"}', "application/json", 200),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_server_that_is_something_else(name: str, recorded: Recorded, other: Sandbox, tmp_path: Path):
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps({"credentials": other.credentials}))
    with server(*ANSWERS[name]) as url:
        result = invoke("replay", str(recorded.folder), "--against", url, "--credentials", str(credentials))
    assert_ends_well(result)
    assert result.exit_code == 1
