"""Documents and care plans."""

from __future__ import annotations

from tests.journeys.test_four_doors import TOLA_ID
from tests.support import Client
from tests.worlds.attributes.samples.sending import PDF, fields, hl7, relabelled, rest, then

DOCUMENT = hl7(
    "document",
    "MDM^T02",
    fields("PV1", f2="I", f10="DOCS-1"),
    fields(
        "TXA", f2="CL", f5="^Lindqvist^Maja^Quill^^Dr", f8="202603071001", f12="DOC-901", f16="willow.pdf", f17="AU"
    ),
    fields("OBX", f2="ED", f3="CL^Knee letter", f5=f"^TEXT^PDF^Base64^{PDF}"),
    "ZPM|202603120901",
)


def _opened(pkb: Client) -> None:
    id_ = pkb.control(f"/records/{TOLA_ID}")["documents"][-1]["id"]
    assert pkb.http.post(f"/_sandbox/records/{TOLA_ID}/documents/{id_}/read").status_code == 200


DOCUMENTS = [
    DOCUMENT,
    *(
        hl7("document", "MDM^T02", fields("TXA", f2="DS", f12=f"DOC-90{field}", f17="AU", **{f"f{field}": at}),
            fields("OBX", f2="ED", f3="CL^^^^Hip letter", f5="^APPLICATION^MSWORD^Base64^aGVsbG8gdGhlcmU=", f13="4"),
            name=f"MDM^T02 TXA-{field}")
        for field, at in ((7, "202603071002"), (6, "202603071003"), (4, "202603071004"))
    ),
    relabelled(DOCUMENT),
    then(DOCUMENT, _opened, "read"),
    then(DOCUMENT, lambda pkb: None, "again"),
]  # fmt: skip

CARE_PLAN = hl7(
    "care_plan",
    "MDM^T02",
    fields("PV1", f10="PLAN-1"),
    fields("TXA", f2="CP", f4="202603080846", f5="^Lindqvist^Maja^Quill^^Dr", f12="CP-901", f16="plan.html", f17="AU"),
    fields("OBX", f2="ED", f3="CP^Knee plan", f5="^TEXT^HTML^A^<p>Walk daily.</p>"),
)
CARE_PLANS = [
    CARE_PLAN,
    hl7("care_plan", "MDM^T02", fields("TXA", f2="CP", f4="202603080847", f12="CP-902", f17="AU"),
        fields("OBX", f2="ED", f3="CP^^^^Hip plan", f5=f"^TEXT^PDF^Base64^{PDF}"), name="MDM^T02 OBX-3.5"),
    rest("care_plan", "POST", "/v1/treatmentPlans", name="Drink plan", actionPlan="<p>Drink.</p>", red="<p>Call.</p>",
         amber="<p>Rest.</p>", green="<p>Go on.</p>", reviewDate="2026-09-08", privacyLabel="SOCIAL_CARE"),
    rest("care_plan", "POST", "/v1/treatmentPlans", "CLINICIAN", name="Sleep plan", patientId="5001"),
    rest("care_plan", "POST", "/v1/treatmentPlans", name="Draft plan", status="INDRAFT"),
]  # fmt: skip
