"""Every type of measurement that PKB defines, as Custom REST lists it, and the words by which HL7 names it.

Source: https://github.com/patientsknowbest/pkb-common
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.hl7.clinical import accepted
from tests.hl7.messages.test_oru_measurements import measurements, observed, order, results
from tests.rest.support import call
from tests.support import Client

KEYS = ("id", "apiRef", "category", "unit", "unit2", "code", "code2", "codeOfWhole")
TYPES = """
10; weight; BMI; kg; -; 107647005; -; -
12; weightLbsOz; BMI; pounds; ounces; -; -; 107647005
13; weightStone; BMI; stone; pounds; -; -; 107647005
20; height; BMI; cm; -; 162755006; -; -
21; heightFtIn; BMI; feet; inches; -; -; 162755006
30; bloodPressure; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; 75367002
31; bloodPressureSitting; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; 163035008
32; bloodPressureStanding; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; 163034007
33; bloodPressureSupine; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; 163033001
34; bloodPressureLeftArm; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; -
35; bloodPressureRightArm; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; -
36; bloodPressureAfterStandingUp2to3mins; VITAL_SIGNS; mmHg (systolic); mmHg (diastolic); 163030003; 163031004; -
40; temperature; VITAL_SIGNS; degrees Celcius; -; 105723007; -; -
41; temperatureF; VITAL_SIGNS; degrees Fahrenheit; -; 105723007; -; -
50; pulse; VITAL_SIGNS; bpm; -; 162986007; -; -
60; respiration; VITAL_SIGNS; rpm; -; 162913005; -; -
70; peakFlow; BREATHING; L/min; -; 366155002; -; -
73; bodySurfaceArea; VITAL_SIGNS; square metres; -; 301898006; -; -
77; centralVenousPressure; VITAL_SIGNS; cmH20; -; 366162006; -; -
80; fetalHeartRate; CHILDHOOD; bpm; -; 249043002; -; -
81; fetalHeartRateBaseline; PREGNANCY; bpm; -; 251670001; -; -
82; fetalHeartRateAcceleration; PREGNANCY; bpm; -; 251676007; -; -
83; fetalHeartRateVariability; PREGNANCY; bpm; -; 251671002; -; -
84; fetalHeartRateDeceleration; PREGNANCY; bpm; -; 251673004; -; -
85; maternalPulseRate; PREGNANCY; bpm; -; 78564009; -; -
86; contractionsPer10Min; PREGNANCY; bpm; -; 289700000; -; -
90; headCircumference; CHILDHOOD; cm; -; 301338002; -; -
100; spo2; BREATHING; %; -; 431314004; -; -
110; fev1Lpm; BREATHING; l/min; -; -; -; -
120; fev1Pct; BREATHING; % of predicted; -; -; -; -
130; fvcLpm; BREATHING; l/min; -; -; -; -
140; fvcPct; BREATHING; % of predicted; -; -; -; -
150; pef; BREATHING; l/s; -; 366156001; -; -
160; bmi; BMI; kg/m^2; -; 301331008; -; -
164; idealBodyWeight; BMI; kg; -; 170804003; -; -
171; fatRatio; BMI; %; -; -; -; -
180; waistSize; BMI; cm; -; 276361009; -; -
181; waistSizeIn; BMI; inches; -; 276361009; -; -
182; hipCircumference; VITAL_SIGNS; cm; -; -; -; -
183; clinicalOpiateWithdrawalScale; VITAL_SIGNS; -; -; 1086221000000103; -; -
184; clinicalInstituteWithdrawalAssessmentAlcohol; VITAL_SIGNS; -; -; 445504001; -; -
185; expiredCarbonMonoxideConcentration; VITAL_SIGNS; ppm; -; 251900003; -; -
186; nationalEarlyWarningScore; VITAL_SIGNS; -; -; 859771000000107; -; -
187; levelOfConsciousness; VITAL_SIGNS; -; -; 6942003; -; -
188; onOxygenTherapy; VITAL_SIGNS; %; -; 866701000000100; -; -
250; handGrip; STRENGTH; kg; -; -; -; -
371; waterInLitres; NUTRITION; L; -; 226354008; -; -
455; cigarettesPerDay; FITNESS; cigarettes; -; -; -; -
500; steps; ROUTINE; -; -; -; -; -
510; distanceRoutine; ROUTINE; m; -; -; -; -
540; caloriesBurnedRoutine; ROUTINE; calories; -; -; -; -
650; totalSleep; SLEEP; s; -; -; -; -
781; alcoholUnitsPerDay; NUTRITION; units; -; 160573003; -; -
800; urineVolume; VITAL_SIGNS; ml; -; -; -; -
1500; medicationCompliance; VITAL_SIGNS; %; -; -; -; -
"""
"""The keys in their order; `-` stands for null, or for no unit."""

NAMES = """
10 Weight
12 Weight in pounds and ounces
13 Weight in stone and pounds
20 Height
21 Height in feet and inches
30 Blood pressure
31 Blood pressure, sitting
32 Blood pressure, standing
33 Blood pressure, lying down
34 Blood pressure, left arm
35 Blood pressure, right arm
36 Blood pressure, 2 to 3 minutes after standing up
40 Temperature
41 Temperature in degrees Fahrenheit
50 Pulse
60 Respiration rate
70 Peak flow
73 Body surface area
77 Central venous pressure
80 Fetal heart rate
81 Fetal heart rate, baseline
82 Fetal heart rate, acceleration
83 Fetal heart rate, variability
84 Fetal heart rate, deceleration
85 Maternal pulse
86 Contractions in 10 minutes
90 Head circumference
100 Oxygen saturation (SpO2)
110 Forced expiratory volume in 1 second (FEV1)
120 FEV1 as a percentage of predicted
130 Forced vital capacity (FVC)
140 FVC as a percentage of predicted
150 Peak expiratory flow (PEF)
160 Body mass index (BMI)
164 Ideal body weight
171 Body fat
180 Waist size
181 Waist size in inches
182 Hip circumference
183 Clinical Opiate Withdrawal Scale (COWS)
184 Clinical Institute Withdrawal Assessment for Alcohol (CIWA)
185 Carbon monoxide in exhaled breath
186 National Early Warning Score (NEWS)
187 Level of consciousness
188 Oxygen therapy
250 Hand grip strength
371 Water drunk
455 Cigarettes per day
500 Steps
510 Distance
540 Calories burned
650 Sleep
781 Alcohol per day
800 Urine volume
1500 Medication compliance
"""

UNITS = {
    "": ("859771000000107", "1 {score}"),
    "L": ("226354008", "l"),
    "L/min": ("366155002", "l/min"),
    "bpm": ("162986007", "/min {beats}/min beats/min"),
    "cmH20": ("366162006", "cmH2O cm[H2O]"),
    "degrees Celcius": ("105723007", "Cel C °C degC"),
    "degrees Fahrenheit": ("105723007", "[degF] F °F degF"),
    "inches": ("276361009", "in [in_i]"),
    "kg/m^2": ("301331008", "kg/m2 kg/m²"),
    "l/s": ("366156001", "L/s"),
    "mmHg (systolic)": ("163030003", "mmHg mm[Hg]"),
    "mmHg (diastolic)": ("163031004", "mmHg mm[Hg]"),
    "ppm": ("251900003", "[ppm]"),
    "rpm": ("162913005", "/min {breaths}/min breaths/min"),
    "square metres": ("301898006", "m2 m²"),
}
OBSERVABLES = {
    "271649006": ("bloodPressure", "mmHg", "98"),
    "364075005": ("pulse", "/min", "98"),
    "27113001": ("weight", "kg", "98"),
    "50373000": ("height", "cm", "98"),
    "60621009": ("bmi", "kg/m2", "98"),
    "386725007": ("temperature", "Cel", "98"),
    "86290005": ("respiration", "/min", "98"),
    "50373000 in metres": ("height", "m", "9800"),
}


def test_every_type_is_listed_as_pkb_has_it(pkb: Client):
    listed: list[dict[str, Any]] = call(pkb, "GET", "/v2-beta/measurements/apiRefs").json()
    rows = ["; ".join("-" if type_[key] in (None, "") else str(type_[key]) for key in KEYS) for type_ in listed]
    assert rows == TYPES.strip().splitlines()
    assert [f"{type_['id']} {type_['name']}" for type_ in listed] == NAMES.strip().splitlines()


@pytest.mark.parametrize(("unit", "row"), UNITS.items(), ids=UNITS)
def test_a_unit_has_its_other_spellings(pkb: Client, unit: str, row: tuple[str, str]):
    code, spellings = row
    units = ["kg/m\\S\\2" if unit == "kg/m^2" else unit, *spellings.split()]
    for number, spelling in enumerate(units):
        accepted(pkb, order(f"o{number}", observed(code, "98", spelling)))
    assert results(pkb) == []
    assert len(measurements(pkb)) == len(units)


@pytest.mark.parametrize(("code", "row"), OBSERVABLES.items(), ids=OBSERVABLES)
def test_an_observable_entity_is_a_measurement_too(pkb: Client, code: str, row: tuple[str, str, str]):
    type_, unit, value = row
    accepted(pkb, order("o", observed(code.split()[0], "98", unit)))
    (measurement,) = measurements(pkb)
    assert (measurement["type"], measurement["value"]) == (type_, value)


def test_the_observable_entities_of_a_blood_pressure_are_its_halves(pkb: Client):
    accepted(pkb, order("o", observed("271649006", "131", "mmHg"), observed("271650006", "84", "mmHg")))
    assert [(measurement["value"], measurement["value2"]) for measurement in measurements(pkb)] == [("131", "84")]


@pytest.mark.parametrize("system", ["SNOMED CT", "SNOMED-CT", "SCT", "SNM3", "snomed ct"])
def test_every_spelling_of_snomed_ct_is_recognised(pkb: Client, system: str):
    accepted(pkb, order("o", observed("107647005", "61", "kg").replace("SNOMED CT", system)))
    assert [measurement["value"] for measurement in measurements(pkb)] == ["61"]
