"""Worlds: named starting states, read from files into a store."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox import model
from sandbox.base import datafiles
from sandbox.domain import configuration
from sandbox.domain.data_points.measurement_rows import world_types
from sandbox.domain.data_points.measurement_types import check_world
from sandbox.domain.patients.national_ids import normalised
from sandbox.domain.worlds import entity_types
from sandbox.domain.worlds.points import KINDS, points
from sandbox.errors import Invalid, NotFound
from sandbox.model.organisation import LABELS
from sandbox.store import Store
from sandbox.store.world_file.layout import is_sqlite
from sandbox.store.written import parse_entity

if TYPE_CHECKING:
    from sandbox.store.world_file.opening import WorldFile

log = logging.getLogger("sandbox.world")

Row = dict[str, Any]
FILE = "world.toml"
"""The world file of a folder."""
SUFFIX = ".sqlite"
LOGGED_EVERY = 50_000
"""Number of entities between two lines of the log: a few seconds."""
HEADER = 16
"""Bytes that tell a file of SQLite."""


def is_file_of_world(world: str) -> bool:
    """Return whether a world is a world file: one of SQLite, or with its suffix."""
    path = Path(world)
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return path.suffix == SUFFIX or is_sqlite(file.read(HEADER))


def open_file(world: str) -> WorldFile | None:
    """Open a world if it is a world file. Raises Invalid for one that is damaged or of another version."""
    if not is_file_of_world(world):
        return None
    # Imported here, because only a server of a world file needs SQLite.
    from sandbox.store.world_file.opening import open_world_file

    return open_world_file(Path(world))


def load_world(store: Store, world: str) -> None:
    """Fill an empty store from a world: a name below `fixtures/worlds/`, a TOML file, or a folder with `world.toml`.

    Raises Invalid with the world and the error.
    """
    file = world_file(world)
    try:
        for entity in _all(file):
            entity_types.check_types(entity)
            store.put(entity)
        # After all entities: a world may name a team before the organisation that has it.
        _check_references(store)
        check_world(store)
    except KeyError as error:
        raise Invalid(f"world {world!r} cannot be read: {error} is missing or unknown") from error
    except NotFound as error:
        raise Invalid(f"world {world!r} refers to {error.text}, which it does not contain") from error
    except (ArithmeticError, AttributeError, Invalid, OSError, RecursionError, TypeError, ValueError) as error:
        raise Invalid(f"world {world!r} cannot be read: {error}") from error


def world_file(world: str) -> Path:
    """Return the file of a world. Raises Invalid if there is none."""
    named = datafiles.path(f"fixtures/worlds/{world}.toml")
    path = Path(world)
    file = named if named.is_file() else path / FILE if path.is_dir() else path
    if not file.is_file():
        raise Invalid(
            f"world {world!r} does not exist: it is not a supplied world, a TOML file or a folder with a world"
        )
    return file


@cache
def supplied() -> tuple[str, ...]:
    """Return the names of the supplied worlds."""
    return tuple(sorted(file.stem for file in datafiles.path("fixtures/worlds").glob("*.toml")))


def _all(file: Path) -> Iterator[Any]:
    """Return the entities of a world: those of its base, its own, and those of its record file."""
    world = datafiles.read_toml(file)
    if "base" in world:
        # First: an entity of the world replaces one of its base with the same id.
        yield from _all(world_file(world["base"]))
    yield from entities(world, file.parent)
    if "record" in world:
        with (file.parent / world["record"]).open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield parse_entity(json.loads(line))
                if number % LOGGED_EVERY == 0:
                    log.info("%s entities of PKB's record loaded", f"{number:,}")


REFERENCES: tuple[tuple[type[Any], str, type[Any]], ...] = (
    (model.Team, "organisation", model.Organisation),
    (model.LocalIdType, "team", model.Team),
    (model.User, "team", model.Team),
    (model.Grant, "partner", model.Partner),
    (model.Grant, "organisation", model.Organisation),
    (model.Grant, "team", model.Team),
    (model.Grant, "default_team", model.Team),
    (model.Credential, "partner", model.Partner),
    (model.Credential, "organisation", model.Organisation),
    (model.Credential, "team", model.Team),
    (model.Questionnaire, "teams", model.Team),
    (model.QuestionnaireRequest, "questionnaire", model.Questionnaire),
    (model.QuestionnaireRequest, "requestor", model.User),
    (model.QuestionnaireRequest, "message", model.Message),
    (model.QuestionnaireResponse, "questionnaire", model.Questionnaire),
    (model.QuestionnaireResponse, "request", model.QuestionnaireRequest),
    (model.Patient, "organisations", model.Organisation),
    (model.Patient, "teams", model.Team),
)
"""Entity, attribute, and the entity to whose id the attribute refers."""


def _check_references(store: Store) -> None:
    for kind, attribute, named in REFERENCES:
        for entity in store.all(kind):
            value = getattr(entity, attribute)
            for id_ in (value,) if value and isinstance(value, str) else value or ():
                store.get(named, id_)
    for kind_of_point in KINDS.values():
        for point in store.all(kind_of_point.entity):
            _check_source(store, point.source)


def _check_source(store: Store, source: model.Source) -> None:
    if source.organisation:
        store.get(model.Organisation, source.organisation)
    if source.team:
        store.get(model.Team, source.team)


def entities(world: Row, folder: Path) -> Iterator[Any]:
    """Parse all entities of a world file; it may refer to teams by alias instead of id, and to files in `folder`."""
    teams = {team["alias"]: team["id"] for row in world.get("organisation", []) for team in row.get("team", [])}
    yield from world_types(world.get("measurement_types", []))
    for row in world.get("organisation", []):
        yield from _organisation(row, teams)
    for row in world.get("partner", []):
        yield model.Partner(**row)
    for row in world.get("grant", []):
        yield model.Grant(**_with_teams(row, teams, "team", "default_team"))
    for row in world.get("credential", []):
        aliases = tuple(model.Alias(**_with_teams(alias, teams, "team")) for alias in row.get("aliases", []))
        yield model.Credential(**{**_frozen(_with_teams(row, teams, "team")), "aliases": aliases})
    for row in world.get("patient", []):
        yield from _patient(row, teams, folder)


def _organisation(row: Row, teams: dict[str, str]) -> Iterator[Any]:
    own = dict(row)
    parts = {name: own.pop(name, []) for name in ("team", "local_id_type", "endpoint", "user", "questionnaire")}
    yield model.Organisation(
        **{
            **own,
            "default_team": teams[own["default_team"]] if own.get("default_team") else "",
            "endpoints": tuple(map(_endpoint, parts["endpoint"])),
            "options": configuration.options(own.get("options", {})),
            "code_sets": configuration.code_sets(own.get("code_sets", {})),
        }
    )
    for team in parts["team"]:
        yield model.Team(**_frozen(team), organisation=row["id"])
    for kind in parts["local_id_type"]:
        yield model.LocalIdType(**_with_teams(kind, teams, "team"), organisation=row["id"])
    for user in parts["user"]:
        named = {**_with_teams(user, teams, "team"), "name": model.Name(**user["name"])}
        yield model.User(**named, organisation=row["id"])
    for questionnaire in parts["questionnaire"]:
        yield _questionnaire(questionnaire, row["id"], teams)


def _endpoint(row: Row) -> model.Endpoint:
    if row.get("default_label", "") not in ("", *LABELS):
        allowed = ", ".join(LABELS)
        raise Invalid(f"endpoint {row.get('name')}: {row['default_label']} is not a privacy label; allowed: {allowed}")
    return model.Endpoint(**row)


def _questionnaire(row: Row, organisation: str, teams: dict[str, str]) -> model.Questionnaire:
    return model.Questionnaire(
        **{
            **{key: value for key, value in row.items() if key != "question"},
            "organisation": organisation,
            "updated_at": row.get("updated_at", row["created_at"]),
            "teams": tuple(_team(name, teams) for name in row.get("teams", [])),
            "questions": tuple(model.Question(**_frozen(question)) for question in row.get("question", [])),
        }
    )


def _patient(row: Row, teams: dict[str, str], folder: Path) -> Iterator[Any]:
    own = dict(row)
    lists = {name: own.pop(name, []) for name in ("consents", *KINDS)}
    entered_at: datetime = own["entered_at"]
    yield model.Patient(
        **{
            **own,
            "name": model.Name(**own["name"]),
            "address": model.Address(**own.get("address", {})),
            "identifiers": tuple(map(_identifier, own.get("identifiers", []))),
            "contacts": tuple(model.Contact(**contact) for contact in own.get("contacts", [])),
            "organisations": tuple(own.get("organisations", [])),
            "teams": tuple(teams.get(team, team) for team in own.get("teams", [])),
            # A world file states one time of a record; the others begin with it.
            "created_at": entered_at,
            "updated_at": entered_at,
            "registration_changed_at": entered_at,
        }
    )
    for consent in lists["consents"]:
        grantee = model.Grantee(kind=consent["grantee"]["kind"], id=_team(consent["grantee"]["id"], teams))
        rest = {**_frozen(consent), "grantee": grantee, "patient": row["id"], "updated_at": entered_at}
        yield model.Consent(**rest)
    yield from points(lists, row["id"], teams, folder)


def _identifier(row: Row) -> model.Identifier:
    return model.Identifier(type=row["type"], value=normalised(row["type"], row["value"]))


def _team(name: str, teams: dict[str, str]) -> str:
    return teams.get(name, name)


def _with_teams(row: Row, teams: dict[str, str], *keys: str) -> Row:
    return {**row, **{key: _team(row[key], teams) for key in keys if row.get(key)}}


def _frozen(row: Row) -> Row:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
