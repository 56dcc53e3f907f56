"""Merging and copying: one Patient out of many feeds, and what the content rules make of it.

Source: *Aggregated*, versions 47 and 48 (fact `aggregated.merge`)
"""

from __future__ import annotations

from typing import Any

from sandbox.fhir.aggregated.intake import sync
from sandbox.model import Aggregate, ChosenLabel, Patient, Resource
from tests.fhir.aggregated.feeds import NHS, NOBODY, ODS, RHYS, TOLA, World, condition, organization, patient
from tests.fhir.aggregated.support import LABEL, PUBLIC_ID, codes, extension

Json = dict[str, Any]
TOLA_ID = "4c86625f-13d7-423c-93e9-d58574a12dec"
GENERAL: dict[str, Any] = {"meta": {"security": [{"system": LABEL, "code": "GENERAL_HEALTH"}]}}


def fed() -> World:
    world = World()
    for feed, code in (("stu3", "RNM99"), ("r4", "REG88")):
        world.put(feed, organization(code=code))
    return world


def mapped(world: World) -> World:
    sync.map_patients(world.store, [world.store.get(Patient, TOLA_ID)], world.now, all_mapped=False)
    return world


def test_two_feeds_and_the_record_merge_into_one_patient() -> None:
    world = mapped(fed())
    world.put("stu3", patient("a", gender="female", name=[{"family": "Adeyemi"}]), 1)
    world.put("r4", patient("b", gender="other", name=[{"family": "Adeyemi-Jones"}]), 2)
    (merged,) = world.resources("Patient").values()
    assert world.target("stu3", "Patient", "a") == world.target("r4", "Patient", "b") == merged
    assert merged["gender"] == "other", "single values come from the latest update"
    assert [name["family"] for name in merged["name"]][:2] == ["Adeyemi-Jones", "Adeyemi"]
    assert [i["value"] for i in merged["identifier"]].count(TOLA) == 1, "equal identifiers stand once"
    assert {"system": PUBLIC_ID, "value": TOLA_ID} in merged["identifier"]
    assert "managingOrganization" not in merged
    assert {e["url"].rpartition("/")[2] for e in merged["meta"]["extension"]} == {"ex:createdAt", "version-persisted"}
    assert "security" not in merged["meta"]


def test_deleting_one_side_leaves_the_other() -> None:
    world = fed()
    world.put("stu3", patient("a", NOBODY, gender="female"), 1)
    world.put("r4", patient("b", NOBODY, gender="other"), 2)
    world.delete("r4", "Patient", "b")
    (merged,) = world.resources("Patient").values()
    assert merged["gender"] == "female"
    world.delete("stu3", "Patient", "a")
    assert not world.resources("Patient")
    gone = world.store.get(Resource, f"aggregated/Patient/{merged['id']}")
    assert gone.deleted
    assert world.store.find_one(Aggregate, f"Patient/{merged['id']}") is None


def test_the_same_again_makes_no_version() -> None:
    world = fed()
    world.put("r4", patient("b", gender="other"), 1)
    world.put("r4", condition(subject="b"), 1)
    before = world.resources()
    world.put("r4", patient("b", gender="other"), 9)
    world.put("r4", condition(subject="b"), 9)
    assert world.resources() == before
    world.put("r4", condition(subject="b", onsetDateTime="2020"), 10)
    (merged,) = world.resources("Condition").values()
    (earlier,) = (r for r in before.values() if r["resourceType"] == "Condition")
    assert int(merged["meta"]["versionId"]) > int(earlier["meta"]["versionId"])
    assert extension(merged, "createdAt") == extension(earlier, "createdAt")
    assert extension(merged, "version-persisted").startswith("2026-03-01T09:10:00")


