"""Examples of the FHIR specification that stand in both STU3 and R4: what differs between the two, and little else.

Cut down to the elements that say who, what and when, and to those that R4 renamed or reshaped. Where the two editions
of an example differ by more than the release (another code, a typing error mended), that element is left out, and so
are STU3's `taken` and `notGiven` where they say nothing that R4 has a word for. They are at
`https://hl7.org/fhir/STU3/<name>.json.html` and `https://hl7.org/fhir/R4/<name>.json.html`.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
SNOMED, LOINC, RXNORM = "http://snomed.info/sct", "http://loinc.org", "http://www.nlm.nih.gov/research/umls/rxnorm"
HL7 = "http://terminology.hl7.org/CodeSystem"
EXAMPLE = {"reference": "Patient/example"}


def concept(system: str, code: str, **more: str) -> Json:
    return {"coding": [{"system": system, "code": code}], **more}


BODY_WEIGHT: Json = {
    "code": concept(LOINC, "29463-7"),
    "status": "final",
    "subject": EXAMPLE,
    "effectiveDateTime": "2016-03-28",
    "valueQuantity": {"value": 185, "unit": "lbs", "system": "http://unitsofmeasure.org", "code": "[lb_av]"},
}
DISCUSSION: Json = {
    "status": "booked",
    "start": "2013-12-10T09:00:00Z",
    "end": "2013-12-10T11:00:00Z",
    "participant": [{"actor": EXAMPLE, "required": "required", "status": "accepted"}],
}
CASHEW: Json = {
    "type": "allergy",
    "category": ["food"],
    "criticality": "high",
    "code": concept(SNOMED, "227493005"),
    "patient": EXAMPLE,
    "onsetDateTime": "2004",
    "lastOccurrence": "2012-06",
    "reaction": [{"manifestation": [concept(SNOMED, "64305001")], "onset": "2004", "severity": "moderate"}],
}
CT_HEAD: Json = {
    "status": "completed",
    "intent": "order",
    "category": [concept(SNOMED, "103693007", text="Diagnostics Procedure")],
    "code": concept(SNOMED, "303653007"),
    "subject": EXAMPLE,
}
HEART_VISIT: Json = {
    "status": "finished",
    "class": {"system": "http://hl7.org/fhir/v3/ActCode", "code": "AMB"},
    "subject": {"reference": "Patient/f001"},
    "participant": [{"individual": {"reference": "Practitioner/f002"}}],
}
BLOOD_COUNT: Json = {
    "id": "f001",
    "status": "final",
    "code": concept(LOINC, "58410-2"),
    "subject": {"reference": "Patient/f001"},
    "issued": "2013-05-15T19:32:52+01:00",
    "result": [{"reference": "Observation/f001"}, {"reference": "Observation/f002"}],
}
LUNG_PLAN: Json = {
    "status": "completed",
    "intent": "plan",
    "subject": {"reference": "Patient/f001"},
    "period": {"start": "2011-07-06", "end": "2013-07-07"},
}
BIOPSY: Json = {"code": concept(SNOMED, "359615001"), "status": "completed"}
BURNT_EAR: Json = {
    "code": concept(SNOMED, "39065001", text="Burnt Ear"),
    "subject": EXAMPLE,
    "onsetDateTime": "2012-05-24",
}
RESTLESS_LEGS: Json = {
    "status": "active",
    "subject": {"reference": "Patient/pat1"},
    "effectiveDateTime": "2015-01-23",
    "dateAsserted": "2015-02-22",
    "medicationReference": {"reference": "#med0309"},
    "reasonCode": [concept(SNOMED, "32914008")],
}
AT_BEDTIME: Json = {
    "sequence": 1,
    "text": "1-2 tablets once daily at bedtime as needed for restless legs",
    "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "route": concept(SNOMED, "26643006"),
}
ONE_OR_TWO: Json = {"doseRange": {"low": {"value": 1, "unit": "TAB"}, "high": {"value": 2, "unit": "TAB"}}}
VANCOMYCIN: Json = {"code": concept("http://hl7.org/fhir/sid/ndc", "0069-2587-10"), "status": "active"}
STRENGTH: Json = {"numerator": {"value": 500, "code": "mg"}, "denominator": {"value": 10, "code": "mL"}}
PHYSICAL: Json = {
    "status": "current",
    "docStatus": "preliminary",
    "type": concept(LOINC, "34108-1"),
    "content": [{"attachment": {"contentType": "application/hl7-v3+xml", "size": 3654}}],
}
PHYSICAL_CLASS = concept("http://ihe.net/xds/connectathon/classCodes", "History and Physical")
FLU: Json = {
    "status": "completed",
    "vaccineCode": concept("urn:oid:1.2.36.1.2001.1005.17", "FLUVAX", text="Fluvax (Influenza)"),
    "patient": EXAMPLE,
    "lotNumber": "AAJN11K",
    "primarySource": True,
}
CHALMERS: Json = {
    "active": True,
    "name": [{"use": "official", "family": "Chalmers", "given": ["Peter", "James"]}],
    "gender": "male",
    "birthDate": "1974-12-25",
    "deceasedBoolean": False,
    "managingOrganization": {"reference": "Organization/1"},
}

BOTH_WAYS: tuple[tuple[str, Json, Json], ...] = (
    ("patient-example", {"resourceType": "Patient", **CHALMERS}, {"resourceType": "Patient", **CHALMERS}),
    (
        "condition-example",
        {
            "resourceType": "Condition",
            **BURNT_EAR,
            "clinicalStatus": "active",
            "verificationStatus": "confirmed",
        },
        {
            "resourceType": "Condition",
            **BURNT_EAR,
            "clinicalStatus": concept(f"{HL7}/condition-clinical", "active"),
            "verificationStatus": concept(f"{HL7}/condition-ver-status", "confirmed"),
        },
    ),
    (
        "observation-example",
        {"resourceType": "Observation", **BODY_WEIGHT, "context": {"reference": "Encounter/example"}},
        {"resourceType": "Observation", **BODY_WEIGHT, "encounter": {"reference": "Encounter/example"}},
    ),
    (
        "appointment-example",
        {
            "resourceType": "Appointment",
            **DISCUSSION,
            "serviceCategory": concept("http://example.org/service-category", "gp"),
            "indication": [{"reference": "Condition/example"}],
        },
        {
            "resourceType": "Appointment",
            **DISCUSSION,
            "serviceCategory": [concept("http://example.org/service-category", "gp")],
            "reasonReference": [{"reference": "Condition/example"}],
        },
    ),
    (
        "allergyintolerance-example",
        {
            "resourceType": "AllergyIntolerance",
            **CASHEW,
            "clinicalStatus": "active",
            "verificationStatus": "confirmed",
            "assertedDate": "2014-10-09T14:58:00+11:00",
        },
        {
            "resourceType": "AllergyIntolerance",
            **CASHEW,
            "clinicalStatus": concept(f"{HL7}/allergyintolerance-clinical", "active"),
            "verificationStatus": concept(f"{HL7}/allergyintolerance-verification", "confirmed"),
            "recordedDate": "2014-10-09T14:58:00+11:00",
        },
    ),
    (
        "procedurerequest-example, in R4 servicerequest-example",
        {"resourceType": "ProcedureRequest", **CT_HEAD},
        {"resourceType": "ServiceRequest", **CT_HEAD},
    ),
    (
        "encounter-example-f001-heart",
        {"resourceType": "Encounter", **HEART_VISIT, "reason": [concept(SNOMED, "34068001")]},
        {"resourceType": "Encounter", **HEART_VISIT, "reasonCode": [concept(SNOMED, "34068001")]},
    ),
    (
        "diagnosticreport-example-f001-bloodexam",
        {
            "resourceType": "DiagnosticReport",
            **BLOOD_COUNT,
            "category": concept(SNOMED, "252275004"),
            "performer": [{"actor": {"reference": "Organization/f001"}}],
        },
        {
            "resourceType": "DiagnosticReport",
            **BLOOD_COUNT,
            "category": [concept(SNOMED, "252275004")],
            "performer": [{"reference": "Organization/f001"}],
        },
    ),
    (
        "careplan-example-f002-lung",
        {"resourceType": "CarePlan", **LUNG_PLAN, "activity": [{"detail": {**BIOPSY, "prohibited": True}}]},
        {"resourceType": "CarePlan", **LUNG_PLAN, "activity": [{"detail": {**BIOPSY, "doNotPerform": True}}]},
    ),
    (
        "medicationstatementexample1",
        {"resourceType": "MedicationStatement", **RESTLESS_LEGS, "dosage": [{**AT_BEDTIME, **ONE_OR_TWO}]},
        {
            "resourceType": "MedicationStatement",
            **RESTLESS_LEGS,
            "dosage": [{**AT_BEDTIME, "doseAndRate": [ONE_OR_TWO]}],
        },
    ),
    (
        "medicationexample0301",
        {
            "resourceType": "Medication",
            **VANCOMYCIN,
            "ingredient": [{"itemCodeableConcept": concept(RXNORM, "66955"), "amount": STRENGTH}],
        },
        {
            "resourceType": "Medication",
            **VANCOMYCIN,
            "ingredient": [{"itemCodeableConcept": concept(RXNORM, "66955"), "strength": STRENGTH}],
        },
    ),
    (
        "documentreference-example",
        {
            "resourceType": "DocumentReference",
            **PHYSICAL,
            "class": PHYSICAL_CLASS,
            "indexed": "2005-12-24T09:43:41+11:00",
            "context": {"encounter": {"reference": "Encounter/xcda"}},
        },
        {
            "resourceType": "DocumentReference",
            **PHYSICAL,
            "category": [PHYSICAL_CLASS],
            "date": "2005-12-24T09:43:41+11:00",
            "context": {"encounter": [{"reference": "Encounter/xcda"}]},
        },
    ),
    (
        "immunization-example",
        {
            "resourceType": "Immunization",
            **FLU,
            "date": "2013-01-10",
            "practitioner": [
                {"role": concept("http://hl7.org/fhir/v2/0443", "OP"), "actor": {"reference": "Practitioner/example"}}
            ],
        },
        {
            "resourceType": "Immunization",
            **FLU,
            "occurrenceDateTime": "2013-01-10",
            "performer": [
                {
                    "function": concept("http://hl7.org/fhir/v2/0443", "OP"),
                    "actor": {"reference": "Practitioner/example"},
                }
            ],
        },
    ),
)
"""Name, STU3, R4: neither side holds what the other cannot say. Codings keep the systems that they were sent with."""

REFUSED: Json = {"vaccineCode": concept("http://hl7.org/fhir/sid/cvx", "01"), "patient": EXAMPLE, "primarySource": True}
MEDICAL_PRECAUTION = concept("http://hl7.org/fhir/v3/ActReason", "MEDPREC")
ONE_WAY: tuple[tuple[str, Json, Json], ...] = (
    (
        "immunization-example-refused",
        {
            "resourceType": "Immunization",
            **REFUSED,
            "status": "completed",
            "notGiven": True,
            "date": "2013-01-10",
            "explanation": {"reasonNotGiven": [MEDICAL_PRECAUTION]},
        },
        {
            "resourceType": "Immunization",
            **REFUSED,
            "status": "not-done",
            "occurrenceDateTime": "2013-01-10",
            "statusReason": MEDICAL_PRECAUTION,
        },
    ),
    (
        "medicationexample0301",
        {
            "resourceType": "Medication",
            **VANCOMYCIN,
            "isBrand": True,
            "isOverTheCounter": False,
            "package": {
                "container": concept(SNOMED, "415818006"),
                "batch": [{"lotNumber": "9494788", "expirationDate": "2017-05-22"}],
            },
        },
        {
            "resourceType": "Medication",
            **VANCOMYCIN,
            "batch": {"lotNumber": "9494788", "expirationDate": "2017-05-22"},
        },
    ),
)
"""Examples that R4 says with less, or in another place: the way back is lost."""
