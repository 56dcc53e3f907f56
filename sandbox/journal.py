"""What is remembered of a call: its exchange, and the explanation of a refusal; headers and log line say the same."""

from __future__ import annotations

import logging

from starlette.responses import Response

from sandbox.access.matrix import NotOffered, OtherIssuer, Refused, matrix
from sandbox.call import Call
from sandbox.clock import instant
from sandbox.errors import SandboxError
from sandbox.exchanges import Exchange, masked_body, masked_headers, masked_query, shown_resource
from sandbox.facts import Fact, ledger, weakest

log = logging.getLogger("sandbox.exchange")


def record(call: Call, response: Response, error: SandboxError | None, ms: float) -> None:
    """Puts the exchange into the journal of its world, and what the sandbox knows of it into the answer's headers."""
    exchange = _exchange(call, response, error, ms)
    call.workspace.exchanges.add(exchange)
    explain = f"/_sandbox/exchanges/{exchange.id}/explanation" if exchange.explanation else ""
    headers = (
        ("PKB-Sandbox-Exchange", exchange.id),
        ("PKB-Sandbox-Cell", exchange.cell),
        ("PKB-Sandbox-Standing", exchange.standing),
        ("PKB-Sandbox-Explain", explain),
    )
    response.headers.raw.extend((name.lower().encode(), value.encode("latin-1")) for name, value in headers if value)
    log.info(
        "%s %s %s · %s · %s · %d · %.1f ms",
        call.api,
        exchange.method,
        exchange.operation or call.path,
        exchange.caller or "nobody",
        exchange.cell or "no cell",
        exchange.status,
        exchange.ms,
    )


def _exchange(call: Call, response: Response, error: SandboxError | None, ms: float) -> Exchange:
    request = call.request
    query = masked_query(request.scope["query_string"].decode("latin-1"))
    rule = ledger().get(error.rule) if error and error.rule else None
    if error is not None:
        call.rests_on(rule.standing if rule else "choice")
    exchange = Exchange(
        id=call.workspace.exchange_ids.uuid(),
        at=instant(call.workspace.clock.now()),
        api=call.api,
        operation=call.operation,
        caller=call.principal.description if call.principal else "",
        credential=call.principal.kind if call.principal else "",
        cell=", ".join(dict.fromkeys(call.cells)),
        standing=weakest(*call.standings) if call.standings else "",
        method=request.method,
        path=request.scope["path"] + (f"?{query}" if query else ""),
        request_headers=masked_headers(request.headers.items()),
        request_body=masked_body(call.body, call.media_type),
        status=response.status_code,
        response_headers=masked_headers(response.headers.items()),
        response_body=_answered(response),
        hl7=call.hl7,
        ms=ms,
    )
    if error is not None:
        exchange.explanation = _explanation(call, exchange, error, rule)
    elif call.warnings:
        exchange.explanation = _advice(call, exchange)
    return exchange


def _answered(response: Response) -> str:
    """The body of an answer. Resources have next to no secrets: those of FHIR are looked at in their own, quick way."""
    media_type = response.headers.get("content-type", "")
    body = bytes(getattr(response, "body", b""))
    return shown_resource(body) if media_type.startswith("application/fhir+json") else masked_body(body, media_type)


def _explanation(call: Call, exchange: Exchange, error: SandboxError, rule: Fact | None) -> dict[str, str]:
    return {
        "rule": rule.text if rule else error.text,
        "cell": exchange.cell,
        "caller": exchange.caller or "nobody that this API knows",
        "expected": error.text,
        "instead": error.instead,
        "standing": rule.standing if rule else "choice",
        "source": rule.source if rule else _cell_source(error, call),
    }


def _advice(call: Call, exchange: Exchange) -> dict[str, str]:
    """The explanation of an answer that is no refusal, and of what to look at all the same."""
    rule = ledger()[call.warned_by]
    return {
        "rule": rule.text,
        "cell": exchange.cell,
        "caller": exchange.caller,
        "expected": "\n".join(call.warnings),
        "instead": "",
        "standing": rule.standing,
        "source": rule.source,
    }


def _cell_source(error: SandboxError, call: Call) -> str:
    if isinstance(error, (NotOffered, OtherIssuer, Refused)) and call.cells:
        return matrix()[call.cells[0]].source
    return "PKB is silent"
