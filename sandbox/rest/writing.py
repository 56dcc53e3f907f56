"""Write data points: their label, and permission to change them.

Source: *Entity: Data point*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3750395905
"""

from __future__ import annotations

from typing import Any

from sandbox.domain.data_points.labels import GENERAL
from sandbox.errors import Forbidden
from sandbox.model import DataPoint
from sandbox.rest.caller import Caller


def label_of(caller: Caller, fields: dict[str, Any], before: str = "") -> str:
    """Return the sent label; else the earlier one; else the team's own, or general health for a patient."""
    label: str | None = fields.get("privacyLabel")
    return label or before or (caller.team.default_label if caller.team else GENERAL)


def check_own(caller: Caller, point: DataPoint) -> None:
    """Raise Forbidden for data that another source supplied, which must be corrected at its source."""
    if not caller.supplied(point):
        raise Forbidden(
            "Data from another source cannot be changed",
            rule="rest.own-data",
            instead="your own entry, or an entry of your team",
        )
