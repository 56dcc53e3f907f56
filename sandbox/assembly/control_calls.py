"""The control API as one table: its own calls, and those of other rooms."""

from __future__ import annotations

from typing import Any

from sandbox.conformance import control as conformance_control
from sandbox.contract import operation as contract
from sandbox.control import endpoint as control
from sandbox.control import outbox
from sandbox.control.events import Renderer, follow_events
from sandbox.control.exports import hl7_log
from sandbox.control.verify.operation import verify
from sandbox.control.verify.request_body import Hl7Reader
from sandbox.hl7 import control as hl7_control
from sandbox.hl7 import paths
from sandbox.hl7.message_log import messages_of
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation
from sandbox.oauth import control as oauth_control
from sandbox.pact import control as pact_control
from sandbox.rest import control as rest_control
from sandbox.synthetic import control as generate_control


def control_openapi(base_url: str) -> dict[str, Any]:
    """Return the OpenAPI document of everything under `/_sandbox`."""
    return control.openapi(base_url, CONTROL)


def _openapi(call: Call) -> Any:
    return control_openapi(call.base_url)


# Here and not in control/: the renderers come from rooms beside it, which it must not import.
EVENTS: dict[str, Renderer] = {
    "exchange": control.exchange_as_json,
    "outbox": outbox.as_json,
    "held": lambda call, message: hl7_control.as_json(message),
    "fault": lambda call, rule: rule,
    "clock": lambda call, state: state,
}
"""Kind of event → its representation in the control API."""

CONTROL = (
    *control.OPERATIONS,
    *hl7_control.OPERATIONS,
    *oauth_control.OPERATIONS,
    *rest_control.OPERATIONS,
    *generate_control.OPERATIONS,
    *conformance_control.OPERATIONS,
    *pact_control.OPERATIONS,
    ControlOperation("GET", "/exchanges.hl7", "Returns the HL7 messages and acknowledgements", hl7_log(messages_of)),
    verify(Hl7Reader(paths.values_at, paths.message_of), contract.reporter),
    *contract.OPERATIONS,
    ControlOperation("GET", "/events", "Streams events as server-sent events", follow_events(EVENTS)),
    ControlOperation(
        "GET", "/openapi.json", "Returns the OpenAPI document of this API", _openapi, is_about_a_world=False
    ),
)
"""The control API: its own operations and those of other rooms."""
