"""The Facade's statement as JSON and the rules beside it say the same, and each operation has its definition.

Source: the statement itself, https://my.patientsknowbest.com/fhir/metadata
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir.resources.STU3.capabilitystatement import CapabilityStatement
from fhir.resources.STU3.operationdefinition import OperationDefinition

from sandbox.access.matrix import ACTIONS
from sandbox.base import datafiles

STATEMENT = datafiles.read_json(datafiles.path("capability_statements/facade.json"))
RULES = datafiles.read_toml(datafiles.path("capability_statements/facade.toml"))
DEFINITIONS = {
    file.stem: datafiles.read_json(file)
    for file in sorted(datafiles.path("capability_statements/operations/facade").glob("*.json"))
}

RESOURCES: dict[str, dict[str, Any]] = {row["type"]: row for row in STATEMENT["rest"][0]["resource"]}
PARAMETERS = {(t, p["name"]): p for t, row in RESOURCES.items() for p in row.get("searchParam", [])}
INTERACTIONS = {(t, i["code"]) for t, row in RESOURCES.items() for i in row.get("interaction", [])}
OPERATIONS = {
    operation["name"]: operation["definition"]["reference"].removeprefix("OperationDefinition/")
    for operation in STATEMENT["rest"][0]["operation"]
}

OWN_PARAMETERS = ("document-status", "source-organisation", "publisher-reference")
"""Parameters that PKB defines itself; their sentences end with the canonical address of the definition."""

OTHER_WORDS = {("Communication", "sent"): "Prefixes supported"}
"""The one sentence of the statement that is worded differently."""

DEMOGRAPHIC = ("Patient", "Person", "Organization", "Practitioner", "NamingSystem")

ILLEGAL_IDS = {"Person-t-delete_status": "Person-t-delete-status"}
"""PKB's own id has an underscore, which FHIR ids may not have: it is served as it is, and checked under a legal one."""


def sentence(type_: str, name: str) -> str:
    """The documentation that the rule amounts to, in the statement's template."""
    rule = RULES["search"][type_][name]
    modifiers = [modifier.replace("[type]", "<type>") for modifier in rule.get("modifiers", [])]
    text = f"{rule['optionality'].capitalize()}."
    text += f" Multi-value support: {'AND' if rule.get('repeat') else 'none'}."
    text += f" Modifier support: {'[' + ', '.join(modifiers) + ']' if modifiers else 'none'}."
    if "prefixes" in rule:
        text += f" {OTHER_WORDS.get((type_, name), 'Prefix support')}: [{', '.join(rule['prefixes'])}]."
    if "systems" in rule:
        text += f" Supported values: [{', '.join(rule['systems'])}]."
    if name in OWN_PARAMETERS:
        text += f" Definition: http://fhir.patientsknowbest.com/searchparameter/{name}"
    return text


def facts() -> dict[str, dict[str, Any]]:
    return {
        f"{group}.{type_}.{name}": rule
        for group in ("search", "interaction")
        for type_, rules in RULES[group].items()
        for name, rule in rules.items()
    }


# --- the statement ---


def test_the_statement_says_who_it_is():
    header = {key: value for key, value in STATEMENT.items() if key != "rest"}
    assert header == {
        "resourceType": "CapabilityStatement",
        "url": "http://fhir.patientsknowbest.com/capabilitystatement/facade",
        "title": "PKB Facade FHIR API",
        "status": "active",
        "experimental": False,
        "date": "2026-07-21T01:32:11+01:00",
        "publisher": "Patients Know Best Ltd.",
        "kind": "instance",
        "implementation": {"description": "Patients Know Best", "url": "https://my.patientsknowbest.com/fhir"},
        "fhirVersion": "3.0.2",
        "acceptUnknown": "no",
        "format": ["application/fhir+json"],
        "implementationGuide": ["http://fhir.patientsknowbest.com"],
    }


def test_resources_are_listed_alphabetically_with_their_base_profiles():
    assert list(RESOURCES) == sorted(RESOURCES)
    for type_, row in RESOURCES.items():
        assert row["profile"] == {"reference": f"http://hl7.org/fhir/Profile/{type_}"}


def test_person_carries_operations_only():
    assert set(RESOURCES["Person"]) == {"type", "profile"}


def test_the_statement_is_valid_but_for_person_which_has_no_interaction():
    copy = json.loads(json.dumps(STATEMENT))
    for row in copy["rest"][0]["resource"]:
        row.setdefault("interaction", [{"code": "read"}])
    assert CapabilityStatement.model_validate(copy).fhirVersion == "3.0.2"


