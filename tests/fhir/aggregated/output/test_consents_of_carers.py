"""The consent of a carer as `$carers` writes it: its version is the time of its last change."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.base.ids import aggregated_id
from sandbox.fhir.aggregated.intake.labels import SYSTEM
from sandbox.fhir.aggregated.output import carers, meta
from sandbox.model import Consent, Grantee

AT = datetime(2026, 6, 1, 12, 0, 0, 250_000, tzinfo=UTC)
MILLISECONDS = int(AT.timestamp()) * 1000 + 250


def test_a_consent_names_the_patient_the_carer_and_the_labels():
    consent = Consent(id="c", patient="p", grantee=Grantee(kind="carer", id="q"), labels=("A", "B"), updated_at=AT)
    resource = carers._consent(consent, "Patient/1", "Patient/2", ["A"])
    assert (resource["resourceType"], resource["id"], resource["status"]) == ("Consent", aggregated_id("c"), "active")
    assert resource["meta"] == {
        "versionId": str(MILLISECONDS),
        "lastUpdated": "2026-06-01T12:00:00.250000Z",
        **meta.of_merged(AT, AT),
    }
    assert resource["patient"] == {"reference": "Patient/1"}
    assert resource["provision"]["actor"][0]["reference"] == {"reference": "Patient/2"}
    assert resource["provision"]["securityLabel"] == [{"system": SYSTEM, "code": "A"}]
    assert resource["provision"]["type"] == "permit"
