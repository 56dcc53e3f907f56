"""Answers that are given again: never one that is no longer right, and each an exchange of its own.

Every answer is compared with what the same server says when it remembers nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.access.principal import Principal
from sandbox.access.tokens import acting_as
from sandbox.app import create_app
from sandbox.http.first_use import FirstUse
from sandbox.http.repeatable import LARGEST, LONGEST_KEY, AnswerMemory, Key, RepeatableAnswer
from sandbox.model import Consent, Credential, Document, Grant, Medication, Patient
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.facade.samples import LABORATORY, NORTHMOOR_ID, RHYS, SAMIRA, TOLA
from tests.support import SOAP

Json = dict[str, Any]
START = datetime(2026, 3, 10, 22, tzinfo=UTC)
LETTER = "79b3236f-1e61-495c-b8c5-9e3a13c51948"
CUSTOMER = "/customer/northmoor-r4/fhir"
REALM = "/auth/realms/pkb/protocol/openid-connect/token"
BIRTH = {"resourceType": "Patient", "id": "p1", "birthDate": "1990-01-01"}
ADDRESSES = {
    "partner": (
        f"/fhir/Patient/{RHYS}",
        f"/fhir/Patient/{TOLA}?_elements=name",
        f"/fhir/DocumentReference?patient={RHYS}",
        f"/fhir/DocumentReference?patient={RHYS}&_count=1",
        f"/fhir/Observation?patient={RHYS}&{LABORATORY}",
        f"/fhir/Consent?patient={RHYS}",
        "/fhir/NamingSystem?value=urn:uuid:",
    ),
    "patient": (f"/fhir/Patient/{RHYS}", f"/fhir/DocumentReference?patient={RHYS}", f"/fhir/Patient/{SAMIRA}"),
    "customer": (
        f"{CUSTOMER}/Patient/p1",
        f"{CUSTOMER}/Patient?_count=1",
        f"{CUSTOMER}/Patient?birthdate=ap2020",
        f"{CUSTOMER}/Patient?_format=xml",
        "/aggregated/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number%7C9991013709",
        "/aggregated/fhir/MedicationStatement",
        "/aggregated/fhir/DocumentReference?_count=50",
    ),
}
"""Caller → what they ask for."""


class World:
    """A sandbox without sockets, and tokens for it."""

    def __init__(self) -> None:
        self.workspaces = Workspaces(Settings(clock=START.isoformat()))
        self.app: Any = create_app(self.workspaces)
        transport = httpx.ASGITransport(app=self.app, client=("127.0.0.1", 50_000))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080")
        self.tokens: dict[str, str] = {}

    @property
    def world(self) -> Any:
        return self.workspaces.default

    def start(self) -> None:
        """Go back to the seeded world, and sign in again."""
        self.world.reset(("store", "faults", "clock", "exchanges"))
        self.forget()
        self.sign_in()
        assert self.call("PUT", f"{CUSTOMER}/Patient/p1", "customer", json=BIRTH).status_code == 201

    def sign_in(self) -> None:
        partner = self.token("/api/oauth/token", "letterbox-facade")
        self.tokens = {
            "partner": partner,
            "customer": self.token(REALM, "northmoor-fhir"),
            "patient": self.user_token(),
        }

    def token(self, address: str, client: str) -> str:
        secret = self.world.store.get(Credential, client).secret
        form = {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
        # A client whose credential is revoked gets no token, and goes on with text that never was one.
        value: str = self.call("POST", address, data=form).json().get("access_token", "none")
        return value

    def user_token(self) -> str:
        sessions, now = self.world.sessions, self.world.clock.now()
        session = sessions.open("stepwise-diary", "PATIENT", user=RHYS)
        value: str = sessions.access_token(session, now + timedelta(hours=1))
        return value

    def call(self, method: str, path: str, caller: str = "", **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[caller]}"} if caller else {}
        if caller == "partner":
            headers["X-Org-Public-Id"] = NORTHMOOR_ID
        headers.update(options.pop("headers", {}))
        return loop().run_until_complete(self.http.request(method, path, headers=headers, **options))

    def send(self, er7: str) -> None:
        content = SOAP.format(er7).encode()
        auth: Any = httpx.BasicAuth("org_northmoor", self.world.store.get(Credential, "org_northmoor").secret)
        headers = {"Content-Type": "text/xml;charset=utf-8"}
        assert self.call("POST", "/services/hl7", content=content, auth=auth, headers=headers).status_code == 200

    def memories(self) -> Iterator[AnswerMemory]:
        for mounts in self.app._mounts.values():
            for _, _, _, front_end in mounts:
                if isinstance(front_end, FirstUse):
                    yield front_end.front_end._memory

    def forget(self) -> None:
        for memory in self.memories():
            memory._answers.clear()
            memory.size = 0

    def answers(self) -> list[Any]:
        """Status and body of each address for each caller, without what is new in every answer."""
        return [self.answer(path, caller) for caller, paths in ADDRESSES.items() for path in paths]

    def answer(self, path: str, caller: str) -> Any:
        response = self.call("GET", path, caller)
        return path, response.status_code, response.headers.get("etag"), unlike_any(response)


@cache
def loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def unlike_any(response: httpx.Response) -> Any:
    if "xml" in response.headers.get("content-type", ""):
        return response.text.partition("<type ")[2]
    body = response.json() if response.content else {}
    if body.get("resourceType") == "Bundle":
        links = [link["relation"] for link in body.pop("link")]
        return {**body, "id": None, "meta": None, "link": links}
    return body


def put(world: World, kind: type[Any], id_: str, **changes: Any) -> None:
    entity = world.world.store.find_one(kind, id_)
    if entity is not None:
        world.world.store.put(replace(entity, **changes))


def each(world: World, kind: type[Any], **changes: Any) -> None:
    for entity in list(world.world.store.all(kind)):
        world.world.store.put(replace(entity, **changes))


def end_sessions(world: World) -> None:
    world.world.sessions.end_all_of("stepwise-diary")


def go_back(world: World) -> None:
    world.call("POST", "/_sandbox/checkpoints", json={"name": "before"})
    put(world, Patient, RHYS, phone="0000")
    world.answers()
    assert world.call("POST", "/_sandbox/checkpoints/before/restore").status_code == 200


def expire_token(world: World) -> None:
    rule = {"path": f"/fhir/Patient/{RHYS}", "expire_token": True, "first": 1}
    assert world.call("PUT", "/_sandbox/faults", json={"rules": [rule]}).status_code == 200
    world.answers()
    assert world.call("DELETE", "/_sandbox/faults").status_code in (200, 204)


def take_back_grants(world: World) -> None:
    for grant in list(world.world.store.all(Grant)):
        world.world.store.delete(grant)


HELD_UNTIL = START + timedelta(hours=2)
ACTS: dict[str, Callable[[World], object]] = {
    "a message changes a phone number": lambda world: world.send(
        "MSH|^~\\&amp;|PAS|NORTHMOOR|HL7API|PKB|20260310101500||ADT^A31|c1|P|2.4\r"
        "PID|||9991013709^^^NHS^NH||Delacroix^Rhys||19850214|M|||||07700900999^PRS"
    ),
    "the patient is renamed": lambda world: put(world, Patient, RHYS, phone="07700900123"),
    "a document gets another label": lambda world: put(world, Document, LETTER, label="SEXUAL_HEALTH"),
    "a document is held back": lambda world: put(world, Document, LETTER, released_at=HELD_UNTIL),
    "the time of release comes": lambda world: world.world.clock.freeze(HELD_UNTIL),
    "the clock goes back": lambda world: world.world.clock.freeze(START),
    "midnight passes": lambda world: world.world.clock.advance(timedelta(hours=3)),
    "tokens expire": lambda world: world.world.clock.advance(timedelta(hours=48)),
    "years pass": lambda world: world.world.clock.advance(timedelta(days=4000)),
    "everybody signs in": lambda world: world.sign_in(),
    "a session ends": end_sessions,
    "a medication ends in an hour": lambda world: each(
        world, Medication, end_at=world.world.clock.now() + timedelta(hours=1)
    ),
    "an hour passes": lambda world: world.world.clock.advance(timedelta(minutes=61)),
    "every consent ends": lambda world: each(world, Consent, discharged=True),
    "every consent is to one label": lambda world: each(world, Consent, discharged=False, labels=("GENERAL_HEALTH",)),
    "sharing is disabled": lambda world: put(world, Patient, RHYS, sharing_disabled=True),
    "access is frozen": lambda world: put(world, Patient, RHYS, access_frozen=True),
    "an account ends": lambda world: put(world, Patient, RHYS, registered=False),
    "grants are taken back": take_back_grants,
    "a credential is revoked": lambda world: put(world, Credential, "northmoor-fhir", revoked=True),
    "a Customer writes": lambda world: world.call(
        "PUT", f"{CUSTOMER}/Patient/p1", "customer", json={**BIRTH, "gender": "male"}
    ),
    "a Customer deletes": lambda world: world.call("DELETE", f"{CUSTOMER}/Patient/p1", "customer"),
    "a fault rule expires a token": expire_token,
    "a checkpoint is restored": go_back,
    "the world is reset": lambda world: world.world.reset(("store", "clock")),
}


@cache
def shared() -> World:
    return World()


def assert_right(world: World, what: str) -> None:
    """Compare answers with those of a server that remembers nothing; twice, so that some are given again."""
    for _ in range(2):
        answers = world.answers()
        world.forget()
        assert answers == world.answers(), what


@pytest.mark.parametrize("name", ACTS)
def test_every_act_is_seen_at_once(name: str):
    world = shared()
    world.start()
    world.answers(), world.answers()
    ACTS[name](world)
    assert_right(world, name)


@pytest.mark.parametrize(
    "names",
    [
        ("a document is held back", "the time of release comes", "the clock goes back"),
        ("a document is held back", "the time of release comes", "everybody signs in", "the clock goes back"),
        ("a medication ends in an hour", "an hour passes"),
        ("midnight passes", "everybody signs in", "the clock goes back", "midnight passes"),
    ],
    ids=str,
)
def test_an_answer_is_right_until_its_time_comes(names: tuple[str, ...]):
    world = shared()
    world.start()
    for name in names:
        world.answers(), world.answers()
        ACTS[name](world)
        assert_right(world, name)


@settings(max_examples=15)
@given(st.lists(st.sampled_from(sorted(ACTS)), min_size=2, max_size=6))
def test_no_answer_is_given_longer_than_it_is_right(names: list[str]):
    world = shared()
    world.start()
    for name in names:
        world.answers()
        ACTS[name](world)
        assert_right(world, name)


# --- what is given again ---


@pytest.fixture
def world() -> World:
    shared().start()
    return shared()


def test_answers_to_the_same_request_are_remembered(world: World):
    world.answers(), world.answers()
    kept = sum(len(memory) for memory in world.memories())
    refused_or_of_the_hour = 3  # another patient's record, an approximate date, and XML
    assert kept == sum(map(len, ADDRESSES.values())) - refused_or_of_the_hour


@pytest.mark.parametrize(
    ("caller", "path"),
    [
        ("partner", ADDRESSES["partner"][3]),
        ("customer", ADDRESSES["customer"][1]),
        ("customer", ADDRESSES["customer"][4]),
    ],
)
def test_each_searchset_has_its_own_id_and_time(world: World, caller: str, path: str):
    first = world.call("GET", path, caller).json()
    world.world.clock.advance(timedelta(seconds=1))
    again = world.call("GET", path, caller).json()
    assert datetime.fromisoformat(again["meta"]["lastUpdated"]) == START + timedelta(seconds=1)
    assert ("id" in first) == ("id" in again)
    assert "id" not in first or first["id"] != again["id"]
    assert again["entry"] == first["entry"]


def test_an_answer_whose_time_has_no_milliseconds_names_its_own_length(world: World):
    path = f"/fhir/DocumentReference?patient={RHYS}"
    world.world.clock.advance(timedelta(milliseconds=500))
    lengths = []
    for _ in range(3):
        response = world.call("GET", path, "partner")
        assert int(response.headers["content-length"]) == len(response.content)
        lengths.append(len(response.content))
        world.world.clock.advance(timedelta(milliseconds=500))
    assert lengths == [lengths[0], lengths[0] - len(".500"), lengths[0]]


def test_each_first_page_leads_to_further_pages_of_its_own(world: World):
    path = ADDRESSES["partner"][3]
    first, again = (world.call("GET", path, "partner").json() for _ in range(2))
    next_of_first, next_of_again = (
        next(link["url"] for link in body["link"] if link["relation"] == "next") for body in (first, again)
    )
    assert again["id"] in next_of_again
    assert next_of_first != next_of_again
    pages = [world.call("GET", url, "partner").json()["entry"] for url in (next_of_first, next_of_again)]
    assert pages[0] == pages[1]


def test_each_answer_is_an_exchange_of_its_own(world: World):
    path = ADDRESSES["partner"][2]
    responses = [world.call("GET", path, "partner", headers={"PKB-Sandbox-Scenario": "again"}) for _ in range(3)]
    ids = [response.headers["pkb-sandbox-exchange"] for response in responses]
    rows = [world.call("GET", f"/_sandbox/exchanges/{id_}").json() for id_ in ids]
    assert len(set(ids)) == 3
    alike = ("api", "operation", "caller", "credential", "cell", "standing", "outcome", "scenario")
    assert len({json.dumps([row[name] for name in alike]) for row in rows}) == 1
    assert [row["repeats"] for row in rows] == [None, ids[0], ids[1]]
    assert [row["response"]["body"] for row in rows] == [response.text for response in responses]
    for name in ("pkb-sandbox-cell", "pkb-sandbox-standing", "content-type", "content-length"):
        assert len({response.headers[name] for response in responses}) == 1


def test_each_answer_with_advice_has_its_explanation(world: World):
    path = f"/fhir/Observation?patient={RHYS}&{LABORATORY}&_sort=nothing-known"
    first, again = (world.call("GET", path, "partner") for _ in range(2))
    explained = [response.headers.get("pkb-sandbox-explain") for response in (first, again)]
    assert None not in explained
    assert explained[0] != explained[1]
    texts = [world.call("GET", address or "").json() for address in explained]
    assert texts[0] == texts[1]


def test_exchanges_of_both_kinds_take_the_same_room(world: World):
    path = ADDRESSES["partner"][0]
    for _ in range(2):
        world.call("GET", path, "partner")
    first, again = list(world.world.exchanges)[-2:]
    assert first.size == again.size > 0


# --- whom it is given to ---


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "other.example"},
        {"X-Forwarded-Host": "proxy.example", "X-Forwarded-Prefix": "/pkb"},
        {"Accept": "application/json"},
        {"X-Org-Public-Id": "771c41ae-3218-4492-a2a3-f5b7aae8ec3d"},
        {"X-Org-Public-Id": ""},
        {"Authorization": ""},
        {"Authorization": "Bearer nothing"},
    ],
    ids=str,
)
def test_another_request_gets_an_answer_of_its_own(world: World, headers: dict[str, str]):
    path = ADDRESSES["partner"][2]
    world.call("GET", path, "partner"), world.call("GET", path, "partner")
    other = world.call("GET", path, "partner", headers=headers)
    world.forget()
    fresh = world.call("GET", path, "partner", headers=headers)
    assert (other.status_code, other.headers.get("content-type")) == (
        fresh.status_code,
        fresh.headers.get("content-type"),
    )
    assert unlike_any(other) == unlike_any(fresh)


def test_another_caller_gets_an_answer_of_their_own(world: World):
    path = f"/fhir/DocumentReference?patient={RHYS}"
    bodies = [unlike_any(world.call("GET", path, caller)) for caller in ("partner", "patient", "partner", "patient")]
    assert bodies[0] == bodies[2] != bodies[1] == bodies[3]


@pytest.mark.parametrize("user", [TOLA, None])
def test_who_acts_as_another_gets_an_answer_of_their_own(world: World, user: str | None):
    """The console asks for people who have no session."""
    path = f"/fhir/DocumentReference?patient={RHYS}"
    world.call("GET", path, "patient"), world.call("GET", path, "patient")
    client = "stepwise-diary" if user else "northmoor-fhir"
    scope = "PATIENT" if user else ""
    other = Principal(
        workspace=world.world, credential=world.world.store.get(Credential, client), user=user, scope=scope
    )
    with acting_as(other):
        assert world.call("GET", path, "patient").status_code in (400, 401, 403, 404)
    assert world.call("GET", path, "patient").status_code == 200


def test_a_world_that_is_deleted_answers_no_more(world: World):
    created = world.call("POST", "/_sandbox/workspaces", json={"name": "short"}).json()
    row = next(row for row in created["credentials"] if row["kind"] == "customer-system-client")
    form = {"grant_type": "client_credentials", "client_id": row["client_id"], "client_secret": row["client_secret"]}
    token = world.call("POST", REALM, data=form).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    for _ in range(2):
        assert world.call("GET", "/aggregated/fhir/Patient", headers=headers).status_code == 200
    assert world.call("DELETE", "/_sandbox/workspaces/short").status_code == 204
    assert world.call("GET", "/aggregated/fhir/Patient", headers=headers).status_code == 401


@pytest.mark.parametrize("effect", [{"status": 503}, {"truncate": 5}, {"duplicate": True}], ids=str)
def test_a_fault_rule_meets_a_request_that_was_answered_before(world: World, effect: Json):
    path = ADDRESSES["partner"][0]
    whole = [world.call("GET", path, "partner") for _ in range(2)][1]
    world.call("PUT", "/_sandbox/faults", json={"rules": [{"path": "/fhir/*", **effect}]})
    faulted = world.call("GET", path, "partner")
    assert "pkb-sandbox-fault" in faulted.headers
    world.call("DELETE", "/_sandbox/faults")
    assert world.call("GET", path, "partner").content == whole.content


def test_a_request_with_a_body_is_not_answered_from_memory(world: World):
    path = ADDRESSES["partner"][0]
    world.forget()
    for _ in range(2):
        assert world.call("GET", path, "partner", content=b"{}").status_code == 200
    assert sum(len(memory) for memory in world.memories()) == 0


# --- how much is remembered ---


def answer(size: int) -> RepeatableAnswer:
    world = shared()
    world.call("GET", ADDRESSES["partner"][0], "partner")
    kept = next(entry for memory in world.memories() for entry in memory._answers.values())
    return replace(kept, body=b"x" * size)


def key(number: int, header: bytes = b"") -> Key:
    return f"/{number}", None, b"", "http", None, None, ((b"x", header),)


def test_the_answers_that_nobody_asks_for_go_first(world: World):
    memory = AnswerMemory(most=2)
    for number in (1, 2):
        memory.keep(key(number), answer(10))
    memory.find(key(1))
    memory.keep(key(3), answer(10))
    assert [memory.find(key(number)) is not None for number in (1, 2, 3)] == [True, False, True]


def test_the_bytes_that_are_remembered_have_a_limit(world: World):
    memory = AnswerMemory(most_bytes=30_000)
    for number in range(9):
        memory.keep(key(number), answer(5_000))
    assert len(memory) == 2
    memory.keep(key(1), answer(LARGEST + 1))
    assert memory.size <= 30_000
    assert memory.find(key(1)) is None


def test_a_request_with_long_headers_is_not_remembered(world: World):
    memory = AnswerMemory()
    memory.keep(key(1, b"x" * LONGEST_KEY), answer(10))
    memory.keep(key(2, b"x" * (LONGEST_KEY - 10)), answer(10))
    assert [memory.find(key(1, b"x" * LONGEST_KEY)), len(memory)] == [None, 1]
