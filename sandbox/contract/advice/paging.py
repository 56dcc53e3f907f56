"""Advice on the pages of a search."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from sandbox.contract.observed import ObservedExchange, parameters_of
from sandbox.worlds.exchange import Exchange

Parameters = tuple[tuple[str, str], ...]


class UnreadPages:
    """Searches with a next link whose page the client never read."""

    def __init__(self) -> None:
        self._unread: dict[tuple[str, Parameters], Exchange] = {}

    def observe(self, observed: ObservedExchange) -> bool:
        exchange = observed.exchange
        if not observed.is_fhir:
            return False
        # By the parameters alone: the path of a page depends on the host name that the client used, and clients that
        # parse a link may write its parameters in another order or encoding.
        self._unread.pop((exchange.client, _sorted(observed.query)), None)
        link = _next_link(observed.response_json) if exchange.outcome == "accepted" else ""
        if link:
            self._unread[exchange.client, _sorted(parameters_of(urlsplit(link).query))] = exchange
        return False

    def conclude(self) -> Iterable[Exchange]:
        return self._unread.values()


def _sorted(parameters: list[tuple[str, str]]) -> Parameters:
    """Return parameters in the order of their names; repeated ones keep theirs."""
    return tuple(sorted(parameters, key=itemgetter(0)))


def _next_link(bundle: Any) -> str:
    links = bundle.get("link") if isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle" else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("relation") == "next":
            return str(link.get("url", ""))
    return ""
