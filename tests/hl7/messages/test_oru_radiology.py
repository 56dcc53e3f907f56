"""Radiology by ORU^R01: reports, their images, and what tells radiology from a laboratory."""

from __future__ import annotations

import pytest

from tests.hl7.clinical import accepted, configure, message, record, refused
from tests.hl7.messages.test_oru import lab, obx, results
from tests.hl7.samples import example
from tests.support import Client


def radiology(*segments: str) -> str:
    return message("ORU^R01", *segments, app="RADIOLOGY")


XRAY = "OBR|1||R1|XK^Left knee X-ray|||202603061015"


def test_a_radiology_report_is_stored_with_its_image(pkb: Client):
    accepted(pkb, example("oru_r01_radiology"))
    stored_record = record(pkb)
    (report,), (image,) = stored_record["radiology_reports"], stored_record["attachments"]
    assert report["title"] == "Left knee X-ray"
    assert report["description"] == "No fracture seen.<br/>Compared with the images of 2024."
    assert report["released_at"] == "2026-03-13T10:15:00Z"
    assert report["attachments"] == [image["id"]]
    assert (image["filename"], image["media_type"], image["size"]) == ("left-knee.png", "image/png", 70)


def test_a_radiology_report_is_replaced_whole(pkb: Client):
    accepted(pkb, example("oru_r01_radiology"))
    accepted(pkb, radiology(XRAY.replace("R1", "RAD-55102"), "OBX|1|TX|R||Fracture."))
    stored_record = record(pkb)
    assert [report["description"] for report in stored_record["radiology_reports"]] == ["Fracture."]
    assert stored_record["attachments"] == []
    accepted(pkb, radiology("OBR|1||RAD-55102" + "|" * 22 + "R"))
    assert record(pkb)["radiology_reports"][0]["deleted"] is True


@pytest.mark.parametrize(
    ("segments", "detail"),
    [
        ((XRAY, XRAY), "Only one OBR segment may be provided in a radiology report"),
        (
            ("OBR|1||R1|XK|||20260306",),
            "OBR[1]: You need to provide at least one of: OBR.4.2 (title), OBR.4.5 (alternative title)",
        ),
        (("OBR|1||R1|^Knee",), "OBR[1].OBR-7.1 (observation time) must be provided. You provided []"),
        (
            (XRAY, "OBX|1|ED|I^x.png||^IM^PNG^A^abc"),
            "OBR[1].OBX[1]: OBX-5.4 (encoding) must be Base64. You provided [A]",
        ),
        ((XRAY, "OBX|1|ED|I^x.png||^IM^PNG^Base64^%%%"), "OBR[1].OBX[1]: OBX-5.5 (data) is not valid Base64"),
    ],
)
def test_a_radiology_report_needs_its_required_fields(pkb: Client, segments: tuple[str, ...], detail: str):
    refused(pkb, radiology(*segments), detail)


def test_a_registered_system_name_is_radiology_and_any_other_is_not(pkb: Client):
    configure(pkb, code_sets={"radiology_systems": ["PACS7"]})
    for system in ("PACS7", "pacs7"):
        accepted(pkb, message("ORU^R01", XRAY, "OBX|1|TX|R||Seen.", app=system))
    stored_record = record(pkb)
    assert (len(stored_record["radiology_reports"]), len(stored_record["lab_results"])) == (1, 1)


SETS = {
    "hospital_services": {"GUM": {"label": "SEXUAL_HEALTH"}, "ORTHO": {"display": "Orthopaedics"}},
    "order_services": {"FBC": {"label": "SOCIAL_CARE"}},
}
SERVICES = {
    "the hospital service before the order service": ("GUM", "FBC", "SEXUAL_HEALTH"),
    "the order service where the hospital service has no label": ("ORTHO", "FBC", "SOCIAL_CARE"),
    "no hospital service among the order services": ("FBC", "OTHER", "GENERAL_HEALTH"),
    "no order service among the hospital services": ("ORTHO", "GUM", "GENERAL_HEALTH"),
}


@pytest.mark.parametrize(("hospital", "service", "label"), SERVICES.values(), ids=SERVICES)
def test_each_service_is_looked_up_in_its_own_code_set(pkb: Client, hospital: str, service: str, label: str):
    configure(pkb, code_sets=SETS)
    visit = f"PV1|1|O{'|' * 8}{hospital}"
    accepted(pkb, lab(obx(), obr=f"{visit}\rOBR|1||L1|{service}|||20260303"))
    assert [result["label"] for result in results(pkb)] == [label]


def test_a_blank_line_of_a_radiology_report_stays(pkb: Client):
    accepted(pkb, radiology(XRAY, "OBX|1|TX|R||One", "OBX|2|TX|R||", "OBX|3|TX|R||Two", "NTE|||", "NTE|||Three"))
    assert record(pkb)["radiology_reports"][0]["description"] == "One<br/><br/>Two<br/><br/>Three"
