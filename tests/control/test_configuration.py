"""The configuration of an organisation: shown, changed part by part, and refused with the name of what is wrong."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.control.test_control_api import assert_problem
from tests.support import EASTGATE, Client


def path(pkb: Client, name: str | None = None) -> str:
    return f"/_sandbox/organisations/{pkb.organisation(name) if name else pkb.organisation()}/configuration"


def put(pkb: Client, **parts: Any) -> httpx.Response:
    return pkb.http.put(path(pkb), json=parts)


CODE_SETS = {
    "hospital_services": {"ORTHO": {"display": "Orthopaedics", "label": "GENERAL_HEALTH"}},
    "order_services": {"HIV": {"display": "HIV tests", "label": "SEXUAL_HEALTH"}},
    "disciplines": {"HAE": {"display": "Haematology"}},
    "radiology_systems": ["PACS7"],
    "document_types": {"XX": "CLINIC_LETTER"},
    "measurements": {"27113001": {"name": "Weight", "units": ["kg"]}},
    "semantic_labels": {"SNOMED CT": {"35489007": "MENTAL_HEALTH"}},
}


def test_what_is_put_is_what_is_shown(pkb: Client):
    configuration = {
        "options": {
            "nhs_status_checking": True,
            "soft_matching": ["date_of_birth"],
            "auto_create": True,
            "notify_nhs_app": False,
            "notify_sms": True,
        },
        "time_zone": "Europe/Dublin",
        "code_sets": CODE_SETS,
    }
    answer = put(pkb, **configuration)
    assert answer.status_code == 200, answer.text
    stored = pkb.http.get(path(pkb)).json()
    assert stored == answer.json()
    assert stored["options"] == configuration["options"]
    assert stored["time_zone"] == "Europe/Dublin"
    sets = stored["code_sets"]
    assert sets["hospital_services"] == {"ORTHO": {"display": "Orthopaedics", "label": "GENERAL_HEALTH"}}
    assert sets["disciplines"] == {"HAE": {"display": "Haematology", "label": ""}}
    assert sets["measurements"] == {"27113001": {"name": "Weight", "units": ["kg"], "pair": ""}}
    assert (sets["radiology_systems"], sets["semantic_labels"]) == (["PACS7"], CODE_SETS["semantic_labels"])


def test_what_is_shown_can_be_put_back(pkb: Client):
    configuration = pkb.http.get(path(pkb)).json()
    assert put(pkb, **configuration).json() == configuration


def test_a_code_set_is_replaced_whole_and_the_others_stay(pkb: Client):
    put(pkb, code_sets=CODE_SETS)
    sets = put(pkb, code_sets={"hospital_services": {"CARD": {"display": "Cardiology"}}}).json()["code_sets"]
    assert list(sets["hospital_services"]) == ["CARD"]
    assert list(sets["order_services"]) == ["HIV"]


def test_a_reset_takes_it_back(pkb: Client):
    before = pkb.http.get(path(pkb)).json()
    put(pkb, options={"auto_create": True})
    pkb.http.post("/_sandbox/reset")
    assert pkb.http.get(path(pkb)).json() == before


def test_aliases_of_an_organisations_credentials_decide_msh_4(pkb: Client):
    alias = {"credential": "org_northmoor", "alias": "NM-EAST", "organisation": pkb.organisation(EASTGATE)}
    aliases = put(pkb, aliases=[alias]).json()["aliases"]
    assert aliases == [{**alias, "team": None}]
    query = "MSH|^~\\&|PAS|{}|HL7API|PKB|20260310101500||QRY^A19|q|P|2.4\rQRD|20260310|R|I|q|||||APN"
    assert pkb.send(query.format("OTHER")).detail.endswith("Unknown sending facility [OTHER]")
    own = pkb.send(query.format("ANY"), user="org_eastgate")
    assert len(pkb.send(query.format("NM-EAST")).segments) == len(own.segments)


def test_a_partners_alias_can_be_renamed(pkb: Client):
    (grant,) = pkb.http.get(path(pkb)).json()["partner_aliases"]
    assert put(pkb, partner_aliases={grant: "NEWNAME"}).status_code == 200
    on_behalf_of = pkb.credential("partner_letterbox")["on_behalf_of"]
    assert "NEWNAME" in [row["alias"] for row in on_behalf_of]


def test_a_new_local_identifier_type_identifies(pkb: Client):
    kept = pkb.http.get(path(pkb)).json()["local_id_types"]
    new = {"name": "Renal number", "assigning_authority": "*", "type_code": "RN"}
    types = put(pkb, local_id_types=[*kept, new]).json()["local_id_types"]
    assert [type_["type_code"] for type_ in types] == ["MR", "RN"]
    assert types[0] == kept[0]
    text = "MSH|^~\\&|PAS|X|||20260310101500||ADT^A28|1|P|2.4\rPID|||R77^^^ANYONE^RN||Khatun^Rina"
    assert pkb.send(text).code == "AA"


BAD: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("an unknown key", {"colour": "red"}, "colour"),
    ("an unknown option", {"options": {"soft": True}}, "soft"),
    ("an option that is no boolean", {"options": {"auto_create": "yes"}}, "yes"),
    ("a component that cannot be compared", {"options": {"soft_matching": ["shoe_size"]}}, "shoe_size"),
    ("soft matching that is no list", {"options": {"soft_matching": "date_of_birth"}}, "soft_matching"),
    ("an unknown time zone", {"time_zone": "Mars/Olympus"}, "Mars/Olympus"),
    ("a time zone that is no text", {"time_zone": 7}, "7"),
    ("an unknown country", {"country": "XX"}, "XX"),
    ("a team of nobody", {"default_team": "nowhere"}, "nowhere"),
    ("a label that is none", {"code_sets": {"hospital_services": {"A": {"label": "SECRET"}}}}, "SECRET"),
    ("an unknown code set", {"code_sets": {"colours": {}}}, "colours"),
    ("a code set that is no object", {"code_sets": {"disciplines": []}}, "disciplines"),
    ("a display that is no text", {"code_sets": {"disciplines": {"A": {"display": 1}}}}, "display"),
    ("a measurement without units", {"code_sets": {"measurements": {"1": {"name": "x"}}}}, "units"),
    ("a semantic label that is none", {"code_sets": {"semantic_labels": {"Read V2": {"A": "X"}}}}, "X"),
    ("radiology systems that are no list", {"code_sets": {"radiology_systems": "PACS"}}, "radiology_systems"),
    ("aliases that are no list", {"aliases": {}}, "aliases"),
    ("an alias of a foreign credential", {"aliases": [{"credential": "org_eastgate", "alias": "A"}]}, "org_eastgate"),
    ("an alias without a name", {"aliases": [{"credential": "org_northmoor"}]}, "alias"),
    (
        "an alias of no organisation",
        {"aliases": [{"credential": "org_northmoor", "alias": "A", "organisation": "x"}]},
        "'x'",
    ),
    ("an alias with an unknown key", {"aliases": [{"name": "A"}]}, "name"),
    ("an alias of a foreign team", {"aliases": [{"credential": "org_northmoor", "alias": "A", "team": "x"}]}, "'x'"),
    ("a grant of nobody", {"partner_aliases": {"x": "A"}}, "'x'"),
    ("an empty partner alias", {"partner_aliases": {"x": ""}}, "partner_aliases"),
    ("an identifier type without code", {"local_id_types": [{"name": "A", "assigning_authority": "B"}]}, "type_code"),
)


@pytest.mark.parametrize(("parts", "named"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_an_invalid_configuration_is_refused_and_changes_nothing(pkb: Client, parts: dict[str, Any], named: str):
    before = pkb.http.get(path(pkb)).json()
    answer = put(pkb, **{"code_sets": {"disciplines": {"Z": {}}}, **parts})
    assert answer.status_code == 400, answer.text
    assert named in answer.json()["detail"]
    assert pkb.http.get(path(pkb)).json() == before


def test_an_identifier_type_of_another_organisation_is_not_taken_over(pkb: Client):
    type_ = pkb.http.get(path(pkb, EASTGATE)).json()["local_id_types"][0]
    answer = put(pkb, local_id_types=[{**type_, "team": None}])
    assert answer.status_code == 400
    assert "already in use" in answer.json()["detail"]


def test_an_unknown_organisation_is_not_found(pkb: Client):
    assert pkb.http.get("/_sandbox/organisations/x/configuration").status_code == 404
    assert pkb.http.put("/_sandbox/organisations/x/configuration", json={}).status_code == 404


NOT_TEXT = {
    "a country": {"country": {}},
    "a time zone": {"time_zone": []},
    "the id of a type": {"local_id_types": [{"id": {}, "name": "x", "assigning_authority": "x", "type_code": "x"}]},
    "a credential": {"aliases": [{"credential": {}, "alias": "x"}]},
    "the organisation of an alias": {"aliases": [{"credential": "org_northmoor", "alias": "x", "organisation": {}}]},
}


@pytest.mark.parametrize("body", NOT_TEXT.values(), ids=NOT_TEXT)
def test_an_object_in_the_place_of_a_text_is_refused(pkb: Client, body: dict[str, object]):
    response = pkb.http.put(f"/_sandbox/organisations/{pkb.organisation()}/configuration", json=body)
    assert_problem(response, 400)
    assert "must be text" in response.json()["detail"]
