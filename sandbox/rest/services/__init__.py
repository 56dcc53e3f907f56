"""What the operations of the catalogue do: one module for each of PKB's services, and the table that names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.call import Call
from sandbox.rest.services import measurements, users

Service = Callable[[Call], Any]
"""Gives the JSON of the answer (without the `results` around a list of v1), or a Response."""

SERVICES: dict[str, Service] = {
    "rest.users-self": users.own,
    "rest.user-self-2014": users.own_v1,
    "rest.my-carers": users.carers,
    "rest.my-patients": users.cared_for,
    "rest.user": users.one,
    "rest.user-patients": users.patients,
    "rest.colleagues-2014": users.colleagues,
    "rest.user-by-national-id": users.by_national_id,
    "rest.measurement-types": measurements.types,
}
"""Id of an operation → what answers it."""
