"""Judgements about calls with a token: renewed, stopped, read to the end."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from sandbox.conformance.arrivals import ArrivedExchange
from sandbox.conformance.evidence import Evidence, Judgement, judged, listed

Json = dict[str, Any]
CAME, RENEWED, SIGNED_IN = "conformance.came", "conformance.token-renewed", "conformance.signed-in-again"
STOPPED, PAGES = "conformance.stopped", "conformance.all-pages"
MOST_REFUSED = 2
"""Attempts with an expired token that are accepted: two requests may be under way at once."""


def came(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether what `of` matches came, and was accepted."""
    arrivals = evidence.matching({"outcome": "accepted", **row["of"]})
    return judged(CAME, "the call, accepted", listed(arrivals), arrivals, passed=bool(arrivals))


def token_renewed(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether the client got a new token and repeated what `of` matches, without a series of vain attempts."""
    expected = f"a new token, then the same call with it, after at most {MOST_REFUSED} calls with the old token"
    return _renewed(evidence, row["of"], RENEWED, expected, "token *")


def signed_in_again(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether the person signed in again after the session ended, before what `of` matches was repeated."""
    expected = f"the person signs in again, then the same call, after at most {MOST_REFUSED} calls with the old token"
    return _renewed(evidence, row["of"], SIGNED_IN, expected, "token authorization_code")


def _renewed(evidence: Evidence, of: Json, rule: str, expected: str, operation: str) -> Judgement:
    conditions = {"api": "oauth", "operation": operation, "outcome": "accepted"}
    refused = evidence.matching({**of, "status": 401})
    # A client that gets a token for each call is never refused: then the newest token counts.
    tokens = evidence.later(refused[0], conditions)[:1] if refused else evidence.matching(conditions)[-1:]
    after = evidence.later(tokens[0], {**of, "outcome": "accepted"})[:1] if tokens else []
    arrivals = [*refused, *tokens, *after]
    actual = f"{len(refused)} calls with the old token, then {listed([*tokens, *after])}"
    return judged(rule, expected, actual, arrivals, passed=bool(after) and len(refused) <= MOST_REFUSED)


def stopped(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether the client stopped: after the first refused request that `of` matches, at most `at_most` refused
    ones followed. With `counts = "all"` accepted requests count too.
    """
    allowed = row.get("at_most", 1)
    conditions = {**row["of"], **({} if row.get("counts") == "all" else {"outcome": "refused"})}
    arrivals = evidence.matching(conditions)
    more = arrivals[1:]
    expected = f"at most {allowed} further calls of this kind"
    return judged(STOPPED, expected, f"{len(more)} further calls", arrivals, passed=len(more) <= allowed)


def all_pages(evidence: Evidence, row: Json) -> Judgement:
    """Judge whether the client followed the link `next` of every page of the searches that `of` matches."""
    expected = "every page, by its link next, to the last one"
    pages = evidence.matching({**row["of"], "outcome": "accepted"})
    unread = [link for link in map(_next, pages) if link and not _is_read(link, pages)]
    ends = any(_next(page) is None for page in pages)
    is_whole = len(pages) >= row.get("at_least", 2) and ends and not unread
    actual = f"{len(pages)} pages" + (f"; not read: {', '.join(unread)}" if unread else "")
    return judged(PAGES, expected, actual, pages, passed=is_whole)


def _next(page: ArrivedExchange) -> str | None:
    """Return the path and query of the next page; None for the last page, or a body that is not a Bundle."""
    try:
        bundle = json.loads(page.exchange.response.body)
        links = {link["relation"]: link["url"] for link in bundle.get("link", [])}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    parts = urlsplit(links["next"]) if "next" in links else None
    return None if parts is None else parts.query


def _is_read(query: str, pages: list[ArrivedExchange]) -> bool:
    """Return whether a page was read; clients may write its query in another order."""
    return any(set(page.exchange.query.split("&")) >= set(query.split("&")) for page in pages)
