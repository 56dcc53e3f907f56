"""Grants and credentials that come and go: a refused token never reads, a live one always does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from sandbox.base.clock import Clock
from tests.support import EASTGATE, NORTHMOOR, Client

LIFE = 3599
ORGANISATIONS = (NORTHMOOR, EASTGATE)


@pytest.fixture
def frozen(pkb: Client) -> Iterator[Client]:
    """The running sandbox with a clock that stands still until it is moved."""
    workspace = pkb.server.workspaces.default
    workspace.clock = Clock(datetime(2026, 6, 1, tzinfo=UTC))
    yield pkb
    workspace.clock = Clock()
    pkb.tokens.clear()


def machine_for(pkb: Client) -> type[RuleBasedStateMachine]:
    workspace = pkb.server.workspaces.default

    class Grants(RuleBasedStateMachine):
        """A System Client, its tokens, and the organisations that let it act for them."""

        def __init__(self) -> None:
            super().__init__()
            pkb.http.post("/_sandbox/reset", json={"reset": ["store"]})
            self.client = pkb.http.post("/_sandbox/credentials", json={"kind": "system-client", "name": "M"}).json()
            self.partner = pkb.control("/world")["partners"][-1]["id"]
            self.ids = {name: pkb.organisation(name) for name in ORGANISATIONS}
            self.granted: dict[str, list[str]] = {name: [] for name in ORGANISATIONS}
            self.tokens: list[tuple[str, datetime]] = []
            self.revoked = False

        @rule()
        def ask_for_a_token(self) -> None:
            auth = (self.client["client_id"], self.client["client_secret"])
            response = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
            if self.revoked:
                assert (response.status_code, response.json()["error"]) == (401, "unauthorized")
                return
            expires_at = workspace.clock.now() + timedelta(seconds=LIFE)
            self.tokens.append((response.json()["access_token"], expires_at))

        @rule(name=st.sampled_from(ORGANISATIONS))
        def grant(self, name: str) -> None:
            body = {"partner": self.partner, "organisation": self.ids[name]}
            self.granted[name].append(pkb.http.post("/_sandbox/grants", json=body).json()["id"])

        @rule(name=st.sampled_from(ORGANISATIONS))
        def withdraw(self, name: str) -> None:
            if self.granted[name]:
                assert pkb.http.delete(f"/_sandbox/grants/{self.granted[name].pop()}").status_code == 204

        @rule(seconds=st.sampled_from([1, 1800, LIFE - 1, LIFE]))
        def wait(self, seconds: int) -> None:
            workspace.clock.advance(timedelta(seconds=seconds))

        @rule(sure=st.integers(0, 9))
        def revoke(self, sure: int) -> None:
            if sure == 0:
                path = f"/_sandbox/credentials/{self.client['client_id']}"
                assert pkb.http.delete(path).status_code == (404 if self.revoked else 204)
                self.revoked = True

        @invariant()
        def the_newest_tokens_read_what_they_may_and_nothing_else(self) -> None:
            for token, expires_at in self.tokens[-2:]:
                for name in ORGANISATIONS:
                    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": self.ids[name]}
                    status = pkb.http.get(f"/fhir/Organization/{self.ids[name]}", headers=headers).status_code
                    dead = self.revoked or expires_at <= workspace.clock.now()
                    assert status == (401 if dead else 200 if self.granted[name] else 403)

    return Grants


def test_grants_and_credentials_come_and_go(frozen: Client):
    run_state_machine_as_test(machine_for(frozen), settings=settings(max_examples=30, stateful_step_count=25))
