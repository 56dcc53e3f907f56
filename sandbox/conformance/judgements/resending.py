"""Judgements about requests that are sent again, or must not be."""

from __future__ import annotations

from typing import Any

from sandbox.conformance.evidence import Evidence, Judgement, judged, listed

Json = dict[str, Any]
AGAIN, NOT_AGAIN = "conformance.sent-again-unchanged", "conformance.not-sent-again"
ONCE, WAITED = "conformance.once", "conformance.waited"


def sent_again_unchanged(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether the message whose acknowledgement was lost came again as it was; `of` matches the message."""
    expected = "the same message again, with the same control id and text"
    lost = evidence.staged
    if lost is None:
        return judged(AGAIN, expected, "the message did not come", passed=False)
    again = evidence.later(lost, row["of"])
    if not again:
        return judged(AGAIN, expected, "the message did not come again", [lost], passed=False)
    first, second = lost.exchange, again[0].exchange
    before, after = ((exchange.hl7 or {}).get("control_id", "") for exchange in (first, second))
    if before != after:
        actual = f"control id {before}, then {after}"
        return judged(AGAIN, expected, actual, [lost, *again], passed=False)
    if first.message_digest != second.message_digest:
        actual = f"control id {before} again, with another text"
        return judged(AGAIN, expected, actual, [lost, *again], passed=False)
    return judged(AGAIN, expected, f"control id {before} twice, with the same text", [lost, *again], passed=True)


def not_sent_again(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether a refused message stayed refused; `of` matches the message, `at_most` are further attempts that
    are allowed.
    """
    allowed = row.get("at_most", 0)
    expected = "the message is not sent again" if not allowed else f"the message is sent again at most {allowed} times"
    refused = evidence.staged
    if refused is None:
        return judged(NOT_AGAIN, expected, "the message did not come", passed=False)
    again = evidence.later(refused, row["of"])
    actual = f"sent again: {listed(again)}" if again else "not sent again"
    return judged(NOT_AGAIN, expected, actual, [refused, *again], passed=len(again) <= allowed)


def once(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether what `of` matches came once."""
    arrivals = evidence.matching(row["of"])
    return judged(ONCE, "sent once", f"sent {len(arrivals)} times", arrivals, passed=len(arrivals) == 1)


def waited(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether the client waited for `seconds` of real time before its next request that `of` matches."""
    seconds = row["seconds"]
    expected = f"the next attempt at least {seconds} s after the answer with Retry-After"
    refused = evidence.staged
    if refused is None:
        return judged(WAITED, expected, "the request did not come", passed=False)
    again = evidence.later(refused, row["of"])
    if not again:
        return judged(WAITED, expected, "no further attempt", [refused], passed=False)
    # From the end of the refusal to the beginning of the next request: neither is waiting itself.
    after = again[0].start - refused.at
    actual = f"the next attempt after {max(after, 0):.2f} s"
    return judged(WAITED, expected, actual, [refused, again[0]], passed=after >= seconds)
