"""Every control call: `?workspace=` names its world, the name of no workspace is 404, and no other world changes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.assembly.control_calls import CONTROL, control_openapi
from sandbox.http.control_operations import ControlOperation
from sandbox.model import Attachment, Document, Grant, HeldMessage, Message
from sandbox.server import SandboxServer
from sandbox.worlds.workspace import Workspace
from tests.control.test_control_api import assert_problem
from tests.fhir.facade.operations.samples import BRIGHT
from tests.hl7.samples import ORGANISATIONS, TEAMS, example, message, pid
from tests.support import Ack, Client
from tests.worlds.state import state
from tests.worlds.world import World

Json = dict[str, Any]
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
GUARDED = [operation for operation in CONTROL if not operation.path.startswith("/health/")]
STREAMS = {("GET", "/events")}
"""Calls that stream until the client stops."""
ELSEWHERE = {("POST", "/workspaces"), ("DELETE", "/workspaces/{name}")}
"""Calls that create or end a world other than their own."""


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(port=0) as sandbox:
        yield sandbox


@pytest.fixture
def worlds(server: SandboxServer) -> Iterator[dict[str, World]]:
    """Two worlds in which the same has happened."""
    pair = {name: World(server.base_url, name) for name in ("red", "blue")}
    for world in pair.values():
        prepare(world)
    yield pair
    for world in pair.values():
        world.delete()
        world.http.close()


def prepare(world: World) -> None:
    """Lets something stand in a world that each call can be about."""
    options = {"soft_matching": ["date_of_birth"]}
    world.control("PUT", f"/organisations/{ORGANISATIONS['northmoor']}/configuration", {"options": options})
    new_patient = pid("9998120039^^^NHS^NH", "Khatun^Rina", {7: "19910623", 13: "^NET^^rina@example.org"})
    assert world.send(message(new_patient, "PV1|1|N")).code == "AA"
    assert hold(world).code == "AA"
    world.control("POST", "/checkpoints", {"name": "before"})
    world.control("PUT", "/faults", {"rules": [{"api": "rest", "status": 500}]})


def hold(world: World) -> Ack:
    """Sends an appointment of somebody whose date of birth is another than the record's."""
    return world.send(example("siu_s12").replace("19880214", "19990101"))


Target = Callable[[Workspace, World], str]
"""The subject of a call of a world."""


def first(kind: type[Any], **attributes: str) -> Target:
    def id_of(workspace: Workspace, _: World) -> str:
        entities = workspace.store.all(kind)
        return str(next(e.id for e in entities if all(getattr(e, name) == value for name, value in attributes.items())))

    return id_of


def refused_exchange(_: Workspace, world: World) -> str:
    world.post_soap("nonsense")
    return str(world.exchanges()[-1]["id"])


def tethered(_: Workspace, world: World) -> str:
    return str(world.credential("Letterbox, tethered")["client_id"])


def fault(workspace: Workspace, _: World) -> str:
    (rule,) = workspace.faults
    return rule.id


@dataclass(frozen=True)
class Request:
    """A request that the call accepts: what its parameters stand for, its body, and whether it changes the world."""

    parameters: Json | None = None
    body: Any = None
    changes: bool = True


def app(_: Workspace, world: World) -> Json:
    client = world.credential("Stepwise Diary")
    return {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}


