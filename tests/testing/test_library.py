"""`Sandbox` and `AsyncSandbox` as objects: how they begin and end, what they say of themselves, and their errors."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox import AsyncSandbox, Sandbox, Settings
from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from sandbox.testing.answers import Ack, ControlError
from sandbox.testing.operations import as_duration, as_instant
from sandbox.testing.report import traffic

A28 = (Path(__file__).parents[2] / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8")
SEARCH = "/fhir/Patient?identifier=https://fhir.nhs.uk/Id/nhs-number|9991001379"
MODES = ("asgi", "thread")


def test_both_objects_offer_the_same():
    def members(kind: type) -> dict[str, list[str]]:
        own = {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}
        return {name: list(inspect.signature(getattr(m, "fget", m)).parameters) for name, m in own.items()}

    assert {**members(Sandbox), "asynchronous": None} == {**members(AsyncSandbox), "asynchronous": None}


@pytest.mark.parametrize("mode", MODES)
def test_a_sandbox_says_where_it_is(mode: str):
    pkb = Sandbox(mode=mode)
    assert repr(pkb) == f"<Sandbox {mode} not started world=default>"
    with pkb:
        assert repr(pkb) == f"<Sandbox {mode} {pkb.base_url} world=default>"
        assert pkb.fhir_url("facade") == f"{pkb.base_url}/fhir"
        assert pkb.fhir_url("northmoor-r4") == f"{pkb.base_url}/customer/northmoor-r4/fhir"
    with pytest.raises(RuntimeError, match="not running"):
        pkb.reset()
    pkb.close()


@pytest.mark.parametrize("mode", MODES)
def test_a_world_is_deleted_at_its_end(mode: str):
    with Sandbox(mode=mode) as pkb:
        with pkb.workspace("mine") as mine:
            assert mine.workspace_name == "mine"
            mine.send_hl7(A28)
            assert (len(mine.exchanges), len(pkb.exchanges)) == (1, 0)
            with pytest.raises(ControlError, match=r"409.*mine"):
                pkb.workspace("mine")
        with pkb.workspace("mine") as again:
            assert again.exchanges == []


def test_a_connection_makes_a_world_and_deletes_it():
    with SandboxServer(port=0) as server:
        with Sandbox.connect(server.base_url) as pkb:
            assert pkb.workspace_name in {workspace.name for workspace in server.workspaces}
        assert {workspace.name for workspace in server.workspaces} == {"default"}
        with Sandbox.connect(server.base_url, workspace="default") as pkb:
            pkb.send_hl7(A28)
        assert len(server.workspaces.default.exchanges) == 1


def test_a_connection_carries_the_admin_token():
    with SandboxServer(port=0, admin_token="secret-of-tests") as server:
        with pytest.raises(ControlError) as refused:
            Sandbox.connect(server.base_url)
        assert refused.value.status == 401
        with Sandbox.connect(server.base_url, "secret-of-tests") as pkb:
            assert pkb.send_hl7(A28).code == "AA"
    with Sandbox(admin_token="secret-of-tests") as pkb:
        assert pkb.patients


def test_https_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Sandbox(tls=True, tls_dir=str(tmp_path), hl7_port=0) as pkb:
        assert pkb.base_url.startswith("https://")
        assert pkb.send_hl7(A28).code == "AA"
        monkeypatch.setenv("PKB_SANDBOX_TLS_DIR", str(tmp_path))
        with Sandbox.connect(pkb.base_url) as connected:
            assert connected.patients


@pytest.mark.parametrize(
    ("kind", "organisation", "path"),
    [
        ("system-client", None, SEARCH),
        (
            "system-client",
            "Eastgate Community Health",
            SEARCH,
        ),
        ("northmoor-fhir", None, "/customer/northmoor-r4/fhir/Patient"),
        ("customer-system-client", "Eastgate Community Health", "/customer/eastgate-r4/fhir/Patient"),
        ("user-client", None, "/json/users/self"),
        ("hl7-org", None, "/services/hl7?wsdl"),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_a_client_has_what_its_kind_needs(mode: str, kind: str, organisation: str | None, path: str):
    with Sandbox(mode=mode) as pkb, pkb.workspace() as world, world.client(kind, organisation) as client:
        response = client.get(path)
        assert response.status_code == 200, response.text


def test_a_token_is_renewed_when_it_has_expired():
    with Sandbox(mode="asgi", clock="2026-05-01T09:00:00Z") as pkb, pkb.client("customer-system-client") as client:
        for _ in range(3):
            assert client.get("/customer/northmoor-r4/fhir/Patient").status_code == 200
        pkb.advance(timedelta(hours=1))
        assert client.get("/customer/northmoor-r4/fhir/Patient").status_code == 200
        tokens = [entry for entry in pkb.exchanges if entry["api"] == "oauth"]
    assert len(tokens) == 2


ERRORS: dict[str, tuple[Any, type[Exception], str]] = {
    "an unknown setting": (lambda: Sandbox(colour="red"), TypeError, "'colour'"),
    "an unknown mode": (lambda: Sandbox(mode="cloud"), ValueError, "thread, asgi"),
    "a bad world": (lambda: Sandbox(mode="asgi", world="nowhere"), Invalid, "nowhere"),
    "not a URL": (lambda: Sandbox.connect("localhost"), ValueError, "localhost"),
    "a time without a zone": (lambda: as_instant(datetime(2026, 5, 1)), ValueError, "time zone"),
    "no acknowledgement": (lambda: Ack.parse("<html>"), ValueError, "MSA"),
}


@pytest.mark.parametrize(("call", "error", "text"), ERRORS.values(), ids=ERRORS)
def test_an_unusable_argument_is_named(call: Any, error: type[Exception], text: str):
    with pytest.raises(error, match=text):
        call()


@pytest.fixture(scope="module")
def pkb():
    with Sandbox(mode="asgi") as sandbox:
        yield sandbox


def test_a_name_missing_from_the_world_is_reported(pkb: Sandbox):
    with pytest.raises(LookupError, match="system-client letterbox-facade"):
        pkb.credential("nobody")
    with pytest.raises(LookupError, match=r"tola.adeyemi@example\.org"):
        pkb.sign_in("nobody@example.org")
    with pytest.raises(ValueError, match="send_hl7"):
        pkb.token("hl7-org")
    with pytest.raises(ControlError, match="404"):
        pkb.record("9990000000")
    with pytest.raises(TimeoutError, match="api messaging, outcome failed within"):
        pkb.wait_for(0.1, api="messaging", outcome="failed")
    with pytest.raises(ControlError, match=r"400.*api"):
        pkb.wait_for(0.1, api="fax")


def test_secrets_are_not_in_a_repr(pkb: Sandbox):
    tokens = pkb.sign_in(pkb.credential("user-client")["users"][0]["id"])
    assert tokens.access_token not in repr(tokens)
    assert tokens.refresh_token not in repr(tokens)


@pytest.mark.parametrize(
    ("by", "text"),
    [(timedelta(days=1), "PT86400S"), (timedelta(seconds=1.5), "PT1.5S"), (timedelta(), "PT0S"), ("P1D", "P1D")],
)
def test_durations_are_written_in_iso_8601(by: timedelta | str, text: str):
    assert as_duration(by) == text


def test_instants_are_written_in_iso_8601():
    assert as_instant(datetime(2026, 5, 1, 9, tzinfo=UTC)) == "2026-05-01T09:00:00+00:00"


@pytest.mark.parametrize("mode", MODES)
def test_asynchronous_calls_run_side_by_side(mode: str):
    async def steps() -> None:
        async with AsyncSandbox(mode=mode) as pkb, await pkb.workspace() as world:
            waiting = asyncio.create_task(world.wait_for(20, api="hl7"))
            await asyncio.sleep(0)
            assert (await world.send_hl7(A28)).code == "AA"
            assert (await waiting)["operation"] == "ADT^A28"
            assert (await world.record("9991001379"))["patient"]
            assert len(await world.patients) >= 12
            assert await world.token("system-client")
            assert (await world.changes_since(await world.checkpoint()))["added"] == []

    asyncio.run(steps())


def test_settings_are_settings():
    with Sandbox(mode="asgi", seed=7) as first, Sandbox(mode="asgi", seed=7) as second:
        assert first.credential("tethered-token-system-client") == second.credential("tethered-token-system-client")
    assert Settings().seed is None


def test_a_missing_httpx_names_the_extra():
    code = "import sys; sys.modules['httpx'] = None; from sandbox import Sandbox"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install 'pkb-sandbox[testing]'" in ran.stderr


def test_every_call_of_the_object_works(pkb: Sandbox):
    with pkb.workspace() as world:
        world.scenario = "every call\n"
        before = world.checkpoint()
        assert world.lint(A28, "org_northmoor")["ack"] == "AA"
        assert world.freeze(datetime(2026, 5, 1, 9, tzinfo=UTC))["now"] == "2026-05-01T09:00:00Z"
        assert world.advance(timedelta(minutes=1))["now"] == "2026-05-01T09:01:00Z"
        assert world.send_hl7(A28).code == "AA"
        assert world.outbox[0]["kind"] == "invitation"
        world.assert_exchanged(api="hl7", operation="ADT^A28", count=1)
        with pytest.raises(AssertionError, match="Expected 2 exchanges with api hl7"):
            world.assert_exchanged(api="hl7", count=2)
        assert world.exchanges[0]["scenario"] == "every call?"
        assert world.changes_since(before)["added"]
        world.restore(before)
        assert world.changes_since(before)["added"] == []
        assert world.set_faults([{"api": "facade", "status": 503}])[0]["hits"] == 0
        assert world.fail_next(api="hl7", status=500)["first"] == 1
        with pytest.raises(ControlError, match="500"):
            world.send_hl7(A28)
        assert [rule["hits"] for rule in world.faults] == [1, 0]
        assert world.generate(1, seed=3)["patients"]
        assert world.sign_in("tola.adeyemi@example.org").expires_in > 0
        world.reset()
        assert (world.faults, world.exchanges) == ([], [])


def test_every_call_of_the_asynchronous_object_works(pkb: Sandbox):
    async def steps() -> None:
        async with await AsyncSandbox(mode="asgi").start() as other, await other.workspace() as world:
            before = await world.checkpoint()
            assert (await world.lint(A28, "org_northmoor"))["ack"] == "AA"
            assert (await world.freeze("2026-05-01T09:00:00Z"))["now"] == "2026-05-01T09:00:00Z"
            assert (await world.advance("PT1M"))["now"] == "2026-05-01T09:01:00Z"
            assert (await world.send_hl7(A28)).code == "AA"
            assert (await world.outbox)[0]["kind"] == "invitation"
            await world.assert_exchanged(api="hl7", operation="ADT^A28", count=1)
            assert (await world.changes_since(before))["added"]
            await world.restore(before)
            assert await world.set_faults([{"api": "facade", "status": 503}])
            assert (await world.fail_next(api="hl7", status=500))["first"] == 1
            with pytest.raises(ControlError, match="500"):
                await world.send_hl7(A28)
            failed = (await world.exchanges)[-1]
            assert (await world.explanation(failed["id"]))["id"]
            assert len(await world.faults) == 2
            assert (await world.generate(1, seed=3))["patients"]
            assert (await world.sign_in("tola.adeyemi@example.org")).access_token
            async with await world.client("hl7-org") as engine:
                assert (await engine.get("/services/hl7?wsdl")).status_code == 200
            await world.reset()
            assert await world.faults == []

    asyncio.run(steps())
    twin = pkb.asynchronous
    assert twin.workspace_name == "default"
    asyncio.run(twin.close())


def test_the_asynchronous_object_connects():
    async def steps(url: str) -> None:
        async with (
            await AsyncSandbox.connect(url) as own,
            await AsyncSandbox.connect(url, workspace="default") as shared,
        ):
            await own.send_hl7(A28)
            assert (len(await own.exchanges), len(await shared.exchanges)) == (1, 0)
        with pytest.raises(RuntimeError, match="not running"):
            await own.reset()
        async with await AsyncSandbox.connect(url, workspace="default") as shared:
            with pytest.raises(ControlError, match="409"):
                await shared.workspace("default")

    with SandboxServer(port=0) as server:
        asyncio.run(steps(server.base_url))


def test_the_report_of_a_test_names_the_rule_of_a_refusal(pkb: Sandbox):
    with pkb.workspace() as world:
        assert traffic(world, 40).startswith("No exchange reached this world")
        world.send_hl7(A28)
        world.send_hl7(A28.replace("PID|||", "PID||||||"))
        section = traffic(world, 40)
        assert "ADT^A28" in section
        assert "    rule " in section
        assert "    cell customer.hl7.send_data" in section
        assert traffic(world, 1).startswith("(1 earlier ones are not shown)")
    assert "cannot be shown" in traffic(world, 40)
