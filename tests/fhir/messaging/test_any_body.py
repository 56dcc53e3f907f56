"""Whatever is sent to Messaging, the answer is an OperationOutcome, and never a fault."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.messaging.samples import NUMBER, person, send
from tests.fhir.messaging.test_bundle import bundle, tagged
from tests.fhir.messaging.test_bundle import send as send_bundle
from tests.fhir.messaging.test_bundle import server as server
from tests.support import Client

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
VALUES = JSON | st.sampled_from(["", " ", "\u0000", "9999-12-31", "0001-01-01", "2026-02-30", "F", NUMBER, "x" * 5000])


@st.composite
def patients(draw: st.DrawFn) -> Any:
    """The example with one to three of its values, however deep, replaced or taken out."""
    patient = person(deceasedDateTime="2026-01-01T00:00:00Z")
    for _ in range(draw(st.integers(1, 3))):
        node: Any = patient
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(node[key], (dict, list)) and draw(st.booleans()):
                node = node[key]
                continue
            if draw(st.booleans()):
                node[key] = draw(VALUES)
            else:
                del node[key]
            break
    return patient


@settings(max_examples=100)
@given(body=JSON | patients())
def test_any_body_gets_an_operation_outcome(pkb: Client, body: Any):
    response = send(pkb, body)
    assert response.status_code in (200, 201, 400, 422), response.text
    assert response.json()["resourceType"] == "OperationOutcome"


@settings(max_examples=60)
@given(body=JSON | patients().map(bundle) | st.builds(lambda entry: bundle(tagged(), entry=entry), JSON))
def test_any_bundle_is_taken_or_gets_an_operation_outcome(server: Client, body: Any):
    response = send_bundle(server, body)
    assert response.status_code in (202, 400, 403, 409, 422), response.text
    assert response.status_code == 202 or response.json()["resourceType"] == "OperationOutcome"
