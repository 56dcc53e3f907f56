"""An organisation's configuration at PKB, to read and change: options, aliases, identifier types, code sets."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sandbox.domain import configuration
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import Alias, Credential, Grant, LocalIdType, Organisation, Team
from sandbox.store import Store

KEYS = ("country", "time_zone", "default_team", "options", "local_id_types", "aliases", "partner_aliases", "code_sets")


def _show_configuration(call: Call) -> Any:
    return _configuration_view(call.workspace.store, call.workspace.store.get(Organisation, call.params["id"]))


def _configuration_view(store: Store, organisation: Organisation) -> dict[str, Any]:
    return {
        "country": organisation.country,
        "time_zone": organisation.time_zone,
        "default_team": organisation.default_team or None,
        "options": {**asdict(organisation.options), "soft_matching": list(organisation.options.soft_matching)},
        "local_id_types": [_local_id_type(id_type) for id_type in _local_id_types(store, organisation)],
        "aliases": [
            {"credential": credential.id, **asdict(alias)}
            for credential in _credentials(store, organisation)
            for alias in credential.aliases
        ],
        "partner_aliases": {grant.id: grant.alias for grant in _grants(store, organisation)},
        "code_sets": configuration.code_sets_row(organisation.code_sets),
    }


def _change(call: Call) -> Any:
    store = call.workspace.store
    organisation = store.get(Organisation, call.params["id"])
    payload = body(call, KEYS)
    _check_texts(payload, ("country", "time_zone", "default_team"), "")
    # One transaction: of a body with an invalid part nothing is applied.
    with store.transaction():
        if "local_id_types" in payload:
            _replace_local_id_types(call, organisation, payload["local_id_types"])
        if "aliases" in payload:
            _replace_aliases(store, organisation, payload["aliases"])
        if "partner_aliases" in payload:
            _rename_partner_aliases(store, organisation, payload["partner_aliases"])
        store.put(_organisation(store, organisation, payload))
    return _configuration_view(store, store.get(Organisation, organisation.id))


def _check_texts(row: dict[str, Any], keys: tuple[str, ...], where: str) -> None:
    """Raise Invalid for the first key that has a value which is neither text nor null."""
    wrong = next((key for key in keys if not isinstance(row.get(key), str | None)), None)
    if wrong is not None:
        raise Invalid(f"{where}{wrong} must be text, not {row[wrong]!r}")


def _organisation(store: Store, organisation: Organisation, payload: dict[str, Any]) -> Organisation:
    """Return the organisation with changed values of its own. Raises Invalid."""
    if payload.get("time_zone", organisation.time_zone) not in available_timezones():
        raise Invalid(f"time_zone {payload['time_zone']!r} is not in the IANA time zone database")
    ZoneInfo(str(payload.get("time_zone", organisation.time_zone)))
    countries = {country for kind in national_id_types().values() for country in kind.countries}
    # A world file may have a country without national numbers, which must not forbid all other changes.
    if payload.get("country", organisation.country) not in countries | {organisation.country}:
        raise Invalid(f"country {payload['country']!r} is not one of: {', '.join(sorted(countries))}")
    team = payload.get("default_team", organisation.default_team)
    if team:
        _own_team(store, organisation, team, "default_team")
    return replace(
        organisation,
        country=payload.get("country", organisation.country),
        time_zone=payload.get("time_zone", organisation.time_zone),
        default_team=team or "",
        options=configuration.options(payload.get("options", {}), organisation.options),
        code_sets=configuration.code_sets(payload.get("code_sets", {}), organisation.code_sets),
    )


def _replace_local_id_types(call: Call, organisation: Organisation, entries: Any) -> None:
    """Replace the list of local identifier types; a row with the id of an existing type keeps that type."""
    store = call.workspace.store
    rows = _rows(entries, "local_id_types", ("id", "name", "assigning_authority", "type_code", "team"))
    kinds = []
    for row in rows:
        _check_texts(row, ("id", "team"), "local_id_types: ")
        for key in ("name", "assigning_authority", "type_code"):
            if not isinstance(row.get(key), str) or not row[key]:
                raise Invalid(f"local_id_types: {key} must be text, not {row.get(key)!r}")
        if row.get("team"):
            _own_team(store, organisation, row["team"], "local_id_types")
        kinds.append(
            LocalIdType(**{**row, "id": row.get("id") or call.workspace.ids.uuid()}, organisation=organisation.id)
        )
    # All are deleted before any is stored, so that two rows may swap their values.
    for before in _local_id_types(store, organisation):
        store.delete(before)
    for kind in kinds:
        if store.find_one(LocalIdType, kind.id) is not None:
            raise Invalid(f"local_id_types: the id {kind.id} is already in use")
        store.put(kind)


def _replace_aliases(store: Store, organisation: Organisation, entries: Any) -> None:
    """Replace the names in MSH-4 that the organisation's own HL7 credentials may use."""
    rows = _rows(entries, "aliases", ("credential", "alias", "organisation", "team"))
    own = {credential.id: credential for credential in _credentials(store, organisation)}
    for row in rows:
        _check_texts(row, ("credential", "organisation", "team"), "aliases: ")
        if row.get("credential") not in own:
            raise Invalid(
                f"aliases: credential must be one of: {', '.join(own) or 'none'}, not {row.get('credential')!r}"
            )
        if not isinstance(row.get("alias"), str) or not row["alias"]:
            raise Invalid(f"aliases: alias must be text, not {row.get('alias')!r}")
        source = store.find_one(Organisation, str(row.get("organisation") or organisation.id))
        if source is None:
            raise Invalid(f"aliases: organisation {row['organisation']!r} does not exist")
        if row.get("team"):
            _own_team(store, source, row["team"], "aliases")
    for id_, credential in own.items():
        mine = (row for row in rows if row["credential"] == id_)
        aliases = tuple(
            Alias(alias=r["alias"], organisation=r.get("organisation") or organisation.id, team=r.get("team"))
            for r in mine
        )
        store.put(replace(credential, aliases=aliases))


