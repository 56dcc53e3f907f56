"""An exchange as the rules of advice read it: its query, JSON bodies and HL7 message, each parsed once at most."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.paths import message_of
from sandbox.worlds.exchange import Exchange, Passed

FHIR = ("facade", "messaging", "customer", "aggregated")
DEEPEST = 50
"""Maximum depth of a body that is searched; no FHIR resource is that deep, and recursion has a limit."""


class ObservedExchange:
    """One exchange of the journal. `labelled` are names of Customer endpoints whose resources get a default label."""

    def __init__(self, exchange: Exchange, labelled: frozenset[str] = frozenset()) -> None:
        self.exchange = exchange
        self.labelled = labelled

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        return parameters_of(self.exchange.query)

    @cached_property
    def headers(self) -> dict[str, str]:
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.exchange.request.headers}

    @cached_property
    def request_json(self) -> Any:
        """The JSON of the request; None if it has none, or the journal keeps only a part of it."""
        return _json(self.exchange.request)

    @cached_property
    def response_json(self) -> Any:
        return _json(self.exchange.response)

    @cached_property
    def message(self) -> Er7Message | None:
        return message_of(self.exchange) if self.exchange.is_message else None

    @property
    def is_fhir(self) -> bool:
        return self.exchange.api in FHIR

    @property
    def resources(self) -> Iterator[dict[str, Any]]:
        """The resources in the body of a request: itself, or those in the entries of a Bundle."""
        body = self.request_json
        if not isinstance(body, dict):
            return
        if body.get("resourceType") != "Bundle":
            yield body
            return
        entries = body.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            resource = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(resource, dict):
                yield resource


def parameters_of(query: str) -> list[tuple[str, str]]:
    """Parse a query; one with too many parameters has none."""
    try:
        # A query of a million fields would be parsed again for every report.
        return parse_qsl(query, keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return []


def objects_in(value: Any, depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each object below a value with the name of the element that holds it."""
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for name, child in value.items():
            for item in child if isinstance(child, list) else [child]:
                if isinstance(item, dict):
                    yield name, item
                yield from objects_in(item, depth + 1)


def _json(passed: Passed) -> Any:
    if passed.length > len(passed.body) or "json" not in passed.media_type:
        return None
    try:
        return json.loads(passed.body)
    except (ValueError, RecursionError):
        return None
