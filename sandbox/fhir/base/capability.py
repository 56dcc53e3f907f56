"""The offer of an endpoint, read from its CapabilityStatement and the machine-readable rules beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.base import datafiles
from sandbox.fhir.base.endpoints import action_of

Json = dict[str, Any]
EVERY = "*"
"""In the rules: every type, or every parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRule:
    """A search parameter: its FHIR type, whether it is required, and the allowed form of its values.

    `codes` are the allowed tokens, with their system, or only the code if any system is allowed.
    """

    name: str
    type: str
    optionality: str = "optional"
    repeat: bool = False
    modifiers: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """An interaction on a type: its action in the access matrix, and whether it is built.

    In the rules the action may be `read`: demographic or clinical, by the type.
    """

    code: str
    action: str
    built: bool
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirOperation:
    """An operation: `level` is `type` or `instance`; `callers` are the clients that may use it."""

    name: str
    id: str
    resource: str
    level: str
    methods: tuple[str, ...]
    action: str
    callers: tuple[str, ...]
    built: bool
    standing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """The offer for one resource type."""

    type: str
    interactions: dict[str, Interaction]
    search: dict[str, SearchRule]
    includes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """The offer of one endpoint: the statement that it serves, its standing, and the same as rules."""

    statement: Json
    standing: str
    types: dict[str, Offered]
    operations: tuple[FhirOperation, ...]
    system: Mapping[str, Interaction]
    searches: dict[str, dict[str, SearchRule]]

    def operation(self, type_: str, name: str) -> FhirOperation | None:
        return next((o for o in self.operations if o.resource == type_ and f"${o.name}" == name), None)


def load(name: str) -> Capabilities:
    """Read `capability_statements/<name>.json` and the rules in `<name>.toml`."""
    statement = datafiles.read_json(datafiles.path(f"capability_statements/{name}.json"))
    rules = datafiles.read_toml(datafiles.path(f"capability_statements/{name}.toml"))
    return compile_statement(statement, rules)


def with_statement(capabilities: Capabilities, statement: Json) -> Capabilities:
    """Return the same offer under another statement, which may list more than is offered."""
    return replace(capabilities, statement=statement)


def compile_statement(statement: Json, rules: Json) -> Capabilities:
    """Combine both: the statement decides what is offered; the rules state how each offered part behaves."""
    rest = statement["rest"][0]
    common = rest.get("searchParam", [])
    types = {resource["type"]: _offered(resource, common, rules) for resource in rest["resource"]}
    return Capabilities(
        statement=statement,
        standing=rules.get("standing", "documented"),
        types=types,
        searches={name: offered.search for name, offered in types.items()},
        operations=tuple(_operation(o["name"], rules["operation"][o["name"]]) for o in rest.get("operation", [])),
        system={
            i["code"]: _interaction(i["code"], rules["system"][i["code"]], "") for i in rest.get("interaction", [])
        },
    )


def _offered(resource: Json, common: list[Json], rules: Json) -> Offered:
    """Return the offer for a type; rules for `*` apply to every type without its own."""
    type_ = resource["type"]
    interactions = {**rules["interaction"].get(EVERY, {}), **rules["interaction"].get(type_, {})}
    search = rules["search"].get(type_, {})
    for_any = rules["search"].get(EVERY)
    return Offered(
        type=type_,
        interactions={
            i["code"]: _interaction(i["code"], interactions[i["code"]], type_) for i in resource.get("interaction", [])
        },
        search={
            # The last look-up raises KeyError for a parameter of the statement that has no rules.
            p["name"]: _search_rule(p, search.get(p["name"]) or for_any or search[p["name"]])
            for p in [*common, *resource.get("searchParam", [])]
        },
        includes=tuple(resource.get("searchInclude", ())),
    )


def _interaction(code: str, row: Json, type_: str) -> Interaction:
    action = action_of("GET", type_) if row["action"] == "read" else row["action"]
    return Interaction(code=code, action=action, built=row["built"], standing=row["standing"])


def _search_rule(parameter: Json, row: Json) -> SearchRule:
    lists = {key: tuple(row.get(key, ())) for key in ("modifiers", "targets", "prefixes", "systems", "codes")}
    return SearchRule(
        name=parameter["name"],
        type=parameter["type"],
        optionality=row["optionality"],
        repeat=row.get("repeat", False),
        **lists,
    )


def _operation(name: str, row: Json) -> FhirOperation:
    return FhirOperation(
        name=name,
        id=row["id"],
        resource=row["resource"],
        level=row["level"],
        methods=tuple(row["methods"]),
        action=row["action"],
        callers=tuple(row["callers"]),
        built=row["built"],
        standing=row["standing"],
    )
