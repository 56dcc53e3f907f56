"""What became of a request that a page sent: its exchange in the journal, made readable."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.console.bodies import FormattedBody, format_body
from sandbox.console.record_changes import difference_by
from sandbox.facts import ledger
from sandbox.http.call import Call
from sandbox.model import Patient
from sandbox.worlds.difference.comparing import StoreDifference
from sandbox.worlds.exchange import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOutcome:
    """An exchange with the body of its response (an acknowledgement without its envelope), its changes of the record,
    its patient, and the rules of its explanation that the ledger has.
    """

    exchange: Exchange
    body: FormattedBody
    difference: StoreDifference | None
    patient: Patient | None
    facts: frozenset[str]


def outcome_of(call: Call, id_: str) -> ExchangeOutcome | None:
    """Return what became of an exchange; None if the journal does not have it."""
    exchange = call.workspace.exchanges.find(id_) if id_ else None
    if exchange is None:
        return None
    acknowledgement = (exchange.hl7 or {}).get("text", "").replace("\r", "\n").strip()
    rules = (exchange.explanation or {}).get("id", "").splitlines()
    return ExchangeOutcome(
        exchange=exchange,
        body=FormattedBody(text=acknowledgement) if acknowledgement else format_body(exchange.response),
        difference=difference_by(call.workspace, exchange),
        patient=call.workspace.store.find_one(Patient, exchange.patient),
        facts=frozenset(rule for rule in rules if rule in ledger()),
    )