def test_only_questionnaire_responses_include():
    includes = {type_: row["searchInclude"] for type_, row in RESOURCES.items() if "searchInclude" in row}
    assert includes == {
        "QuestionnaireResponse": [
            "QuestionnaireResponse:basedOn:ProcedureRequest",
            "QuestionnaireResponse:subject:Patient",
        ]
    }


# --- the rules beside it ---


def test_the_rules_say_where_they_come_from():
    assert RULES["source"] == "https://my.patientsknowbest.com/fhir/metadata"
    assert RULES["seen"].isoformat() == "2026-07-21"
    assert (RULES["standing"], RULES["release"]) == ("documented", "stu3")


def test_each_search_parameter_has_a_rule_and_each_rule_a_parameter():
    assert {(type_, name) for type_, rules in RULES["search"].items() for name in rules} == set(PARAMETERS)


@pytest.mark.parametrize(("type_", "name"), PARAMETERS)
def test_a_search_rule_says_what_the_statement_says(type_, name):
    assert sentence(type_, name) == PARAMETERS[type_, name]["documentation"]


@pytest.mark.parametrize(("type_", "name"), PARAMETERS)
def test_references_have_targets_and_dates_prefixes(type_, name):
    rule = RULES["search"][type_][name]
    kind = PARAMETERS[type_, name]["type"]
    assert ("targets" in rule) == (kind == "reference")
    assert ("prefixes" in rule) == (kind == "date")


def test_each_interaction_has_a_table_and_each_table_an_interaction():
    assert {(type_, code) for type_, rules in RULES["interaction"].items() for code in rules} == INTERACTIONS


@pytest.mark.parametrize(("type_", "code"), sorted(INTERACTIONS))
def test_an_interaction_is_demographic_or_clinical_by_its_type(type_, code):
    expected = "read_demographics" if type_ in DEMOGRAPHIC else "read_clinical"
    expected = "none" if type_ == "OperationDefinition" else expected
    assert RULES["interaction"][type_][code]["action"] == expected


@pytest.mark.parametrize(("type_", "code"), sorted(INTERACTIONS))
def test_every_interaction_is_built(type_, code):
    assert RULES["interaction"][type_][code]["built"] is True


@pytest.mark.parametrize("path", facts())
def test_a_rule_has_a_standing_and_a_text(path):
    assert facts()[path]["standing"] in ("documented", "inferred", "choice")
    assert facts()[path]["text"]


# --- operations ---


def test_operations_stand_in_the_order_of_the_statement():
    assert list(RULES["operation"]) == list(OPERATIONS)
    assert {name: rule["id"] for name, rule in RULES["operation"].items()} == OPERATIONS


def test_each_operation_has_a_definition_and_each_definition_an_operation():
    assert set(DEFINITIONS) == set(OPERATIONS.values())


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_definition_agrees_with_the_rule_of_its_operation(name):
    rule, definition = RULES["operation"][name], DEFINITIONS[OPERATIONS[name]]
    assert definition["id"] == OPERATIONS[name]
    assert definition["url"] == f"http://fhir.patientsknowbest.com/operation/{name}"
    assert (definition["code"], definition["resource"]) == (name, [rule["resource"]])
    assert (definition["system"], definition["type"]) == (False, rule["level"] == "type")
    assert definition["instance"] == (rule["level"] == "instance")
    assert definition.get("idempotent", False) == ("GET" in rule["methods"])
    assert (definition["status"], definition["kind"]) == ("active", "operation")


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operations_id_tells_its_type_and_level(name):
    rule = RULES["operation"][name]
    assert rule["id"] == f"{rule['resource']}-{rule['level'][0]}-{name}"


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_is_demographic_clinical_or_for_no_one(name):
    rule = RULES["operation"][name]
    demographic = ("purview", "status-query", "generate-invitation-tokens")
    assert rule["action"] == ("read_demographics" if name in demographic else "read_clinical")
    assert rule["action"] in ACTIONS
    assert bool(rule["callers"]) == (rule["resource"] != "Person")


@pytest.mark.parametrize("id_", DEFINITIONS)
def test_a_definition_is_valid_stu3(id_):
    read = OperationDefinition.model_validate({**DEFINITIONS[id_], "id": ILLEGAL_IDS.get(id_, id_)})
    assert read.code == DEFINITIONS[id_]["code"]


@pytest.mark.parametrize("id_", DEFINITIONS)
def test_a_parameter_has_a_type_or_parts(id_):
    for parameter in DEFINITIONS[id_].get("parameter", []):
        assert ("type" in parameter) != ("part" in parameter)
        for part in parameter.get("part", []):
            assert "type" in part
