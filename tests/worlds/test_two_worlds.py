"""Whatever is done in one world, in whatever order, another world stays as it was; each is as its own past made it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sandbox.access import credentials
from sandbox.app import create_app
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import message, pid
from tests.support import SOAP
from tests.worlds.state import state

Json = dict[str, Any]
NAMES = ("red", "blue")
NUMBERS = ("9998120039", "9998120012")
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
AT = "2031-05-06T07:08:09Z"


class TwoWorlds(RuleBasedStateMachine):
    """Two worlds, and the default one, of a server in process. `families` is what each should know by now."""

    @initialize()
    def start(self) -> None:
        self.workspaces = Workspaces(Settings())
        self.app = create_app(self.workspaces)
        for name in NAMES:
            self.workspaces.create(name)
        self.families: dict[str, dict[str, str]] = {name: {} for name in NAMES}
        self.at_checkpoint: dict[str, dict[str, str]] = {}
        self.states = {workspace.name: state(workspace) for workspace in self.workspaces}

    def _ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **options)

        return asyncio.run(answer())

    def _control(self, world: str, method: str, path: str, body: Any = None) -> httpx.Response:
        response = self._ask(method, f"/_sandbox{path}", json=body, params={"workspace": world})
        assert response.status_code < 500, response.text
        self._changed(world)
        return response

    def _changed(self, world: str) -> None:
        """Notes what a world is after something was done in it: from now on nothing else may change it."""
        self.states[world] = state(self._workspace(world))

    def _workspace(self, world: str) -> Workspace:
        return self.workspaces.named(world)

    def _credential(self, world: str, kind: str) -> Json:
        return next(row for row in credentials.list_credentials(self._workspace(world)) if row["kind"] == kind)

    def _token(self, world: str, kind: str, path: str) -> str:
        credential = self._credential(world, kind)
        auth = (credential["client_id"], credential["client_secret"])
        answer = self._ask("POST", path, data={"grant_type": "client_credentials"}, auth=auth)
        return str(answer.json()["access_token"])

    @rule(world=st.sampled_from(NAMES), number=st.sampled_from(NUMBERS), family=st.sampled_from("ABC"))
    def send_a_patient(self, world: str, number: str, family: str) -> None:
        credential = self._credential(world, "hl7-org")
        text = message(
            pid(f"{number}^^^NHS^NH", f"{family}^Rina"), "PV1|1|N", control_id=f"{len(self.families[world])}"
        )
        auth = (credential["username"], credential["password"])
        content = SOAP.format(text.replace("&", "&amp;")).encode()
        answer = self._ask("POST", "/services/hl7", content=content, headers={"Content-Type": "text/xml"}, auth=auth)
        assert "MSA|AA" in answer.text
        self.families[world][number] = family
        self._changed(world)

    @rule(world=st.sampled_from(NAMES), id_=st.sampled_from(["one", "two"]), text=st.sampled_from("ABC"))
    def put_a_resource(self, world: str, id_: str, text: str) -> None:
        token = self._token(world, "customer-system-client", "/auth/realms/pkb/protocol/openid-connect/token")
        resource = {"resourceType": "Basic", "id": id_, "code": {"text": text}}
        headers = {"Authorization": f"Bearer {token}"}
        answer = self._ask("PUT", f"/customer/northmoor-r4/fhir/Basic/{id_}", json=resource, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        self._changed(world)

    @rule(world=st.sampled_from(NAMES))
    def sign_in(self, world: str) -> None:
        client = self._credential(world, "user-client")
        body = {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
        code = self._control(world, "POST", f"/users/{TOLA}/approve", body).json()["code"]
        answer = self._ask("POST", "/apiToken.action", data={**body, "grant_type": "authorization_code", "code": code})
        assert answer.status_code == 200, answer.text
        self._changed(world)

    @rule(world=st.sampled_from(NAMES))
    def enter_an_allergy(self, world: str) -> None:
        self._control(world, "POST", f"/records/{TOLA}/allergies", {"allergen": "Latex"})

    @rule(
        world=st.sampled_from(NAMES),
        body=st.sampled_from([{"mode": "frozen", "at": AT}, {"advance": "P1D"}, {"mode": "real"}]),
    )
    def set_the_clock(self, world: str, body: Json) -> None:
        self._control(world, "PUT", "/clock", body)

    @rule(world=st.sampled_from(NAMES), kind=st.sampled_from(["hl7-org", "customer-system-client"]))
    def issue_and_revoke(self, world: str, kind: str) -> None:
        organisation = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
        issued = self._control(
            world, "POST", "/credentials", {"kind": kind, "name": "New", "organisation": organisation}
        )
        id_ = issued.json().get("username") or issued.json()["client_id"]
        assert self._control(world, "DELETE", f"/credentials/{id_}").status_code == 204

    @rule(world=st.sampled_from(NAMES))
    def empty_the_outbox(self, world: str) -> None:
        self._control(world, "DELETE", "/outbox")

    @rule(world=st.sampled_from(NAMES))
    def mark(self, world: str) -> None:
        self._control(world, "POST", "/checkpoints", {"name": "mark"})
        self.at_checkpoint[world] = dict(self.families[world])

    @rule(world=st.sampled_from(NAMES))
    def go_back_to_the_mark(self, world: str) -> None:
        restored = self._control(world, "POST", "/checkpoints/mark/restore").status_code == 200
        assert restored == (world in self.at_checkpoint)
        if restored:
            self.families[world] = dict(self.at_checkpoint[world])

    @rule(world=st.sampled_from(NAMES))
    def reset(self, world: str) -> None:
        assert self._control(world, "POST", "/reset").status_code == 200
        self.families[world] = {}

    @rule(world=st.sampled_from(NAMES))
    def end_and_begin_again(self, world: str) -> None:
        self.workspaces.delete(world)
        self.workspaces.create(world)
        self.families[world] = {}
        self.at_checkpoint.pop(world, None)
        self._changed(world)

    @invariant()
    def every_world_is_as_it_was_left(self) -> None:
        for workspace in self.workspaces:
            assert state(workspace) == self.states[workspace.name]

    @invariant()
    def each_knows_the_patients_that_were_sent_to_it(self) -> None:
        for name, families in self.families.items():
            for number in NUMBERS:
                record = self._ask("GET", f"/_sandbox/records/{number}", params={"workspace": name})
                family = record.json()["patient"]["name"]["family"] if record.status_code == 200 else None
                assert family == families.get(number)


def test_two_worlds_never_touch():
    run_state_machine_as_test(TwoWorlds, settings=settings(max_examples=25, stateful_step_count=20, deadline=None))