ABOUT_TOLA = {"patient": TOLA}
REQUESTS: dict[tuple[str, str], Request] = {
    ("GET", "/matrix/{cell}"): Request({"cell": "partner.facade.read_clinical"}, changes=False),
    ("POST", "/reset"): Request(body={}),
    ("DELETE", "/exchanges"): Request(),
    ("GET", "/exchanges/{id}"): Request({"id": refused_exchange}, changes=False),
    ("GET", "/exchanges/{id}/explanation"): Request({"id": refused_exchange}, changes=False),
    ("PUT", "/clock"): Request(body={"mode": "frozen", "at": "2031-05-06T07:08:09Z"}),
    ("PUT", "/faults"): Request(body={"rules": [{"api": "rest", "status": 503}]}),
    ("DELETE", "/faults"): Request(),
    ("DELETE", "/faults/{id}"): Request({"id": fault}),
    ("POST", "/checkpoints"): Request(body={"name": "after"}),
    ("POST", "/checkpoints/{name}/restore"): Request({"name": "before"}),
    ("GET", "/checkpoints/{name}/diff"): Request({"name": "before"}, changes=False),
    ("DELETE", "/checkpoints/{name}"): Request({"name": "before"}),
    ("DELETE", "/outbox"): Request(),
    ("POST", "/credentials"): Request(
        body={"kind": "hl7-org", "name": "New", "organisation": ORGANISATIONS["northmoor"]}
    ),
    ("DELETE", "/credentials/{id}"): Request({"id": tethered}),
    ("POST", "/grants"): Request(
        body={"partner": "e38a5c24-c757-4011-9154-ee45212d7bd5", "organisation": ORGANISATIONS["northmoor"]}
    ),
    ("DELETE", "/grants/{id}"): Request({"id": first(Grant)}),
    ("GET", "/organisations/{id}/configuration"): Request({"id": ORGANISATIONS["northmoor"]}, changes=False),
    ("PUT", "/organisations/{id}/configuration"): Request(
        {"id": ORGANISATIONS["northmoor"]}, {"options": {"auto_create": True}}
    ),
    ("GET", "/records/{patient}"): Request(ABOUT_TOLA, changes=False),
    ("GET", "/records/{patient}/attachments/{id}"): Request(
        {**ABOUT_TOLA, "id": first(Attachment, patient=TOLA)}, changes=False
    ),
    ("POST", "/records/{patient}/measurements"): Request(ABOUT_TOLA, {"type": "weight", "value": 70}),
    ("POST", "/records/{patient}/allergies"): Request(ABOUT_TOLA, {"allergen": "Latex"}),
    ("POST", "/records/{patient}/diagnoses"): Request(ABOUT_TOLA, {"diagnosis": "Asthma"}),
    ("POST", "/records/{patient}/consents"): Request(
        ABOUT_TOLA, {"grantee": {"kind": "team", "id": TEAMS["eastgate_wellbeing"]}, "labels": ["GENERAL_HEALTH"]}
    ),
    ("POST", "/records/{patient}/sharing"): Request(ABOUT_TOLA, {"disabled": True}),
    ("POST", "/records/{patient}/freeze"): Request(ABOUT_TOLA, {"frozen": True}),
    ("POST", "/records/{patient}/notifications"): Request(ABOUT_TOLA, {"preference": "time-sensitive"}),
    ("POST", "/records/{patient}/documents/{id}/read"): Request({**ABOUT_TOLA, "id": first(Document, patient=TOLA)}),
    ("POST", "/records/{patient}/messages"): Request(
        ABOUT_TOLA, {"recipients": [BRIGHT], "subject": "Hello", "content": "Hello"}
    ),
    ("POST", "/records/{patient}/messages/{id}/read"): Request(
        {**ABOUT_TOLA, "id": first(Message, patient=TOLA)}, changes=False
    ),
    ("POST", "/records/{patient}/labels"): Request(
        ABOUT_TOLA,
        lambda workspace, world: {
            "data_point": first(Document, patient=TOLA)(workspace, world),
            "label": "MENTAL_HEALTH",
        },
    ),
    ("POST", "/hl7/review/{id}/approve"): Request({"id": first(HeldMessage)}),
    ("POST", "/hl7/review/{id}/reject"): Request({"id": first(HeldMessage)}),
    ("POST", "/hl7/lint"): Request(body={"text": "MSH|^~\\&"}, changes=False),
    ("POST", "/users/{id}/one-time-password"): Request({"id": TOLA}),
    ("POST", "/users/{id}/asserted-login-identity"): Request({"id": TOLA}, changes=False),
    ("POST", "/users/{id}/approve"): Request({"id": TOLA}, app),
    ("POST", "/keys/rotate"): Request(),
    ("POST", "/teams/{id}/rest-api-access"): Request(
        {"id": TEAMS["northmoor_renal"]}, lambda workspace, world: {"client_id": tethered(workspace, world)}
    ),
    ("POST", "/conformance/{profile}"): Request({"profile": "appointments"}, {"timeout": 1}, changes=False),
    ("POST", "/generate"): Request(body={"patients": 1, "seed": 7}),
}
"""Requests of calls that take more than a name, or change something. What is not here is sent bare."""


