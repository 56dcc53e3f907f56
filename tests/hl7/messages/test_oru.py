"""ORU^R01: results and measurements. Source: *Laboratory*, wiki.hub.patientsknowbest.com pages/3364848908."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.model import Team
from tests.hl7.clinical import accepted, configure, message, record, refused
from tests.hl7.samples import TEAMS, example
from tests.support import Client

OBR = "OBR|1||L1|FBC^Full blood count^L9|||202603031120"
PRE = "OBR[1].OBX[1]: "


def obx(test: str = "HB^Haemoglobin^L9", value: str = "131", unit: str = "g/L", type_: str = "NM", **more: str) -> str:
    fields = [
        "OBX",
        "1",
        type_,
        test,
        "",
        value,
        unit,
        "",
        "",
        "",
        "",
        more.get("status", ""),
        "",
        more.get("delay", ""),
    ]
    return "|".join([*fields, more.get("at", "")])


def lab(*segments: str, obr: str = OBR) -> str:
    return message("ORU^R01", obr, *segments, app="LIMS")


def results(pkb: Client) -> list[dict[str, Any]]:
    return [lab_result for lab_result in record(pkb)["lab_results"] if not lab_result["deleted"]]


ACCEPTANCE: dict[str, tuple[list[str], list[tuple[str, str, str, int]]]] = {
    "a new test": ([lab(obx())], [("HB", "Full blood count", "131", 0)]),
    "a new value": ([lab(obx()), lab(obx(value="129"))], [("HB", "Full blood count", "129", 1)]),
    "a further order": (
        [lab(obx()), lab(obx(value="129"), obr=OBR.replace("L1", "L2"))],
        [("HB", "Full blood count", "131", 0), ("HB", "Full blood count", "129", 0)],
    ),
    "another test": (
        [lab(obx()), lab(obx("WBC^White cells^L9", "5"))],
        [("HB", "Full blood count", "131", 0), ("WBC", "Full blood count", "5", 0)],
    ),
    "another service": (
        [lab(obx()), lab(obx("NA^Sodium^L9", "139"), obr=OBR.replace("FBC^Full blood count", "UE^Urea"))],
        [("HB", "Full blood count", "131", 0), ("NA", "Urea", "139", 0)],
    ),
    "the same again": ([lab(obx()), lab(obx())], [("HB", "Full blood count", "131", 0)]),
}


@pytest.mark.parametrize("name", ACCEPTANCE)
def test_pkbs_acceptance_tests_of_a_laboratory_feed_pass(pkb: Client, name: str):
    messages, expected = ACCEPTANCE[name]
    accepted(pkb, *messages)
    rows = [(r["code"]["code"], r["service"]["text"], r["value"], len(r["versions"])) for r in results(pkb)]
    assert rows == expected


def test_a_result_holds_every_field(pkb: Client):
    accepted(pkb, example("oru_r01_laboratory"))
    haemoglobin, d_dimer, *_ = results(pkb)
    assert (haemoglobin["value"], haemoglobin["unit"]["code"], haemoglobin["reference_range"]) == (
        "131",
        "g/L",
        "120-150",
    )
    assert (haemoglobin["abnormal_flag"], haemoglobin["at"]) == ("N", "2026-03-03T11:20:00Z")
    assert haemoglobin["source"]["text"] == "Dr Jonas Brandt"
    assert (d_dimer["comparator"], d_dimer["value"], d_dimer["comments"]) == (
        "<",
        "0.19",
        "Sample slightly haemolysed.",
    )
    assert d_dimer["released_at"] == "2026-03-05T11:20:00Z"
    (report,) = record(pkb)["lab_reports"]
    assert (report["external_id"], report["discipline"]) == ("26H0044871", "HAE")


def test_a_test_without_a_code_is_not_the_one_whose_code_reads_like_its_text(pkb: Client):
    accepted(pkb, lab(obx("HB^^L9"), obx("^HB^L9", "5")))
    assert [(result["code"]["code"], result["code"]["text"], result["value"]) for result in results(pkb)] == [
        ("HB", "", "131"),
        ("", "HB", "5"),
    ]


def test_text_of_one_test_in_several_lines_is_one_report(pkb: Client):
    accepted(pkb, example("oru_r01_text_report"))
    (report,) = results(pkb)
    assert report["textual"] is True
    assert report["code"]["code"] == "MCS"
    assert report["text"].split("\n") == [
        "Microscopy: no white cells seen.",
        "Culture: no significant growth.",
        "Reported by the duty microbiologist.",
    ]


@pytest.mark.parametrize("value", ["one~two", "one\\.br\\two"])
def test_repetitions_and_line_breaks_are_lines(pkb: Client, value: str):
    accepted(pkb, lab(obx(value=value, type_="TX", unit="")))
    assert results(pkb)[0]["text"] == "one\ntwo"
    assert results(pkb)[0]["code"]["code"] == "FBC"


@pytest.mark.parametrize("blank", ["", '""', "^", "\\.br\\"])
def test_a_blank_obx_is_a_line_of_a_textual_report(pkb: Client, blank: str):
    lines = [obx(value=value, type_="TX", unit="") for value in ("one", blank, "two", "")]
    accepted(pkb, lab(*lines, "NTE|||three"))
    (report,) = results(pkb)
    expected = ["one", *([""] * (1 + blank.count(".br"))), "two", "", "three"]
    assert (report["textual"], report["text"].split("\n")) == (True, expected)


def test_one_text_and_a_blank_line_are_a_report(pkb: Client):
    accepted(pkb, lab(obx(value="one", type_="TX", unit=""), obx(value="", type_="TX", unit="")))
    assert (results(pkb)[0]["textual"], results(pkb)[0]["text"]) == (True, "one\n")


def test_blank_lines_alone_are_not_a_report(pkb: Client):
    text = lab(*[obx(value="", type_="TX", unit="")] * 2)
    refused(pkb, text, f"{PRE}OBX-5.1 (value) must be provided. You provided []")


FAR = "99991230120000"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (lab(obx(delay="2"), obr=OBR.replace("202603031120", FAR)), PRE),
        (lab(obx(delay="2", value="a~b", type_="TX"), obr=OBR.replace("202603031120", FAR)), PRE),
        (example("oru_r01_radiology").replace("202603061015", FAR), PRE),
        (example("mdm_t02_document").replace("202603071000", FAR), ""),
    ],
    ids=["result", "textual report", "radiology", "document"],
)
def test_a_release_date_past_the_year_9999_is_refused(pkb: Client, text: str, place: str):
    before = record(pkb)
    ack = pkb.send(text)
    assert ack.code == "AR"
    assert f"{place}OBX-13.1 (delay) must end before the year 10000. You provided [" in ack.detail
    assert record(pkb) == before


BRANDT = "^Brandt^Jonas^Emil^^Dr"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (lab(obx(), obr=f"{OBR}|||||||||{BRANDT}"), "lab_results"),
        (
            lab(obx("27113001^Weight^SNOMED CT", "68", "kg"), obr=f"{OBR}|||||||||{BRANDT}"),
            "measurements",
        ),
        (example("oru_r01_radiology").replace("^Brandt^Jonas^^^Dr", BRANDT), "radiology_reports"),
        (example("mdm_t02_document").replace("^Lindqvist^Maja^^^Dr", BRANDT), "documents"),
        (example("mdm_t02_care_plan").replace("^Lindqvist^Maja^^^Dr", BRANDT), "care_plans"),
    ],
    ids=["result", "measurement", "radiology", "document", "care plan"],
)
def test_a_middle_name_stays_in_the_source(pkb: Client, text: str, kind: str):
    accepted(pkb, text)
    assert "Dr Jonas Emil Brandt" in [entry["source"]["text"] for entry in record(pkb)[kind]]


def test_a_middle_name_stays_in_the_clinician_of_a_diagnosis(pkb: Client):
    accepted(pkb, message("ADT^A31", f"DG1|||A^B^C||{'|' * 11}{BRANDT}"))
    assert "Dr Jonas Emil Brandt" in [diagnosis["clinician"] for diagnosis in record(pkb)["diagnoses"]]


def test_two_tests_of_text_are_results_of_their_own(pkb: Client):
    accepted(pkb, lab(obx(value="x", type_="TX"), obx("B^B^L9", "y", type_="TX")))
    assert [result["textual"] for result in results(pkb)] == [False, False]


VALUES = {
    "a code": ("CE", "POS^Positive^L9", "POS"),
    "a code without its first part": ("CE", "^Positive", "^Positive"),
    "encapsulated data": ("ED", "^TEXT^PDF^Base64^JVBERi0xLjQK", "^TEXT^PDF^Base64^JVBERi0xLjQK"),
    "a pointer": ("RP", "https://pacs.example/1^PACS^TEXT^PDF", "https://pacs.example/1"),
    "a day": ("DT", "2026-03-03", "2026-03-03"),
}


@pytest.mark.parametrize(("type_", "value", "text"), VALUES.values(), ids=VALUES)
def test_a_value_of_another_type_is_text_and_no_attachment(pkb: Client, type_: str, value: str, text: str):
    files = record(pkb)["attachments"]
    accepted(pkb, lab(obx(value=value, type_=type_, unit="")))
    (result,) = results(pkb)
    assert (result["value"], result["text"]) == (None, text)
    assert record(pkb)["attachments"] == files


@pytest.mark.parametrize("type_", ["NM", "TX", "FT", "ST", "ED"])
def test_a_value_that_says_nothing_is_refused(pkb: Client, type_: str):
    value = "^^" if type_ == "ED" else "^5"
    refused(pkb, lab(obx(value=value, type_=type_)), PRE + "OBX-5.1 (value) must be provided. You provided []")


REFUSED: dict[str, tuple[str, str]] = {
    "no order number": (
        lab(obx(), obr="OBR|1|||FBC|||20260303"),
        "OBR[1]: You need to provide at least one of: ORC.3.1 (filler order number), OBR.3.1 (filler order number)",
    ),
    "two order numbers": (
        message("ORU^R01", "ORC|RE||L9", OBR, obx()),
        "OBR[1]: ORC-3.1 [L9] and OBR-3.1 [L1] must be the same filler order number",
    ),
    "an order number for each panel": (
        lab(obx(), OBR.replace("L1", "L2"), obx("B^B^L9")),
        "All OBR must have the same filler order number. You provided [L1, L2]",
    ),
    "no time": (lab(obx(), obr="OBR|1||L1|FBC"), "OBR[1].OBX[1]: No observation timestamp in OBX or OBR"),
    "no time in the second": (
        lab(obx(at="20260303"), obx("B^B^L9"), obr="OBR|1||L1|FBC"),
        "OBR[1].OBX[2]: No observation timestamp in OBX or OBR",
    ),
    "a structured number without one": (
        lab(obx(type_="SN", value="<10")),
        PRE + "OBX-5.2 (number) must be a number, with =, <, <=, > or >= in OBX-5.1. You provided [<10] []",
    ),
    "one test twice": (lab(obx(), obx()), "Test [HB] occurs more than once under filler order number [L1]"),
    "a report without a code": (
        lab(obx(value="a~b", type_="TX"), obr="OBR|1||L1|^Full blood count|||20260303"),
        "OBR[1].OBR-4.1 (service identifier) must be provided. You provided []",
    ),
    "an author without family name": (
        lab(obx(), obr=OBR + "|||||||||^^Jonas"),
        "OBR[1].OBR-16.2 (family name) must be provided. You provided []",
    ),
    "a delay that is no number": (
        lab(obx(delay="soon")),
        PRE + "OBX-13.1 (delay) must be a number of days. You provided [soon]",
    ),
    "a negative delay": (lab(obx(delay="-1")), PRE + "OBX-13.1 (delay) must be a number of days. You provided [-1]"),
    "no value type": (lab(obx(type_="")), PRE + "OBX-2.1 (value type) must be provided. You provided []"),
    "no value": (lab(obx(value="")), PRE + "OBX-5.1 (value) must be provided. You provided []"),
    "no test": (
        lab(obx(test="")),
        PRE + "You need to provide at least one of: OBX.3.1 (test code ID), OBX.3.2 (test code text)",
    ),
    "no panel": (message("ORU^R01", obx()), "OBR segment must be provided"),
    "a half-given time": (lab(obx(at="202603031")), "Invalid timestamp [202603031] in OBX-14.1"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_laboratory_message_needs_its_required_fields(pkb: Client, name: str):
    refused(pkb, *REFUSED[name])


def test_everything_under_an_order_number_is_taken_back_and_sent_again(pkb: Client):
    accepted(pkb, lab(obx(), obx("B^B^L9")))
    accepted(pkb, lab(OBR, obx(value="7"), obr=OBR + "|" * 18 + "R"))
    assert [(result["code"]["code"], result["value"]) for result in results(pkb)] == [("HB", "7")]
    assert len(record(pkb)["lab_results"]) == 3


def test_taking_back_an_unknown_order_does_nothing(pkb: Client):
    accepted(pkb, lab(obr=OBR + "|" * 18 + "R"))
    assert record(pkb)["lab_results"] == []


def test_another_organisation_can_neither_correct_nor_delete(pkb: Client):
    accepted(pkb, lab(obx()))
    assert pkb.send(lab(obr=OBR + "|" * 18 + "R"), user="org_eastgate").code == "AA"
    assert pkb.send(lab(obx(value="1")), user="org_eastgate").code == "AA"
    assert [result["value"] for result in results(pkb)] == ["131", "1"]


def test_another_delay_is_a_new_version(pkb: Client):
    accepted(pkb, lab(obx()), lab(obx(delay="3")))
    (result,) = results(pkb)
    assert (result["released_at"], len(result["versions"])) == ("2026-03-06T11:20:00Z", 1)


@pytest.mark.parametrize("status", ["D", "W", "X"])
def test_a_result_that_was_never_obtained_is_not_stored(pkb: Client, status: str):
    accepted(pkb, lab(obx(status=status)))
    assert results(pkb) == []


def test_a_ratio_is_ignored(pkb: Client):
    accepted(pkb, lab(obx(type_="SN", value="^1^:^128")))
    assert results(pkb) == []


def test_results_have_the_label_of_their_order_service_or_meaning(pkb: Client):
    configure(pkb, code_sets={"order_services": {"FBC": {"label": "SOCIAL_CARE"}}})
    accepted(pkb, lab(obx()))
    accepted(pkb, lab(obx("24655000^CD4^SNOMED CT", unit=""), obr="OBR|1||L2|CD4|||20260303"))
    assert [result["label"] for result in results(pkb)] == ["SOCIAL_CARE", "SEXUAL_HEALTH"]


def test_results_from_a_team_have_the_teams_label_unless_a_code_set_decides(pkb: Client):
    organisation, sexual = pkb.organisation(), TEAMS["northmoor_sexual"]
    configure(
        pkb,
        aliases=[{"credential": "org_northmoor", "alias": "CLINIC", "organisation": organisation, "team": sexual}],
        code_sets={"order_services": {"FBC": {"label": "SOCIAL_CARE"}}},
    )
    for number, service in (("L1", "FBC"), ("L2", "OTHER")):
        accepted(pkb, lab(obx(), obr=f"OBR|1||{number}|{service}|||20260303").replace("|ANY|", "|CLINIC|"))
    assert [result["label"] for result in results(pkb)] == ["SOCIAL_CARE", "SEXUAL_HEALTH"]
    assert {result["source"]["team"] for result in results(pkb)} == {sexual}


def test_results_from_a_partner_whom_a_team_granted_are_the_teams(pkb: Client):
    team = TEAMS["eastgate_diabetes"]
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Team, team), default_label="MENTAL_HEALTH"))
    text = lab(obx()).replace("|ANY|", "|EASTGATE_LB{EASTGATE_LB}|")
    assert pkb.send(text, "partner_letterbox").code == "AA"
    (result,) = results(pkb)
    assert (result["label"], result["source"]["team"]) == ("MENTAL_HEALTH", team)
    assert result["source"]["partner"]


def test_two_messages_may_share_a_control_id(pkb: Client):
    accepted(pkb, lab(obx()), lab(obx("K^Potassium")))
    assert len(results(pkb)) == 2


def test_measurements_are_stored_once_and_blood_pressure_as_one(pkb: Client):
    accepted(pkb, example("oru_r01_measurements"), example("oru_r01_measurements"))
    weight, pressure = record(pkb)["measurements"]
    assert (weight["value"], weight["unit"], weight["label"]) == ("68.4", "kg", "GENERAL_HEALTH")
    assert (pressure["value"], pressure["value2"]) == ("128", "81")
    assert weight["source"]["text"] == "Dr Owen Bright"
    assert results(pkb) == []


@pytest.mark.parametrize(
    "changed",
    [("27113001", "99999999"), ("SNOMED CT", "LOCAL"), ("|kg", "|stone")],
    ids=["another code", "another system", "another unit"],
)
def test_an_unknown_measurement_becomes_a_result(pkb: Client, changed: tuple[str, str]):
    accepted(pkb, lab(obx("27113001^Weight^SNOMED CT", "68", "kg").replace(*changed)))
    assert (len(results(pkb)), record(pkb)["measurements"]) == (1, [])


def test_one_measurement_needs_no_order_number_and_several_do(pkb: Client):
    weight, height = obx("27113001^W^SCT", "68", "kg"), obx("50373000^H^sct", "170", "cm")
    accepted(pkb, lab(weight, obr="OBR|1|||OBS|||20260303"))
    assert pkb.send(lab(weight, height, obr="OBR|1|||OBS|||20260303")).code == "AR"


def test_measurements_are_deleted_by_order_number(pkb: Client):
    accepted(pkb, example("oru_r01_measurements"), lab(obr="OBR|1||OBS-9001" + "|" * 22 + "R"))
    assert all(measurement["deleted"] for measurement in record(pkb)["measurements"])


def test_an_organisations_own_measurements_replace_the_list(pkb: Client):
    configure(pkb, code_sets={"measurements": {"123": {"name": "Steps", "units": ["1"]}}})
    accepted(pkb, lab(obx("123^Steps^SNOMED CT", "900", "1"), obx("27113001^W^SNOMED CT", "68", "kg")))
    assert (len(record(pkb)["measurements"]), len(results(pkb))) == (1, 1)
