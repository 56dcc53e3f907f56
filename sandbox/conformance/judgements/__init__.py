"""Judgements by name: each is a function of the evidence and the parameters in the profile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.conformance.evidence import Evidence, Judgement
from sandbox.conformance.judgements import calling, record, resending, resources

Judge = Callable[[Evidence, dict[str, Any]], Judgement]

JUDGEMENTS: dict[str, Judge] = {
    "sent-again-unchanged": resending.sent_again_unchanged,
    "not-sent-again": resending.not_sent_again,
    "once": resending.once,
    "waited": resending.waited,
    "in-record": record.in_record,
    "came": calling.came,
    "token-renewed": calling.token_renewed,
    "signed-in-again": calling.signed_in_again,
    "stopped": calling.stopped,
    "all-pages": calling.all_pages,
    "stored": resources.stored,
}
"""The judgements that profiles name."""


def judge(evidence: Evidence, row: dict[str, Any]) -> Judgement:
    """Judge by one row of a step."""
    return JUDGEMENTS[row["rule"]](evidence, {key: value for key, value in row.items() if key != "rule"})
