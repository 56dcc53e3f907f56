"""The pages of the FHIR endpoints: interactions, search parameters and operations, as their statements offer them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reference_pages.writing import Page, Section, code, facts_table, standing, table
from sandbox.base import datafiles
from sandbox.facts import Fact, ledger
from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import Capabilities, Offered

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A FHIR endpoint: its name, the page that explains it, the statement, and the prefixes of its rules."""

    name: str
    guide: str
    statement: str
    base: str
    rules: tuple[str, ...]


ENDPOINTS = (
    Endpoint("Facade FHIR", "facade.md", "facade", "/fhir", ("operations.", "fhir.")),
    Endpoint("Messaging FHIR", "messaging.md", "messaging", "/phr-fhir", ("messaging.",)),
    Endpoint("Customer FHIR STU3", "customer.md", "customer_stu3", "/customer/{endpoint}/fhir", ()),
    Endpoint("Customer FHIR R4", "customer.md", "customer_r4", "/customer/{endpoint}/fhir", ()),
    Endpoint("Aggregated FHIR", "aggregated.md", "aggregated", "/aggregated/fhir", ("aggregated.",)),
)


def pages() -> Iterator[tuple[str, Page]]:
    """Yield file name → page."""
    for endpoint in ENDPOINTS:
        yield f"fhir-{endpoint.statement.replace('_', '-')}.md", _endpoint(endpoint)
    yield "fhir-customer-rules.md", _shared_rules()


def _endpoint(endpoint: Endpoint) -> Page:
    offered = capability.load(endpoint.statement)
    opening = (
        f"What the {endpoint.name} endpoint at `{endpoint.base}` offers: it serves this as its CapabilityStatement at "
        f"`/metadata`, and refuses everything else. [The guide](../{endpoint.guide}) explains how to use it."
    )
    sections = [Section("Interactions", _interactions(offered))]
    if endpoint.statement == "facade":
        sections.append(Section("Search parameters", _linked_parameters()))
    elif any(type_.search for type_ in offered.types.values()):
        sections.append(Section("Search parameters", _parameters(offered)))
    if offered.operations:
        sections.append(Section("Operations", _operations(endpoint.statement.partition("_")[0], offered)))
    rules = [fact for fact in ledger().values() if fact.id.startswith(endpoint.rules)] if endpoint.rules else []
    if rules:
        sections.append(Section("Rules", facts_table(rules)))
    if endpoint.statement.startswith("customer"):
        sections.append(
            Section("Rules", ["The rules of both releases: [Customer FHIR: rules](fhir-customer-rules.md).", ""])
        )
    return Page(endpoint.name, opening, sections)


def _interactions(offered: Capabilities) -> Iterator[str]:
    ways: dict[tuple[str, str, str], list[str]] = {}
    for type_ in offered.types.values():
        for interaction in type_.interactions.values():
            ways.setdefault((interaction.code, interaction.action, interaction.standing), []).append(type_.type)
    rows = [
        (code(name), _types(types, len(offered.types)), action, level) for (name, action, level), types in ways.items()
    ]
    rows += [(code(row.code), "the whole endpoint", row.action, row.standing) for row in offered.system.values()]
    yield from table(("interaction", "types", "action in the access matrix", "standing"), rows)
    without = [type_.type for type_ in offered.types.values() if not type_.interactions]
    if without:
        yield f"Listed without an interaction: {', '.join(without)}."
        yield ""


def _types(types: list[str], count: int) -> str:
    return f"all {count} types" if len(types) == count and count > 1 else ", ".join(types)


def _linked_parameters() -> Iterator[str]:
    yield "Every type with its search parameters, and which of them it requires: [Facade FHIR](../facade.md)."
    yield ""


def _parameters(offered: Capabilities) -> Iterator[str]:
    """Parameters of every type once, then each type's own."""
    searched = [type_ for type_ in offered.types.values() if type_.search]
    shared = set.intersection(*(set(type_.search) for type_ in searched)) if len(searched) > 1 else set()
    if shared:
        yield f"Every type: {', '.join(code(name) for name in sorted(shared))}."
        yield "[Search](../search.md) lists modifiers and prefixes."
        yield ""
    rows = ((type_.type, _own_parameters(type_, shared)) for type_ in searched)
    yield from table(("type", "parameters (type)"), (row for row in rows if row[1]))


def _own_parameters(type_: Offered, shared: Iterable[str]) -> str:
    by_kind: dict[str, list[str]] = {}
    for rule in type_.search.values():
        if rule.name not in set(shared):
            by_kind.setdefault(rule.type, []).append(code(rule.name))
    return "; ".join(f"{kind}: {', '.join(names)}" for kind, names in sorted(by_kind.items()))


def _operations(folder: str, offered: Capabilities) -> Iterator[str]:
    for operation in offered.operations:
        definition: Json = datafiles.read_json(
            datafiles.path(f"capability_statements/operations/{folder}/{operation.id}.json")
        )
        path = f"{operation.resource}{'/{id}' if operation.level == 'instance' else ''}/${operation.name}"
        fact = ledger().get(operation.id)
        callers = ", ".join(operation.callers) or "nobody"
        yield f"### {' '.join(operation.methods)} {path}"
        yield ""
        source = standing(operation.standing, fact.source) if fact else operation.standing
        text = definition.get("description", "").rstrip(".")
        yield f"{text + '. ' if text else ''}Callers: {callers}. Standing: {source}."
        yield ""
        yield from table(("parameter", "use", "count", "type"), _parts(definition.get("parameter", ()), ""))


def _parts(parameters: Iterable[Json], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    for row in parameters:
        name = f"{prefix}{row['name']}"
        yield (
            code(name),
            row["use"],
            f"{row['min']} to {row['max']}".replace("to *", "or more"),
            row.get("type", "parts:" if row.get("part") else ""),
        )
        yield from _parts(row.get("part", ()), f"{name}.")


def _shared_rules() -> Page:
    opening = (
        "How Customer endpoints of both releases store, validate and search resources. "
        "[Customer FHIR](../customer.md) explains the interactions; the explanation of a refusal names the rule."
    )
    files = {"Customer endpoints": "sandbox/fhir/customer/facts.toml", "Search": "sandbox/fhir/search/facts.toml"}
    sections = [Section(title, facts_table(_of_file(where))) for title, where in files.items()]
    return Page("Customer FHIR: rules", opening, sections)


def _of_file(where: str) -> Iterator[Fact]:
    return (fact for fact in ledger().values() if fact.where == where)
