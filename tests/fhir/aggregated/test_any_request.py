"""Whatever is asked of Aggregated, the answer is a resource; whatever a Customer sends is taken in or skipped."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.aggregated.intake import stu3
from sandbox.fhir.aggregated.offer import offered
from sandbox.synthetic.fhir.instance import instance
from tests.fhir.aggregated.feeds import World, organization, patient
from tests.fhir.aggregated.filled import model
from tests.fhir.aggregated.support import NHS, TOLA, Aggregated
from tests.support import Client

TYPES = sorted(offered().types)
NAMES = sorted({name for type_ in offered().types.values() for name in type_.search})
CHAINS = [
    "subject:Patient.identifier",
    "actor:Patient.identifier",
    "patient.identifier",
    "_has:Observation:subject:code",
]
CONTROLS = ["_include", "_count", "page", ""]
OLDER = "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d|"
VALUES = st.text(max_size=20) | st.sampled_from(
    [f"{NHS}|{TOLA}", "Patient/1", "Patient/", "ge2026", "|", ",", "\\,", "\x00", OLDER]
)
PAIRS = st.lists(st.tuples(st.sampled_from([*NAMES, *CHAINS, *CONTROLS]) | st.text(max_size=8), VALUES), max_size=4)
SEGMENTS = st.text(min_size=1, max_size=10) | st.sampled_from(
    [*TYPES, "_search", "_history", "$carers", "$send-questionnaire-request", "metadata", "OperationDefinition", "1"]
)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])


def assert_resource(response: httpx.Response, method: str = "GET") -> None:
    assert response.status_code < 500, response.text
    if method != "HEAD":
        body = response.json()
        assert body["resourceType"] if response.status_code < 400 else body["resourceType"] == "OperationOutcome"


@settings(max_examples=100)
@given(type_=st.sampled_from(TYPES), pairs=PAIRS)
def test_any_query_gets_a_resource(pkb: Client, type_: str, pairs: list[tuple[str, str]]):
    # XML is asked for elsewhere: this reads JSON.
    kept = [(name, value) for name, value in pairs if name != "_format"]
    assert_resource(Aggregated(pkb).ask(f"/{type_}?{urlencode(kept, errors='replace')}"))


@settings(max_examples=100)
@given(method=METHODS, segments=st.lists(SEGMENTS, min_size=1, max_size=4))
def test_any_path_gets_a_resource(pkb: Client, method: str, segments: list[str]):
    path = "".join(f"/{quote(segment, safe='$')}" for segment in segments if segment not in (".", ".."))
    assert_resource(Aggregated(pkb).ask(path, method), method)


@settings(max_examples=60)
@given(release=st.sampled_from(["stu3", "r4"]), data=st.data(), seed=st.integers(0, 999))
def test_any_valid_resource_is_taken_or_skipped(release: str, data: st.DataObject, seed: int):
    """What it becomes is R4, and what others sent stays."""
    known_types = sorted(stu3.known_types()) if release == "stu3" else TYPES
    type_ = data.draw(st.sampled_from(known_types))
    resource = {**instance(release, type_, seed), "id": "any"}
    world = World()
    world.put(release, organization())
    world.put(release, patient())
    before = set(world.resources())
    reason = world.put(release, resource)
    assert before <= set(world.resources())
    assert reason or len(world.resources()) > len(before) or type_ in ("Patient", "Organization", "Medication")
    if release == "stu3":
        model("r4", stu3.type_in_r4(type_)).model_validate(stu3.to_r4(resource))


def test_an_id_with_slashes_is_of_no_resource(pkb: Client):
    bundle = Aggregated(pkb).ask(f"/Appointment?{urlencode({'_id': NHS + '|' + TOLA})}").json()
    assert (bundle["resourceType"], bundle["total"]) == ("Bundle", 0)


def test_a_search_with_another_method_is_still_a_search_for_the_access_matrix(pkb: Client):
    aggregated = Aggregated(pkb)
    answers = [aggregated.ask(path, "PUT") for path in ("/Patient/_search", "/Patient/1")]
    cells = [answer.headers["pkb-sandbox-cell"] for answer in answers]
    assert cells == ["customer.aggregated.read_demographics", "customer.aggregated.send_data"]
