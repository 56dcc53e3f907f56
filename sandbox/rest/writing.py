"""Writing data points: under which label, and whose may be changed.

Source: *Entity: Data point*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3750395905
"""

from __future__ import annotations

from typing import Any

from sandbox.domain.data_points.labels import GENERAL
from sandbox.errors import Forbidden
from sandbox.model import DataPoint
from sandbox.rest.caller import Caller


def label_of(caller: Caller, fields: dict[str, Any], before: str = "") -> str:
    """The label that was sent; else the one before; else the team's own, and general health for a patient."""
    label: str | None = fields.get("privacyLabel")
    return label or before or (caller.team.default_label if caller.team else GENERAL)


def check_own(caller: Caller, point: DataPoint) -> None:
    """Raises Forbidden for what somebody else supplied: it is corrected where it came from."""
    if not caller.supplied(point):
        raise Forbidden(
            "Data from another source cannot be changed",
            rule="rest.own-data",
            instead="your own entry, or an entry of your team",
        )
