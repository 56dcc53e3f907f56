"""The CapabilityStatement of Aggregated, generated from the tables of types and search parameters.

PKB publishes only its canonical (https://pkbdev.atlassian.net/wiki/pages/viewpage.action?pageId=3437133873).
The generated file is `capability_statements/aggregated.json`, which the endpoint reads.
"""

from __future__ import annotations

from typing import Any

from sandbox.base import datafiles
from sandbox.fhir.aggregated.intake.upstream import types
from sandbox.fhir.base.releases import release

Json = dict[str, Any]
CANONICAL = "http://fhir.patientsknowbest.com/capabilitystatement/aggregated"
OPERATIONS = ("send-questionnaire-request", "carers")
COMMON = "Resource"
"""In the tables of search parameters, the parameters of every type."""


def statement() -> Json:
    tables = datafiles.read_json(datafiles.path("capability_statements/search_parameters/r4.json"))["parameters"]
    definitions = [
        {"name": name, "definition": f"http://fhir.patientsknowbest.com/operation/{name}"} for name in OPERATIONS
    ]
    return {
        "resourceType": "CapabilityStatement",
        "url": CANONICAL,
        "status": "active",
        "date": "2026-11-24",
        "publisher": "PKB Sandbox",
        "kind": "instance",
        "software": {"name": "PKB Sandbox"},
        "implementation": {"description": "The Aggregated endpoint of PKB Sandbox"},
        "fhirVersion": release("r4").version,
        "format": ["application/fhir+json", "application/fhir+xml"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "OAuth 2.0 client credentials of a Customer System Client"},
                "resource": [_resource(type_, tables.get(type_, {})) for type_ in types()],
                "searchParam": _parameters(tables[COMMON]),
                "operation": definitions,
            }
        ],
    }


def _resource(type_: str, table: Json) -> Json:
    references = [f"{type_}:{name}" for name, row in sorted(table.items()) if row["type"] == "reference"]
    return {
        "type": type_,
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        **({"searchInclude": references} if references else {}),
        **({"searchParam": _parameters(table)} if table else {}),
    }


def _parameters(table: Json) -> list[Json]:
    return [{"name": name, "type": row["type"]} for name, row in sorted(table.items())]
