"""A sandbox with five deliberate changes, which the replay of the journeys must find: `python -m … serve --port 0 …`.

The changes are made in this process, in its copies of data and tables; the files stay as they are.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sandbox.base import datafiles
from sandbox.fhir.facade.resources import appointment, data_point
from sandbox.fhir.rendered.elements import without_empty
from sandbox.hl7 import acknowledgment
from sandbox.oauth.grants import client_credentials

CHANGES = {
    "MSA-3": "the text of a refusing acknowledgement begins otherwise",
    "Appointment.end": "appointments on the Facade have no end",
    "Bundle.entry (order)": "data points on the Facade come the oldest first",
    "claims.scope": "the access token of a System Client has another scope",
    "status 409": "the Custom REST API answers a conflict with 412",
}
"""Where a difference is, without positions → what was changed."""


def _without_end(element: dict[str, Any]) -> dict[str, Any]:
    return without_empty({name: part for name, part in element.items() if name != "end"})


def change_everything() -> None:
    acknowledgment.PREFIX["AR"] = "Refused: "
    newest_first = data_point.newest_first
    data_point.newest_first = lambda points, at: newest_first(points, at)[::-1]
    setattr(appointment, "without_empty", _without_end)  # noqa: B010
    client_credentials._CLAIMS["system-clients"] = lambda principal, issuer: {"scope": ["read"]}
    read_toml = datafiles.read_toml

    def read_changed(file: Path) -> dict[str, Any]:
        content = read_toml(file)
        if file.name == "errors.toml":
            for row in content["error"]:
                row["status"] = 412 if row["status"] == 409 else row["status"]
        return content

    datafiles.read_toml = read_changed


if __name__ == "__main__":
    from sandbox.cli import main

    change_everything()
    main()
