"""One journey through every API: what the tests record and send again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx

from sandbox import Sandbox
from tests.fhir.messaging import samples
from tests.hl7.samples import example

NHS = "https://fhir.nhs.uk/Id/nhs-number"
TOLA, SAMIRA, RINA = "9991001379", "9991008225", "9998120012"
TOLA_EMAIL = "tola.adeyemi@example.org"
GLUCOSE = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "15074-8"}], "text": "Glucose of the journey"},
    "valueQuantity": {"value": 6.3, "unit": "mmol/l"},
}
PERSON = {
    "resourceType": "Patient",
    "identifier": [{"system": NHS, "value": RINA}],
    "name": [{"family": "Khatun", "given": ["Rina"]}],
}
MESSAGES = ("adt_a28", "siu_s12", "oru_r01_laboratory", "mdm_t02_document", "qry_a19_dem", "adt_a31")


def travel(pkb: Sandbox) -> None:
    """Go the whole way."""
    send_messages(pkb)
    read_the_facade(pkb)
    send_to_messaging(pkb)
    use_the_app(pkb)
    feed_the_customer_endpoint(pkb)
    read_aggregated(pkb)


def send_messages(pkb: Sandbox) -> None:
    for name in MESSAGES:
        pkb.send_hl7(example(name))
    pkb.send_hl7(example("qry_a19_dem").replace(RINA, TOLA))
    pkb.send_hl7(example("adt_a28").replace("Khatun^Rina^Lee^^Mrs", ""))


def read_the_facade(pkb: Sandbox) -> None:
    with pkb.client("system-client") as client:
        matches = client.get(f"/fhir/Patient?identifier={NHS}|{TOLA}").json()
        tola = matches["entry"][0]["resource"]["id"]
        client.get(f"/fhir/Patient/{tola}")
        appointments = client.get(f"/fhir/Appointment?patient={tola}").json()
        client.get(f"/fhir/Appointment/{appointments['entry'][0]['resource']['id']}")
        page = client.get(f"/fhir/Consent?patient={tola}&_count=1")
        follow_pages(client, page)
        client.get("/fhir/Patient/00000000-0000-4000-8000-000000000000")
        client.get(f"/fhir/Patient?identifier={NHS}|{SAMIRA}")


def follow_pages(client: httpx.Client, page: httpx.Response) -> int:
    """Read the other pages of a search; the number of pages."""
    pages = 1
    while True:
        links = {link["relation"]: link["url"] for link in page.json()["link"]}
        if "next" not in links:
            return pages
        parts = urlsplit(links["next"])
        page = client.get(f"{parts.path}?{parts.query}")
        pages += 1


def send_to_messaging(pkb: Sandbox) -> None:
    with pkb.client("system-client") as client:
        client.post(samples.PATH, json=samples.person(), headers={"Content-Type": "application/fhir+json"})


def use_the_app(pkb: Sandbox) -> None:
    with pkb.client("user-client", user=TOLA_EMAIL) as app:
        app.get("/json/users/self")
        body = {"apiRef": "bloodPressure", "value": 121, "value2": 80, "takenDate": "2026-03-10T10:00:00Z"}
        created = app.post("/json/v1/measurements", json=body).json()
        app.get("/json/v2-beta/measurements?apiRefs=bloodPressure")
        app.get(f"/json/v1/measurements/{created['id']}")
    with pkb.client("tethered-token-system-client") as team:
        team.get("/json/v2-beta/measurements/5001")
    httpx.get(f"{pkb.base_url}/json/users/self", headers={"Authorization": "Bearer worn-out"})


def feed_the_customer_endpoint(pkb: Sandbox) -> None:
    base = urlsplit(pkb.fhir_url("northmoor-r4")).path
    with pkb.client("customer-system-client") as client:
        created = client.post(f"{base}/Patient", json=PERSON)
        patient = created.json()["id"]
        client.get(f"{base}/Patient/{patient}")
        client.post(f"{base}/Patient", json=PERSON, headers={"If-None-Exist": f"identifier={NHS}|{RINA}"})
        about: dict[str, Any] = {**GLUCOSE, "subject": {"reference": f"Patient/{patient}"}}
        first = client.post(f"{base}/Observation", json=about)
        client.post(f"{base}/Observation", json=about)
        client.get(f"{base}/Observation/{first.json()['id']}", headers={"If-None-Match": first.headers["etag"]})
        follow_pages(client, client.get(f"{base}/Observation?subject=Patient/{patient}&_count=1"))
        amended = {**first.json(), "status": "amended"}
        client.put(
            f"{base}/Observation/{first.json()['id']}", json=amended, headers={"If-Match": first.headers["etag"]}
        )
        client.get(f"{base}/Observation/{first.json()['id']}/_history")
        client.get(urlsplit(first.headers["location"]).path)


def read_aggregated(pkb: Sandbox) -> None:
    with pkb.client("customer-system-client") as client:
        client.get(f"/aggregated/fhir/Patient?identifier={NHS}|{TOLA}")
        client.get(f"/aggregated/fhir/Appointment?actor:Patient.identifier={NHS}|{TOLA}")
