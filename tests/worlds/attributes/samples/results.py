"""Laboratory results, measurements and radiology reports."""

from __future__ import annotations

import base64

from tests.journeys.test_four_doors import BRIGHT
from tests.worlds.attributes.samples.sending import Sample, fields, hl7, relabelled, web

UNITS = "mmol/L^millimoles^UCUM^mM^millimolar^LN"
LABORATORY = hl7(
    "lab_result",
    "ORU^R01",
    fields("PV1", f10="HAEM-1"),
    fields("ORC", f3="", f13="^^^^^^^^Ward Nine"),
    fields("OBR", f3="LAB-901", f4="FBC^Full count^SNOMED CT^58410-2^Panel^LN", f7="202603031121", f14="202603031401",
           f16="^Brandt^Jonas^Emil^^Dr", f24="HAE-1"),
    fields("OBX", f2="NM", f3="1022431^Haemoglobin^SNOMED CT^718-7^Hb mass^LN", f5="131.5", f6=UNITS, f7="120.5-150.5",
           f8="HH", f11="F", f13="3", f14="202603031122"),
    "NTE|1||Slightly haemolysed",
)  # fmt: skip
LAB_RESULTS = [
    LABORATORY,
    hl7("lab_result", "ORU^R01", "ORC||| LAB-902".replace(" ", ""), fields("OBR", f4="FBC^Count", f7="202603031123"),
        fields("OBX", f2="SN", f3="DD^D-dimer^L9", f5="<^0.197", f6="milligr"), name="ORU^R01 SN"),
    hl7("lab_result", "ORU^R01", fields("OBR", f3="LAB-903", f4="MCS^Microscopy^SNOMED CT^611-4^Bacteria^LN",
        f7="202603031124"), fields("OBX", f2="ST", f3="COM^Comment^L9", f5="Repeat soon"), name="ORU^R01 ST"),
    hl7("lab_result", "ORU^R01", fields("OBR", f3="LAB-904", f4="MCS^Microscopy^SNOMED CT^611-4^Bacteria^LN",
        f7="202603031125"), "OBX|1|FT|RPT^Report^L9||No white cells", "OBX|2|FT|RPT^Report^L9||No growth",
        name="ORU^R01 text report"),
    hl7("lab_result", "ORU^R01", fields("OBR", f3="LAB-905", f4="FBC^Count", f7="202603031126"),
        fields("OBX", f2="NM", f3="ESR^Sedimentation^L9", f5="14", f6="^millimetres"), name="ORU^R01 unit as text"),
    relabelled(LABORATORY),
]  # fmt: skip
LAB_REPORTS = [
    Sample("lab_report", "ORU^R01", LABORATORY.send, LABORATORY.message),
    Sample("lab_report", "ORU^R01 ORC-3", LAB_RESULTS[1].send, LAB_RESULTS[1].message),
]

WEIGHT = hl7(
    "measurement",
    "ORU^R01",
    fields("PV1", f10="OBS-1"),
    fields("OBR", f3="OBS-901", f4="OBS^Observations", f7="202603050807", f16="^Bright^Owen^Rhys^^Dr"),
    fields("OBX", f2="NM", f3="107647005^Weighing^SNOMED CT^29463-7^Body mass^LN", f5="68.43", f6="kg^kilogram"),
)
PRESSURE = [
    fields("OBX", f2="NM", f3="163030003^Systolic^SNOMED CT^8480-6^Sys^LN", f5="128", f6="mmHg"),
    fields("OBX", f2="NM", f3="163031004^Diastolic^SNOMED CT^8462-4^Dias^LN", f5="81", f6="mmHg"),
]
MEASUREMENTS = [
    hl7("measurement", "ORU^R01", *WEIGHT.message.split("\r")[2:-1],
        fields("OBX", f2="NM", f3="107647005^Weighing^SNOMED CT^29463-7^Body mass^LN", f5="68.43", f6="kg")),
    hl7("measurement", "ORU^R01", "ORC|||OBS-902", fields("OBR", f4="OBS", f7="202603050808"),
        fields("OBX", f2="NM", f3="107647005^Weighing^SNOMED CT", f5="68.44", f6="^kg", f14="202603050809"),
        name="ORU^R01 ORC-3, OBX-14"),
    hl7("measurement", "ORU^R01", fields("OBR", f3="OBS-903", f4="OBS", f7="202603050811"), *PRESSURE,
        name="ORU^R01 blood pressure"),
    *(
        hl7("measurement", "ORU^R01", fields("OBR", f3="OBS-905", f4="OBS", f7="202603050814"),
            fields("OBX", f2="NM", f3="105723007^Warmth^SNOMED CT", f5="98.61", f6=unit), name=f"ORU^R01 {unit}")
        for unit in ("degF", "^degF")
    ),
    hl7("measurement", "ORU^R01", fields("OBR", f3="OBS-904", f4="OBS", f7="202603050812"),
        fields("OBX", f2="ST", f3="107647005^Weighing^SNOMED CT", f5="Refused today", f6="kg"), name="ORU^R01 text"),
    web("measurement", "measurements", type="weight", value="71.25", at="2026-03-06T08:13:00Z", by=BRIGHT),
    web("measurement", "measurements", type="weightStone", value="11", value2="3", name="web stone and pounds"),
    web("measurement", "measurements", type="weight", text="Too unwell", at="2026-03-06T08:14:00Z",
        route="WEBAPP_NHS_APP", label="SOCIAL_CARE", name="web text"),
]  # fmt: skip

IMAGE = base64.b64encode(b"\x89PNG picture").decode()
RADIOLOGY = hl7(
    "radiology_report",
    "ORU^R01",
    fields("PV1", f10="RADIO-1"),
    fields("ORC", f13="^^^^^^^^Scan Room"),
    fields("OBR", f3="RAD-901", f4="XKNEE^Knee picture", f7="202603061016", f16="^Brandt^Jonas^Emil^^Dr"),
    fields("OBX", f2="TX", f3="RPT^Report", f5="No fracture", f13="7"),
    fields("OBX", f2="ED", f3="IMG^knee.png", f5=f"^IM^PNG^Base64^{IMAGE}"),
)
RADIOLOGY_REPORTS = [
    RADIOLOGY,
    hl7("radiology_report", "ORU^R01", "ORC|||RAD-902", fields("OBR", f4="^^^^Hip picture", f7="202603061017"),
        fields("OBX", f2="TX", f3="RPT^Report"), "NTE|1||Seen again",
        fields("OBX", f2="ED", f3="IMG^^^^hip.png", f5=f"^IM^PNG^Base64^{IMAGE}"), name="ORU^R01 alternatives"),
    relabelled(RADIOLOGY),
]  # fmt: skip
