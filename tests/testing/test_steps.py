"""The library's requests and choices, without a server: each operation is a generator, and the test answers it."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from sandbox.testing.answers import Ack, ControlError
from sandbox.testing.operations import LONGEST_WAIT, as_duration, fail_next, send_hl7, wait_for
from sandbox.testing.report import traffic
from sandbox.testing.signing_in import TokenAuth, choose_credential, organisation_header, sign_in, token
from sandbox.testing.steps import Ask, Control, Steps
from sandbox.testing.world import new_name

Json = dict[str, Any]
NORTH, EAST = {"id": "n-1", "name": "North"}, {"id": "e-1", "name": "East"}
HL7: Json = {"kind": "hl7-org", "username": "org_north-ab12", "password": "p", "organisation": NORTH}
SYSTEM: Json = {
    "kind": "system-client",
    "client_id": "letterbox-ab12",
    "client_secret": "s",
    "on_behalf_of": [{"organisation": NORTH}, {"organisation": EAST}],
}
APP: Json = {
    "kind": "user-client",
    "client_id": "diary",
    "users": [{"id": "u-1", "email": "tola@example.org"}, {"id": "u-2"}],
    "redirect_uris": ["http://a/done", "http://b/done"],
}
TETHERED: Json = {"kind": "tethered-token-system-client", "client_id": "t", "refresh_token": "r"}
ROWS = [HL7, SYSTEM, APP, TETHERED]
WORLD: Json = {"users": [{"id": "u-3", "email": "owen@example.org"}], "patients": [{"id": "p-1"}]}
TOKENS = {"access_token": "a", "refresh_token": "r2", "expires_in": "1800"}


def answer(body: Any = None, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body) if body is not None else httpx.Response(status)


def run(steps: Steps[Any], *answers: httpx.Response) -> tuple[list[Ask], Any]:
    """Answer a generator's requests in order; returns them, and its result."""
    requests = [next(steps)]
    for response in answers:
        try:
            requests.append(steps.send(response))
        except StopIteration as end:
            return requests, end.value
    raise AssertionError(f"no answer for {requests[-1]}")


@pytest.mark.parametrize(
    ("kind", "organisation", "row"),
    [
        ("hl7-org", None, HL7),
        ("org_north-ab12", None, HL7),
        ("org_north", None, HL7),
        ("letterbox", "East", SYSTEM),
        ("system-client", "e-1", SYSTEM),
        ("system-client", "North", SYSTEM),
        ("user-client", None, APP),
    ],
)
def test_a_credential_is_chosen_by_kind_or_name_and_organisation(kind: str, organisation: str | None, row: Json):
    assert choose_credential(ROWS, kind, organisation) is row


@pytest.mark.parametrize(
    ("kind", "organisation", "text"),
    [
        ("hl7-org", "East", "No credential 'hl7-org' of organisation 'East'; "),
        ("x", None, "No credential 'x'; the world"),
    ],
)
def test_a_credential_that_is_not_there_is_reported_with_what_there_is(kind: str, organisation: str | None, text: str):
    with pytest.raises(LookupError) as error:
        choose_credential(ROWS, kind, organisation)
    assert str(error.value).startswith(text)
    assert "the world has: hl7-org org_north-ab12, system-client letterbox-ab12, user-client diary" in str(error.value)


@pytest.mark.parametrize(
    ("credential", "organisation", "id_"),
    [(SYSTEM, None, "n-1"), (SYSTEM, "East", "e-1"), (SYSTEM, "e-1", "e-1"), (SYSTEM, "West", None), (HL7, None, None)],
)
def test_a_system_client_names_the_first_organisation_or_the_chosen_one(credential: Json, organisation: Any, id_: Any):
    assert organisation_header(credential, organisation).get("X-Org-Public-Id") == id_
    without = {**credential, "kind": "other"}
    assert organisation_header(without, organisation) == {}


def test_each_kind_has_its_way_to_a_token():
    (requests,), tokens = run(token(Control(), SYSTEM), answer(TOKENS))
    assert (requests.path, requests.form, tokens.expires_in) == (
        "/api/oauth/token",
        {"grant_type": "client_credentials"},
        1800,
    )
    assert requests.headers["Authorization"] == "Basic bGV0dGVyYm94LWFiMTI6cw=="
    (requests,), tokens = run(token(Control(), TETHERED), answer({"access_token": "a"}))
    assert requests.form == {"grant_type": "refresh_token", "refresh_token": "r", "scope": "SITE", "client_id": "t"}
    assert (tokens.refresh_token, tokens.expires_in) == ("", 0)
    (requests,), _ = run(
        token(Control(), {**SYSTEM, "kind": "customer-system-client"}),
        answer(TOKENS),
    )
    assert requests.path.startswith("/auth/realms/")


