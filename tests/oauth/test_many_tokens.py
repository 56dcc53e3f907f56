"""Ten thousand of everything: tokens cost no memory, and none is ever forgotten or refused too early."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.access import tokens
from sandbox.errors import Unauthenticated
from sandbox.model import Credential
from sandbox.settings import Settings
from sandbox.worlds.sessions import Sessions, TokenState
from sandbox.worlds.workspaces import Workspaces

MANY = 10_000
NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
CLIENT, USER = "stepwise-diary", "4c86625f-13d7-423c-93e9-d58574a12dec"


@pytest.fixture
def frozen() -> Workspaces:
    return Workspaces(Settings(seed=7, clock=NOON.isoformat()))


def held(workspaces: Workspaces) -> dict[str, int]:
    """How much the sandbox keeps: entries of every collection of `Sessions`, and entities in the store."""
    sessions, store = workspaces.default.sessions, workspaces.default.store
    collections = {name: len(kept) for name, kept in vars(sessions).items() if isinstance(kept, (dict, list, set))}
    assert {"_sessions", "_codes", "_tethered"} <= collections.keys()
    return {**collections, "entities": sum(len(table) for table in store._tables.values())}


def refusal(workspaces: Workspaces, token: str) -> str:
    with pytest.raises(Unauthenticated) as refused:
        tokens.principal_of(workspaces, token)
    return refused.value.code


def test_ten_thousand_client_credentials_tokens_are_all_good_and_leave_nothing(frozen: Workspaces):
    workspace = frozen.default
    credential = workspace.store.get(Credential, "letterbox-facade")
    before = held(frozen)
    issued = [tokens.issue(workspace, credential, "http://localhost", 3599, {"scope": ["none"]}) for _ in range(MANY)]
    assert len({token.id for token in issued}) == len({token.value for token in issued}) == MANY
    assert {tokens.principal_of(frozen, token.value).credential.id for token in issued} == {"letterbox-facade"}
    assert held(frozen) == before
    workspace.clock.advance(timedelta(seconds=3599))
    assert {refusal(frozen, token.value) for token in issued[:: MANY // 100]} == {"ACC_TOKEN_EXPIRED"}
    assert held(frozen) == before


def test_ten_thousand_refreshes_of_one_session_leave_one_session(frozen: Workspaces):
    workspace, sessions = frozen.default, frozen.default.sessions
    session = sessions.open(CLIENT, "PATIENT", user=USER)
    before = held(frozen)
    accesses, refreshes = [], [sessions.refresh_token(session)]
    for _ in range(MANY):
        now = workspace.clock.now()
        state, refreshed = sessions.use_refresh_token(refreshes[-1], CLIENT, now)
        assert (state, refreshed and refreshed.handle) == (TokenState.LIVE, session.handle)
        accesses.append(sessions.access_token(session, now + timedelta(seconds=1800)))
        refreshes.append(sessions.refresh_token(session))
        assert tokens.principal_of(frozen, accesses[-1]).user == USER
        workspace.clock.advance(timedelta(seconds=1))
    assert len(set(accesses)) == MANY
    assert len(set(refreshes)) == MANY + 1
    assert not set(accesses) & set(refreshes)
    assert held(frozen) == before
    live = [sessions.of_access_token(token, workspace.clock.now())[0] for token in accesses]
    assert live == [TokenState.EXPIRED] * (MANY - 1799) + [TokenState.LIVE] * 1799
    assert refusal(frozen, accesses[0]) == "ACC_TOKEN_EXPIRED"
    assert held(frozen) == before


@pytest.mark.parametrize("used", [0, 1, MANY // 2, MANY - 1])
def test_any_used_refresh_token_of_ten_thousand_ends_the_session(frozen: Workspaces, used: int):
    now, sessions = frozen.default.clock.now(), frozen.default.sessions
    session = sessions.open(CLIENT, "PATIENT", user=USER)
    refreshes = [sessions.refresh_token(session)]
    for _ in range(MANY):
        sessions.use_refresh_token(refreshes[-1], CLIENT, now)
        refreshes.append(sessions.refresh_token(session))
    access = sessions.access_token(session, now + timedelta(seconds=1800))
    assert sessions.use_refresh_token(refreshes[used], CLIENT, now)[0] is TokenState.SESSION_INVALID
    assert sessions.use_refresh_token(refreshes[-1], CLIENT, now)[0] is TokenState.SESSION_INVALID
    assert refusal(frozen, access) == "API_SESSION_INVALID"


def test_codes_whose_time_is_over_are_forgotten(frozen: Workspaces):
    clock, sessions = frozen.default.clock, frozen.default.sessions
    for _ in range(MANY):
        sessions.issue_code(CLIENT, "http://localhost:8400/done", USER, "PATIENT", clock.now())
        clock.advance(timedelta(seconds=60))
    assert held(frozen)["_codes"] <= Sessions.CODE_LIFE.total_seconds() / 60
    assert len(sessions) == 0


def test_a_tethered_refresh_token_that_is_shown_ten_thousand_times_is_of_one_session(frozen: Workspaces):
    workspace = frozen.default
    tethered_sessions = {
        workspace.sessions.tethered_refresh_token("letterbox-tethered", "northmoor_renal", NOON) for _ in range(MANY)
    }
    assert (len(tethered_sessions), len(workspace.sessions)) == (1, 1)


def test_sessions_of_ten_thousand_users_do_not_mix(frozen: Workspaces):
    sessions, later = frozen.default.sessions, NOON + timedelta(seconds=1800)
    opened = [sessions.open(CLIENT, "PATIENT", user=str(number)) for number in range(MANY)]
    accesses = [sessions.access_token(session, later) for session in opened]
    sessions._sessions[opened[17].handle] = replace(opened[17], invalid=True)
    resolved = [sessions.of_access_token(token, NOON) for token in accesses]
    assert [session.user for _, session in resolved if session] == [session.user for session in opened]
    assert [number for number, (state, _) in enumerate(resolved) if state is not TokenState.LIVE] == [17]
    assert len(sessions) == MANY
