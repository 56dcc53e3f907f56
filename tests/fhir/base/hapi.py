"""A CapabilityStatement in the shape in which a HAPI FHIR R4 server serves it: every type, everything on each.

Shape seen at https://hapi.fhir.org/baseR4/metadata ; written here from the specification's lists.
"""

from __future__ import annotations

from typing import Any

from sandbox.fhir.base.releases import release
from sandbox.fhir.search.definitions import parameters_of

Json = dict[str, Any]
INTERACTIONS = (
    "create",
    "update",
    "read",
    "delete",
    "search-type",
    "vread",
    "patch",
    "history-instance",
    "history-type",
)
SPECIAL = ("_filter", "_content", "_text", "_has", "_list")
OPERATION = "https://hapi.example/baseR4/OperationDefinition"


def statement() -> Json:
    return {
        "resourceType": "CapabilityStatement",
        "id": "3f7c2f6d-8f0e-4a51-8e36-0f5a9a6cb2d1",
        "name": "RestServer",
        "status": "active",
        "date": "2025-11-03T13:51:07.532+00:00",
        "publisher": "Not provided",
        "kind": "instance",
        "software": {"name": "HAPI FHIR Server", "version": "8.2.0"},
        "implementation": {"description": "HAPI FHIR R4 Server", "url": "https://hapi.example/baseR4"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+xml", "xml", "application/fhir+json", "json", "application/x-turtle", "ttl"],
        "patchFormat": ["application/fhir+json", "application/fhir+xml", "application/json-patch+json"],
        "rest": [
            {
                "extension": [
                    {"url": "http://hapifhir.io/fhir/StructureDefinition/websocket", "valueUri": "/websocket"}
                ],
                "mode": "server",
                "resource": [_resource(type_) for type_ in sorted(release("r4").types)],
                "interaction": [{"code": "transaction"}, {"code": "history-system"}],
                "searchParam": [{"name": name, "type": "special"} for name in SPECIAL],
                "operation": [
                    {"name": name, "definition": f"{OPERATION}/{name}"}
                    for name in ("get-resource-counts", "reindex", "validate", "expand", "lookup", "everything")
                ],
            }
        ],
    }


def _resource(type_: str) -> Json:
    parameters = parameters_of("r4", type_)
    references = sorted(name for name, parameter in parameters.items() if parameter.type == "reference")
    return {
        "type": type_,
        "profile": f"http://hl7.org/fhir/StructureDefinition/{type_}",
        "interaction": [{"code": code} for code in INTERACTIONS],
        "versioning": "versioned-update",
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "conditionalDelete": "multiple",
        "searchInclude": ["*", *(f"{type_}:{name}" for name in references)],
        "searchRevInclude": ["Provenance:target"],
        "searchParam": [
            {"name": name, "definition": f"http://hl7.org/fhir/SearchParameter/{type_}-{name}", "type": parameter.type}
            for name, parameter in sorted(parameters.items())
        ],
        "operation": [{"name": "validate", "definition": f"{OPERATION}/Resource-it-validate"}],
    }