def test_a_refused_token_is_an_error_with_the_beginning_of_the_answer():
    with pytest.raises(ControlError) as error:
        run(token(Control(), SYSTEM), httpx.Response(400, text="x" * 301))
    assert (error.value.status, error.value.detail) == (400, "x" * 300)


@pytest.mark.parametrize("user", [None, "u-2", "owen@example.org", "p-1"])
def test_signing_in_approves_and_exchanges_the_first_code(user: str | None):
    world = [answer(WORLD)] if user else []
    approved = answer({"redirect": "http://a/done?code=c1&code=c2"})
    requests, _ = run(sign_in(Control(), APP, user), *world, approved, answer(TOKENS))
    expected = {None: "u-1", "owen@example.org": "u-3"}.get(user, user)
    assert requests[-2].path == f"/_sandbox/users/{expected}/approve"
    assert requests[-2].body == {"client_id": "diary", "redirect_uri": "http://a/done"}
    assert requests[-1].form is not None
    assert requests[-1].form["code"] == "c1"


def test_an_unknown_person_is_reported_with_the_addresses_of_the_world():
    with pytest.raises(LookupError, match=r"No user 'x'; the world has: tola@example.org, owen@example.org$"):
        run(sign_in(Control(), APP, "x"), answer(WORLD))


def authorised(flow: Any, *statuses: int) -> list[str]:
    """The paths and authorization of the requests of a flow, whose answers have these statuses."""
    request = next(flow)
    lines = []
    for status in statuses:
        lines.append(f"{request.url.path} {request.headers.get('authorization', '')}".strip())
        try:
            request = flow.send(answer(TOKENS if request.url.path == "/token" else None, status))
        except StopIteration:
            break
    return lines


def fetch() -> Steps[Any]:
    from sandbox.testing.answers import Tokens

    response = yield Ask("POST", "/token", form={"a": "b"})
    return Tokens(response.json()["access_token"], "", 0)


def test_a_token_is_got_when_first_needed_and_renewed_once_when_it_is_refused_later():
    auth = TokenAuth("http://a", fetch)
    assert authorised(auth.auth_flow(httpx.Request("GET", "http://a/x")), 200, 401) == ["/token", "/x Bearer a"]
    again = authorised(auth.auth_flow(httpx.Request("GET", "http://a/x")), 401, 200, 401)
    assert again == ["/x Bearer a", "/token", "/x Bearer a"]
    assert authorised(auth.auth_flow(httpx.Request("GET", "http://a/x")), 200) == ["/x Bearer a"]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("MSH|x\rMSA|AA|1|fine|more", ("AA", "fine", "1")),
        ("MSH|x\nMSA|AA|1", ("AA", "", "1")),
        ("MSH|x\r\nMSA|AR", ("AR", "", "")),
        ("MSA", ("", "", "")),
    ],
)
def test_an_acknowledgement_is_taken_apart(message: str, expected: tuple[str, str, str]):
    ack = Ack.parse(message)
    assert (ack.code, ack.text, ack.control_id) == expected


def test_what_is_no_acknowledgement_is_quoted_in_part():
    with pytest.raises(ValueError, match=f"'{'x' * 200}'$"):
        Ack.parse("x" * 201)


def test_an_ask_is_json_or_a_form_or_content():
    assert Ask("POST", "/", body={}, form={"a": "b"}).options()["json"] == {}
    assert Ask("POST", "/", form={"a": "b"}, content=b"c").options() == {
        "params": {},
        "headers": {},
        "data": {"a": "b"},
    }
    assert Ask("POST", "/", content=b"c").options()["content"] == b"c"
    assert Ask("GET", "/", {"a": 0, "b": None, "c": ""}).options()["params"] == {"a": 0}


def test_a_control_call_has_a_token_and_reads_the_detail_of_a_refusal():
    requests, body = run(Control("w", "t").ask("GET", "/clock", at=1), answer({"now": 1}))
    assert (requests[0].path, requests[0].params, body) == ("/_sandbox/clock", {"at": 1, "workspace": "w"}, {"now": 1})
    assert requests[0].headers == {"Authorization": "Bearer t", "Accept": "application/json"}
    assert "Authorization" not in run(Control("w").ask("GET", "/clock"), answer())[0][0].headers
    assert run(Control().ask("DELETE", "/faults"), answer(None, 204))[1] is None
    details = {"so": answer({"detail": "so"}, 400), "x" * 300: httpx.Response(400, text="x" * 301)}
    for detail, response in {**details, "Bad Request": httpx.Response(400)}.items():
        with pytest.raises(ControlError) as error:
            run(Control().ask("GET", "/x"), response)
        assert error.value.detail == detail


