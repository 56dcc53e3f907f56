"""The control call about the Custom REST API: its OpenAPI document."""

from __future__ import annotations

from typing import Any

from sandbox.domain.data_points.measurement_types import types_of
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation


def _openapi(call: Call) -> Any:
    # Imported here, because the start does not need the catalogue.
    from sandbox.rest.openapi import document

    return document(call.base_url, types_of(call.workspace.store))


OPERATIONS = (
    ControlOperation("GET", "/rest/openapi.json", "Returns the OpenAPI document of the Custom REST API", _openapi),
)
