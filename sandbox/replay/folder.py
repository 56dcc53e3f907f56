"""The folder of a recording: `recording.json`, the exchanges as an HTTP Archive, and the messages as an HL7 log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import __version__
from sandbox.replay.dependencies import dependencies_of
from sandbox.replay.har_entries import exchange_of
from sandbox.replay.recording import Dependency, Json, RecordedExchange, Recording, UnusableRecording

INDEX, ARCHIVE, MESSAGES = "recording.json", "exchanges.har", "exchanges.hl7"
FORMAT, VERSION = "pkb-sandbox-recording", 1
SECRETS = ("password", "client_secret", "refresh_token", "access_token")
OF_A_WORLD = ("organisations", "patients", "users", "partners", "credentials")
OF_PATIENTS = ("id", "legacy_id", "nhs_number")
OF_USERS = ("id", "legacy_id", "email", "scope")


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedJournal:
    """The answers of a running sandbox's control API about a world, unchanged."""

    archive: Json
    messages: str
    world: Json
    credentials: Sequence[Json]
    workspace: str


def write_recording(folder: Path, journal: FetchedJournal) -> Recording:
    """Write a recording, without secrets. Raises UnusableRecording unless the folder is new or empty; OSError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UnusableRecording(f"{folder} is not an empty folder")
    exchanges = _exchanges(journal.archive, ARCHIVE)
    if not exchanges:
        raise UnusableRecording("the journal is empty: there is nothing to record")
    recording = Recording(exchanges=exchanges, dependencies=tuple(dependencies_of(exchanges)), world=_world(journal))
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / ARCHIVE, journal.archive)
    # As bytes, because Windows would change the ends of lines in a text.
    (folder / MESSAGES).write_bytes(journal.messages.encode())
    _write_json(folder / INDEX, _index(recording))  # last: a folder with an index is complete
    return recording


def read_recording(folder: Path) -> Recording:
    """Read a recording. Raises UnusableRecording, which names the file and what is wrong with it."""
    index = _read_json(folder / INDEX)
    if index.get("format") != FORMAT:
        raise UnusableRecording(f"{folder / INDEX} is not the index of a recording")
    if index.get("version") != VERSION:
        raise UnusableRecording(f"{folder / INDEX} has version {index.get('version')}; this command reads {VERSION}")
    exchanges = _exchanges(_read_json(folder / ARCHIVE), str(folder / ARCHIVE))
    try:
        ordered = _in_order(exchanges, index["order"])
        (world,) = index["worlds"]
        return Recording(
            exchanges=ordered, dependencies=_existing_dependencies(ordered, index["dependencies"]), world=_valid(world)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableRecording(f"{folder / INDEX} is broken: {_reason(error)}") from error


def _existing_dependencies(exchanges: Sequence[RecordedExchange], rows: Sequence[Json]) -> tuple[Dependency, ...]:
    """Return the dependencies between exchanges that are there: a recording may be cut down by hand."""
    ids = {exchange.id for exchange in exchanges}
    dependencies = [Dependency(**row) for row in rows]
    if not all(isinstance(part, str) for dependency in dependencies for part in dependency):
        raise ValueError("a dependency is not made of texts")
    return tuple(row for row in dependencies if row.exchange in ids and row.needs in ids)


def _valid(world: Json) -> Json:
    for key in OF_A_WORLD:
        rows = world[key]
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise ValueError(f"{key} of the world is not a list of objects")
    return world


def _in_order(exchanges: Sequence[RecordedExchange], order: Sequence[str]) -> tuple[RecordedExchange, ...]:
    by_id = {exchange.id: exchange for exchange in exchanges}
    if not order or not all(isinstance(id_, str) for id_ in order):
        raise ValueError("order is not a list of ids")
    missing = [id_ for id_ in order if id_ not in by_id]
    if missing:
        raise ValueError(f"{ARCHIVE} does not contain the exchange {missing[0]}")
    return tuple(by_id[id_] for id_ in order)


def _exchanges(archive: Json, name: str) -> tuple[RecordedExchange, ...]:
    try:
        entries = archive["log"]["entries"]
        return tuple(exchange_of(entry, number) for number, entry in enumerate(entries, 1))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnusableRecording(f"{name} is not an archive of a sandbox's journal: {_reason(error)}") from error


def _index(recording: Recording) -> Json:
    return {
        "format": FORMAT,
        "version": VERSION,
        "sandbox": __version__,
        "files": {"archive": ARCHIVE, "messages": MESSAGES},
        "order": [exchange.id for exchange in recording.exchanges],
        "dependencies": [dependency._asdict() for dependency in recording.dependencies],
        "worlds": [recording.world],
    }


def _world(journal: FetchedJournal) -> Json:
    """Return what identifies the people, organisations and credentials of a world; no secrets."""
    world = journal.world
    return {
        "name": journal.workspace or "default",
        "organisations": world["organisations"],
        "patients": [_only(row, OF_PATIENTS) for row in world["patients"]],
        "users": [_only(row, OF_USERS) for row in world["users"]],
        "partners": world["partners"],
        "credentials": [_without_secrets(row) for row in journal.credentials],
    }


def _only(row: Mapping[str, Any], keys: Sequence[str]) -> Json:
    return {key: row[key] for key in keys if row.get(key)}


def _without_secrets(row: Mapping[str, Any]) -> Json:
    kept = {key: value for key, value in row.items() if key not in SECRETS}
    if "users" in kept:
        kept["users"] = [_only(user, OF_USERS) for user in kept["users"]]
    return kept


def _write_json(file: Path, value: Any) -> None:
    file.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _read_json(file: Path) -> Json:
    try:
        value = json.loads(file.read_bytes())
    except OSError as error:
        raise UnusableRecording(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UnusableRecording(f"{file} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UnusableRecording(f"{file} is not a JSON object")
    return value


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
