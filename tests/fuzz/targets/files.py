"""Files that users supply: worlds as TOML, NDJSON and SQLite, recordings, credentials, data of entities."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st

from sandbox.domain.worlds.loading import load_world, open_file
from sandbox.errors import Damaged, Invalid
from sandbox.replay import credentials as credential_files
from sandbox.replay import folder as recordings
from sandbox.replay.credentials import UnusableCredentials
from sandbox.replay.recording import UnusableRecording
from sandbox.store import Store
from sandbox.store.world_file.writing import WorldFileWriter
from sandbox.store.written import parse_entity, parse_row, render_entity, render_row
from tests.fuzz.strategies import as_json, changed, json_values, pieces
from tests.fuzz.target import Target

TOML = """
[[organisation]]
id = "o"
name = "N"
[[organisation.team]]
id = "t"
alias = "T"
name = "Team"
[[credential]]
id = "org"
kind = "hl7-org"
secret = "s"
organisation = "o"
[[patient]]
id = "p"
entered_at = 2026-01-01T00:00:00Z
name = { family = "Ng" }
identifiers = [{ type = "nhs", value = "9991001379" }]
organisations = ["o"]
"""
ENTRY: dict[str, Any] = {
    "startedDateTime": "2026-03-10T12:00:00Z",
    "_exchange": "x1",
    "_claims": {},
    "request": {
        "method": "POST",
        "url": "http://localhost/fhir?a=b",
        "bodySize": 2,
        "postData": {"text": "{}", "mimeType": "a/b"},
        "headers": [{"name": "Accept", "value": "*/*"}],
    },
    "response": {"status": 200, "headers": [], "bodySize": 0, "content": {"text": "", "encoding": "base64"}},
}
INDEX: dict[str, Any] = {
    "format": "pkb-sandbox-recording",
    "version": 1,
    "order": ["x1"],
    "dependencies": [{"exchange": "x1", "needs": "x1", "kind": "a", "value": "b"}],
    "worlds": [{key: [] for key in recordings.OF_A_WORLD}],
}
CREDENTIALS: dict[str, Any] = {
    "credentials": [{"kind": "system-client", "client_id": "c", "users": [{"id": "u"}], "redirect_uris": ["a"]}]
}
NOW = datetime(2026, 3, 10, tzinfo=UTC)


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="fuzz-files-"))


def _world(data: bytes) -> int:
    file = _folder() / "world.toml"
    file.write_bytes(data)
    return _loaded(str(file))


def _loaded(world: str) -> int:
    store = Store()
    load_world(store, world)
    return store.mark is not None


def _record(data: bytes) -> int:
    """The record file of a world, one entity a line."""
    folder = _folder() / "folder"
    folder.mkdir(exist_ok=True)
    (folder / "world.toml").write_text('record = "record.ndjson"\n', encoding="utf-8")
    (folder / "record.ndjson").write_bytes(data)
    return _loaded(str(folder))


def _entity(data: bytes) -> object:
    """An entity that is read is written, and reads the same again."""
    row = json.loads(data)
    if not isinstance(row, dict):
        raise Invalid("not an object")
    entity = parse_entity(row)
    assert parse_entity(json.loads(json.dumps(render_entity(entity)))) == entity
    assert parse_row(type(entity).__name__, render_row(entity)) == entity
    return entity


@cache
def _sqlite() -> bytes:
    """A small world file."""
    file, store = _folder() / "good.sqlite", Store()
    file.with_suffix(".toml").write_text(TOML, encoding="utf-8")
    load_world(store, str(file.with_suffix(".toml")))
    with WorldFileWriter(file) as writer:
        writer.attach(store)
        writer.finish({"name": "small"})
    return file.read_bytes()


def _world_file(data: bytes) -> int:
    """The first three bytes, and each further two, say where the good file gets which byte."""
    content = bytearray(_sqlite())
    for at in range(0, len(data) - 3, 4):
        place = int.from_bytes(data[at : at + 3]) % len(content)
        content[place] = data[at + 3]
    file = _folder() / "changed.sqlite"
    file.write_bytes(bytes(content[: max(int.from_bytes(data[:2]), 100)] if len(data) % 4 == 3 else content))
    opened = open_file(str(file))
    assert opened is not None
    number = 0
    for rows, _ in opened.snapshot.values():
        number += len(rows)
        for key in list(rows)[:3]:
            rows[key]
    return number


def _recording(data: bytes) -> int:
    """An archive and an index, with a line between them that is not JSON."""
    archive, _, index = data.partition(b"\n---\n")
    folder = _folder() / "recording"
    folder.mkdir(exist_ok=True)
    (folder / recordings.ARCHIVE).write_bytes(archive)
    (folder / recordings.INDEX).write_bytes(index or json.dumps(INDEX).encode())
    return len(recordings.read_recording(folder).exchanges)


def _credentials(data: bytes) -> int:
    file = _folder() / "credentials.json"
    file.write_bytes(data)
    rows = credential_files.read_credentials(file)
    return len(credential_files.match_credentials(CREDENTIALS["credentials"], rows))


VALUES = json_values(
    ("id", "kind", "url", "headers", "name", "value", "text", "entity", "organisation"),
    ("http://x.test/", "2026-03-10", "x1", "base64", "system-client"),
)
ARCHIVES = as_json(changed({"log": {"entries": [ENTRY]}}, VALUES))
INDEXES = as_json(changed(INDEX, VALUES))
PIECES = (
    "[[organisation]]", "[[patient]]", "[[partner]]", "[[credential]]", "[[grant]]", "\n", 'id = "x"', 'name = "N"',
    "=", "[", "]", "{", "}", 'base = "default"', 'kind = "hl7-org"', "entered_at = 2026-01-01T00:00:00Z",
    "measurement_types = []", 'aliases = [{ alias = "A" }]', "2026-13-01", "1e999", "inf", "nan", "0x", "'''",
    "teams = ['t']", "options = { a = 1 }", "\\u0000", "[patient.name]", 'family = "x"',
)  # fmt: skip
ENTITY: dict[str, Any] = {"entity": "Team", "id": "t", "organisation": "o", "name": "N", "alias": "A"}
KINDS = (
    "Patient",
    "Organisation",
    "Team",
    "Credential",
    "LabReport",
    "Measurement",
    "Document",
    "Resource",
    "Consent",
    "Appointment",
    "x",
)
ENTITIES = changed({**ENTITY, "labels": [], "at": "2026-01-01"}, VALUES | st.sampled_from(KINDS))

TARGETS: tuple[Target, ...] = (
    Target(
        name="world-toml",
        run=_world,
        refusals=(Invalid,),
        words=tuple(piece.encode() for piece in PIECES),
        strategy=pieces(PIECES, 20).map(lambda end: TOML.encode() + end) | pieces(PIECES, 20),
    ),
    Target(
        name="world-ndjson",
        run=_record,
        refusals=(Invalid,),
        words=(b"\n", b'"entity"', b'"Patient"', b'"2026-01-01"'),
        strategy=as_json(ENTITIES) | as_json(VALUES),
    ),
    Target(
        name="world-entity",
        run=_entity,
        refusals=(Invalid, ValueError, RecursionError),
        words=(b'"entity"', *(f'"{kind}"'.encode() for kind in KINDS)),
        strategy=as_json(ENTITIES),
    ),
    Target(name="world-sqlite", run=_world_file, refusals=(Invalid, Damaged), strategy=st.binary(max_size=40)),
    Target(
        name="recording",
        run=_recording,
        refusals=(UnusableRecording,),
        words=(b"\n---\n", b'"log"', b'"entries"', b'"headers"', b'"order"'),
        strategy=ARCHIVES | st.builds(lambda archive, index: archive + b"\n---\n" + index, ARCHIVES, INDEXES),
    ),
    Target(
        name="credentials-file",
        run=_credentials,
        refusals=(UnusableCredentials,),
        words=(b'"kind"', b'"client_id"', b'"credentials"'),
        strategy=as_json(changed(CREDENTIALS, VALUES)) | as_json(VALUES),
    ),
)
