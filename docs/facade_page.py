"""The generated part of facade.md: what the statement offers, and the facts behind it."""

from __future__ import annotations

from collections.abc import Iterator

from reference_pages.writing import standing

from sandbox.facts import ledger
from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import Offered, SearchRule


def facade() -> Iterator[str]:
    offered = capability.load("facade")
    yield "| type | interaction | parameter | rule |"
    yield "|---|---|---|---|"
    for type_ in offered.types.values():
        yield from _type(type_)
    yield ""
    yield "| operation | methods | callers | standing |"
    yield "|---|---|---|---|"
    for operation in offered.operations:
        path = f"{operation.resource}{'/{id}' if operation.level == 'instance' else ''}/${operation.name}"
        callers = ", ".join(operation.callers) or "nobody"
        yield f"| `{path}` | {', '.join(operation.methods)} | {callers} | {operation.standing} |"
    yield ""
    yield "| fact | what the Facade does | standing |"
    yield "|---|---|---|"
    for fact in ledger().values():
        if fact.id.startswith("facade."):
            text = fact.text.replace("|", chr(92) + "|")
            yield f"| `{fact.id}` | {text} | {standing(fact.standing, fact.source)} |"


def _type(offered: Offered) -> Iterator[str]:
    codes = ", ".join(offered.interactions) or "none"
    if not offered.search:
        yield f"| {offered.type} | {codes} | | |"
    for rule in offered.search.values():
        yield f"| {offered.type} | {codes} | `{rule.name}` ({rule.type}) | {_rule(rule)} |"
    for include in offered.includes:
        yield f"| {offered.type} | {codes} | `_include` | `{include}` |"


def _rule(rule: SearchRule) -> str:
    constraints = [rule.optionality, "may be repeated" if rule.repeat else "once"]
    if rule.prefixes:
        constraints.append(f"prefixes {', '.join(rule.prefixes)}")
    constraints += [
        f"modifier `:{modifier.replace('[type]', rule.targets[0] if rule.targets else 'type')}`"
        for modifier in rule.modifiers
    ]
    constraints += [f"`{token.replace('|', chr(92) + '|')}`" for token in (*rule.systems, *rule.codes)]
    return "; ".join(constraints)