def _rename_partner_aliases(store: Store, organisation: Organisation, aliases: Any) -> None:
    """Change the partners' names in MSH-4 for the organisation, by grant id."""
    grants = {grant.id: grant for grant in _grants(store, organisation)}
    if not isinstance(aliases, dict) or not all(isinstance(alias, str) and alias for alias in aliases.values()):
        raise Invalid("partner_aliases must be an object of grant ids and aliases")
    for id_, alias in aliases.items():
        if id_ not in grants:
            raise Invalid(f"partner_aliases: {id_!r} is not a grant of this organisation")
        store.put(replace(grants[id_], alias=alias))


def _rows(rows: Any, where: str, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Invalid(f"{where} must be a list of objects")
    for row in rows:
        unknown = sorted(set(row) - set(keys))
        if unknown:
            raise Invalid(f"{where}: unknown key {unknown[0]!r}; allowed: {', '.join(keys)}")
    return rows


def _own_team(store: Store, organisation: Organisation, id_: Any, where: str) -> None:
    team = store.find_one(Team, id_) if isinstance(id_, str) else None
    if team is None or team.organisation != organisation.id:
        raise Invalid(f"{where}: {id_!r} is not a team of {organisation.name}")


def _credentials(store: Store, organisation: Organisation) -> list[Credential]:
    return [
        credential
        for credential in store.find(Credential, "kind", "hl7-org")
        if credential.organisation == organisation.id
    ]


def _grants(store: Store, organisation: Organisation) -> list[Grant]:
    return [grant for grant in store.all(Grant) if grant.organisation == organisation.id]


def _local_id_types(store: Store, organisation: Organisation) -> list[LocalIdType]:
    return store.find(LocalIdType, "organisation", organisation.id)


def _local_id_type(kind: LocalIdType) -> dict[str, Any]:
    return {key: value for key, value in asdict(kind).items() if key != "organisation"}


OPERATIONS = (
    ControlOperation(
        "GET",
        "/organisations/{id}/configuration",
        "Returns an organisation's configuration at PKB",
        _show_configuration,
    ),
    ControlOperation(
        "PUT",
        "/organisations/{id}/configuration",
        "Replaces parts of an organisation's configuration; omitted parts stay",
        _change,
    ),
)
