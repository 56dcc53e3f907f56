"""The request that stands for a recorded one: its ids, its headers and what it leaves out, without a server."""

from __future__ import annotations

import pytest

from sandbox.replay.authorization import NotAvailable
from sandbox.replay.recording import MASK
from sandbox.replay.requests import prepare
from tests.replay.recorded_requests import BEARER, URL, authorization, basic, bindings, recorded
from tests.replay.test_meaning import A, B

# --- targets, headers and bodies ---

FORM = "application/x-www-form-urlencoded"
TARGETS: dict[str, tuple[str, str]] = {
    "an id": (f"/fhir/Patient/{A}", f"/fhir/Patient/{B}"),
    "a short id": ("/json/patients/17", "/json/patients/4711"),
    "another id": ("/fhir/Patient/170", "/fhir/Patient/170"),
    "a parameter": (f"/fhir/Observation?patient={A}&_count=17", f"/fhir/Observation?patient={B}&_count=4711"),
    "a reference": ("/fhir/Observation?subject=Patient/17", "/fhir/Observation?subject=Patient/4711"),
    "an escaped reference": ("/fhir/Observation?subject=Patient%2F17", "/fhir/Observation?subject=Patient/4711"),
    "a value without an id": ("/fhir/Patient?name=A%20b&x", "/fhir/Patient?name=A%20b&x"),
    "no query": ("/fhir/metadata?", "/fhir/metadata?"),
    "a version": ("/fhir/Patient/17/_history/3", "/fhir/Patient/4711/_history/8"),
    "another version": ("/fhir/Patient/17/_history/4", "/fhir/Patient/4711/_history/4"),
    "a masked token": (f"/fhir/Patient?access_token={MASK}&a=1", "/fhir/Patient?access_token=of-the-file&a=1"),
}


@pytest.mark.parametrize("case", TARGETS)
def test_a_target_has_the_ids_of_the_other_server(case: str):
    before, after = TARGETS[case]
    names = bindings(**{A: B, "17": "4711"})
    names.bind_etag("/fhir/Patient/17", 'W/"3"', 'W/"8"')
    assert prepare(recorded(target=before), names, authorization(), URL).target == after


BODIES: dict[str, tuple[str, str, str]] = {
    "an id in JSON": ("application/json", '{"id": "17", "a": 1}', '{"id": "4711", "a": 1}'),
    "an id that is a number": ("application/json", '{"patientId": 17}', '{"patientId": 4711}'),
    "a number that is no id": ("application/json", '{"value":17}', '{"value":17}'),
    "a truth": ("application/json", '{"id":true}', '{"id":true}'),
    "an unknown id": ("application/json", '{"id":18}', '{"id":18}'),
    "ids in a list": ("application/json", '{"id": ["17", "18"]}', '{"id": ["4711", "18"]}'),
    "a reference": (
        "application/fhir+json",
        '{"subject": {"reference": "Patient/17"}}',
        '{"subject": {"reference": "Patient/4711"}}',
    ),
    "a text that looks like a reference": ("application/json", '{"text":"Patient/17"}', '{"text":"Patient/17"}'),
    "no JSON": ("application/json", '{"id":"17"', '{"id":"17"'),
    "a long id in text": ("text/plain", f"see {A}.", f"see {B}."),
    "an id in text of another kind": ("text/plain", '{"id":"17"}', '{"id":"17"}'),
    "a form": (FORM, f"patient={A}&x=17", f"patient={B}&x=4711"),
    "an empty form": (FORM, "", ""),
    "a masked form": (FORM, "client_secret=%5Bredacted%5D&a=b", "client_secret=s-2&a=b"),
    "a masked form, not escaped": (FORM, f"client_secret={MASK}", "client_secret=s-2"),
    "a masked field": ("application/json", f'{{"password" : "{MASK}"}}', '{"password" : "s-2"}'),
    "a masked text": ("text/plain", f"a {MASK}b", "a b"),
    "an own address": ("text/plain", "see http://a:1/fhir/x", f"see {URL}/fhir/x"),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_has_the_ids_and_secrets_of_the_other_server(case: str):
    media_type, before, after = BODIES[case]
    request = recorded("POST", body=before, media_type=media_type)
    assert prepare(request, bindings(**{A: B, "17": "4711"}), authorization(), URL).body.decode() == after


def test_headers_of_the_connection_are_dropped_and_others_rewritten():
    headers = {"host": "a:1", "cookie": "c", "if-match": 'W/"3", W/"5"', "x-org-public-id": A, "accept": "x", **BEARER}
    names = bindings(**{A: B})
    names.bind_etag("/fhir/Patient/1", 'W/"3"', 'W/"8"')
    request = prepare(recorded(headers=headers), names, authorization(), URL)
    expected = {"if-match": 'W/"8", W/"5"', "x-org-public-id": B, "accept": "x", "content-type": "application/json"}
    assert request.headers == expected
    assert request.parts[2] == {**expected, "Authorization": "Bearer of-the-file"}
    assert prepare(recorded(), names, authorization(), URL).parts[2] == {"content-type": "application/json"}


def test_a_cut_body_is_not_sent_and_a_message_by_mllp_goes_in_soap():
    with pytest.raises(NotAvailable, match="the journal kept only the beginning of its body"):
        prepare(recorded(is_whole=False), bindings(), authorization(), URL)
    mllp = recorded(body=f"MSH|a&b|{A}|{MASK}", scheme="mllp", api="hl7", client="old")
    request = prepare(mllp, bindings(**{A: B}), authorization(), URL)
    assert (request.method, request.target, request.authorization) == ("POST", "/services/hl7", basic("new:pw-1"))
    assert f"MSH|a&amp;b|{B}|<" in request.body.decode()
