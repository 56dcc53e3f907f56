"""Codes, passwords, browsers and tokens are good until the very second at which their life ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.base.ids import Ids
from sandbox.worlds.sessions import Sessions, TokenState

NOW = datetime(2026, 3, 10, tzinfo=UTC)


def sessions() -> Sessions:
    return Sessions(Ids(seed=1))


def password(store: Sessions, end: datetime) -> object:
    return store.redeem_one_time_password(store.issue_one_time_password("u", NOW), end)


def browser(store: Sessions, end: datetime) -> object:
    return store.of_browser(store.open_browser("u", NOW), end)


def code(store: Sessions, end: datetime) -> object:
    return store.redeem_code(store.issue_code("c", "r", "u", "x", NOW), "c", "r", end)


LIVES: dict[Callable[[Sessions, datetime], object], timedelta] = {
    password: Sessions.PASSWORD_LIFE,
    browser: Sessions.WEB_LIFE,
    code: Sessions.CODE_LIFE,
}


@pytest.mark.parametrize("use", LIVES)
@pytest.mark.parametrize(("seconds", "is_good"), [(-1, True), (0, False), (1, False)])
def test_it_is_good_until_its_very_end(use: Callable[[Sessions, datetime], object], seconds: int, is_good: bool):
    assert bool(use(sessions(), NOW + LIVES[use] + timedelta(seconds=seconds))) is is_good


def test_the_way_into_the_web_pages_is_remembered_for_half_an_hour():
    store = sessions()
    store.enter_web("u", "NHS_LOGIN", NOW)
    assert store.web_route("u", NOW + Sessions.WEB_LIFE - timedelta(seconds=1)) == "NHS_LOGIN"
    assert store.web_route("u", NOW + Sessions.WEB_LIFE) == "WEBAPP"
    assert store.web_route("other", NOW) == "WEBAPP"


def test_what_has_expired_is_forgotten_when_more_is_issued():
    store = sessions()
    for seconds in (0, 1):
        store.issue_code("c", "r", "u", "x", NOW + timedelta(seconds=seconds))
        store.issue_one_time_password("u", NOW + timedelta(seconds=seconds))
        store.open_browser("u", NOW + timedelta(seconds=seconds))
        store.enter_web(f"u{seconds}", "WEBAPP", NOW + timedelta(seconds=seconds))
    store.issue_code("c", "r", "u", "x", NOW + Sessions.CODE_LIFE)
    store.issue_one_time_password("u", NOW + Sessions.PASSWORD_LIFE)
    store.open_browser("u", NOW + Sessions.WEB_LIFE)
    store.enter_web("u", "WEBAPP", NOW + Sessions.WEB_LIFE)
    assert [len(rows) for rows in (store._codes, store._passwords, store._browsers, store._web)] == [2, 2, 2, 2]


@pytest.mark.parametrize(
    ("seconds", "state"), [(-1, TokenState.LIVE), (0, TokenState.EXPIRED), (1, TokenState.EXPIRED)]
)
def test_an_access_token_ends_at_its_second(seconds: int, state: TokenState):
    store = sessions()
    token = store.access_token(store.open("c", "x"), NOW)
    assert store.of_access_token(token, NOW + timedelta(seconds=seconds))[0] is state


@pytest.mark.parametrize(("seconds", "state"), [(-1, TokenState.LIVE), (0, TokenState.SESSION_EXPIRED)])
def test_a_session_ends_at_its_second(seconds: int, state: TokenState):
    store = sessions()
    session = store.open("c", "x", expires_at=NOW)
    assert store.use_refresh_token(store.refresh_token(session), "c", NOW + timedelta(seconds=seconds))[0] is state
