"""The request that stands for a recorded one: its ids, its secrets and what it leaves out, without a server."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from sandbox.replay.authorization import VERIFIER, WRONG, Authorization, NotAvailable, ReplayTokens, is_secret_refused
from sandbox.replay.bindings import Bindings
from sandbox.replay.connection import ReplayConnection, ReplayedResponse
from sandbox.replay.credentials import MatchedCredential, bind_credentials, match_credentials
from sandbox.replay.dependencies import dependencies_of
from sandbox.replay.other_sandbox import OtherSandbox, bind_worlds
from sandbox.replay.recording import MASK, RecordedExchange, RecordedMessage
from sandbox.replay.requests import prepare
from tests.replay.test_meaning import A, B, exchange

Json = dict[str, Any]
URL = "http://127.0.0.1:9"
HL7 = MatchedCredential(
    {"kind": "hl7-org", "username": "old"}, {"kind": "hl7-org", "username": "new", "password": "pw-1"}
)
APP = MatchedCredential(
    {"kind": "user-client", "client_id": "old-app", "users": [{"id": "u-1"}]},
    {"kind": "user-client", "client_id": "new-app", "client_secret": "s-1", "users": [{"id": "u-9"}]},
)
SYSTEM = MatchedCredential(
    {"kind": "system-client", "client_id": "old-sys"},
    {"kind": "system-client", "client_id": "new-sys", "client_secret": "s-2", "access_token": "of-the-file"},
)


def authorization() -> Authorization:
    connection = ReplayConnection(URL)
    known_credentials = {"old": HL7, "old-app": APP, "old-sys": SYSTEM}
    return Authorization(known_credentials, connection, OtherSandbox(connection, None, None))


def recorded(
    method: str = "GET",
    target: str = "/fhir/Patient/1",
    body: str = "",
    media_type: str = "application/json",
    is_whole: bool = True,
    **values: Any,
) -> RecordedExchange:
    headers = {"content-type": media_type, **values.pop("headers", {})}
    request = RecordedMessage(headers, body.encode(), is_whole)
    common = {"api": "facade", "client": "old-sys", "user": "", "scheme": "http", "base_url": "http://a:1", **values}
    return replace(exchange("", 200), **{"method": method, "target": target, "request": request, **common})


def bindings(**ids: str) -> Bindings:
    result = Bindings()
    for before, after in ids.items():
        result.bind(before, after)
    return result


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


# --- the header ---

BEARER = {"authorization": "-"}
HEADERS: dict[str, tuple[Json, str]] = {
    "HL7": ({"api": "hl7", "client": "old"}, basic("new:pw-1")),
    "HL7, refused": ({"api": "hl7", "client": "old", "status": 401}, basic(f"new:{WRONG}")),
    "HL7 of somebody else, refused": ({"api": "hl7", "client": "x", "status": 401}, basic(f"x:{WRONG}")),
    "HL7 of nobody, refused": ({"api": "hl7", "client": "", "status": 401}, basic(f"{WRONG}:{WRONG}")),
    "HL7 of nobody": ({"api": "hl7", "client": ""}, ""),
    "a token request": ({"api": "oauth", "client": "old-sys"}, basic("new-sys:s-2")),
    "a token request, refused": ({"api": "oauth", "client": "old-sys", "status": 400}, basic(f"new-sys:{WRONG}")),
    "a token": ({}, "Bearer of-the-file"),
    "a token, refused": ({"status": 401}, f"Bearer {WRONG}"),
    "a token, and a bad request": ({"status": 400}, "Bearer of-the-file"),
    "a token of somebody else, refused": ({"client": "x", "status": 401}, f"Bearer {WRONG}"),
}


@pytest.mark.parametrize("case", HEADERS)
def test_a_caller_has_the_secret_that_stands_for_the_recorded_one(case: str):
    values, header = HEADERS[case]
    assert authorization().header(recorded(headers=BEARER, **values)) == header


def test_a_caller_without_a_credential_is_named():
    with pytest.raises(NotAvailable, match=r"the credentials file has no credential for x \(system-client\)"):
        authorization().header(recorded(headers=BEARER, client="x", kind="system-client"))


@pytest.mark.parametrize(
    ("values", "is_refused"),
    [
        ({"headers": BEARER, "status": 401}, True),
        ({"headers": BEARER, "status": 400}, False),
        ({"headers": BEARER, "status": 400, "api": "oauth"}, True),
        ({"headers": BEARER, "status": 403, "api": "oauth"}, False),
        ({"status": 401}, False),
        ({"status": 401, "target": f"/fhir?access_token={MASK}"}, True),
        ({"status": 401, "target": "/fhir?access_token=%5Bredacted%5D"}, True),
        ({"status": 401, "body": f"password={MASK}"}, True),
    ],
    ids=str,
)
def test_a_request_was_refused_for_its_secret_if_it_had_one(values: Json, is_refused: bool):
    assert is_secret_refused(recorded(**values)) is is_refused


# --- secrets in forms ---

OAUTH: Json = {"api": "oauth", "client": "old-app", "user": "u-1", "headers": BEARER}
SECRETS: dict[str, tuple[str, Json, str]] = {
    "a client's secret": ("client_secret", OAUTH, "s-1"),
    "a password": ("password", OAUTH, "s-1"),
    "a secret that was refused": ("client_secret", {**OAUTH, "status": 400}, WRONG),
    "an access token": ("access_token", {"client": "old-sys"}, "of-the-file"),
    "a token": ("token", {"client": "old-sys"}, "of-the-file"),
    "an access token that was refused": ("access_token", {"status": 401, "headers": BEARER}, WRONG),
    "a verifier": ("code_verifier", OAUTH, VERIFIER),
    "a verifier that was refused": ("code_verifier", {**OAUTH, "status": 400}, WRONG),
    "a code that was refused": ("code", {**OAUTH, "status": 400}, WRONG),
    "a refresh token that was refused": ("refresh_token", {**OAUTH, "status": 400}, WRONG),
    "anything else": ("state", OAUTH, WRONG),
    "a one-time password that was refused": ("otpToken", {**OAUTH, "status": 400}, WRONG),
}


@pytest.mark.parametrize("case", SECRETS)
def test_a_masked_value_has_a_secret_by_its_name(case: str):
    name, values, secret = SECRETS[case]
    assert authorization().secret(name, recorded(**values), {}) == secret


def test_one_time_passwords_are_used_in_the_order_of_issue():
    secrets = authorization()
    for password in ("first", "second"):
        secrets.note(recorded(), ReplayedResponse(200, {}, json.dumps({"otpToken": password}).encode()))
    assert [secrets.secret("otpToken", recorded(), {}) for _ in range(2)] == ["first", "second"]
    with pytest.raises(NotAvailable, match="no one-time password was issued"):
        secrets.secret("otpToken", recorded(), {})


@pytest.mark.parametrize(
    ("status", "body", "tokens"),
    [
        (200, {"access_token": "a", "refresh_token": "r"}, ("a", "r")),
        (200, {"access_token": "a"}, ("a", "")),
        (200, {"access_token": 1, "refresh_token": "r"}, ("before", "kept")),
        (200, ["access_token"], ("before", "kept")),
        (201, {"access_token": "a"}, ("before", "kept")),
        (400, {"access_token": "a"}, ("before", "kept")),
    ],
)
def test_the_newest_tokens_of_a_client_and_user_count(status: int, body: Any, tokens: tuple[str, str]):
    secrets = authorization()
    secrets.tokens["old-app", "u-1"] = ReplayTokens("before", "kept")
    secrets.note(recorded(**OAUTH), ReplayedResponse(status, {}, json.dumps(body).encode()))
    noted = secrets.tokens["old-app", "u-1"]
    assert (noted.access, noted.refresh) == tokens
    assert secrets.secret("refresh_token", recorded(**OAUTH), {}) == tokens[1] if tokens[1] else True


@pytest.mark.parametrize(
    ("values", "is_forgotten"),
    [
        ({"headers": BEARER}, True),
        ({}, False),
        ({"headers": BEARER, "status": 401}, False),
        ({"headers": BEARER, "api": "hl7"}, False),
        ({"headers": BEARER, "api": "oauth"}, False),
        ({"headers": BEARER, "client": "old-app"}, False),
        ({"headers": BEARER, "user": "u-1"}, False),
    ],
    ids=str,
)
def test_a_token_is_forgotten_once_if_the_recorded_one_was_accepted(values: Json, is_forgotten: bool):
    secrets = authorization()
    secrets.tokens["old-sys", ""] = ReplayTokens("a")
    assert secrets.forget(recorded(**values)) is is_forgotten
    assert secrets.tokens["old-sys", ""].access == ("" if is_forgotten else "a")
    assert not secrets.forget(recorded(headers=BEARER)) if is_forgotten else True


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


# --- what stands for what ---


def test_an_id_stands_for_one_id_alone():
    names = bindings(a="1")
    assert [names.bind("a", "1"), names.bind("a", "2"), names.bind("b", "1")] == [True, False, False]
    assert (names.actual("a"), names.actual("c"), names.is_actual("1"), names.is_actual("9")) == (
        "1",
        None,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("clinic and clinic.org", "C and O"),
        ("my-clinic", "my-clinic"),
        ("clinical", "clinical"),
        ("clinic-x", "clinic-x"),
        ("(clinic)", "(C)"),
        ("same", "same"),
    ],
)
def test_a_name_is_replaced_as_a_whole_word(text: str, expected: str):
    names = Bindings()
    for before, after in (("clinic", "C"), ("clinic.org", "O"), ("same", "same"), ("", "x"), ("y", "")):
        names.name(before, after)
    assert names.rewrite(text) == expected
    assert (names.value("clinic"), names.value("y"), names.value("")) == ("C", "y", "")


def row(kind: str, id_: str, **more: Any) -> Json:
    return {"kind": kind, "client_id": id_, **more}


def test_credentials_are_matched_by_id_then_by_order():
    before = [row("a", "1"), row("a", "2"), row("a", "3"), row("b", "1"), row("c", "9")]
    after = [row("a", "x"), row("a", "2"), row("b", "y"), row("a", "z"), row("a", "unused")]
    matched = match_credentials(before, after)
    assert {key: pair.id for key, pair in matched.items() if key != "1"} == {"2": "2", "3": "z"}
    assert matched["1"].kind == "b"
    assert match_credentials([row("a", "1")], [row("a", "x")])["1"].id == "x"


URIS = {"redirect_uris": ["r-1", "r-2", "r-3"]}


@pytest.mark.parametrize(
    ("actual", "uri", "expected"),
    [
        ([], "r-1", "r-1"),
        (["x", "r-1"], "r-1", "r-1"),
        (["x", "y", "z"], "r-2", "y"),
        (["x", "y"], "r-3", "y"),
        (["x"], "unknown", "unknown"),
    ],
)
def test_a_redirect_uri_stands_in_the_same_place(actual: list[str], uri: str, expected: str):
    assert MatchedCredential(row("a", "1", **URIS), row("a", "1", redirect_uris=actual)).redirect_uri(uri) == expected


def test_what_belongs_to_credentials_stands_for_each_other():
    before = row(
        "a", "c-1", organisation={"id": "o-1"}, endpoints=["e-1"], on_behalf_of=[{"organisation": {"id": "o-2"}}]
    )
    after = row(
        "a", "c-9", organisation={"id": "o-9"}, endpoints=["e-9"], on_behalf_of=[{"organisation": {"id": "o-8"}}]
    )
    users = {"users": [{"id": "u-1", "email": "a@b.c"}]}, {"users": [{"id": "u-9", "email": "d@e.f"}]}
    names = Bindings()
    bind_credentials(match_credentials([{**before, **users[0]}], [{**after, **users[1]}]), names)
    pairs = {"c-1": "c-9", "o-1": "o-9", "o-2": "o-8", "e-1": "e-9", "u-1": "u-9", "a@b.c": "d@e.f"}
    assert {name: names.value(name) for name in pairs} == pairs


def test_people_of_two_worlds_are_recognised_by_id_number_and_name():
    before = {
        "patients": [{"id": "p-1", "nhs_number": "1", "legacy_id": 5}, {"id": "p-2"}, {"id": "p-3", "nhs_number": "3"}],
        "organisations": [
            {"id": "o-1", "name": "N", "teams": [{"id": "t-1", "alias": "x"}, {"id": "t-2", "name": "y"}]}
        ],
        "users": "none",
    }
    after = {
        "patients": [{"id": "p-9", "nhs_number": "1", "legacy_id": 6}, {"id": "p-2"}, {"id": "p-8"}],
        "organisations": [
            {"id": "o-9", "name": "N", "teams": [{"id": "t-8", "name": "y"}, {"id": "t-9", "alias": "x"}]}
        ],
    }
    names = Bindings()
    bind_worlds(before, after, names)
    pairs = {"p-1": "p-9", "5": "6", "p-2": "p-2", "o-1": "o-9", "t-1": "t-9", "t-2": "t-8"}
    assert {name: names.actual(name) for name in pairs} == pairs
    assert names.actual("p-3") is None


# --- what a request needs ---


def step(id_: str, target: str = "/x", answer: str = "", **values: Any) -> RecordedExchange:
    response = RecordedMessage(values.pop("answered", {}), answer.encode())
    return replace(recorded(target=target, **values), id=id_, response=response)


NEEDS: dict[str, tuple[list[RecordedExchange], list[tuple[str, str, str, str]]]] = {
    "an id": ([step("1", answer=f'"{A}"'), step("2", f"/x/{A}")], [("2", "1", "id", A)]),
    "an id of a location": (
        [step("1", answered={"location": "http://a:1/fhir/Patient/77"}), step("2", "/fhir/Patient/77")],
        [("2", "1", "id", "77")],
    ),
    "an id that the client chose": ([step("1", f"/x/{A}", answer=f'"{A}"'), step("2", f"/x/{A}")], []),
    "the first answer counts": (
        [step("1", answer=f'"{A}"'), step("2", answer=f'"{A}"'), step("3", f"/x?y={A}")],
        [("3", "1", "id", A)],
    ),
    "a page": (
        [step("1", answer='"url":"http://a:1/fhir?_getpages=p%201&x"'), step("2", "/fhir?_getpages=p%201")],
        [("2", "1", "page link", "p 1")],
    ),
    "an id in a header": (
        [
            step("1", answer='{"id":"o-1"}'),
            step("2", headers={"x-team-id": "o-1"}),
            step("3", headers={"accept": "o-1"}),
        ],
        [("2", "1", "id", "o-1")],
    ),
    "an id in a body": (
        [step("1", answer='{"patientId": 77}'), step("2", body='{"subject":{"reference":"Patient/77"}}')],
        [("2", "1", "id", "77")],
    ),
    "a token": (
        [step("1", api="oauth", operation="token client_credentials"), step("2", headers=BEARER), step("3")],
        [("2", "1", "access token", "")],
    ),
    "a token that was refused": (
        [step("1", api="oauth", operation="token client_credentials", status=400), step("2", headers=BEARER)],
        [],
    ),
    "the newest token": (
        [step(n, api="oauth", operation="token client_credentials") for n in ("1", "2")] + [step("3", headers=BEARER)],
        [("3", "2", "access token", "")],
    ),
    "a token of another client": (
        [step("1", api="oauth", operation="token x"), step("2", headers=BEARER, client="old-app")],
        [],
    ),
    "Basic is no token": (
        [step("1", api="oauth", operation="token x"), step("2", headers=BEARER, api="hl7")],
        [],
    ),
    "a refresh token": (
        [step("1", api="oauth", operation="token x"), step("2", api="oauth", operation="token refresh_token")],
        [("2", "1", "refresh token", "")],
    ),
    "a one-time password": (
        [step("1", answer=f'{{"otpToken": "{MASK}"}}'), step("2", "/otp.action"), step("3", "/otp.action")],
        [("2", "1", "one-time code", "")],
    ),
}


@pytest.mark.parametrize("case", NEEDS)
def test_an_exchange_needs_what_earlier_answers_brought(case: str):
    exchanges, needs = NEEDS[case]
    assert [tuple(need) for need in dependencies_of(exchanges)] == needs
