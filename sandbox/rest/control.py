"""The control call about the Custom REST API: its OpenAPI document."""

from __future__ import annotations

from typing import Any

from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.rest.openapi import document


def _openapi(call: Call) -> Any:
    return document(call.base_url)


OPERATIONS = (
    ControlOperation("GET", "/rest/openapi.json", "Returns the OpenAPI document of the Custom REST API", _openapi),
)
