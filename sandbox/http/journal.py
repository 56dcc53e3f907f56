"""The journal entry of a call: its exchange, and the explanation of a refusal, also in headers and log line."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import lru_cache

from starlette.responses import Response

from sandbox.access.matrix import NotOffered, OtherIssuer, Refused, matrix
from sandbox.access.principal import Principal
from sandbox.errors import SandboxError
from sandbox.facts import Fact, ledger, weakest
from sandbox.http.call import Call
from sandbox.http.instead import instead_of
from sandbox.http.repeatable import Headers, RepeatableAnswer, person_of
from sandbox.worlds.exchange import NOTHING, Exchange, Passed
from sandbox.worlds.faults import FaultHit
from sandbox.worlds.masking import masked_query
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

log = logging.getLogger("sandbox.exchange")

SCENARIO = "pkb-sandbox-scenario"
"""The header with the client's name for the scenario of a request."""
LONGEST_SCENARIO = 200
"""Maximum number of characters of that name."""
LONGEST_REASON = 300
"""Maximum number of characters of a refusal in the log."""
# Line separators and direction marks too: with them a client could forge the look of the log.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
HEADERS = (
    b"pkb-sandbox-exchange",
    b"pkb-sandbox-cell",
    b"pkb-sandbox-standing",
    b"pkb-sandbox-explain",
    b"pkb-sandbox-fault",
)
"""Headers that the sandbox adds to every response, in the order in which `record` sets them."""


def record(call: Call, response: Response, error: SandboxError | None, ms: float) -> Exchange:
    """Add the exchange to its world's journal, and its id, cell, standing and explanation to the response headers."""
    delay = call.fault.delay * 1000 if call.fault else 0.0
    exchange = _exchange(call, response, error, ms + delay)
    call.workspace.exchanges.add(exchange)
    call.workspaces.tally.add(exchange)
    values = (exchange.id, exchange.cell, exchange.standing, exchange.explain, exchange.fault)
    for name, value in zip(HEADERS, values, strict=True):
        if value:
            response.raw_headers.append((name, value.encode("latin-1")))
    if log.isEnabledFor(logging.INFO):
        log.info(_line(call, exchange, error))
    return exchange


def record_again(
    workspaces: Workspaces, workspace: Workspace, answer: RepeatableAnswer, body: bytes, ms: float
) -> Headers:
    """Add an exchange with a remembered answer to the journal, and return the response headers."""
    first = answer.exchange
    response = first.response if body is answer.body else first.response.with_body(body)
    exchange = first.again(workspace.exchange_ids.uuid(), workspace.clock.now(), response, ms)
    workspace.exchanges.add(exchange)
    workspaces.tally.add(exchange)
    explain = exchange.explain
    if log.isEnabledFor(logging.INFO):
        line = f"{answer.line}{ms:.1f} ms{f' · {explain}' if explain else ''}"
        log.info(line)
    headers = [*_of_length(answer, len(body)), (HEADERS[0], exchange.id.encode("latin-1")), *answer.after_id]
    if explain:
        headers.append((HEADERS[3], explain.encode("latin-1")))
    return headers


def _of_length(answer: RepeatableAnswer, length: int) -> Headers:
    """Return the headers of an answer for a body of another length: a time without milliseconds is shorter."""
    if length == len(answer.body):
        return answer.headers
    return [(name, b"%d" % length if name == b"content-length" else value) for name, value in answer.headers]


def remembered(
    call: Call, caller: Principal, exchange: Exchange, response: Response, headers: Headers, token: str
) -> RepeatableAnswer:
    """Return the answer to the caller of a token, to be given again. `headers` are those before `record`."""
    values = ((HEADERS[1], exchange.cell), (HEADERS[2], exchange.standing))
    return RepeatableAnswer(
        mark=call.workspace.store.mark,
        token=token,
        credential=caller.credential,
        person=person_of(caller),
        since=call.since,
        until=call.until,
        exchange=exchange,
        headers=headers,
        after_id=[(name, value.encode("latin-1")) for name, value in values if value],
        body=bytes(response.body),
        renew=call.renew,
        # Everything before the duration is the same for each repetition.
        line=_line(call, exchange, None).rpartition(f"{exchange.ms:.1f} ms")[0],
    )


