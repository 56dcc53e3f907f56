"""Patches, resources of any shape, and CapabilityStatements that a user supplies."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st

from sandbox.errors import Invalid, TooLarge, Unreadable
from sandbox.fhir.base.given_statements import OPTION, statements_by_endpoint
from sandbox.fhir.base.json import check_bounds, parse, render
from sandbox.fhir.base.negotiation import UnsupportedPatch
from sandbox.fhir.base.validation import InvalidResource, check_structure
from sandbox.fhir.resources.patches import patch_in
from sandbox.fhir.search import values_of
from tests.fuzz.strategies import as_json, changed, json_values
from tests.fuzz.target import Target
from tests.fuzz.targets.fhir import PATIENT, VALUES

MEDIA_TYPES = ("application/json-patch+json", "application/merge-patch+json", "application/json", "application/xml")
POINTERS = (
    "", "/", "/name", "/name/0", "/name/-", "/name/0/given/1", "/extension/0/extension/-", "/~0", "/~1", "/~2",
    "/name/00", "/name/-1", "/name/1e0", "/active", "/contained/0", "/name/99999999999999999999", "name",
    "/ /\u0660",
)  # fmt: skip
OPERATION = st.fixed_dictionaries(
    {"op": st.sampled_from(("add", "remove", "replace", "move", "copy", "test", "ADD", "", None))},
    optional={
        "path": st.sampled_from(POINTERS) | st.none() | st.integers(),
        "from": st.sampled_from(POINTERS) | st.none(),
        "value": VALUES,
    },
)
STATEMENT: dict[str, Any] = {
    "resourceType": "CapabilityStatement",
    "status": "draft",
    "kind": "requirements",
    "fhirVersion": "4.0.1",
    "format": ["json"],
    "rest": [
        {
            "mode": "server",
            "resource": [
                {
                    "type": "Patient",
                    "interaction": [{"code": "read"}, {"code": "search-type"}],
                    "searchParam": [{"name": "name", "type": "string"}],
                    "searchInclude": ["Patient:organization"],
                    "conditionalCreate": True,
                    "versioning": "versioned",
                }
            ],
            "interaction": [{"code": "transaction"}],
            "operation": [{"name": "x", "definition": "http://x.test/x"}],
        }
    ],
}
IN_STATEMENTS = json_values(
    ("type", "code", "name", "mode", "resource", "interaction", "searchParam", "rest", "definition", "reference"),
    ("server", "Patient", "read", "3.0.1", "string", "http://x.test"),
)


def _patch(data: bytes) -> Any:
    """The first byte chooses the media type; a patch that is applied leaves the content as it was."""
    before = json.dumps(PATIENT)
    content = parse(before.encode())
    changed_content = patch_in(data[1:], MEDIA_TYPES[data[0] % 4] if data else "", "")(content)
    assert render(content) == render(parse(before.encode()))
    check_bounds(changed_content)
    return changed_content


def _resource(data: bytes) -> int:
    """A resource of any shape has values for searches, or none; it is valid or not."""
    resource = parse(data)
    if not isinstance(resource, dict) or resource.get("resourceType") not in ("Patient", "Observation", "Bundle"):
        return 0
    number = 0
    for release in ("stu3", "r4"):
        number += len(values_of(release, resource))
        try:
            check_structure(release, resource)
        except InvalidResource as refusal:
            number += len(refusal.issues)
    return number


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="fuzz-statement-"))


def _statement(data: bytes) -> str:
    """A statement that is taken offers types, and instances of them can be generated."""
    file = _folder() / "statement.json"
    file.write_bytes(data)
    statements_by_endpoint.cache_clear()
    statement = statements_by_endpoint((f"customer-r4={file}",))["customer-r4"]
    assert OPTION
    json.dumps(statement.capabilities.statement)
    return statement.release


TARGETS: tuple[Target, ...] = (
    Target(
        name="fhir-patch",
        run=_patch,
        refusals=(Invalid, TooLarge, UnsupportedPatch),
        words=tuple(f'"{word}"'.encode() for word in (*POINTERS, "op", "path", "from", "copy", "move", "value")),
        strategy=st.builds(
            lambda first, rest: bytes([first]) + rest,
            st.integers(0, 3),
            as_json(st.lists(OPERATION, max_size=5)) | as_json(changed(PATIENT, VALUES)) | as_json(VALUES),
        ),
    ),
    Target(
        name="fhir-resource",
        run=_resource,
        refusals=(Unreadable,),
        words=(b'"coding"', b'"reference"', b'"Observation"', b'"Bundle"', b'"valueQuantity"', b'"effectivePeriod"'),
        strategy=as_json(changed(PATIENT, VALUES)),
    ),
    Target(
        name="capability-statement",
        run=_statement,
        refusals=(Invalid,),
        words=(b'"rest"', b'"searchParam"', b'"3.0.1"', b'"5.0.0"', b'"Observation"', b'"search-type"', b'"special"'),
        strategy=as_json(changed(STATEMENT, IN_STATEMENTS)) | as_json(IN_STATEMENTS),
    ),
)
