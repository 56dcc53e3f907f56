"""The page of the fault rules: a form adds one, the table counts its hits, a button removes it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from sandbox.console.pages.bench.fault_form import RECIPES, rule_of_form
from sandbox.console.pages.bench.fault_words import arguments, conditions, effects, turns_text
from sandbox.control.faults import fault_rule_of as checked
from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from tests.console.crawling import PREFIX
from tests.console.forms import submit
from tests.console.samples import example
from tests.support import Client

FAULTS = "bench/faults"


def rules(pkb: Client) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = pkb.control("/faults")["rules"]
    return listed


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({"api": "hl7", "effect": "ack=AE", "first:int": "1"}, {"api": "hl7", "ack": "AE", "first": 1}),
        ({"effect": "status", "status:int": "503", "retry_after:int": "2"}, {"status": 503, "retry_after": 2}),
        ({"effect": "reset", "status:int": "503"}, {"reset": True}),
        ({"effect": "drop=after-commit", "path": "/fhir/*"}, {"drop": "after-commit", "path": "/fhir/*"}),
        ({"effect": "truncate", "truncate:int": "10"}, {"truncate": 10}),
        ({"delay": "fixed", "delay_low": "500"}, {"delay_ms": 500}),
        ({"delay": "uniform", "delay_low": "1", "delay_high": "9"}, {"delay_ms": {"uniform": [1, 9]}}),
        ({"delay": "lognormal", "delay_low": "80", "delay_high": ".5"}, {"delay_ms": {"lognormal": [80, 0.5]}}),
        ({"effect": "", "slow_body:int": "64", "until": "2026-03-03T12:00"},
         {"slow_body": 64, "until": "2026-03-03T12:00"}),
    ],
)  # fmt: skip
def test_the_fields_of_the_form_make_a_rule(fields: dict[str, str], rule: dict[str, Any]):
    assert rule_of_form(fields.items()) == rule
    checked(rule, "rule")


def test_an_invalid_number_is_refused_by_the_name_of_its_field():
    with pytest.raises(Invalid, match="first must be a whole number"):
        rule_of_form({"effect": "reset", "first:int": "some"}.items())


@pytest.mark.parametrize(("title", "recipe"), RECIPES, ids=[title for title, _ in RECIPES])
def test_every_example_is_a_rule(pkb: Client, title: str, recipe: dict[str, str]):
    kinds = {"status": ":int", "retry_after": ":int", "first": ":int", "every": ":int"}
    fields = {f"{name}{kinds.get(name, '')}": value for name, value in recipe.items()}
    assert submit(pkb, FAULTS, "PUT /faults", **fields).status_code == 303
    assert len(rules(pkb)) == 1


def test_a_rule_reads_as_words_and_as_a_command():
    rule = {"id": "x", "hits": 0, "api": "facade", "path": "/fhir/*", "status": 503, "every": 3, "probability": 0.25,
            "seed": 7, "delay_ms": {"uniform": [1, 9]}}  # fmt: skip
    assert conditions(rule) == [("api", "Facade FHIR"), ("path", "/fhir/*")]
    assert effects(rule) == ["status 503", "1 to 9 ms late"]
    assert turns_text(rule) == "every 3rd, 25% by chance, seed 7"
    assert arguments(rule) == (
        "api=facade 'path=/fhir/*' status=503 every=3 probability=0.25 seed=7 'delay_ms={\"uniform\":[1,9]}'"
    )


def test_a_new_rule_leaves_the_hits_of_the_others(pkb: Client):
    submit(pkb, FAULTS, "PUT /faults", **{"api": "hl7", "effect": "ack=AE", "first:int": "1"})
    assert pkb.send(example("adt_a28")).code == "AE"
    submit(pkb, FAULTS, "PUT /faults", **{"api": "oauth", "effect": "status", "status:int": "503"})
    assert [rule["hits"] for rule in rules(pkb)] == [1, 0]
    page = pkb.http.get(PREFIX + FAULTS).text
    assert "acknowledged with AE" in page
    assert "<b>1</b>" in page


def test_a_refused_rule_is_named_without_its_number(pkb: Client):
    response = submit(pkb, FAULTS, "PUT /faults", api="oauth", effect="ack=AE")
    assert response.status_code == 400
    assert "the rule: ack is not possible with api oauth" in response.text
    assert "rules[" not in response.text
    assert rules(pkb) == []


def test_a_form_without_its_token_adds_nothing(pkb: Client):
    assert pkb.http.post(f"{PREFIX}{FAULTS}", data={"effect": "reset"}).status_code == 400
    assert rules(pkb) == []


def test_one_rule_and_all_rules_are_removed(pkb: Client):
    body = {"rules": [{"reset": True}, {"api": "hl7", "ack": "AR"}, {"malformed": True}]}
    first = pkb.http.put("/_sandbox/faults", json=body).json()["rules"][0]["id"]
    assert submit(pkb, FAULTS, f"DELETE /faults/{first}").status_code == 303
    assert [sorted(rule) for rule in rules(pkb)] == [["ack", "api", "hits", "id"], ["hits", "id", "malformed"]]
    submit(pkb, FAULTS, "DELETE /faults")
    assert rules(pkb) == []


def test_the_address_fills_the_form(pkb: Client):
    query = {"api": "facade", "operation": "read Patient", "client": '"><b>', "path": "/fhir/*", "effect": "reset"}
    page = pkb.http.get(PREFIX + FAULTS, params=query).text
    assert '<option value="facade" selected>' in page
    assert '<option value="reset" selected>' in page
    assert 'value="read Patient"' in page
    assert "<b>" not in page.partition('name="client"')[2][:60]


def test_with_an_admin_token_the_form_needs_the_session_and_its_own_token():
    with (
        SandboxServer(port=0, admin_token="a-token-of-the-fault-tests") as server,
        httpx.Client(base_url=server.base_url) as http,
    ):
        assert http.post(PREFIX + FAULTS, data={"effect": "reset"}).status_code == 401
        bearer = {"Authorization": "Bearer a-token-of-the-fault-tests"}
        page = http.get(PREFIX + FAULTS, headers=bearer)
        match = re.search(r'name="_csrf" value="([^"]+)"', page.text)
        fields = {"_csrf": match[1] if match else "", "effect": "reset"}
        assert http.post(PREFIX + FAULTS, data=fields).status_code == 401
        assert http.post(PREFIX + FAULTS, data=fields, headers=bearer).status_code == 303
        assert [rule["reset"] for rule in http.get("/_sandbox/faults", headers=bearer).json()["rules"]] == [True]
