"""World files: what they may hold, and what is said of bad ones."""

from __future__ import annotations

import pytest

from sandbox.domain.worlds import loading
from sandbox.errors import Invalid
from sandbox.model import (
    Allergy,
    Attachment,
    CarePlan,
    Consent,
    Encounter,
    Grant,
    LabResult,
    MeasurementType,
    Organisation,
    Patient,
    RadiologyReport,
    Team,
)
from sandbox.store import Store

SMALL = """
name = "small"

[[organisation]]
id = "o-1"
legacy_id = 1
name = "One"
default_team = "main"
options = { nhs_status_checking = true, soft_matching = ["date_of_birth"] }

[[organisation.team]]
id = "t-1"
legacy_id = 2
name = "Main"
alias = "main"

[[partner]]
id = "x-1"
name = "Partner"

[[grant]]
id = "g-1"
partner = "x-1"
organisation = "o-1"
alias = "ONE"
default_team = "main"

[[patient]]
id = "p-1"
legacy_id = 3
name = { given = "Ada", family = "Byrne" }
organisations = ["o-1"]
teams = ["main"]
entered_at = 2026-01-01T00:00:00Z
consents = [{ id = "c-1", grantee = { kind = "team", id = "main" }, labels = ["GENERAL_HEALTH"] }]

[[patient.allergy]]
id = "a-1"
source = { organisation = "o-1", team = "main" }
entered_at = 2026-01-01T00:00:00Z
allergen = { text = "Latex" }
"""

POINTS = """
[[patient.lab_report]]
id = "l-1"
label = "SOCIAL_CARE"
source = { organisation = "o-1", team = "main" }
entered_at = 2026-01-02T00:00:00Z

[[patient.lab_report.result]]
id = "r-1"
code = { text = "Sodium" }
at = 2026-01-02T00:00:00Z
value = "1.40"
versions = [{ value = "14.0" }]

[[patient.encounter]]
id = "e-1"
source = { organisation = "o-1" }
entered_at = 2026-01-02T00:00:00Z
events = [{ id = "v-1", type = "ADMIT", at = 2026-01-01T00:00:00Z }]

[[patient.care_plan]]
id = "k-1"
source = { person = "p-1" }
entered_at = 2026-01-02T00:00:00Z
name = "Plan"
created_at = 2026-01-02T00:00:00Z
last_edited_at = 2026-01-02T00:00:00Z
files = [{ id = "f-1", filename = "plan.txt", media_type = "text/plain", file = "plan.txt" }]

[[patient.radiology_report]]
id = "x-2"
source = { organisation = "o-1", team = "main" }
entered_at = 2026-01-02T00:00:00Z
title = "Wrist"
at = 2026-01-02T00:00:00Z
files = [
    { id = "f-2", filename = "a.txt", media_type = "text/plain", text = "one" },
    { id = "f-3", filename = "b.txt", media_type = "text/plain", text = "two" },
]
"""


def loaded(tmp_path, text: str) -> Store:
    file = tmp_path / "world.toml"
    file.write_text(text, encoding="utf-8")
    (tmp_path / "plan.txt").write_text("Walk", encoding="utf-8")
    store = Store()
    loading.load_world(store, str(file))
    return store


def test_the_default_world_loads():
    store = Store()
    loading.load_world(store, "default")
    assert (store.count(Organisation), store.count(Patient)) == (3, 17)


def test_teams_may_be_named_by_their_alias(tmp_path):
    store = loaded(tmp_path, SMALL)
    assert store.get(Organisation, "o-1").default_team == "t-1"
    assert store.get(Grant, "g-1").default_team == "t-1"
    assert store.get(Patient, "p-1").teams == ("t-1",)
    assert store.get(Consent, "c-1").grantee.id == "t-1"
    assert store.get(Allergy, "a-1").source.team == "t-1"


def test_options_are_those_of_the_file_and_otherwise_off(tmp_path):
    options = loaded(tmp_path, SMALL).get(Organisation, "o-1").options
    assert (options.nhs_status_checking, options.soft_matching, options.auto_create) == (
        True,
        ("date_of_birth",),
        False,
    )


