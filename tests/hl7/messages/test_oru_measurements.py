"""ORU^R01 with PKB's codes and units: every type that has a code is a measurement, in each spelling of its unit.

Sources: https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4718755841 ;
https://github.com/patientsknowbest/pkb-common
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.domain.data_points.measurement_types import CodedMeasurement, built_in, pkb_types, spellings
from sandbox.hl7.escapes import escape
from tests.hl7.clinical import accepted, configure, message, record
from tests.hl7.samples import explanation
from tests.hl7.test_lint import lint
from tests.support import Client

CODES = [(code, coded) for code, coded_types in pkb_types().by_code.items() for coded in coded_types]
OBR = "OBR|1||{order}|{service}|||202603050805"


def observed(code: str, value: str, unit: str, at: str = "") -> str:
    return f"OBX|1|NM|{code}^Measured^SNOMED CT||{value}|{unit}||||||||{at}"


def order(number: str, *segments: str, service: str = "OBS^Observations") -> str:
    return message("ORU^R01", OBR.format(order=number, service=service), *segments, app="WARDOBS")


def measurements(pkb: Client) -> list[dict[str, Any]]:
    return [measurement for measurement in record(pkb)["measurements"] if not measurement["deleted"]]


def results(pkb: Client) -> list[dict[str, Any]]:
    return [lab_result for lab_result in record(pkb)["lab_results"] if not lab_result["deleted"]]


@pytest.mark.parametrize(("code", "coded"), CODES, ids=[f"{code} {coded.form}" for code, coded in CODES])
def test_a_code_of_the_list_is_a_measurement_in_every_spelling_of_its_unit(
    pkb: Client, code: str, coded: CodedMeasurement
):
    for unit in coded.units:
        accepted(pkb, order(f"in {escape(unit)}", observed(code, "98.6", escape(unit))))
    stored_measurements = measurements(pkb)
    assert len(stored_measurements) == len(coded.units)
    assert coded.type is not None
    same = {type_.api_ref for type_ in built_in() if coded.type.code == type_.code and not type_.parent}
    assert {measurement["type"] for measurement in stored_measurements} <= same
    assert results(pkb) == []
    for measurement in stored_measurements:
        entered = measurement["entered_as"]
        assert (entered or measurement)["value"] == "98.6"
        assert (entered is None) == (coded.conversion is None)


@pytest.mark.parametrize("code", sorted({code for code, _ in CODES}))
def test_a_code_of_the_list_with_another_unit_stays_a_laboratory_result(pkb: Client, code: str):
    for unit in ("furlong", "KG", "kg/h"):
        accepted(pkb, order(f"in {unit}", observed(code, "98.6", unit)))
    assert measurements(pkb) == []
    assert len(results(pkb)) == 3


def pressure(number: str, service: str) -> str:
    halves = (observed("163030003", "131", "mmHg (systolic)"), observed("163031004", "84", "mmHg (diastolic)"))
    return order(number, *halves, service=service)


POSITIONS = {
    "OBS^Observations": "bloodPressure",
    "75367002^Blood pressure^SNOMED CT": "bloodPressure",
    "163035008^Sitting^SNOMED CT": "bloodPressureSitting",
    "BPST^Standing^L^163034007^Standing^SNOMED CT": "bloodPressureStanding",
    "163033001": "bloodPressureSupine",
}


@pytest.mark.parametrize(("service", "type_"), POSITIONS.items(), ids=POSITIONS.values())
def test_the_panel_tells_the_position_of_a_blood_pressure(pkb: Client, service: str, type_: str):
    accepted(pkb, pressure("bp", service))
    (measurement,) = measurements(pkb)
    assert (measurement["type"], measurement["value"], measurement["value2"]) == (type_, "131", "84")


def test_the_halves_of_two_vocabularies_are_not_joined(pkb: Client):
    accepted(pkb, order("o", observed("163030003", "131", "mmHg"), observed("271650006", "84", "mmHg")))
    assert [(measurement["value"], measurement["value2"]) for measurement in measurements(pkb)] == [
        ("131", None),
        ("84", None),
    ]


PAIRS = {"mmHg": [("131", "84")], "kPa": [("131", None), ("84", None)]}


@pytest.mark.parametrize(("unit", "readings"), PAIRS.items(), ids=PAIRS)
def test_halves_of_an_organisation_s_own_list_are_joined_in_one_unit_only(
    pkb: Client, unit: str, readings: list[tuple[str, str | None]]
):
    units = ["mmHg", "kPa"]
    own = {
        "163030003": {"name": "Systolic", "units": units, "pair": "163031004"},
        "163031004": {"name": "Diastolic", "units": units},
    }
    configure(pkb, code_sets={"measurements": own})
    accepted(pkb, order("o", observed("163030003", "131", "mmHg"), observed("163031004", "84", unit)))
    assert [(measurement["value"], measurement["value2"]) for measurement in measurements(pkb)] == readings


def test_several_readings_are_joined_by_their_time(pkb: Client):
    readings = [
        observed(code, value, "mmHg", f"20260305080{minute}")
        for code, value, minute in (
            ("163031004", "81", 5),
            ("163030003", "121", 5),
            ("163030003", "122", 6),
            ("163031004", "82", 6),
            ("163030003", "123", 7),
        )
    ]
    accepted(pkb, order("o", *readings))
    values = [(measurement["value"], measurement["value2"]) for measurement in measurements(pkb)]
    assert values == [("121", "81"), ("122", "82"), ("123", None)]


def test_fahrenheit_is_converted_and_a_resend_adds_nothing(pkb: Client):
    fever = order("o", observed("105723007", "101.3", "degrees Fahrenheit"))
    accepted(pkb, fever, fever)
    (measurement,) = measurements(pkb)
    assert (measurement["type"], measurement["value"], measurement["unit"]) == (
        "temperature",
        "38.5",
        "degrees Celcius",
    )
    assert measurement["entered_as"] == {
        "type": "temperatureF",
        "value": "101.3",
        "value2": None,
        "unit": "degrees Fahrenheit",
        "unit2": "",
    }


def test_a_long_unit_of_pkb_and_the_usual_short_one_are_one():
    assert {"mmHg (systolic)", "mmHg"} <= set(spellings("mmHg (systolic)"))
    assert {"degrees Celcius", "Cel"} <= set(spellings("degrees Celcius"))
    assert {"rpm", "/min"} <= set(spellings("rpm"))
    assert spellings("furlong") == ("furlong",)


MISSED = {
    "another unit": (observed("107647005", "11", "stone"), "6", "unit stone is not one of: kg"),
    "no unit": (observed("107647005", "70", ""), "6", "unit missing is not one of: kg"),
    "another system": (observed("107647005", "70", "kg").replace("SNOMED CT", "L"), "3.3", "system L is not SNOMED CT"),
    "a unit cut in two": (
        observed("301331008", "24", "kg/m^2"),
        "6",
        "unit 2 is not one of: kg/m^2, kg/m2, kg/m²; a ^ in a unit is written \\S\\",
    ),
}


@pytest.mark.parametrize(("segment", "field", "reason"), MISSED.values(), ids=MISSED)
def test_a_code_that_misses_its_measurement_says_why(pkb: Client, segment: str, field: str, reason: str):
    explained = explanation(pkb, order("o", segment))["expected"]
    assert explained.startswith(f"OBX-{field}: OBR[1].OBX[1] is a laboratory result, not a measurement: ")
    assert explained.endswith(reason)
    (hint,) = [finding for finding in lint(pkb, order("p", segment))["findings"] if finding["level"] == "hint"]
    assert (hint["segment"], hint["field"]) == ("OBX", field)
    assert hint["text"].endswith(reason)


def test_any_other_code_is_a_laboratory_result_without_a_warning(pkb: Client):
    assert explanation(pkb, order("o", observed("1", "1", "kg"))) == {}
