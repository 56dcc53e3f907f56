"""What Customers sent about a patient: in the timeline, and on its own endpoint beside Aggregated."""

from __future__ import annotations

from typing import Any

from tests.console.crawling import PREFIX
from tests.console.patients.support import TOLA, page, words
from tests.console.patients.test_doors import marked
from tests.fhir.aggregated.support import NHS, PUBLIC_ID, feed, observation, patient
from tests.fhir.aggregated.support import TOLA as TOLA_NUMBER
from tests.support import Client

ID = "northmoor-r4/Observation/o1"


def put(pkb: Client, **more: Any) -> None:
    endpoint = feed(pkb, "northmoor-r4")
    endpoint.put(patient())
    endpoint.put(observation("o1", valueQuantity={"value": 71.5, "unit": "kg"}, **more))


def test_the_timeline_has_what_customers_sent(pkb: Client):
    assert "From Customer FHIR endpoints" not in words(page(pkb, f"patients/{TOLA}"))
    put(pkb)
    text = words(page(pkb, f"patients/{TOLA}"))
    assert "Observation/o1 northmoor-r4 Northmoor NHS Trust shown" in text
    assert "Patient/p northmoor-r4" in text


def test_the_same_value_is_marked_at_both_endpoints(pkb: Client):
    put(pkb)
    own, merged = (marked(pkb, door, kind="resource", id=ID) for door in ("customer", "aggregated"))
    assert own["valueQuantity.value"] == merged["valueQuantity.value"] == ["71.5"]
    assert own["code.text"] == merged["code.text"] == ["Weight"]
    assert "subject.reference" not in own
    text = words(page(pkb, f"patients/{TOLA}/doors", kind="resource", id=ID))
    assert "GET /customer/northmoor-r4/fhir/Observation/o1" in text
    assert "Custom REST does not show resources of Customers" in text


def test_a_skipped_resource_says_why(pkb: Client):
    other = pkb.patient("Shared by both")["id"]
    numbers = [{"system": NHS, "value": TOLA_NUMBER}, {"system": PUBLIC_ID, "value": other}]
    feed(pkb, "northmoor-r4").put(patient(identifier=numbers))
    assert "skipped" in words(page(pkb, f"patients/{TOLA}"))
    text = words(page(pkb, f"patients/{TOLA}/doors", kind="resource", id="northmoor-r4/Patient/p"))
    assert "Skipped: " in text


def test_a_resource_about_another_patient_is_404(pkb: Client):
    put(pkb)
    other = pkb.patient("Access frozen")["id"]
    query = {"kind": "resource", "id": ID}
    assert pkb.http.get(f"{PREFIX}patients/{other}/doors", params=query).status_code == 404


def test_hostile_text_of_a_resource_is_text(pkb: Client):
    put(pkb, note=[{"text": "</pre><script>alert(1)</script>"}])
    text = pkb.http.get(f"{PREFIX}patients/{TOLA}/doors", params={"kind": "resource", "id": ID}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
