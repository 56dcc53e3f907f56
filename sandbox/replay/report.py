"""The report of a replay: what differs, what PKB documents about it, and what the comparison ignored, by which rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.facts import ledger
from sandbox.replay.compare.rules import SERVERS_TIME, rules
from sandbox.replay.recording import Json, RecordedExchange
from sandbox.replay.run import DIFFERENT, NOT_SENT, SAME, ReplayOutcome

MEANING = {
    "documented": "PKB documents this behaviour: either the other server does not follow PKB's page, or the sandbox "
    "reads it wrongly.",
    "inferred": "The sandbox infers this behaviour from what PKB documents: the other server may well be right.",
    "choice": "PKB is silent: the sandbox chose this behaviour, and another one is no surprise.",
    "": "The recording does not say what this behaviour rests on.",
}
"""Standing of the exchange → what a difference means."""
MOST = 10
"""Numbers of exchanges that a line lists."""
WHY_TIME = "A time at which a server answered, which no request contained"
REPORT_BACK = (
    "To report a difference, repeat the replay with --redact and --json FILE. That file keeps operations, paths and "
    "codes, and contains no name, number or free text of a patient. Read it, and send it with the name of the other "
    "server's environment."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcomes of a replay. `is_redacted`: values are replaced by their shape, and paths of requests left out."""

    against: str
    outcomes: Sequence[ReplayOutcome]
    uses: Counter[str]
    is_redacted: bool

    @property
    def differences(self) -> int:
        return sum(len(outcome.differences) for outcome in self.outcomes)

    def as_json(self) -> Json:
        """Return the whole report. Exchanges without a difference are only counted."""
        states = Counter(outcome.state for outcome in self.outcomes)
        return {
            "ok": self.differences == 0,
            "against": self.against,
            "redacted": self.is_redacted,
            "summary": {
                "exchanges": len(self.outcomes),
                "same": states[SAME],
                "different": states[DIFFERENT],
                "not_sent": states[NOT_SENT],
                "differences": self.differences,
            },
            "exchanges": [self._row(outcome) for outcome in self.outcomes if outcome.state != SAME or outcome.reason],
            "ignored": [
                {"rule": id_, "count": count, "why": _reason_of_rule(id_)} for id_, count in sorted(self.uses.items())
            ],
        }

    def lines(self) -> Iterator[str]:
        """Yield the report for people."""
        for outcome in self.outcomes:
            if outcome.state == DIFFERENT:
                yield f"{self._title(outcome.exchange)}: {_count(len(outcome.differences), 'difference')}"
                yield from (f"  {row.text(is_redacted=self.is_redacted)}" for row in outcome.differences)
                yield f"  {_basis(outcome.exchange)}"
        yield from self._unsent()
        summary = self.as_json()["summary"]
        yield (
            f"{_count(summary['differences'], 'difference')} in {summary['different']} of "
            f"{_count(summary['exchanges'], 'exchange')}; {summary['same']} the same, {summary['not_sent']} not sent."
        )
        if self.differences and not self.is_redacted:
            # Only the redacted report may be passed on: the plain one contains values of patients.
            yield REPORT_BACK

    def _unsent(self) -> Iterator[str]:
        """Yield a line for each reason for which exchanges were not sent, or not compared in full."""
        reasons: dict[tuple[str, str], list[int]] = {}
        for outcome in self.outcomes:
            if outcome.reason:
                reasons.setdefault((outcome.state, outcome.reason), []).append(outcome.exchange.number)
        for (state, reason), numbers in reasons.items():
            what = "Not sent" if state == NOT_SENT else "Sent"
            listed = ", ".join(map(str, numbers[:MOST])) + (" …" if len(numbers) > MOST else "")
            yield f"{what}: {_count(len(numbers), 'exchange')} ({listed}): {reason}"

    def _title(self, exchange: RecordedExchange) -> str:
        return f"Exchange {exchange.number}, {exchange.api} {self._name(exchange)}"

    def _name(self, exchange: RecordedExchange) -> str:
        """Return the operation; a path may contain the id of a patient."""
        return exchange.operation or exchange.method if self.is_redacted else exchange.name

    def _row(self, outcome: ReplayOutcome) -> Json:
        exchange = outcome.exchange
        return {
            "number": exchange.number,
            "id": exchange.id,
            "api": exchange.api,
            "operation": self._name(exchange),
            "client": exchange.kind if self.is_redacted else exchange.client,
            "state": outcome.state,
            "reason": outcome.reason,
            "standing": exchange.standing,
            "rules": _rules(exchange),
            "meaning": MEANING.get(exchange.standing, MEANING[""]) if outcome.differences else "",
            "differences": [
                {
                    "where": row.where,
                    "recorded": row.value(row.recorded, is_redacted=self.is_redacted),
                    "actual": row.value(row.actual, is_redacted=self.is_redacted),
                    "text": row.text(is_redacted=self.is_redacted),
                }
                for row in outcome.differences
            ],
        }


def _basis(exchange: RecordedExchange) -> str:
    """Return the standing of the behaviour, the meaning of a difference, and the rules."""
    named = "; ".join(f"{row['id']}: {row['text']} [{row['source']}]" for row in _rules(exchange))
    standing = exchange.standing or "unknown standing"
    return f"{standing}: {MEANING.get(exchange.standing, MEANING[''])}" + (f" Rule {named}" if named else "")


def _rules(exchange: RecordedExchange) -> list[Json]:
    """Return the rules of the fidelity ledger that the explanation of an exchange named."""
    facts = (ledger().get(id_) for id_ in exchange.rule.split("\n"))
    return [
        {"id": fact.id, "text": fact.text, "standing": fact.standing, "source": fact.source} for fact in facts if fact
    ]


def _reason_of_rule(rule: str) -> str:
    return next((row.why for row in rules() if row.id == rule), WHY_TIME if rule == SERVERS_TIME else "")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