def test_groups_hang_together_over_common_keys() -> None:
    world = fed()
    public = {"system": PUBLIC_ID, "value": TOLA_ID}
    nhs = {"system": NHS, "value": TOLA}
    world.put("stu3", patient("a", identifier=[nhs]), 1)
    world.put("r4", patient("b", identifier=[public]), 2)
    (merged,) = world.resources("Patient").values()
    world.put("r4", condition(subject="b"), 2)
    mapped(world)
    (merged,) = world.resources("Patient").values()
    (of_it,) = (c for c in world.resources("Condition").values() if codes(c).get("source-team") is None)
    assert of_it["subject"] == {"reference": f"Patient/{merged['id']}"}, "references follow the group"


def test_different_people_stay_apart() -> None:
    world = fed()
    world.put("r4", patient("a", TOLA), 1)
    world.put("r4", patient("b", RHYS), 1)
    assert len(world.resources("Patient")) == 2


def test_organisations_merge_with_pkb_s_own_by_their_code() -> None:
    world = World()
    before = world.resources("Organization")
    world.put("stu3", organization(name="Northmoor, as its EPR says"), 5)
    after = world.resources("Organization")
    assert set(after) == set(before)
    merged = world.target("stu3", "Organization", "org")
    assert merged["name"] == "Northmoor, as its EPR says"
    assert merged["identifier"][0] == {"system": ODS, "value": "RNM99"}
    world.put("r4", organization("other", "X1"), 5)
    assert len(world.resources("Organization")) == len(before) + 1, "an unknown code stands for itself"


def test_medications_merge_by_code_to_the_letter() -> None:
    world = fed()
    coding = {
        "system": "http://snomed.info/sct",
        "code": "318851002",
        "extension": [{"url": "urn:x", "valueString": "y"}],
    }
    world.put("stu3", {"resourceType": "Medication", "id": "m", "code": {"coding": [coding]}, "status": "active"}, 1)
    world.put("r4", {"resourceType": "Medication", "id": "n", "code": {"coding": [coding, {**coding, "code": "x"}]}}, 2)
    (merged,) = world.resources("Medication").values()
    assert merged["status"] == "active"
    assert all("extension" not in coding for coding in merged["code"]["coding"])
    world.put("r4", {"resourceType": "Medication", "id": "n", "code": {"coding": [{**coding, "code": "X"}]}}, 3)
    assert len(world.resources("Medication")) == 2


def test_extensions_stand_once_for_each_url_and_identifiers_of_organisations_as_first_seen() -> None:
    world = fed()
    first = [
        {"url": "urn:a", "valueString": "1"},
        {"url": "urn:a", "valueString": "2"},
        {"url": "urn:b", "valueString": "3"},
    ]
    world.put("stu3", patient("a", NOBODY, extension=first, _birthDate={"extension": first}, birthDate="1988-02-14"), 1)
    world.put("r4", patient("b", NOBODY, extension=[{"url": "urn:b", "valueString": "4"}]), 2)
    (merged,) = world.resources("Patient").values()
    assert {e["url"]: e["valueString"] for e in merged["extension"]} == {"urn:a": "1", "urn:b": "4"}
    assert len(merged["extension"]) == 2
    assert merged["birthDate"] == "1988-02-14"
    assert "_birthDate" not in merged
    identifier = {"system": ODS, "value": "X9", "extension": [{"url": "urn:a", "valueString": "1"}]}
    world.put("r4", organization("x", identifier=[identifier]), 1)
    world.put(
        "r4", organization("x", identifier=[{**identifier, "extension": [{"url": "urn:a", "valueString": "2"}]}]), 2
    )
    assert world.target("r4", "Organization", "x")["identifier"][0]["extension"] == [
        {"url": "urn:a", "valueString": "1"}
    ]


def test_an_element_with_a_choice_of_types_keeps_one_value() -> None:
    world = fed()
    world.put("stu3", patient("a", deceasedDateTime="2025-12-02"), 1)
    world.put("r4", patient("b", deceasedBoolean=True), 2)
    (merged,) = world.resources("Patient").values()
    assert merged["deceasedBoolean"] is True
    assert "deceasedDateTime" not in merged


