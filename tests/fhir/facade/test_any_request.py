"""Whatever is asked of the Facade, the answer is a resource: a Bundle, what was asked for, or an OperationOutcome."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.rendered.test_offered import FACADE
from tests.support import Client

NAMES = sorted({name for offered in FACADE.types.values() for name in offered.search})
CONTROLS = ["_count", "_getpages", "_format", "_pretty", "_include", "_id", ""]
MODIFIERS = ["", ":exact", ":Patient", ":missing", ":", "::"]
VALUES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "Patient/4c86625f-13d7-423c-93e9-d58574a12dec",
            "https://fhir.nhs.uk/Id/nhs-number|9991001379",
            "urn:uuid:",
            "ge2026-01-01",
            "9999-12-31",
            "0001-01-01T00:00+14:00",
            "json",
            "1",
            "\\,",
            ",",
            "|",
            "\x00",
            "QuestionnaireResponse:subject:Patient",
        ]
    ),
)
PAIRS = st.lists(
    st.tuples(
        st.builds(str.__add__, st.sampled_from(NAMES + CONTROLS), st.sampled_from(MODIFIERS)) | st.text(max_size=10),
        VALUES,
    ),
    max_size=5,
)
SEGMENTS = st.one_of(
    st.text(min_size=1, max_size=12),
    st.sampled_from(
        [*FACADE.types, "metadata", "_search", "_history", "$status-query", "$purview", "$", "..", ".", "1"]
    ),
)
RAW = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=60)
METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])


def assert_resource(response: httpx.Response, method: str = "GET") -> None:
    assert response.status_code != 500, response.text
    assert response.headers["pkb-sandbox-exchange"]
    assert response.headers["content-type"] == "application/fhir+json;charset=utf-8"
    if method == "HEAD":
        return
    body = response.json()
    if response.status_code >= 400:
        assert body["resourceType"] == "OperationOutcome"
        assert len(body["issue"]) == 1
        assert response.headers["pkb-sandbox-explain"]
    else:
        assert body["resourceType"] in (*FACADE.types, "Bundle", "CapabilityStatement")


@given(type_=st.sampled_from(list(FACADE.types)), pairs=PAIRS)
def test_any_query_gets_a_resource(pkb: Client, type_: str, pairs: list[tuple[str, str]]):
    assert_resource(pkb.facade(f"/{type_}?{urlencode(pairs, errors='replace')}"))


@given(type_=st.sampled_from(list(FACADE.types)), query=RAW)
def test_any_query_string_gets_a_resource(pkb: Client, type_: str, query: str):
    assert_resource(pkb.facade(f"/{type_}?{query}"))


@given(
    type_=st.sampled_from(list(FACADE.types)), body=st.binary(max_size=60) | PAIRS.map(lambda p: urlencode(p).encode())
)
def test_any_form_gets_a_resource(pkb: Client, type_: str, body: bytes):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert_resource(pkb.facade(f"/{type_}/_search", method="POST", content=body, headers=headers))


@settings(max_examples=200)
@given(method=METHODS, segments=st.lists(SEGMENTS, min_size=1, max_size=5))
def test_any_path_gets_a_resource(pkb: Client, method: str, segments: list[str]):
    path = "".join(f"/{quote(segment, safe='$')}" for segment in segments if segment not in (".", ".."))
    assert_resource(pkb.facade(path, method=method), method)


@given(accept=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(str.strip))
def test_any_accept_gets_a_resource(pkb: Client, accept: str):
    assert_resource(pkb.facade("/Organization/1", headers={"Accept": accept}))


@given(header=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60).map(str.strip))
def test_any_authorization_gets_a_resource(pkb: Client, header: str):
    response = pkb.http.get("/fhir/Organization/1", headers={"Authorization": header})
    assert response.status_code == 401
    assert_resource(response)