def _line(call: Call, exchange: Exchange, error: SandboxError | None) -> str:
    """Build the log line of an exchange: caller, operation, outcome and reason, duration, explanation.

    Control characters are escaped, so that a line stays one line, and secrets are masked.
    """
    ack = (exchange.hl7 or {}).get("ack", "")
    reason = masked_query(error.text[:LONGEST_REASON]) if error else ""
    parts = (
        f"{call.api} {exchange.method} {exchange.operation or call.path}",
        exchange.caller or "nobody",
        exchange.cell or "no cell",
        " ".join(part for part in (str(exchange.status), ack, reason) if part),
        f"{exchange.ms:.1f} ms",
        *([f"fault {exchange.fault}: {call.fault}"] if call.fault else []),
        *([exchange.explain] if exchange.explain else []),
    )
    line = " · ".join(parts)
    # Nothing that is printable is a control character, and most lines are.
    return line if line.isprintable() else _CONTROL.sub(lambda control: f"\\x{ord(control[0]):02x}", line)


def _exchange(call: Call, response: Response, error: SandboxError | None, ms: float) -> Exchange:
    request = call.request
    rule = ledger().get(error.rule) if error and error.rule else None
    if error is not None:
        call.rests_on(rule.standing if rule else "choice")
    exchange = Exchange(
        id=call.exchange_id,
        at=call.workspace.clock.now(),
        api=call.api,
        operation=call.operation,
        caller=call.principal.description if call.principal else "",
        client=call.principal.credential.id if call.principal else call.client,
        user=(call.principal.user if call.principal else None) or "",
        patient=call.patient,
        scenario=call.headers.get(SCENARIO, "")[:LONGEST_SCENARIO],
        credential=call.principal.kind if call.principal else "",
        cell=call.cells[0] if len(call.cells) == 1 else ", ".join(dict.fromkeys(call.cells)),
        standing=weakest(*call.standings) if call.standings else "",
        method=request.scope["method"],
        path=request.scope["path"],
        query=request.scope["query_string"].decode("latin-1"),
        scheme=request.scope["scheme"],
        # The hash of the running process is enough: repetitions are looked for in its own journal only.
        request=Passed.of(request.scope["headers"], call.body, call.media_type, hash(call.body)),
        status=response.status_code,
        response=_passed_response(response),
        hl7=call.hl7,
        message_digest=call.message_digest,
        ms=ms,
        workspace="" if call.workspace is call.workspaces.default else call.workspace.name,
    )
    if call.fault is not None:
        _note_fault(exchange, call.fault)
    if error is not None:
        exchange.explanation = _explanation(call, exchange, error, rule)
    elif call.warnings:
        exchange.explanation = _advice(call, exchange)
    return exchange


def _note_fault(exchange: Exchange, hit: FaultHit) -> None:
    """Note the effect of a fault rule; of a suppressed response, only the status that it would have had."""
    exchange.fault = hit.id
    if hit.is_lost:
        exchange.lost_status = exchange.status if hit.is_applied else 0
        exchange.status, exchange.response = 0, NOTHING


def _passed_response(response: Response) -> Passed:
    media_type = response.media_type or response.headers.get("content-type", "")
    body = getattr(response, "body", b"")
    return Passed.of(response.raw_headers, body, media_type)


def _explanation(call: Call, exchange: Exchange, error: SandboxError, rule: Fact | None) -> dict[str, str]:
    return {
        "id": error.rule or f"sandbox.{type(error).__name__.lower()}",
        "rule": rule.text if rule else error.text,
        "cell": exchange.cell,
        "caller": exchange.caller or "nobody that this API knows",
        "expected": error.text or error.code,
        "instead": _lines([instead_of(error, call.path), *(advice.text for advice in call.warnings)]),
        "standing": rule.standing if rule else "choice",
        "source": rule.source if rule else _cell_source(error, call),
    }


def _advice(call: Call, exchange: Exchange) -> dict[str, str]:
    """Build the explanation of a successful response with advice."""
    ids, texts, standing, source = _of_rules(tuple(dict.fromkeys(advice.rule for advice in call.warnings)))
    return {
        "id": ids,
        "rule": texts,
        "cell": exchange.cell,
        "caller": exchange.caller,
        "expected": "\n".join(advice.text for advice in call.warnings),
        "instead": "",
        "standing": standing,
        "source": source,
    }


@lru_cache(1000)
def _of_rules(ids: tuple[str, ...]) -> tuple[str, str, str, str]:
    """Return ids, texts, weakest standing and sources of some rules: clients of one kind meet the same ones."""
    rules = [ledger()[id_] for id_ in ids]
    texts, sources = (rule.text for rule in rules), (rule.source for rule in rules)
    return _lines(ids), _lines(texts), weakest(*(rule.standing for rule in rules)), _lines(sources)


def _lines(texts: Iterable[str]) -> str:
    """Join texts, each once, one per line."""
    return "\n".join(dict.fromkeys(texts))


def _cell_source(error: SandboxError, call: Call) -> str:
    if isinstance(error, (NotOffered, OtherIssuer, Refused)) and call.cells:
        return matrix()[call.cells[0]].source
    return "PKB is silent"