def test_a_message_goes_with_the_password_of_its_user_and_carriage_returns():
    envelope = "<e><return>MSA|AA|7</return></e>"
    requests, ack = run(
        send_hl7(Control(scenario="s"), "MSH|a&b\r\nPID\nPV1", None),
        answer({"credentials": ROWS}),
        httpx.Response(200, text=envelope),
    )
    assert ack.control_id == "7"
    assert requests[1].content is not None
    assert b"MSH|a&amp;b\rPID\rPV1" in requests[1].content
    assert requests[1].headers["PKB-Sandbox-Scenario"] == "s"
    assert requests[1].headers["Authorization"].startswith("Basic ")
    with pytest.raises(ControlError, match=r"answered 500: x{300}$"):
        run(send_hl7(Control(), "MSH", "hl7-org"), answer({"credentials": ROWS}), httpx.Response(500, text="x" * 301))


def test_a_long_wait_is_several_polls_and_a_short_one_ends():
    nothing, newest = answer({"exchanges": []}), answer({"exchanges": [{"id": "1"}, {"id": "2"}]})
    requests, exchange = run(wait_for(Control(), 1000, {"api": "hl7"}), nothing, newest)
    assert exchange == {"id": "2"}
    assert [row.params["wait"] for row in requests] == [LONGEST_WAIT, LONGEST_WAIT]
    assert (requests[0].params["api"], requests[0].waits) == ("hl7", LONGEST_WAIT)
    with pytest.raises(TimeoutError, match="No exchange with any filter within 0 seconds"):
        run(wait_for(Control(), 0, {}), nothing)
    began = time.monotonic()
    steps = wait_for(Control(), 5, {})
    assert 0 < next(steps).params["wait"] <= 5 + began - time.monotonic() + 1


def test_a_fault_comes_before_the_others_and_acts_once_unless_it_says_otherwise():
    others = answer({"rules": [{"id": "f", "hits": 2, "api": "hl7", "status": 500}]})
    requests, rule = run(fail_next(Control(), {"status": 503}), others, answer({"rules": [{"id": "new"}, {"id": "f"}]}))
    assert rule == {"id": "new"}
    assert requests[1].body == {"rules": [{"first": 1, "status": 503}, {"api": "hl7", "status": 500}]}
    requests, _ = run(fail_next(Control(), {"first": 3}), answer({"rules": []}), answer({"rules": [{}]}))
    assert requests[1].body == {"rules": [{"first": 3}]}


def test_a_duration_stays_and_each_name_is_new():
    assert as_duration("PT1M") == "PT1M"
    names = [new_name("a"), new_name("a")]
    assert len({*names}) == 2
    first, second = (name.split("-") for name in names)
    assert (len(first[2]), int(second[1]) - int(first[1])) == (6, 1)


class World:
    """A world with a journal and explanations of its own."""

    def __init__(self, *exchanges: Json, why: Json | None = None) -> None:
        self.exchanges = list(exchanges)
        self._why = why

    def explanation(self, id_: str) -> Json:
        if self._why is None:
            raise ControlError("GET", 404, "none")
        return self._why


def exchange(outcome: str = "accepted", **parts: Any) -> Json:
    row = {"id": "1", "at": "2026-11-27T09:00:00.123456Z", "api": "facade", "operation": "", "outcome": outcome}
    request, response = {"method": "GET", "path": "/fhir"}, {"status": 200}
    return {**row, "request": request, "response": response, **parts}


WHY = {"id": "r", "standing": "choice", "rule": "R", "expected": "E", "cell": "", "source": "S"}


def test_a_report_shows_the_newest_exchanges_and_the_rule_of_a_refusal():
    message = exchange("refused", api="hl7", operation="ADT^A28", hl7={"ack": "AR"})
    assert traffic(World(exchange(), message, exchange(hl7={})), 2).split("\n") == [  # type: ignore[arg-type]
        "(1 earlier ones are not shown)",
        f"09:00:00.123  {'hl7':<10} {'ADT^A28':<40} refused 200 AR",
        f"09:00:00.123  {'facade':<10} {'GET /fhir':<40} accepted 200",
    ]
    for cell in ("", "c"):
        lines = traffic(World(message, why={**WHY, "cell": cell}), 1).split("\n")  # type: ignore[arg-type]
        assert lines[1:] == ["    E", "    rule r (choice): R", *(["    cell c"] if cell else []), "    S"]