def test_a_national_number_is_stored_without_blanks_and_dashes(tmp_path):
    identifiers = 'identifiers = [{ type = "NHS", value = "999 812-0012" }, { type = "x", value = "A 1" }]'
    store = loaded(tmp_path, SMALL.replace("[[patient.allergy]]", f"{identifiers}\n[[patient.allergy]]", 1))
    assert [identifier.value for identifier in store.get(Patient, "p-1").identifiers] == ["9998120012", "A 1"]


def test_an_omitted_key_has_its_default(tmp_path):
    store = loaded(tmp_path, SMALL)
    patient = store.get(Patient, "p-1")
    assert (patient.language, patient.gender, patient.updated_at) == ("en", "UNKNOWN", patient.entered_at)
    assert store.get(Organisation, "o-1").time_zone == "Europe/London"
    assert store.get(Team, "t-1").organisation == "o-1"


def test_a_result_takes_from_its_report_what_it_does_not_say_itself(tmp_path):
    result = loaded(tmp_path, SMALL + POINTS).get(LabResult, "r-1")
    assert (result.report, result.patient, result.source.team, result.label) == ("l-1", "p-1", "t-1", "SOCIAL_CARE")
    assert (str(result.value), [str(version.value) for version in result.versions]) == ("1.40", ["14.0"])


def test_files_stand_beside_the_world_or_in_it(tmp_path):
    store = loaded(tmp_path, SMALL + POINTS)
    plan = store.get(Attachment, store.get(CarePlan, "k-1").attachment)
    assert (plan.content, plan.size, plan.patient, plan.data_point) == (b"Walk", 4, "p-1", "k-1")
    images = [store.get(Attachment, id_) for id_ in store.get(RadiologyReport, "x-2").attachments]
    assert [image.content for image in images] == [b"one", b"two"]


def test_an_event_of_an_encounter_was_entered_when_it_was_unless_the_file_says_otherwise(tmp_path):
    (event,) = loaded(tmp_path, SMALL + POINTS).get(Encounter, "e-1").events
    assert event.entered_at == event.at


def test_an_empty_world_is_a_world(tmp_path):
    assert loaded(tmp_path, "").count(Organisation) == 0


TYPE = """
[[measurement_types]]
id = 9001
apiRef = "bloodGlucose"
name = "Blood glucose"
unit = "mmol/L"
code = "997671000000106"
"""


def test_a_world_adds_types_of_measurement(tmp_path):
    (type_,) = loaded(tmp_path, SMALL + TYPE).all(MeasurementType)
    assert (type_.id, type_.api_ref, type_.unit, type_.is_double) == ("9001", "bloodGlucose", "mmol/L", False)
    assert (type_.code_system, type_.code_system_name) == ("2.16.840.1.113883.6.96", "SCT")


def test_a_type_of_measurement_needs_no_number_and_no_code(tmp_path):
    text = TYPE.replace("id = 9001\n", "").replace('code = "997671000000106"\n', "")
    (type_,) = loaded(tmp_path, SMALL + text).all(MeasurementType)
    assert type_.id.isdigit()
    assert type_.code_system == ""


