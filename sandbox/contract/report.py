"""The contract report: one value, in the shape of `report.schema.json`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.contract.coverage import coverage
from sandbox.contract.findings import cells_of, find
from sandbox.facts import STANDINGS
from sandbox.model import Organisation
from sandbox.store import Store
from sandbox.worlds.exchange import Exchange

Json = dict[str, Any]
LEVELS = ("refused", "advice", "choice", "inferred")
"""Levels to fail on; each includes the levels before it."""
OUTCOMES = ("accepted", "refused", "failed")


def labelled_endpoints(store: Store) -> frozenset[str]:
    """Return the names of the Customer endpoints that give resources a default label."""
    return frozenset(
        endpoint.name
        for organisation in store.all(Organisation)
        for endpoint in organisation.endpoints
        if endpoint.default_label
    )


def report(
    exchanges: Sequence[Exchange],
    labelled: frozenset[str],
    fail_on: Sequence[str] = ("refused",),
    allowed: Mapping[str, str] | None = None,
) -> Json:
    """Build the report. `allowed` maps ids of rules that do not fail to the reason, which may be empty."""
    outcomes = [exchange.outcome for exchange in exchanges]
    findings = [finding.as_json() for finding in find(exchanges, labelled)]
    standings = _standings(exchanges)
    for finding in findings:
        if finding["rule"] in (allowed or {}):
            finding["allowed"] = (allowed or {})[finding["rule"]] or "allowed without a reason"
    return {
        "ok": _is_ok(findings, standings, fail_on),
        "fail_on": list(fail_on),
        "summary": {"exchanges": len(outcomes), **{outcome: outcomes.count(outcome) for outcome in OUTCOMES}},
        "coverage": coverage(exchanges),
        "cells": sorted({cell for exchange in exchanges for cell in cells_of(exchange)}),
        "findings": findings,
        "standings": standings,
    }


def _is_ok(findings: Sequence[Json], standings: Json, fail_on: Sequence[str]) -> bool:
    fails = any(finding["severity"] in fail_on and "allowed" not in finding for finding in findings)
    return not fails and not any(standings[word] for word in ("choice", "inferred") if word in fail_on)


def _standings(exchanges: Sequence[Exchange]) -> Json:
    """Count the exchanges by standing, and list each operation with the standings that its answers rest on."""
    counts = dict.fromkeys(STANDINGS, 0)
    rest_on: dict[tuple[str, str], None] = {}
    for exchange in exchanges:
        # The answer that a fault rule made says nothing about PKB.
        if exchange.standing and not exchange.fault:
            counts[exchange.standing] += 1
            rest_on[exchange.operation or exchange.api, exchange.standing] = None
    rows = sorted(rest_on, key=lambda row: (-STANDINGS.index(row[1]), row[0]))
    return {**counts, "rest_on": [{"operation": operation, "standing": standing} for operation, standing in rows]}
