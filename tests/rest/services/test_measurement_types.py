"""PKB's types of measurement: what they are called, the forms in which people enter them, and the types of a world.

Sources: https://github.com/patientsknowbest/pkb-common ;
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.rest.support import ask, assert_error, call, token_of
from tests.support import Client

OWN, V1, TYPES = "/v2-beta/measurements", "/v1/measurements", "/v2-beta/measurements/apiRefs"
SCT = {"codeSystem": "2.16.840.1.113883.6.96", "codeSystemName": "SCT"}
TWICE = {f"{key}2": value for key, value in SCT.items()}
ORU = (
    "MSH|^~\\&|A|B|PKB|PKB|20260301120000||ORU^R01|m-{order}|P|2.4\rPID|1||9991001379^^^NHS^NH||Adeyemi^Tola\r"
    "OBR|1||{order}|{service}|||20260301113000\r{obx}"
)
GLUCOSE = """
base = "default"

[[measurement_types]]
id = 9001
apiRef = "bloodGlucose"
name = "Blood glucose"
category = "VITAL_SIGNS"
unit = "mmol/L"
code = "997671000000106"

[[measurement_types]]
id = 9002
apiRef = "pressureOfTheEye"
name = "Pressure of both eyes"
unit = "mmHg (left)"
unit2 = "mmHg (right)"
code = "41633001"
code2 = "41633002"
codeOfWhole = "41633000"
codeSystem = "2.16.840.1.113883.6.96"
codeSystemName = "SCT"
"""


def types(pkb: Client) -> dict[str, dict[str, Any]]:
    return {type_["apiRef"]: type_ for type_ in call(pkb, "GET", TYPES).json()}


TABLE = {
    "weight": (10, "BMI", "kg", None, "107647005", None, None),
    "height": (20, "BMI", "cm", None, "162755006", None, None),
    "bloodPressure": (
        30,
        "VITAL_SIGNS",
        "mmHg (systolic)",
        "mmHg (diastolic)",
        "163030003",
        "163031004",
        "75367002",
    ),
    "temperature": (40, "VITAL_SIGNS", "degrees Celcius", None, "105723007", None, None),
    "pulse": (50, "VITAL_SIGNS", "bpm", None, "162986007", None, None),
    "respiration": (60, "VITAL_SIGNS", "rpm", None, "162913005", None, None),
    "spo2": (100, "BREATHING", "%", None, "431314004", None, None),
    "bmi": (160, "BMI", "kg/m^2", None, "301331008", None, None),
    "steps": (500, "ROUTINE", "", None, None, None, None),
}


@pytest.mark.parametrize(("api_ref", "row"), TABLE.items(), ids=TABLE)
def test_a_type_has_the_keys_of_pkb(pkb: Client, api_ref: str, row: tuple[Any, ...]):
    type_ = types(pkb)[api_ref]
    keys = ("id", "category", "unit", "unit2", "code", "code2", "codeOfWhole")
    assert tuple(type_[key] for key in keys) == row
    system = {**SCT, **TWICE} if row[4] else dict.fromkeys({**SCT, **TWICE})
    assert {key: type_[key] for key in system} == system


def test_a_type_outside_pkb_is_unknown(pkb: Client):
    listed = types(pkb)
    assert len(listed) == 55
    for word in ("bloodGlucose", "heartRate", "respiratoryRate", "oxygenSaturation", "waistCircumference", "Weight"):
        assert word not in listed
        refused = call(pkb, "POST", V1, token_of(pkb, "PATIENT"), json={"apiRef": word, "value": 1})
        assert_error(refused, 400, "BAD_REQUEST", f"Unknown apiRef {word!r}")


FORMS = {
    "weightStone": ((11, 7), "weight", "73.03", "kg"),
    "weightLbsOz": ((7, 8), "weight", "3.4", "kg"),
    "heightFtIn": ((5, 11), "height", "180.34", "cm"),
    "temperatureF": ((98.6, None), "temperature", "37", "degrees Celcius"),
    "waistSizeIn": ((34, None), "waistSize", "86.36", "cm"),
}


@pytest.mark.parametrize(("form", "row"), FORMS.items(), ids=FORMS)
def test_an_input_form_is_converted_and_what_was_entered_is_kept(pkb: Client, form: str, row: tuple[Any, ...]):
    (value, value2), parent, converted, unit = row
    stored = ask(pkb, "POST", V1, "PATIENT", json={"apiRef": form, "value": value, "value2": value2})
    assert (stored["apiRef"], stored["value"], stored["value2"], stored["unit"]) == (parent, converted, None, unit)
    assert ask(pkb, "GET", f"{OWN}?apiRefs={parent}", "PATIENT") == [stored]
    listed = types(pkb)
    (kept,) = (measurement["entered_as"] for measurement in pkb.control("/records/9991001379")["measurements"])
    assert (kept["type"], float(kept["value"]), kept["unit"]) == (form, value, listed[form]["unit"])
    assert (kept["unit2"] or None, kept["value2"]) == (listed[form]["unit2"], None if value2 is None else str(value2))


def test_a_text_in_an_input_form_is_kept_under_the_type_itself(pkb: Client):
    stored = ask(pkb, "POST", V1, "PATIENT", json={"apiRef": "temperatureF", "valueNonNumeric": "feverish"})
    assert (stored["apiRef"], stored["value"], stored["valueNonNumeric"]) == ("temperature", None, "feverish")


def test_a_position_is_a_type_of_its_own(pkb: Client):
    for ref in ("bloodPressureStanding", "bloodPressureLeftArm"):
        ask(pkb, "POST", V1, "PATIENT", json={"apiRef": ref, "value": 124, "value2": 81})
    assert {type_["apiRef"] for type_ in ask(pkb, "GET", OWN, "PATIENT")} == {
        "bloodPressureStanding",
        "bloodPressureLeftArm",
    }
    by_ref = {type_["apiRef"]: type_ for type_ in ask(pkb, "GET", f"{V1}/all", "PATIENT")["results"]}
    assert {type_["code"] for type_ in by_ref.values()} == {"163030003"}
    assert by_ref["bloodPressureLeftArm"]["id"] == 34


# --- a world's own ---


@pytest.fixture(scope="module")
def glucose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    file: Path = tmp_path_factory.mktemp("world") / "glucose.toml"
    file.write_text(GLUCOSE, encoding="utf-8")
    with SandboxServer(port=0, world=str(file)) as server:
        client = Client(server)
        yield client
        client.http.close()


def test_a_type_of_a_world_is_listed_with_the_others(glucose: Client):
    blood_glucose = types(glucose)["bloodGlucose"]
    assert blood_glucose == {
        "id": 9001,
        "apiRef": "bloodGlucose",
        "name": "Blood glucose",
        "category": "VITAL_SIGNS",
        "unit": "mmol/L",
        "unit2": None,
        "code": "997671000000106",
        "code2": None,
        "codeOfWhole": None,
        **SCT,
        **TWICE,
    }


def test_a_type_of_a_world_works_at_every_door(glucose: Client):
    written = ask(glucose, "POST", V1, "PATIENT", json={"type": "BLOOD_GLUCOSE", "value": "5.4"})
    acted = glucose.http.post(
        "/_sandbox/records/9991001379/measurements", json={"type": "bloodGlucose", "value": "5.5"}
    )
    assert acted.status_code == 201
    obx = "OBX|1|NM|997671000000106^Glucose^SNOMED CT||5.6|mmol/L|||||F\r"
    assert glucose.send(ORU.format(order="g1", obx=obx, service="OBS^Observations")).code == "AA"
    shown_measurements = ask(glucose, "GET", f"{OWN}?apiRefs=bloodGlucose", "PATIENT")
    assert sorted(measurement["value"] for measurement in shown_measurements) == ["5.4", "5.5", "5.6"]
    assert {measurement["unit"] for measurement in shown_measurements} == {"mmol/L"} == {written["unit"]}
    (type_,) = ask(glucose, "GET", f"{V1}/byType/bloodGlucose", "PATIENT")["results"]
    assert (type_["id"], type_["code"], len(type_["history"])) == (9001, "997671000000106", 3)


def test_a_type_of_two_values_of_a_world_is_joined(glucose: Client):
    obx = (
        "OBX|1|NM|41633001^Left^SNOMED CT||16|mmHg (left)|||||F\r"
        "OBX|2|NM|41633002^Right^SNOMED CT||18|mmHg (right)|||||F\r"
    )
    assert glucose.send(ORU.format(order="e1", obx=obx, service="OBS^Observations")).code == "AA"
    (measurement,) = ask(glucose, "GET", f"{OWN}?apiRefs=pressureOfTheEye", "PATIENT")
    assert (measurement["value"], measurement["value2"], measurement["unit"]) == ("16", "18", "mmHg (left)")