BAD = {
    "a type of measurement with PKB's apiRef": (TYPE.replace("bloodGlucose", "pulse"), "apiRef pulse"),
    "a type of measurement with PKB's number": (TYPE.replace("9001", "50"), "id 50 already belongs to Pulse"),
    "a type of measurement twice": (TYPE + TYPE, "measurement_types[2].apiRef"),
    "a type of measurement without apiRef": (TYPE.replace('apiRef = "bloodGlucose"', ""), "apiRef is missing"),
    "a type of measurement without name": (TYPE.replace('"Blood glucose"', '" "'), "name is missing"),
    "an apiRef with a comma": (TYPE.replace("bloodGlucose", "a,b"), "letters and digits"),
    "a text for a number of a type": (TYPE.replace("9001", '"9001"'), "id must be a number"),
    "a number for a code": (TYPE.replace('"997671000000106"', "997671000000106"), "code must be text"),
    "an unknown key of a type": (TYPE + 'loinc = "1"', "unknown key 'loinc'"),
    "a second code without a first": (TYPE.replace("\ncode", "\ncode2"), "code is required"),
    "a second system of its own": (TYPE + 'codeSystem2 = "x"', "must repeat codeSystem"),
    "types of measurement that are no list": ('measurement_types = "all"', "list of tables"),
    "a type of measurement that is no table": ("measurement_types = [1]", "must be a table"),
    "no TOML": ("[[organisation", "array"),
    "missing id": (SMALL.replace('id = "o-1"\n', "", 1), "id"),
    "unknown key": (SMALL.replace('alias = "main"', 'alias = "main"\ncolour = "red"', 1), "colour"),
    "unknown option": (SMALL.replace("nhs_status_checking", "nhs_checking"), "nhs_checking"),
    "unknown default team": (SMALL.replace('default_team = "main"', 'default_team = "nowhere"', 1), "nowhere"),
    "no name": (SMALL.replace('name = { given = "Ada", family = "Byrne" }\n', ""), "name"),
    "no time of entry": (SMALL.replace("entered_at = 2026-01-01T00:00:00Z\n", "", 1), "entered_at"),
    "an organisation that is no table": ("organisation = 1", "int"),
    "an organisation that is text": ('organisation = ["One"]', "str"),
    "unknown team of a patient": (SMALL.replace('teams = ["main"]', 'teams = ["nowhere"]'), "Team/nowhere"),
    "unknown organisation of a patient": (SMALL.replace('["o-1"]', '["o-2"]'), "Organisation/o-2"),
    "unknown organisation of a data point": (SMALL + POINTS.replace('"o-1" }', '"o-3" }'), "Organisation/o-3"),
    "unknown team of a data point": (SMALL + POINTS.replace('"main"', '"nowhere"'), "Team/nowhere"),
    "a file that is not there": (SMALL + POINTS.replace('file = "plan.txt"', 'file = "plan.pdf"'), "plan.pdf"),
    "a value that is no number": (SMALL + POINTS.replace('"1.40"', '"a lot"'), "world.toml"),
    "unknown partner of a grant": (SMALL.replace('partner = "x-1"', 'partner = "x-2"'), "Partner/x-2"),
}


@pytest.mark.parametrize(("text", "word"), BAD.values(), ids=BAD.keys())
def test_a_bad_world_file_is_refused_and_named(tmp_path, text, word):
    with pytest.raises(Invalid) as refused:
        loaded(tmp_path, text)
    assert "world.toml" in refused.value.text
    assert word in refused.value.text


@pytest.mark.parametrize("name", ["nowhere", "../nowhere", "nowhere.toml"])
def test_a_missing_world_is_named(name):
    with pytest.raises(Invalid, match="is not a supplied world"):
        loading.load_world(Store(), name)


def test_a_folder_is_not_a_world(tmp_path):
    with pytest.raises(Invalid, match="is not a supplied world"):
        loading.load_world(Store(), str(tmp_path))


WRONG = {
    "a number for a name": ('name = "Main"', "name = 7", "Team t-1: name cannot be 7"),
    "a text for a flag": ("legacy_id = 3", 'registered = "yes"\nlegacy_id = 3', "registered cannot be 'yes'"),
    "a text for an instant": (
        "entered_at = 2026-01-01T00:00:00Z\nconsents",
        'entered_at = "today"\nconsents',
        "cannot be 'today'",
    ),
    "an instant for a date": (
        "legacy_id = 3",
        "date_of_birth = 2000-01-01T00:00:00Z\nlegacy_id = 3",
        "date_of_birth cannot be",
    ),
    "a flag for a number": ("legacy_id = 2", "legacy_id = true", "legacy_id cannot be True"),
    "a number in a list of texts": ('labels = ["GENERAL_HEALTH"]', "labels = [1]", "labels cannot be"),
    "a number in a part": ('given = "Ada"', "given = 1", "given cannot be 1"),
}


@pytest.mark.parametrize(("before", "after", "message"), WRONG.values(), ids=WRONG)
def test_a_value_of_another_type_is_named(tmp_path, before: str, after: str, message: str):
    assert before in SMALL
    with pytest.raises(Invalid, match=message):
        loaded(tmp_path, SMALL.replace(before, after))
