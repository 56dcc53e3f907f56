"""The pages of OAuth, headers, metrics and exit codes, and of rules that belong to no single API."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reference_pages.writing import Page, Section, capitalised, code, facts_table, plain, standing, table
from sandbox.base import datafiles
from sandbox.cli.exit_codes import EXIT_CODES
from sandbox.control.metrics import Figures
from sandbox.facts import Fact, ledger
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

HERE = Path(__file__).resolve().parent
SUFFIXES = {"counter": "_total", "info": "_info"}
"""Type of a metric → what its samples add to its name."""
RULES = {
    "rules-access.md": (
        "Rules: access",
        "Who may call an API, and what the caller may see of a record.",
        {"Access": ("sandbox/access/facts.toml", "access."), "What a caller sees": ("sandbox/access/doors.toml", "")},
    ),
    "rules-record.md": (
        "Rules: the record",
        "How PKB matches patients, keeps their demographics, and decides about consent, registration and labels.",
        {
            "Patients and consent": ("sandbox/domain/facts.toml", ""),
            "National numbers": ("sandbox/domain/patients/national_ids.toml", ""),
            "Privacy labels": ("sandbox/domain/data_points/semantic_labels.toml", ""),
        },
    ),
    "rules-server.md": (
        "Rules: the server",
        "How the server reads requests, stores data and makes faults, and what holds for every API.",
        {
            "Requests": ("sandbox/access/facts.toml", "frontend."),
            "Storage": ("sandbox/access/facts.toml", "store."),
            "Faults": ("sandbox/access/facts.toml", "faults."),
            "The setting strict": ("", "strict."),
            "Host names and TLS": ("sandbox/tls/host_names.toml", ""),
            "Conformance": ("sandbox/conformance/facts.toml", ""),
        },
    ),
}
"""Page → title, opening paragraph, and heading → file and prefix of its facts."""


def pages() -> Iterator[tuple[str, Page]]:
    """Yield file name → page."""
    yield "oauth.md", _oauth()
    yield "headers.md", _headers()
    yield "metrics.md", _metrics()
    yield "exit-codes.md", _exit_codes()
    for name, (title, opening, sections) in RULES.items():
        text = f"{opening} The explanation of a refusal names the rule."
        listed = [Section(heading, facts_table(_facts(*place))) for heading, place in sections.items()]
        yield name, Page(title, text, listed)


def _facts(where: str, prefix: str) -> Iterator[Fact]:
    return (fact for fact in ledger().values() if fact.where.startswith(where) and fact.id.startswith(prefix))


def _oauth() -> Page:
    opening = (
        "Every address of OAuth 2.0 with its parameters. [OAuth 2.0](../oauth.md) explains which client uses which; "
        "[Errors: OAuth](errors-oauth.md) lists the texts of refusals."
    )
    rows = datafiles.read_toml(HERE / "oauth.toml")["address"]
    sections = [Section(row["path"], _address(row)) for row in rows]
    rules = (fact for fact in ledger().values() if fact.where == "sandbox/oauth/facts.toml")
    return Page("OAuth 2.0: addresses", opening, [*sections, Section("Rules", facts_table(rules))])


def _address(row: dict[str, Any]) -> Iterator[str]:
    fact = ledger()[row["rule"]]
    yield f"{row['text']}. Rule `{fact.id}`, {standing(fact.standing, fact.source)}."
    yield ""
    listed = ((code(name), need, meaning) for name, need, meaning in row["parameters"])
    yield from table(("parameter", "need", "meaning"), listed)


def _headers() -> Page:
    opening = "The headers that the APIs read and send. Other headers have no effect."
    tables = datafiles.read_toml(HERE / "headers.toml")
    sections = [Section(f"{capitalised(kind)} headers", _header_rows(tables[kind])) for kind in ("request", "response")]
    return Page("Headers", opening, sections)


def _header_rows(rows: list[dict[str, str]]) -> Iterator[str]:
    yield from table(("header", "at", "meaning"), ((code(row["name"]), row["apis"], row["text"]) for row in rows))


def _metrics() -> Page:
    opening = (
        "The metrics of `GET /_sandbox/metrics`, for Prometheus or OpenMetrics. Those of the process (`process_*`, "
        "`python_info`) come from the Prometheus client library. Names of operations that clients invent count as "
        "`other`."
    )
    figures = Figures(Workspaces(Settings(seed=1)), Counter())
    rows = (
        (
            code(f"{metric.name}{SUFFIXES.get(metric.type, '')}"),
            metric.type,
            _labels(metric),
            plain(metric.documentation),
        )
        for metric in figures.collect()
    )
    return Page("Metrics", opening, [Section("Metrics", table(("metric", "type", "labels", "meaning"), rows))])


def _labels(metric: Any) -> str:
    names = metric._labelnames or tuple(metric.samples[0].labels if metric.samples else ())
    return ", ".join(map(code, names))


def _exit_codes() -> Page:
    opening = (
        "How the commands of `pkb-sandbox` end. Errors are one line on standard error. "
        "[Commands](../cli.md) lists all commands and options."
    )
    rows = ((str(int(row.code)), plain(row.meaning), row.commands) for row in EXIT_CODES)
    return Page("Exit codes", opening, [Section("Exit codes", table(("code", "meaning", "commands"), rows))])
