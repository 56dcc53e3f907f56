"""One exchange: what was sent and answered, and why."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.access.matrix import matrix
from sandbox.console.bodies import format_body, format_text
from sandbox.console.hl7_fields import segments_of_exchange
from sandbox.console.pages.traffic import again, reuse
from sandbox.console.pages.traffic.filters import TrafficFilter
from sandbox.console.pages.traffic.listing import list_values
from sandbox.console.pages.traffic.rows import TrafficRow
from sandbox.console.record_changes import difference_by
from sandbox.console.rendering import render_page
from sandbox.console.sending import exchange_of, is_held
from sandbox.facts import ledger
from sandbox.http.call import Call
from sandbox.model import Patient
from sandbox.worlds.exchange import Exchange


async def show_exchange(call: Call) -> Response:
    exchange = exchange_of(call, call.params["id"])
    title = TrafficRow.of(exchange).title
    values = {**await list_values(call, TrafficFilter.of(call)), **_actions(call, exchange)}
    return render_page(call, "traffic/exchange.html", title=title, **values, **exchange_values(call, exchange))


def _actions(call: Call, exchange: Exchange) -> dict[str, Any]:
    return {
        "objection": again.reason_against(exchange),
        "assertion": reuse.assertion_of(exchange),
        "fault_query": reuse.fault_query(exchange),
        "form_path": reuse.form_path(exchange),
        "code": reuse.as_code(call, exchange),
    }


def exchange_values(call: Call, exchange: Exchange) -> dict[str, Any]:
    rule = call.workspace.faults.find(exchange.fault) if exchange.fault else None
    return {
        "exchange": exchange,
        "is_held": is_held(call, exchange),
        "current": exchange.id,
        "row": TrafficRow.of(exchange),
        "patient": call.workspace.store.find_one(Patient, exchange.patient),
        "facts": {id_ for id_ in (exchange.explanation or {}).get("id", "").splitlines() if id_ in ledger()},
        "cells": [cell for cell in exchange.cell.split(", ") if cell in matrix()],
        "rule": rule.as_json() if rule else None,
        "earlier": call.workspace.exchanges.find(exchange.repeats) if exchange.repeats else None,
        "difference": difference_by(call.workspace, exchange),
        "hl7": segments_of_exchange(call.workspace, exchange),
        "acknowledgement": "\n".join(
            format_text((exchange.hl7 or {}).get("text", ""), "text/plain").split("\r")
        ).strip(),
        "request": {"headers": exchange.request.as_json()["headers"], "body": format_body(exchange.request)},
        "response": {"headers": exchange.response.as_json()["headers"], "body": format_body(exchange.response)},
    }
