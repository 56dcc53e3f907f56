"""Everything that a world is, to be compared with what it was, or with another world."""

from __future__ import annotations

from typing import Any

from sandbox.worlds.workspace import Workspace


def state(workspace: Workspace) -> dict[str, Any]:
    """Store, time, journal, events, faults, checkpoints, sessions, codes, one-time passwords and signing key."""
    sessions, clock = workspace.sessions, workspace.clock
    return {
        "store": entities(workspace),
        "clock": (clock._frozen_at, clock._offset),
        "exchanges": [exchange.id for exchange in workspace.exchanges],
        "events": workspace.events.newest,
        "faults": [rule.as_json() for rule in workspace.faults],
        "checkpoints": [checkpoint.name for checkpoint in workspace.checkpoints],
        "sessions": sorted(sessions._sessions),
        "codes": sorted(sessions._codes),
        "passwords": sorted(sessions._passwords),
        "signing key": workspace.signing_key,
    }


def entities(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """Every entity of a world, also of a deleted one, by table and id."""
    tables = workspace.store.rows().items()
    return {name: {id_: row["entity"] for id_, row in rows.items()} for name, rows in tables}
