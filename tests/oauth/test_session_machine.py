"""Whatever order things happen in: a refused token never reads, a live one always does, nothing works twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from sandbox.access import tokens
from sandbox.access.matrix import OtherIssuer, decide
from sandbox.errors import Unauthenticated
from sandbox.server import SandboxServer
from tests.support import Client

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
DIARY, CLINIC, DONE = "stepwise-diary", "stepwise-clinic", "http://localhost:8400/done"
TOLA, SAMIRA = "tola.adeyemi@example.org", "samira.halloran@example.org"
NUMBER = "https://fhir.nhs.uk/Id/nhs-number|9991001379"
CODE_LIFE, ACCESS_LIFE, SESSION_LIFE = timedelta(seconds=600), timedelta(seconds=1800), timedelta(seconds=5400)
BACK = st.integers(0, 3)


@dataclass(eq=False)
class Session:
    """The expected state of a session."""

    email: str
    ends: datetime
    invalid: bool = False
    accesses: dict[str, datetime] = field(default_factory=dict)
    refreshes: list[str] = field(default_factory=list)

    def access(self, back: int) -> str:
        """The newest access token, or an older one."""
        return list(self.accesses)[-1 - back % len(self.accesses)]

    def refresh(self, back: int) -> str:
        """The one refresh token that works, or a used one."""
        return self.refreshes[-1 - back % len(self.refreshes)]

    def refusal(self, now: datetime) -> str:
        """The response code that all of its tokens get; none while it lives."""
        return "API_SESSION_INVALID" if self.invalid else "API_SESSION_EXPIRED" if self.ends <= now else ""

    def refusal_of(self, access: str, now: datetime) -> str:
        return self.refusal(now) or ("ACC_TOKEN_EXPIRED" if self.accesses[access] <= now else "")


@dataclass(eq=False)
class Code:
    """The expected state of a code: `session` is set once it was used."""

    value: str
    email: str
    ends: datetime
    session: Session | None = None


@pytest.fixture(scope="module")
def frozen() -> Iterator[Client]:
    """A sandbox whose clock stands still, and whose sessions end."""
    with SandboxServer(port=0, clock=NOON.isoformat(), session_seconds=int(SESSION_LIFE.total_seconds())) as server:
        client = Client(server)
        yield client
        client.http.close()


class Machine(RuleBasedStateMachine):
    """Two patients, one app, and another client that tries its luck."""

    pkb: Client
    users: dict[str, str]

    codes: Bundle[Code] = Bundle("codes")
    opened: Bundle[Session] = Bundle("opened")

    def __init__(self) -> None:
        super().__init__()
        self.sessions: list[Session] = []

    @property
    def now(self) -> datetime:
        return self.pkb.server.workspaces.default.clock.now()

    def post(self, **form: str) -> httpx.Response:
        return self.pkb.http.post("/apiToken.action", data={"client_id": DIARY, **form})

    def exchange(self, code: str, **changed: str) -> httpx.Response:
        return self.post(**{"grant_type": "authorization_code", "code": code, "redirect_uri": DONE, **changed})

    def refused(self, response: httpx.Response) -> None:
        assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")
        assert "token" not in "".join(response.json())

    def granted(self, session: Session, response: httpx.Response) -> None:
        assert response.status_code == 200, response.text
        body = response.json()
        access, refresh = body["access_token"], body.get("refresh_token")
        assert access not in session.accesses
        assert refresh not in session.refreshes
        assert (refresh is not None) is (self.now + ACCESS_LIFE <= session.ends)
        session.accesses[access] = self.now + ACCESS_LIFE
        # Without one, the number of the last one that worked is used up as well: none works from now on.
        session.refreshes.append(refresh or "none")

    # --- rules ---

    @rule(target=codes, email=st.sampled_from([TOLA, SAMIRA]))
    def authorize(self, email: str) -> Code:
        query = {"client_id": DIARY, "redirect_uri": DONE}
        answer = self.pkb.http.post(f"/_sandbox/users/{self.users[email]}/approve", json=query).json()["redirect"]
        return Code(parse_qs(urlsplit(answer).query)["code"][0], email, self.now + CODE_LIFE)

    @rule(target=opened, code=codes)
    def exchange_code(self, code: Code):
        response = self.exchange(code.value)
        if code.session is not None or code.ends <= self.now:
            self.refused(response)
            if code.session is not None and code.ends > self.now:
                code.session.invalid = True
            return multiple()
        code.session = Session(code.email, self.now + SESSION_LIFE)
        self.sessions.append(code.session)
        self.granted(code.session, response)
        return code.session

    @rule(code=codes, changed=st.sampled_from([{"client_id": CLINIC}, {"redirect_uri": f"{DONE}?x"}]))
    def exchange_code_as_somebody_else(self, code: Code, changed: dict[str, str]) -> None:
        self.refused(self.exchange(code.value, **changed))

    @rule(session=opened)
    def refresh(self, session: Session) -> None:
        self.show(session, session.refreshes[-1])

    @rule(session=opened, back=BACK)
    def replay(self, session: Session, back: int) -> None:
        self.show(session, session.refresh(back))

    def show(self, session: Session, token: str) -> None:
        response = self.post(grant_type="refresh_token", refresh_token=token)
        if token not in (session.refreshes[-1], "none"):
            session.invalid = True
        if session.refusal(self.now) or token == "none":
            self.refused(response)
        else:
            self.granted(session, response)

    @rule(session=opened, back=BACK)
    def refresh_as_somebody_else(self, session: Session, back: int) -> None:
        self.refused(self.post(grant_type="refresh_token", refresh_token=session.refresh(back), client_id=CLINIC))

    @rule(session=opened, back=BACK)
    def refresh_with_an_access_token(self, session: Session, back: int) -> None:
        self.refused(self.post(grant_type="refresh_token", refresh_token=session.access(back)))

    @rule(session=opened, back=BACK, at=st.integers(0, 31))
    def alter(self, session: Session, back: int, at: int) -> None:
        token = session.access(back)
        self.refused_as(f"{token[:at]}{'A' if token[at] != 'A' else 'B'}{token[at + 1 :]}", "BAD_AUTHENTICATION")

    @rule(session=opened, back=BACK)
    def read_with_a_refresh_token(self, session: Session, back: int) -> None:
        self.refused_as(session.refresh(back), "BAD_AUTHENTICATION")

    @rule(session=opened, back=BACK)
    def read(self, session: Session, back: int) -> None:
        token = session.access(back)
        response = self.get(token)
        if session.refusal_of(token, self.now):
            assert response.status_code == 401
            assert "entry" not in response.json()
        else:
            assert response.headers["PKB-Sandbox-Cell"] == "app.facade.read_demographics"
            assert response.json()["total"] == (session.email == TOLA)

    @rule(seconds=st.sampled_from([1, 300, 599, 600, 1799, 1800, 3600]))
    def wait(self, seconds: int) -> None:
        self.pkb.server.workspaces.default.clock.advance(timedelta(seconds=seconds))

    # --- what holds after each ---

    @invariant()
    def tokens_are_what_they_are_expected_to_be(self) -> None:
        for session in self.sessions:
            for token in session.accesses:
                expected = session.refusal_of(token, self.now)
                if expected:
                    self.refused_as(token, expected)
                else:
                    self.allowed_its_cell_only(session, token)

    def get(self, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.pkb.http.get("/fhir/Patient", params={"identifier": NUMBER}, headers=headers)

    def refused_as(self, token: str, code: str) -> None:
        with pytest.raises(Unauthenticated) as refused:
            tokens.principal_of(self.pkb.server.workspaces, token)
        assert refused.value.code == code

    def allowed_its_cell_only(self, session: Session, token: str) -> None:
        principal = tokens.principal_of(self.pkb.server.workspaces, token)
        assert (principal.user, principal.scope) == (self.users[session.email], "PATIENT")
        assert decide(principal, "facade", "read_demographics").decision == "allowed"
        with pytest.raises(OtherIssuer):
            decide(principal, "hl7", "send_data")


def test_sessions_keep_their_rules_in_any_order(frozen: Client):
    users = {user["email"]: user["id"] for user in frozen.credential(DIARY)["users"]}
    machine = type("Made", (Machine,), {"pkb": frozen, "users": users})
    run_state_machine_as_test(machine, settings=settings(max_examples=100, stateful_step_count=40, deadline=None))


def test_a_refresh_that_asks_for_another_scope_costs_nothing(frozen: Client):
    user = next(user["id"] for user in frozen.credential(DIARY)["users"] if user["email"] == TOLA)
    session = frozen.server.workspaces.default.sessions.open(DIARY, "PATIENT", user=user)
    token = frozen.server.workspaces.default.sessions.refresh_token(session)
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": DIARY}
    assert frozen.http.post("/apiToken.action", data={**form, "scope": "CLINICIAN"}).json()["error"] == "invalid_scope"
    assert frozen.http.post("/apiToken.action", data=form).status_code == 200
