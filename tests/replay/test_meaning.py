"""What counts as a difference between two answers, and what does not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.replay.bindings import Bindings
from sandbox.replay.compare import fhir, hl7, oauth, rest
from sandbox.replay.compare.difference import Difference
from sandbox.replay.compare.responses import compare_responses
from sandbox.replay.compare.rules import rules
from sandbox.replay.compare.values import Values
from sandbox.replay.compare.xml import tree_of
from sandbox.replay.connection import ReplayedResponse
from sandbox.replay.recording import RecordedExchange, RecordedMessage

A, B, C = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "abc")
START, END = datetime(2026, 3, 10, 10, 0, tzinfo=UTC), datetime(2026, 3, 10, 10, 5, tzinfo=UTC)
SUBJECT = "Bundle.entry[1] (Observation).resource.subject"
NOW, LATER = "2026-03-10T10:01:00Z", "2026-04-01T09:00:00Z"


def values() -> Values:
    return Values(
        bindings=Bindings(), start=START, end=END, recorded_base="http://a:1", actual_base="https://b.example/pkb"
    )


def texts(differences: Any) -> list[str]:
    return [row.text(is_redacted=False) for row in differences]


def of_fhir(recorded: Any, actual: Any, query: str = "") -> list[str]:
    return texts(fhir.compare_resources(recorded, actual, query, values()))


def observation(id_: str, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Observation", "id": id_, "status": "final", **more}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    entries = [{"fullUrl": f"urn:uuid:{row['id']}", "resource": row} for row in resources]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}


EQUAL: dict[str, tuple[Any, Any]] = {
    "another id": (observation(A), observation(B)),
    "an id of another kind": (observation(A), observation("4711")),
    "an own address": (
        {"resourceType": "Bundle", "link": [{"relation": "self", "url": "http://a:1/fhir/Patient?_id=1"}]},
        {"resourceType": "Bundle", "link": [{"relation": "self", "url": "https://b.example/pkb/fhir/Patient?_id=1"}]},
    ),
    "a time of the server": (observation(A, issued=NOW), observation(A, issued=LATER)),
    "the same instant": (
        observation(A, issued="2020-01-01T10:00:00Z"),
        observation(A, issued="2020-01-01T11:00:00+01:00"),
    ),
    "white space": (observation(A, comment="a\r\nb"), observation(A, comment="a b")),
    "the narrative": (
        observation(A, text={"status": "generated", "div": "<div>1</div>"}),
        observation(A, text={"status": "additional", "div": "<div>2</div>"}),
    ),
    "the order of entries": (
        bundle(observation(A, comment="one"), observation(B, comment="two")),
        bundle(observation(B, comment="two"), observation(A, comment="one")),
    ),
    "an entry for each equal one": (bundle(observation(A), observation(B)), bundle(observation(C), observation(A))),
    "a whole number written as a decimal": (observation(A, value=1), observation(A, value=1.0)),
}


@pytest.mark.parametrize("name", EQUAL)
def test_fhir_that_means_the_same(name: str):
    assert of_fhir(*EQUAL[name]) == []


DIFFERENT: dict[str, tuple[Any, Any, list[str]]] = {
    "a code": (
        observation(A),
        observation(A, status="amended"),
        ['Observation.status: "final" in the recording, "amended" now'],
    ),
    "a time that has nothing to do with the recording": (
        observation(A, issued="2020-01-01T10:00:00Z"),
        observation(A, issued="2020-01-01T10:00:01Z"),
        ['Observation.issued: "2020-01-01T10:00:00Z" in the recording, "2020-01-01T10:00:01Z" now'],
    ),
    "an element less": (
        observation(A, comment="x"),
        observation(A),
        ['Observation.comment: "x" in the recording, missing now'],
    ),
    "an element more": (
        observation(A),
        observation(A, comment="x"),
        ['Observation.comment: not in the recording, "x" now'],
    ),
    "a boolean instead of a number": (
        observation(A, value=1),
        observation(A, value=True),
        ["Observation.value: 1 in the recording, true now"],
    ),
    "the order of names": (
        {"resourceType": "Patient", "name": [{"given": ["Ada", "Eve"]}]},
        {"resourceType": "Patient", "name": [{"given": ["Eve", "Ada"]}]},
        [
            'Patient.name[0].given[0]: "Ada" in the recording, "Eve" now',
            'Patient.name[0].given[1]: "Eve" in the recording, "Ada" now',
        ],
    ),
    "a reference to another resource": (
        bundle(observation(A, comment="x"), {**observation(B), "subject": {"reference": f"Observation/{A}"}}),
        bundle(observation(A, comment="x"), {**observation(B), "subject": {"reference": f"Observation/{B}"}}),
        [f'{SUBJECT}.reference: "Observation/{A}" in the recording, "Observation/{B}" now'],
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_fhir_that_differs_is_described_by_path(name: str):
    recorded, actual, expected = DIFFERENT[name]
    assert of_fhir(recorded, actual) == expected


def test_a_missing_entry_is_one_difference_without_the_total():
    first, second = observation(A, comment="one"), observation(B, value=4, code={"text": "two"})
    (text,) = of_fhir(bundle(first, second), bundle(first))
    assert text.startswith('Bundle.entry[1] (Observation): {"fullUrl"')
    assert text.endswith("in the recording, missing now")


def test_texts_that_are_alike_but_for_known_ids_are_paired_by_their_ids():
    seen = values()
    first, second = (f"{letter * 8}-0000-4000-8000-000000000000" for letter in "de")
    pair = bundle(observation(A, comment="one"), observation(B, comment="two"))
    assert (
        texts(
            fhir.compare_resources(
                pair, bundle(observation(first, comment="one"), observation(second, comment="two")), "", seen
            )
        )
        == []
    )
    recorded = bundle(*(observation(C, comment=f"see {id_}") for id_ in (A, B)))
    actual = bundle(*(observation(C, comment=f"see {id_}") for id_ in (second, first)))
    assert texts(fhir.compare_resources(recorded, actual, "", seen)) == []


def test_the_order_counts_where_it_was_asked_for():
    first, second = observation(A, comment="one"), observation(B, comment="two")
    assert of_fhir(bundle(first, second), bundle(second, first), "_sort=date")
    assert of_fhir(bundle(first, second), bundle(first, second), "_sort=date") == []


FIRST, SECOND, THIRD = (observation(letter * 8, effectiveDateTime=f"202{letter}-03-10") for letter in "123")


@pytest.mark.parametrize(
    ("recorded", "actual", "expected"),
    [
        ((THIRD, SECOND, FIRST), (THIRD, SECOND, FIRST), []),
        ((THIRD, SECOND, FIRST), (FIRST, SECOND, THIRD), ["newest first, by effectiveDateTime"]),
        ((FIRST, SECOND, THIRD), (FIRST, THIRD, SECOND), ["oldest first, by effectiveDateTime"]),
        ((SECOND, THIRD, FIRST), (FIRST, SECOND, THIRD), []),
        ((THIRD, FIRST), (FIRST, THIRD), []),
        ((THIRD, SECOND, SECOND), (SECOND, SECOND, THIRD), []),
    ],
    ids=["the same", "another", "a little", "none before", "of two", "of equals"],
)
def test_an_order_by_time_counts(recorded: tuple[Any, ...], actual: tuple[Any, ...], expected: list[str]):
    texts = [f'Bundle.entry (order): "{order}" in the recording, "another order" now' for order in expected]
    assert of_fhir(bundle(*recorded), bundle(*actual)) == texts


def test_xml_is_compared_as_json_is():
    patient = '<Patient xmlns="http://hl7.org/fhir"><id value="{}"/><gender value="{}"/></Patient>'
    recorded, same, other = (
        tree_of(patient.format(*row).encode()) for row in ((A, "male"), (B, "male"), (A, "female"))
    )
    assert of_fhir(recorded, same) == []
    assert of_fhir(recorded, other) == ['Patient.gender[0]: "male" in the recording, "female" now']


ACK = "MSH|^~\\&|HL7API|PKB|PAS|NM|20260310100100+0000||ACK^A28|PKB-1|P|2.4\rMSA|AA|a28-001"


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (ACK, []),
        (ACK.replace("20260310100100+0000", "20270310100100+0000").replace("PKB-1", "X"), []),
        (ACK.replace("\r", "\r\n"), []),
        (ACK.replace("a28-001", "other"), ['MSA-2: "a28-001" in the recording, "other" now']),
        (ACK.replace("ACK^A28", "ACK^A31"), ['MSH-9.2: "A28" in the recording, "A31" now']),
        (ACK.replace("|AA|a28-001", "|AE|x|no"), ['MSA-1: "AA" in the recording, "AE" now (no)']),
        (ACK + "\rERR|1", ['ERR: not in the recording, "ERR|1" now']),
        (
            ACK.replace("+0000||", "||").replace("20260310100100", ""),
            ['MSH-7: "20260310100100+0000" in the recording, "" now'],
        ),
    ],
)
def test_hl7_is_compared_by_segment_and_field(changed: str, expected: list[str]):
    assert texts(hl7.compare_messages(ACK, changed, values())) == expected


NTE = [f"NTE|{number}" for number in range(1, 4)]


@pytest.mark.parametrize(
    ("recorded", "actual", "expected"),
    [
        ([ACK, NTE[0]], [ACK], ['NTE: "NTE|1" in the recording, missing now']),
        ([ACK], [ACK, NTE[0]], ['NTE: not in the recording, "NTE|1" now']),
        ([ACK, *NTE], [ACK, NTE[0]], [f'NTE[{n}]: "NTE|{n}" in the recording, missing now' for n in (2, 3)]),
        ([ACK, NTE[0]], [ACK, *NTE], [f'NTE[{n}]: not in the recording, "NTE|{n}" now' for n in (2, 3)]),
        ([ACK, *NTE[:2]], [ACK, *NTE[:2]], []),
        ([ACK, *NTE[:2]], [ACK, NTE[0], "NTE|7"], ['NTE[2]-1: "2" in the recording, "7" now']),
    ],
)
def test_a_segment_of_one_side_is_named_by_its_place(recorded: list[str], actual: list[str], expected: list[str]):
    assert texts(hl7.compare_messages("\r".join(recorded), "\r".join(actual), values())) == expected


def test_ids_of_custom_rest_may_be_numbers_but_must_be_consistent():
    seen = values()
    assert texts(rest.compare_objects({"id": 5001, "patientId": "7"}, {"id": 6001, "patientId": "8"}, "", seen)) == []
    assert texts(rest.compare_objects({"id": 5001}, {"id": 6001}, "", seen)) == []
    assert texts(rest.compare_objects({"id": 5001}, {"id": 6002}, "", seen)) == [
        "body.id: 5001 in the recording, 6002 now"
    ]
    message = ({"message": "No measurement 268454395578598"}, {"message": "No measurement 137742416439016"})
    assert texts(rest.compare_objects(*message, "", seen)) != []
    rest_id = ({"id": "268454395578598"}, {"id": "137742416439016"})
    assert texts(rest.compare_objects(*rest_id, "", seen)) == []
    assert texts(rest.compare_objects(*message, "", seen)) == []


def test_lists_of_ids_are_compared_as_ids():
    seen = values()
    assert texts(rest.compare_objects({"attachmentIds": ["5223"]}, {"attachmentIds": ["1484"]}, "", seen)) == []
    assert seen.bindings.actual("5223") == "1484"


@pytest.mark.parametrize(
    ("operation", "differs"),
    [("GET /v1/users/{patientId}/recordAccessToken", False), ("GET /v1/diagnoses/{id}", True)],
)
def test_a_rule_of_one_operation_is_for_no_other(operation: str, differs: bool):
    seen = values()
    seen.operation = operation
    assert bool(texts(rest.compare_objects({"code": "8gmz87xh6r"}, {"code": "i6ebtae7sw"}, "", seen))) == differs


def test_an_invitation_s_codes_are_others_which_stand_for_the_recorded_ones():
    seen = values()
    recorded, actual = (
        {"resourceType": "Parameters", "parameter": [{"name": "t", "part": [{"name": "code", "valueString": code}]}]}
        for code in ("8gmz87xh6r", "i6ebtae7sw")
    )
    assert texts(fhir.compare_resources(recorded, actual, "", seen)) == []
    assert seen.bindings.actual("8gmz87xh6r") == "i6ebtae7sw"


def test_claims_are_compared_without_times_but_with_the_life():
    recorded = {"iss": "http://a:1", "sub": "me", "scope": ["none"], "iat": 100, "exp": 400, "jti": A}
    actual = {"iss": "https://b.example/pkb", "sub": "me", "scope": ["all"], "iat": 900, "exp": 960, "jti": B}
    token = {"access_token": f"x.{encoded(actual)}.y"}
    assert texts(oauth.compare_claims(recorded, token, values())) == [
        'claims.scope[0]: "none" in the recording, "all" now',
        "claims.exp - claims.iat: 300 in the recording, 60 now",
    ]
    assert texts(oauth.compare_claims({}, token, values())) == [
        'access_token: "opaque" in the recording, "a JSON Web Token" now'
    ]


LIVES = {
    "the same": (300, 300, []),
    "five seconds less": (300, 295, []),
    "five seconds more": (300, 305, []),
    "six seconds less": (300, 294, ["body.expires_in: 300 in the recording, 294 now"]),
    "six seconds more": (300, 306, ["body.expires_in: 300 in the recording, 306 now"]),
    "text instead of a number": (300, "300", ['body.expires_in: 300 in the recording, "300" now']),
    "a number instead of text": ("300", 300, ['body.expires_in: "300" in the recording, 300 now']),
}


@pytest.mark.parametrize(("recorded", "actual", "expected"), LIVES.values(), ids=LIVES)
def test_the_life_of_a_token_may_differ_by_five_seconds(recorded: Any, actual: Any, expected: list[str]):
    assert (
        texts(oauth.compare_token_responses({"expires_in": recorded}, {"expires_in": actual}, "", values())) == expected
    )


@pytest.mark.parametrize(("end", "differs"), [(399, False), (401, False), (398, True), (402, True)])
def test_the_life_in_the_claims_may_differ_by_a_second(end: int, differs: bool):
    token = {"access_token": f"x.{encoded({'iat': 100, 'exp': end})}.y"}
    assert bool(texts(oauth.compare_claims({"iat": 100, "exp": 400}, token, values()))) is differs


def encoded(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")


def exchange(body: str, status: int = 200, **headers: str) -> RecordedExchange:
    names = {"content-type": "application/json", **headers}
    return RecordedExchange(
        number=1, id="x", at=START, api="rest", operation="GET /x", client="c", user="", kind="", standing="choice",
        rule="", fault="", method="GET", scheme="http", base_url="http://a:1", target="/json/x",
        request=RecordedMessage({}, b""), status=status, response=RecordedMessage(names, body.encode()),
    )  # fmt: skip


def reply(body: str, status: int = 200, **headers: str) -> ReplayedResponse:
    return ReplayedResponse(status, {"content-type": "application/json;charset=utf-8", **headers}, body.encode())


def responses(recorded: RecordedExchange, actual: ReplayedResponse) -> list[Difference]:
    return compare_responses(recorded, actual, values())


def test_a_different_status_is_the_only_difference_and_has_the_servers_reason():
    (row,) = responses(exchange('{"a":1}'), reply('{"message":"closed"}', 503))
    assert row.text(is_redacted=False) == "status: 200 in the recording, 503 now (closed)"
    assert row.text(is_redacted=True) == "status: 200 in the recording, 503 now"


def test_a_secret_that_only_the_other_server_sends_is_not_in_the_report():
    (row,) = responses(exchange('{"a":1}'), reply('{"a":1,"refresh_token":"hush"}'))
    assert row.text(is_redacted=False) == 'body.refresh_token: not in the recording, "[redacted]" now'


def test_headers_that_carry_meaning_are_compared():
    recorded = exchange("{}", allow="GET")
    assert texts(responses(recorded, reply("{}", allow="GET"))) == []
    assert texts(responses(recorded, reply("{}", allow="PUT", server="x"))) == [
        'header allow: "GET" in the recording, "PUT" now'
    ]
    as_text = ReplayedResponse(200, {"content-type": "text/plain", "allow": "GET"}, b"{}")
    assert texts(responses(recorded, as_text))[0] == (
        'header content-type: "application/json" in the recording, "text/plain" now'
    )


@pytest.mark.parametrize("body", [b"", b"[" * 100_000, b"\xff\xfe", b'{"a":NaN}', b"<x/>", b'"text"'])
def test_any_body_of_the_other_server_is_a_difference_and_no_failure(body: bytes):
    assert responses(exchange('{"a":1}'), ReplayedResponse(200, {"content-type": "application/json"}, body))


def test_each_rule_has_a_reason_and_a_name_of_its_own():
    assert len({rule.id for rule in rules()}) == len(rules())
    assert all(rule.why and rule.treat in ("ignore", "id", "form", "near") for rule in rules())
    assert {rule.dialect for rule in rules()} == {"fhir", "hl7", "rest", "oauth", "headers"}
