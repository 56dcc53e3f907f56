"""Whatever is sent to an act, the answer is the changed entity or problem details, as the OpenAPI document says."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.test_acts import RHYS, SAMIRA, TOLA, act, open_request
from tests.fhir.facade.operations.samples import BRIGHT, RENAL
from tests.support import Client

PEOPLE = [BRIGHT, RENAL, RHYS, SAMIRA, TOLA]
TEXTS = ["", " ", "x", "\u0000", "GENERAL_HEALTH", "team", "carer", "professional", "1975-09-30", "0000-00-00", "a@b"]
SCALARS = st.sampled_from([None, True, False, 0, 1.5, *PEOPLE, *TEXTS])
VALUES = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "id", "concern", "fluid"]), inner, max_size=2)
    ),
    max_leaves=5,
)
KEYS = {
    "consents": ["grantee", "labels", "discharged"],
    "sharing": ["disabled"],
    "freeze": ["frozen"],
    "register": ["code", "token", "date_of_birth", "email", "password"],
    "messages": ["sender", "recipients", "subject", "content", "html", "conversation", "label", "draft"],
    "labels": ["data_point", "label"],
    "questionnaires/REQUEST/answer": ["answers"],
    "documents/x/read": [],
    "messages/x/read": [],
}


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """An act, and an object of its keys or anything else."""
    path = draw(st.sampled_from(sorted(KEYS)))
    own = {key: draw(VALUES) for key in KEYS[path] if draw(st.integers(0, 3))}
    return path, draw(st.sampled_from([own, own, own, draw(VALUES)]))


@settings(max_examples=150)
@given(call=bodies(), patient=st.sampled_from([TOLA, RHYS, "1a9eca6b-4294-4260-a20c-2a23e852f2a2"]))
def test_any_body_of_an_act_is_answered_as_described(pkb: Client, call: tuple[str, Any], patient: str):
    path, body = call
    response = act(pkb, patient, path.replace("REQUEST", open_request(pkb)["id"]), body)
    assert response.status_code in (200, 201, 400, 404, 409), response.text
