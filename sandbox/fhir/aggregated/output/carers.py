"""`Consent/$carers`: the carers of a patient, and the labels that both a carer and the organisation may see.

Source: *Extract Carers for a Patient*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4960288844
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.base.ids import aggregated_id
from sandbox.errors import Invalid
from sandbox.fhir.aggregated.intake.labels import SYSTEM
from sandbox.fhir.aggregated.linking.identity import PKB, copied_id
from sandbox.fhir.aggregated.output import meta
from sandbox.fhir.aggregated.output.render import ENDPOINT
from sandbox.fhir.aggregated.output.view import AggregatedView
from sandbox.fhir.aggregated.output.visibility import records
from sandbox.fhir.base.json import parse
from sandbox.fhir.search import search
from sandbox.model import Consent, Resource
from sandbox.store import Store

Json = dict[str, Any]
PARAMETER = "patient:Patient.identifier"
SHAPING = ("_format", "_pretty")


def patient_identifier(pairs: list[tuple[str, str]]) -> str:
    """Return the patient's identifier, `system|value`. Raises Invalid for any other parameter."""
    parameters = [(name, value) for name, value in pairs if name not in SHAPING]
    system, bar, value = (
        parameters[0][1].partition("|") if len(parameters) == 1 and parameters[0][0] == PARAMETER else ("", "", "")
    )
    if not (system and bar and value):
        raise Invalid(
            f"$carers accepts only {PARAMETER}=<system>|<value>",
            code="invalid",
            rule="aggregated.carers",
            where=PARAMETER,
        )
    return f"{system}|{value}"


def carers(view: AggregatedView, store: Store, pairs: Sequence[tuple[str, str]]) -> list[Json]:
    """Return the carers of the patients that a search finds: a Consent and a Patient for each."""
    matches = search(view, "Patient", pairs).matches
    return [resource for match in matches for resource in _of(view, store, f"Patient/{match.logical_id}")]


def _of(view: AggregatedView, store: Store, patient: str) -> Iterator[Json]:
    """Iterate over carers with a label that the organisation was also granted: the consent, and the carer."""
    held = view.visibility.held(patient) or frozenset()
    for record in records(store, patient):
        for consent in store.find(Consent, "patient", record.id):
            # A carer with labels that only others hold is not this organisation's business: the carer is left out.
            labels = [label for label in consent.labels if label in held]
            if consent.grantee.kind == "carer" and not consent.discharged and labels:
                # The carer's demographics, although the organisation may not see the carer's own record.
                view.need(consent.grantee.id)
                carer = f"Patient/{aggregated_id(consent.grantee.id)}"
                resource = store.find_one(Resource, f"{ENDPOINT}/{carer}")
                if resource is not None:
                    yield _consent(consent, patient, carer, labels)
                    yield parse(resource.text.encode())


def bundle(base: str, resources: list[Json]) -> Json:
    """Build the searchset in the form of PKB's sample: without its own meta and links."""
    urls = [f"{base}/{resource['resourceType']}/{resource['id']}" for resource in resources]
    entries = [
        {"fullUrl": url, "link": [{"relation": "self", "url": url}], "resource": resource}
        for url, resource in zip(urls, resources, strict=True)
    ]
    whole: Json = {"resourceType": "Bundle", "type": "searchset", "total": len(entries)}
    return {**whole, "entry": entries} if entries else whole


def _consent(consent: Consent, patient: str, carer: str, labels: list[str]) -> Json:
    at = consent.updated_at
    stamps = {"versionId": str(int(at.timestamp() * 1000)), "lastUpdated": meta.format_microseconds(at)}
    return {
        "resourceType": "Consent",
        "id": copied_id(f"{PKB}/Consent/{consent.id}"),
        "meta": {**stamps, **meta.of_merged(at, at)},
        "status": "active",
        "scope": _coded("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy"),
        "category": [_coded("http://terminology.hl7.org/CodeSystem/v3-ActCode", "INFA")],
        "patient": {"reference": patient},
        "policy": [{"authority": "http://www.patientsknowbest.com"}],
        "provision": {
            "type": "permit",
            "actor": [
                {
                    "role": _coded("http://terminology.hl7.org/CodeSystem/v3-RoleCode", "CONSENTER"),
                    "reference": {"reference": carer},
                }
            ],
            "securityLabel": [{"system": SYSTEM, "code": label} for label in labels],
        },
    }


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}
