"""The CapabilityStatement of a Customer endpoint, generated from the tables of types and search parameters.

PKB documents "the full range of REST interactions for all resource types" and refers to each endpoint's own statement
for the rest (https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364061242/Customer). The generated files
are `capability_statements/customer_<release>.json`, which the endpoint reads.
"""

from __future__ import annotations

from typing import Any

from sandbox.base import datafiles
from sandbox.fhir.base.releases import release

Json = dict[str, Any]
INTERACTIONS = (
    "read",
    "vread",
    "update",
    "patch",
    "delete",
    "history-instance",
    "history-type",
    "create",
    "search-type",
)
COMMON = "Resource"
"""In the tables of search parameters, the parameters of every type."""


def statement(name: str) -> Json:
    """Generate the statement for `stu3` or `r4`."""
    tables = datafiles.read_json(datafiles.path(f"capability_statements/search_parameters/{name}.json"))["parameters"]
    # STU3 requires acceptUnknown; R4 no longer has it.
    of_release = {"acceptUnknown": "no"} if name == "stu3" else {}
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-24",
        "publisher": "PKB Sandbox",
        "kind": "instance",
        "software": {"name": "PKB Sandbox"},
        "implementation": {"description": f"A Customer endpoint of PKB Sandbox, {name.upper()}"},
        "fhirVersion": release(name).version,
        **of_release,
        "format": ["application/fhir+json", "application/fhir+xml"],
        "patchFormat": ["application/json-patch+json", "application/merge-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "OAuth 2.0 client credentials of the Customer System Client that owns it"},
                "resource": [_resource(type_, tables.get(type_, {})) for type_ in sorted(release(name).types)],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "searchParam": _parameters(tables[COMMON]),
            }
        ],
    }


def _resource(type_: str, table: Json) -> Json:
    references = [f"{type_}:{name}" for name, row in sorted(table.items()) if row["type"] == "reference"]
    return {
        "type": type_,
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalCreate": True,
        "conditionalRead": "full-support",
        "conditionalUpdate": True,
        "conditionalDelete": "multiple",
        **({"searchInclude": references} if references else {}),
        **({"searchParam": _parameters(table)} if table else {}),
    }


def _parameters(table: Json) -> list[Json]:
    return [{"name": name, "type": row["type"]} for name, row in sorted(table.items())]
