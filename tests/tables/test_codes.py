"""The code tables of HL7, row by row: sent in a message, and read back from the record."""

from __future__ import annotations

import pytest

from tests.fhir.facade.samples import LABORATORY, search
from tests.fhir.facade.samples import TOLA as TOLA_ID
from tests.hl7.clinical import accepted, message, record
from tests.hl7.messages.test_mdm import TXA, obx, t02
from tests.hl7.messages.test_oru import lab
from tests.hl7.messages.test_oru import obx as result
from tests.support import Client

DOCUMENT_TYPES = {
    "AL": "APPOINTMENT_LETTER",
    "AN": "ALERT_NOTIFICATION",
    "BR": "BIRTH_REPORT",
    "CL": "CLINIC_LETTER",
    "DL": "DISCHARGE_LETTER",
    "DS": "DISCHARGE_SUMMARY",
    "MDT": "MULTI_DISCIPLINARY_TEAM_MEETING_NOTES",
    "RL": "REFERRAL_LETTER",
    "TCI": "ADMISSION_TCI_LETTER",
}
PATIENT_CLASSES = {
    "I": "IN_PATIENT",
    "O": "OUT_PATIENT",
    "A": "AMBULATORY",
    "E": "EMERGENCY",
    "H": "HOME",
    "F": "FIELD",
    "D": "DAYTIME",
    "V": "VIRTUAL",
    "N": "OTHER",
}
SEMANTIC_LABELS = {
    ("86406008", "SNOMED CT"): "SEXUAL_HEALTH",
    ("24655000", "SNOMED CT"): "SEXUAL_HEALTH",
    ("240589008", "SNOMED CT"): "SEXUAL_HEALTH",
    ("35489007", "SNOMED CT"): "MENTAL_HEALTH",
    ("58214004", "SNOMED CT"): "MENTAL_HEALTH",
    ("43C3.", "Read V2"): "SEXUAL_HEALTH",
    ("E10..", "Read V2"): "MENTAL_HEALTH",
    ("86406008", "Read V2"): "GENERAL_HEALTH",
    ("E10..", "SNOMED CT"): "GENERAL_HEALTH",
}
CODE_SYSTEMS = {
    "snomed ct": "http://snomed.info/sct",
    "snomed-ct": "http://snomed.info/sct",
    "sct": "http://snomed.info/sct",
    "snm3": "http://snomed.info/sct",
    "ln": "http://loinc.org",
    "loinc": "http://loinc.org",
    "ucum": "http://unitsofmeasure.org",
    "read v2": "http://read.info/readv2",
    "read ctv3": "http://read.info/ctv3",
    "i10": "http://hl7.org/fhir/sid/icd-10",
    "icd10": "http://hl7.org/fhir/sid/icd-10",
    "L9": None,
}


@pytest.mark.parametrize(("code", "name"), DOCUMENT_TYPES.items())
def test_a_document_has_the_type_of_its_code(pkb: Client, code: str, name: str):
    accepted(pkb, t02(TXA.replace("||CL|", f"||{code}|"), obx()))
    (document,) = record(pkb)["documents"]
    assert document["type"] == name


@pytest.mark.parametrize(("code", "name"), PATIENT_CLASSES.items())
def test_a_document_has_the_patient_class_of_its_code(pkb: Client, code: str, name: str):
    accepted(pkb, t02(f"PV1|1|{code}", TXA, obx()))
    (document,) = record(pkb)["documents"]
    assert document["class"] == name


@pytest.mark.parametrize(("coded", "label"), SEMANTIC_LABELS.items())
def test_a_code_that_decides_the_label_of_a_diagnosis(pkb: Client, coded: tuple[str, str], label: str):
    code, system = coded
    accepted(pkb, message("ADT^A31", f"DG1|1||{code}^Coded so^{system}"))
    (diagnosis,) = [row for row in record(pkb)["diagnoses"] if row["diagnosis"]["text"] == "Coded so"]
    assert diagnosis["label"] == label


@pytest.mark.parametrize(("system", "uri"), CODE_SYSTEMS.items())
def test_a_coding_system_by_the_name_that_hl7_gives_it(pkb: Client, system: str, uri: str | None):
    for spelling in (system, system.upper()):
        accepted(pkb, lab(result(f"X1^Tested so^{spelling}", unit="")))
        observations = search(pkb, f"/Observation?patient=Patient/{TOLA_ID}&{LABORATORY}")
        (coding,) = [
            observation["code"]["coding"][0]
            for observation in observations
            if observation["code"]["coding"][0]["display"] == "Tested so"
        ]
        assert (coding["code"], coding.get("system")) == ("X1", uri)
        accepted(pkb, lab(obr="OBR|1||L1" + "|" * 22 + "R"))
