"""The first question to a large world takes in only what it can touch, and is answered as in a world taken in whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from click.testing import CliRunner

from sandbox.app import create_app
from sandbox.base.ids import aggregated_id
from sandbox.cli import main
from sandbox.model import Credential, Patient, Resource, Waiting
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

Json = dict[str, Any]
REALM = "/auth/realms/pkb/protocol/openid-connect/token"
NHS, PUBLIC_ID = "https://fhir.nhs.uk/Id/nhs-number", "http://fhir.patientsknowbest.com/id/public-id"
CLIENT, NORTHMOOR = "northmoor-fhir", "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"


@dataclass
class Generated:
    """A world of generated people, as it was when it started."""

    workspaces: Workspaces
    http: httpx.AsyncClient
    start: Any
    waiting: int = 0
    """Resources that wait after the last first question."""

    @property
    def store(self) -> Any:
        return self.workspaces.default.store

    @property
    def start_count(self) -> int:
        return len(self.start["waiting"][0])

    async def ask(self, *paths: str) -> httpx.Response:
        """Ask some questions in a world that has just started; the answer to the last one."""
        self.store.restore(self.start)
        secret = self.store.get(Credential, CLIENT).secret
        form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": secret}
        token = (await self.http.post(REALM, data=form)).json()["access_token"]
        for path in paths:
            answer = await self.http.get(f"/aggregated/fhir{path}", headers={"Authorization": f"Bearer {token}"})
        return answer


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    folder: Path = tmp_path_factory.mktemp("generated") / "world"
    result = CliRunner().invoke(main, ["generate", "--patients", "5", "--seed", "4", "-o", str(folder)])
    assert result.exit_code == 0, result.output
    workspaces = Workspaces(Settings(world=str(folder), clock="2026-06-01T12:00:00Z", seed=1))
    transport = httpx.ASGITransport(app=create_app(workspaces), client=("127.0.0.1", 1))
    http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", timeout=60)
    yield Generated(workspaces, http, workspaces.default.store.snapshot())
    asyncio.run(http.aclose())


def people(generated: Generated) -> list[Patient]:
    """Return two generated people of the Customer."""
    return [patient for patient in generated.store.all(Patient) if NORTHMOOR in patient.organisations][-2:]


def questions(person: Patient) -> dict[str, str]:
    nhs = next(identifier.value for identifier in person.identifiers if identifier.type == "NHS")
    id_ = aggregated_id(person.id)
    by = f"{quote(NHS)}%7C{nhs}"
    return {
        "by number": f"/Patient?identifier={by}",
        "by a number alone": f"/Patient?identifier={nhs}",
        "by public id": f"/Patient?identifier={quote(PUBLIC_ID)}%7C{person.id}",
        "by two numbers": f"/Patient?identifier={by},{quote(NHS)}%7C9991001379",
        "read": f"/Patient/{id_}",
        "conditions": f"/Condition?subject:Patient.identifier={by}",
        "conditions by id": f"/Condition?patient={id_}&_sort=-_lastUpdated&_count=2",
        "page 2": f"/Observation?patient=Patient/{id_}&_count=2&page=2",
        "by another parameter too": f"/Observation?patient={id_}&status=final&_sort=code",
        "with includes": f"/Condition?patient={id_}&_include=*&_include:iterate=*",
        "all about one": f"/Patient?identifier={by}&_revinclude=*",
    }


NAMES = (
    "by number",
    "by a number alone",
    "by public id",
    "by two numbers",
    "read",
    "conditions",
    "conditions by id",
    "page 2",
    "by another parameter too",
    "with includes",
    "all about one",
)
WHOLE = {
    "who has": "/Patient?_has:Condition:patient:_lastUpdated=gt2000",
    "a type": "/Condition?_count=20",
    "organisations": "/Organization?_count=100",
    "practitioners": "/Practitioner?_count=100",
    "encounters of a status": "/Encounter?status=finished&_count=10",
    "a name": "/Patient?family=a",
    "no such number": "/Patient?identifier=none",
    "a system": f"/Patient?identifier={quote(NHS)}%7C",
    "unknown": "/Condition/unknown",
    "missing": "/Patient?birthdate:missing=true",
}


def same(generated: Generated, path: str) -> httpx.Response:
    """The answer to a first question, which is that of a world that was taken in whole before."""

    async def both() -> httpx.Response:
        first = await generated.ask(path)
        generated.waiting = generated.store.count(Waiting)
        later = await generated.ask("/Condition?_count=0", path)
        assert generated.store.count(Waiting) == 0
        assert (first.status_code, first.json()) == (later.status_code, later.json())
        return first

    return asyncio.run(both())


@pytest.mark.parametrize("name", NAMES)
def test_a_question_about_one_person_takes_in_what_is_about_that_person(generated: Generated, name: str):
    at_start = generated.start_count
    for person in people(generated):
        answer = same(generated, questions(person)[name])
        assert answer.status_code == 200
        body = answer.json()
        assert body["resourceType"] == "Patient" or body["total"] > 0
        assert 0 < generated.waiting < at_start


@pytest.mark.parametrize("name", WHOLE)
def test_a_question_about_everyone_takes_in_everything(generated: Generated, name: str):
    same(generated, WHOLE[name])


@pytest.mark.parametrize(
    ("path", "reads"), {"/Condition?_count=3": False, "/Condition?_sort=_lastUpdated": True}.items()
)
def test_everyone_is_counted_and_paged_without_search_values(generated: Generated, path: str, reads: bool):
    total = asyncio.run(generated.ask(path)).json()["total"]
    aggregated = [resource for resource in generated.store.all(Resource) if resource.endpoint == "aggregated"]
    conditions = [bool(resource.unread) for resource in aggregated if resource.type == "Condition"]
    assert total > 0
    assert conditions == [not reads] * len(conditions)