def test_the_meta_of_a_copy_is_that_of_pkb() -> None:
    world = fed()
    recorded = {
        "url": "http://fhir.patientsknowbest.com/structuredefinition/recorded-date",
        "valueDateTime": "2024-05-02",
    }
    forged = {"system": "http://fhir.patientsknowbest.com/codesystem/source-patient", "code": "x"}
    sent_condition = {
        "tag": [{"code": "t"}],
        "versionId": "7",
        "security": [*GENERAL["meta"]["security"], forged, {"code": "R"}],
        "extension": [recorded, {"url": "urn:other", "valueString": "x"}],
    }
    world.put("stu3", patient("p"), 1)
    world.put("stu3", condition(meta=sent_condition), 3)
    copied = world.target("stu3", "Condition", "c")
    organisation = world.target("stu3", "Organization", "org")["id"]
    assert copied["meta"]["tag"] == [{"code": "t"}]
    assert copied["meta"]["versionId"] != "7"
    assert extension(copied, "recorded-date") == "2024-05-02"
    assert extension(copied, "access-route")["code"] == "FHIR_API"
    assert [extension["url"].rpartition("/")[2] for extension in copied["meta"]["extension"]] == [
        "recorded-date", "source-organisation", "access-route", "version-persisted", "ex:createdAt"]  # fmt: skip
    assert extension(copied, "source-organisation") == {"reference": f"Organization/{organisation}"}
    assert copied["meta"]["security"][0] == {"code": "R"}
    assert [(label["system"].rpartition("/")[2], label["code"]) for label in copied["meta"]["security"][1:]] == [
        ("privacy-label", "GENERAL_HEALTH"), ("source-organization", organisation)]  # fmt: skip


def test_another_source_organisation_shows_in_all_that_refers_to_the_patient() -> None:
    world = fed()
    world.put("stu3", organization("other", "X1"))
    world.put("stu3", patient("p"), 1)
    world.put("stu3", condition(), 1)
    world.put("stu3", patient("p", managingOrganization={"reference": "Organization/other"}), 2)
    other = world.target("stu3", "Organization", "other")["id"]
    assert codes(world.target("stu3", "Condition", "c"))["source-organization"] == other


def test_a_chosen_label_is_added_to_the_copy_and_survives() -> None:
    world = fed()
    world.put("stu3", patient("p"), 1)
    world.put("stu3", condition(**GENERAL), 1)
    target = f"Condition/{world.target('stu3', 'Condition', 'c')['id']}"
    world.store.put(ChosenLabel(id=target, label="SOCIAL_CARE", at=world.now))
    assert codes(world.target("stu3", "Condition", "c"))["privacy-label"] == "SOCIAL_CARE"
    world.put("stu3", condition(**GENERAL, onsetDateTime="2020"), 2)
    assert codes(world.target("stu3", "Condition", "c"))["privacy-label"] == "SOCIAL_CARE"
    assert world.store.get(Aggregate, target).label == "SOCIAL_CARE"


def test_numbers_keep_their_digits() -> None:
    world = fed()
    world.put("r4", patient("p"), 1)
    value = '"valueQuantity":{"value":1.10}'
    text = f'{{"resourceType":"Observation","id":"o","status":"final","subject":{{"reference":"Patient/p"}},{value}}}'
    world.put_text("r4", "Observation", "o", text)
    (resource,) = (r for r in world.store.all(Resource) if r.type == "Observation")
    assert '"value":1.10' in resource.text


def test_of_two_updates_at_one_instant_the_one_with_the_greater_id_counts() -> None:
    for order in (("stu3", "r4"), ("r4", "stu3")):
        world = fed()
        for feed in order:
            world.put(feed, patient("p", NOBODY, gender={"stu3": "female", "r4": "male"}[feed]), 1)
        (merged,) = world.resources("Patient").values()
        assert max(World.feed("stu3"), World.feed("r4")) == World.feed("stu3")
        assert merged["gender"] == "female"
