"""Custom CapabilityStatements: `--capability-statement <endpoint>=FILE`, each for one endpoint of this server.

Such an endpoint serves its statement, offers only what the statement lists, and contains synthetic resources of every
listed type. The engine is that of the Customer endpoints, whatever the endpoint; the access matrix decides
as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox import model
from sandbox.base import datafiles
from sandbox.errors import Invalid
from sandbox.fhir.base import capability
from sandbox.fhir.base.capability import Capabilities
from sandbox.fhir.base.endpoints import AGGREGATED, FACADE, MESSAGING, FhirEndpoint
from sandbox.fhir.base.releases import release

Json = dict[str, Any]
OPTION = "--capability-statement"
MOUNTED: dict[str, FhirEndpoint] = {endpoint.api: endpoint for endpoint in (FACADE, MESSAGING, AGGREGATED)}
"""Endpoints with a path of their own, by name; all others are Customer endpoints."""
OF_A_RELEASE = {"customer-stu3": "stu3", "customer-r4": "r4"}
"""Names for all Customer endpoints of a release."""
RELEASES = {"3": "stu3", "4": "r4"}
"""First digit of `fhirVersion` → release."""
MATCHED = frozenset({"composite", "date", "number", "quantity", "reference", "string", "token", "uri"})
"""Types of search parameters that the engine supports; `special` ones are only listed in the statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenStatement:
    """A custom statement: its endpoint, its release, and its offer."""

    endpoint: str
    release: str
    capabilities: Capabilities


@cache
def statements_by_endpoint(options: tuple[str, ...]) -> Mapping[str, GivenStatement]:
    """Read the statements by endpoint. Raises Invalid with the option and the error."""
    return {given_statement.endpoint: given_statement for given_statement in map(_read, options)}


def offered(options: tuple[str, ...], endpoint: model.Endpoint) -> Capabilities:
    """Return the offer of a Customer endpoint: its custom statement, that of its release, or every type."""
    if not options:
        return _standard(endpoint.release)
    statements = statements_by_endpoint(options)
    words = (endpoint.name, *(word for word, release_ in OF_A_RELEASE.items() if release_ == endpoint.release))
    return next((statements[word].capabilities for word in words if word in statements), _standard(endpoint.release))


def populated(options: tuple[str, ...], endpoints: Iterable[model.Endpoint]) -> Iterator[tuple[str, GivenStatement]]:
    """Iterate over the endpoints with generated resources: the name under which they are stored."""
    customers = list(endpoints)
    for word, given_statement in statements_by_endpoint(options).items():
        if word in MOUNTED:
            yield word, given_statement
        for endpoint in customers:
            if endpoint.name == word or OF_A_RELEASE.get(word) == endpoint.release:
                yield endpoint.name, given_statement


def check_endpoints(options: tuple[str, ...], endpoints: Iterable[model.Endpoint]) -> None:
    """Raise Invalid for a statement of an endpoint that does not exist, or of another release than the endpoint's."""
    customers = {endpoint.name: endpoint.release for endpoint in endpoints}
    for word, given_statement in statements_by_endpoint(options).items():
        releases = {**OF_A_RELEASE, **customers, **dict.fromkeys(MOUNTED, "")}
        if word not in releases:
            raise Invalid(f"{OPTION} {word}: no such endpoint; allowed: {', '.join(sorted(releases))}")
        # A mounted endpoint may be of either release: its statement decides.
        if releases[word] not in ("", given_statement.release):
            raise Invalid(
                f"{OPTION} {word}: the endpoint is {releases[word]}, but the statement is {given_statement.release}"
            )


@cache
def _standard(release_: str) -> Capabilities:
    return capability.load(f"customer_{release_}")


def _read(option: str) -> GivenStatement:
    word, equals, file = option.partition("=")
    if not (word and equals and file):
        raise Invalid(f"{OPTION} {option}: must be <endpoint>=FILE")
    try:
        statement = datafiles.read_json(Path(file))
    except (OSError, ValueError, RecursionError) as error:
        raise Invalid(f"{OPTION} {option}: {error}") from error
    release_ = _release(option, statement)
    return GivenStatement(endpoint=word, release=release_, capabilities=_compiled(option, statement, release_))


def _release(option: str, statement: Any) -> str:
    if not isinstance(statement, dict) or statement.get("resourceType") != "CapabilityStatement":
        raise Invalid(f"{OPTION} {option}: not a CapabilityStatement")
    version = str(statement.get("fhirVersion", ""))
    if version[:1] not in RELEASES:
        raise Invalid(f"{OPTION} {option}: fhirVersion {version!r} is neither STU3 nor R4")
    return RELEASES[version[:1]]


def _compiled(option: str, statement: Json, release_: str) -> Capabilities:
    """Parse the statement, with everything that the engine supports. Raises Invalid for one without a server."""
    rules = datafiles.read_toml(datafiles.path(f"capability_statements/customer_{release_}.toml"))
    # PKB's statements do not list the history of the whole server; a custom statement may, and the engine has it.
    rules["system"] |= {"history-system": {"action": "read", "built": True, "standing": "choice"}}
    try:
        rest = next(rest for rest in statement.get("rest", ()) if rest.get("mode") == "server")
        supported = {
            **rest,
            "operation": [],
            "resource": [_supported_entry(entry, rules, release_) for entry in rest["resource"]],
        }
        supported["resource"] = [entry for entry in supported["resource"] if entry]
        supported["searchParam"] = _supported_parameters(rest)
        supported["interaction"] = [
            interaction for interaction in rest.get("interaction", ()) if interaction["code"] in rules["system"]
        ]
        compiled = capability.compile_statement({**statement, "rest": [supported]}, rules)
    except (AttributeError, KeyError, StopIteration, TypeError) as error:
        raise Invalid(f"{OPTION} {option}: lists no interaction or operation of a server") from error
    described = {
        **statement,
        "implementation": {"description": "Synthetic data", **statement.get("implementation", {})},
    }
    return capability.with_statement(compiled, described)


def _supported_entry(resource: Json, rules: Json, release_: str) -> Json | None:
    """Return the entry of a type, with its known interactions; None for a type that the release does not have."""
    if resource["type"] not in release(release_).types:
        return None
    every = rules["interaction"][capability.EVERY]
    interactions = [interaction for interaction in resource.get("interaction", ()) if interaction["code"] in every]
    return {**resource, "interaction": interactions, "searchParam": _supported_parameters(resource)}


def _supported_parameters(entry: Json) -> list[Json]:
    return [parameter for parameter in entry.get("searchParam", ()) if parameter.get("type") in MATCHED]
