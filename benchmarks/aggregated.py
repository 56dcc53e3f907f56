"""The first searches of Aggregated: by an identifier against the same again, and about everybody against plain JSON.
`python -m benchmarks.aggregated [PATIENTS]`

Patients of one organisation with an appointment, a diagnosis and a medication each; nothing of them is mapped when the
measuring begins. Each kind of search is timed for people who were not searched for before, and then once more. At the
end, the processor time of the first search about everybody is compared with parsing and writing each resource once.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import httpx

from sandbox.app import create_app
from sandbox.fhir.aggregated.intake.upstream import Upstream
from sandbox.fhir.base.json import parse_stored, render
from sandbox.model import Appointment, Code, Credential, Diagnosis, Identifier, Medication, Patient, Resource, Source
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.worlds.workspaces import Workspaces

PATIENTS, TURNS, LIMIT, JSON_LIMIT = 20_000, 15, 20, 13
NORTHMOOR, CLIENT = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e", "northmoor-fhir"
LOCAL = "00b6e67a-7a2a-4c2b-8180-60a7da1de808"
NHS, PUBLIC_ID = "https://fhir.nhs.uk/Id/nhs-number", "http://fhir.patientsknowbest.com/id/public-id"
REALM = "/auth/realms/pkb/protocol/openid-connect/token"
AT = datetime(2026, 1, 1, tzinfo=UTC)
SEARCHES = {
    "Patient, system and number": f"/Patient?identifier={quote(NHS)}%7C{{nhs}}",
    "Patient, number alone": "/Patient?identifier={nhs}",
    "Patient, local number": f"/Patient?identifier=urn:uuid:{LOCAL}%7C{{local}}",
    "Patient, public id": f"/Patient?identifier={quote(PUBLIC_ID)}%7C{{id}}",
    "Condition, by the patient's number": f"/Condition?subject:Patient.identifier={quote(NHS)}%7C{{nhs}}",
    "Appointment, by a number alone": "/Appointment?actor:Patient.identifier={nhs}",
    "Appointment, by the sender's id": "/Appointment?identifier={sent}",
    "Patient, of a system that nobody has": "/Patient?identifier=urn:oid:2.16.840.1.113883.2.1.3.2.4.16.53%7C",
}
"""What is searched → the address, in which something of a patient stands."""


def main() -> int:
    """Prints the ratios; exit code 1 when one is over its limit."""
    patients = int(sys.argv[1]) if len(sys.argv) > 1 else PATIENTS
    ratios, everybody = asyncio.run(measure(patients))
    for name, ratio in ratios.items():
        print(f"{name}: the first takes {ratio:.1f} x a repeated one (limit {LIMIT} x, {patients:,} patients)")
    print(f"Patient, everybody: the first takes {everybody:.1f} x the JSON of all (limit {JSON_LIMIT} x)")
    return 0 if all(ratio < LIMIT for ratio in ratios.values()) and everybody < JSON_LIMIT else 1


async def measure(patients: int) -> tuple[dict[str, float], float]:
    """Returns the ratios of the searches by an identifier, and that of the search about everybody."""
    workspaces = Workspaces(Settings(clock="2026-06-01T12:00:00Z"))
    transport = httpx.ASGITransport(app=create_app(workspaces))
    store = workspaces.default.store
    fill(store, patients)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        form = {"client_id": CLIENT, "client_secret": store.get(Credential, CLIENT).secret}
        answer = await http.post(REALM, data={"grant_type": "client_credentials", **form})
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        ratios = {name: await ratio(http, address, number) for number, (name, address) in enumerate(SEARCHES.items())}
        assert store.count(Upstream) < patients / 2, "nearly everyone was mapped"
        return ratios, await ratio_to_json(http, store)


def fill(store: Store, patients: int) -> None:
    """Puts the people into the record, made after one of the default world."""
    (model,) = store.find(Patient, "identifier", ("NHS", "9991001379"))
    source = Source(organisation=NORTHMOOR)
    for number in range(patients):
        invented = person(number)
        numbers = (Identifier(type="NHS", value=invented["nhs"]), Identifier(type=LOCAL, value=invented["local"]))
        store.put(replace(model, id=invented["id"], legacy_id=2_000_000 + number, identifiers=numbers, contacts=()))
        point = {"patient": invented["id"], "source": source, "entered_at": AT, "persisted_at": AT}
        store.put(Appointment(id=f"a{number}", external_id=invented["sent"], start_at=AT, **point))
        store.put(Diagnosis(id=f"d{number}", diagnosis=Code(text="Asthma"), **point))
        store.put(Medication(id=f"m{number}", substance=Code(text="Ramipril"), **point))


def person(number: int) -> dict[str, str]:
    """What an address may name of a patient; the numbers need no check digit to be found."""
    id_ = f"00000000-0000-4000-8000-{number:012}"
    return {"id": id_, "nhs": f"{8_000_000_000 + number}", "local": f"L{number}", "sent": f"APT-{number}"}


async def ratio(http: httpx.AsyncClient, address: str, number: int) -> float:
    """How much longer the first search takes than the second: the median over people who are new to it."""
    ratios = []
    for turn in range(TURNS):
        path = f"/aggregated/fhir{address.format(**person(number * TURNS + turn))}"
        first, again = await seconds(http, path), await seconds(http, path)
        ratios.append(first / again)
    return statistics.median(ratios)


async def ratio_to_json(http: httpx.AsyncClient, store: Store) -> float:
    """How much longer the first search about everybody takes than to parse and write what it maps."""
    started = time.process_time()
    (await http.get("/aggregated/fhir/Patient?_count=10")).raise_for_status()
    first = time.process_time() - started
    patients = [store.find_one(Resource, id_) for id_ in store.ids(Resource, "type", ("aggregated", "Patient"))]
    texts = [patient.text for patient in patients if patient is not None]
    started = time.process_time()
    for text in texts:
        render(parse_stored(text))
    return first / (time.process_time() - started)


async def seconds(http: httpx.AsyncClient, path: str) -> float:
    started = time.perf_counter()
    (await http.get(path)).raise_for_status()
    return time.perf_counter() - started


if __name__ == "__main__":
    sys.exit(main())
