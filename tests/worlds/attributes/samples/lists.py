"""Allergies, diagnoses and medications."""

from __future__ import annotations

from tests.journeys.test_four_doors import BRIGHT
from tests.worlds.attributes.samples.sending import Sample, fields, hl7, rest, web

CODED = "373270004^Penicillin-class^SNOMED CT^Z88.0^Penicillin allergy^ICD10"


def lists(kind: str, *segments: str, **more: str) -> list[Sample]:
    return [hl7(kind, type_, *segments, name=f"{type_} {more.get('name', '')}") for type_ in ("ADT^A28", "ADT^A31")]


ALLERGIES = [
    *lists("allergy", fields("AL1", f3=CODED, f4="SV^Severe form^SNOMED CT^LA6752-5^Heavy^LN", f5="Rash",
           f6="20190402"), "NTE|1||Assessment clinic"),
    web("allergy", "allergies", allergen="Peanuts", route="WEBAPP_OTP", label="SOCIAL_CARE"),
    web("allergy", "allergies", allergen="Almonds", by=BRIGHT, name="web by a professional"),
]  # fmt: skip
DIAGNOSES = [
    *lists("diagnosis", fields("DG1", f3=CODED, f5="200501110807", f16="^Lindqvist^Maja^Quill^^Dr"),
           "NTE|1||From the GP"),
    *lists("diagnosis", fields("DG1", f3=CODED, f5="20050112", f6="^Bramhall^Ivor^Keir^^Mr"), name="DG1-6"),
    web("diagnosis", "diagnoses", diagnosis="Migraine", name="web by the patient"),
    web("diagnosis", "diagnoses", diagnosis="Gout", by=BRIGHT, route="WEBAPP_OTP", label="SOCIAL_CARE"),
]  # fmt: skip
MEDICATIONS = [
    *lists("medication", fields("ZRX", f1="^Twice a day^^202401150807^202701150808", f2=CODED, f3="20.5",
           f5="mg^milligram^SNOMED CT^mgm^milligrams^LN"), "NTE|1||With food"),
    *lists("medication", fields("ZRX", f2="^Salbutamol", f3="Half a cup", f5="^glasses"), name="text"),
    *lists("medication", fields("ZRX", f2="^Ibuprofen", f3="400", f5="TAB"), name="own unit"),
    *lists("medication", fields("ZRX", f2="^Morphine", f3="40", f5="vial^^SNOMED CT"), name="coded unit"),
    *lists("medication", fields("ZRX", f2="^Codeine", f3="30", f5="^^^^sachets"), name="alternate unit"),
    rest("medication", "POST", "/v1/medications", substance={"displayText": "Zinc"}, privacyLabel="SOCIAL_CARE"),
]  # fmt: skip