def filled(operation: ControlOperation, workspace: Workspace, world: World) -> tuple[str, Any]:
    """The path of a call with something in its parameters, and its body."""
    request = REQUESTS.get((operation.method, operation.path), Request())
    values = {
        name: value(workspace, world) if callable(value) else value
        for name, value in (request.parameters or {}).items()
    }
    body = request.body(workspace, world) if callable(request.body) else request.body
    path = re.sub(r"\{(\w+)\}", lambda name: values.get(name[1], "x"), operation.path)
    return f"/_sandbox{path}", body


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: f"{operation.method} {operation.path}")
def test_a_call_is_about_the_world_that_it_names_and_no_other(
    server: SandboxServer, worlds: dict[str, World], operation: ControlOperation
):
    if (operation.method, operation.path) in STREAMS | ELSEWHERE:
        pytest.skip("has a test of its own")
    red, others = server.workspaces.named("red"), [server.workspaces.default, server.workspaces.named("blue")]
    path, body = filled(operation, red, worlds["red"])
    before, of_others = state(red), [state(workspace) for workspace in others]
    response = worlds["red"].http.request(operation.method, path, json=body, params={"workspace": "red"})
    assert [state(workspace) for workspace in others] == of_others
    request = REQUESTS.get((operation.method, operation.path))
    if request is not None:
        assert response.status_code in (200, 201, 204), response.text
        assert (state(red) != before) == request.changes


@pytest.mark.parametrize("operation", GUARDED, ids=lambda operation: f"{operation.method} {operation.path}")
def test_an_unknown_workspace_is_404_and_changes_nothing(
    server: SandboxServer, pkb: Client, operation: ControlOperation
):
    path = re.sub(r"\{\w+\}", "x", operation.path)
    before = state(pkb.server.workspaces.default)
    response = pkb.http.request(operation.method, f"/_sandbox{path}", params={"workspace": "nobody"})
    assert_problem(response, 404, "Workspace 'nobody' does not exist")
    assert state(pkb.server.workspaces.default) == before


def test_the_document_names_the_parameter_of_every_call():
    paths = control_openapi("http://localhost")["paths"]
    for path, item in paths.items():
        for operation in item.values():
            named = [parameter for parameter in operation.get("parameters", []) if parameter["name"] == "workspace"]
            if path.startswith("/health/"):
                assert named == []
            else:
                assert [(parameter["in"], parameter["required"]) for parameter in named] == [("query", False)]
                assert "404" in operation["responses"]


SHOWS = [
    "/credentials",
    "/world",
    "/exchanges",
    "/outbox",
    "/hl7/review",
    "/clock",
    "/checkpoints",
    "/faults",
    f"/records/{TOLA}",
]


@pytest.mark.parametrize("path", SHOWS)
def test_what_is_shown_is_that_of_the_world(worlds: dict[str, World], path: str):
    """The red world is moved on; the other one shows what it showed before."""
    red, blue = worlds["red"], worlds["blue"]
    blue.control("PUT", "/clock", {"mode": "frozen", "at": "2030-01-01T00:00:00Z"})
    before = blue.control("GET", path)
    red.control("PUT", "/clock", {"mode": "frozen", "at": "2031-01-01T00:00:00Z"})
    red.control("POST", f"/records/{TOLA}/allergies", {"allergen": "Latex"})
    red.control("POST", "/generate", {"patients": 1, "seed": 3})
    red.control("POST", "/checkpoints", {"name": "later"})
    red.control("DELETE", "/faults")
    (waiting,) = red.control("GET", "/hl7/review")["held"]
    red.control("POST", f"/hl7/review/{waiting['id']}/reject")
    assert blue.control("GET", path) == before
    assert red.control("GET", path) != before
