"""`POST /verify`: are the exchanges of a world as a test expects them?"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.worlds.slices import in_thread

if TYPE_CHECKING:
    from sandbox.control.verify.request_body import Hl7Reader
    from sandbox.control.verify.verdict import Reporter

Json = dict[str, Any]
KEYS = ("expect", "in_order", "fail_on", "allow")


def verify(hl7: Hl7Reader, reporter: Callable[[Call], Reporter]) -> ControlOperation:
    """The operation; the HL7 room says how messages are read, `reporter` gives what builds the report of a world."""

    async def report_on(call: Call) -> Json:
        from sandbox.control.verify.verdict import verdict  # not needed to start a server

        payload, journal = body(call, KEYS), call.workspace.exchanges
        # In a thread of its own: paths and patterns of the caller may take long.
        return await in_thread(partial(verdict, payload, tuple(journal), journal.dropped, hl7, reporter(call)))

    return ControlOperation(
        "POST", "/verify", "Checks the exchanges against expectations and reports differences", report_on
    )
