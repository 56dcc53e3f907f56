"""Start, step 3: what each API can do, as the data says on which the API is built."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from urllib.parse import quote

import pytest

from sandbox.access.matrix import APIS, TYPES
from sandbox.hl7.files import examples
from sandbox.hl7.profiles import profiles
from sandbox.model import Organisation
from sandbox.rest.catalogue import operations
from sandbox.rest.objects import shapes
from sandbox.worlds.attributes.table import tables
from tests.support import Client

PAGE = "/_sandbox/console/start/capabilities"
STATEMENTS = {
    "facade": "/fhir",
    "messaging": "/phr-fhir",
    "customer?release=stu3": "/customer/northmoor-stu3/fhir",
    "customer?release=r4": "/customer/northmoor-r4/fhir",
    "aggregated": "/aggregated/fhir",
}


def text_of(pkb: Client, path: str) -> str:
    response = pkb.http.get(f"{PAGE}/{path}")
    assert response.status_code == 200, response.text
    return unescape(re.sub(r"<(?!/?(td|th|tr))[^>]+>", "", response.text))


@pytest.mark.parametrize("api", APIS)
def test_every_api_shows_who_may_use_it_and_leaves_no_trace(pkb: Client, api: str):
    text = pkb.http.get(f"{PAGE}/{api}").text
    assert len(re.findall(rf"/start/cell/(?:{'|'.join(TYPES)})\.{api}\.", text)) == 12
    assert pkb.control("/exchanges")["exchanges"] == []


def test_every_message_has_a_page_with_all_its_fields_and_an_example(pkb: Client):
    listed = pkb.http.get(f"{PAGE}/hl7").text
    for name, profile in profiles().items():
        assert f"/start/capabilities/hl7/{quote(name)}" in listed
        text = text_of(pkb, f"hl7/{quote(name)}")
        for row in profile.fields:
            assert f"{row.segment}-{row.field}.{row.component}" in text
            assert row.rule in text
        assert "pkb-sandbox hl7 send " in text, name


def test_every_supplied_example_is_on_the_page_of_its_message(pkb: Client):
    pages = "".join(text_of(pkb, f"hl7/{quote(name)}") for name in profiles())
    assert [name for name in examples() if f"pkb-sandbox hl7 send {name}" not in pages] == []


def test_every_rest_operation_and_object_is_listed(pkb: Client):
    text = text_of(pkb, "rest")
    assert [row.id for row in operations() if f"{row.method} {row.path}" not in text] == []
    for shape in shapes().values():
        assert shape.text in text
        assert all(key.text in text for key in shape.keys)
    assert "WRONG_SCOPE" in text


@pytest.mark.parametrize("page", STATEMENTS)
def test_a_statement_is_rendered_as_it_is_served(pkb: Client, page: str):
    served = pkb.http.get(f"{STATEMENTS[page]}/metadata", headers={"Accept": "application/fhir+json"}).json()
    text = pkb.http.get(f"{PAGE}/{page}").text
    assert f"FHIR {served['fhirVersion']}" in text
    (rest,) = served["rest"]
    for resource in rest["resource"]:
        codes = [interaction["code"] for interaction in resource.get("interaction", [])]
        row = re.search(rf'<tr><th scope="row">{resource["type"]}</th>.*?</tr>', text, re.DOTALL)
        assert (row is not None) == bool(codes), resource["type"]
        if row:
            assert row[0].count("✓") == len(codes)
            assert all(f"<code>{parameter['name']}</code>" in row[0] for parameter in resource.get("searchParam", []))


def test_operations_have_their_callers(pkb: Client):
    text = text_of(pkb, "facade")
    assert "Consent/$purview" in text
    assert "User Client (PATIENT)" in text
    assert "Patient/$process-message" in text_of(pkb, "messaging")


def test_a_world_without_a_customer_endpoint_says_so(pkb: Client):
    store = pkb.server.workspaces.default.store
    for organisation in list(store.all(Organisation)):
        store.put(replace(organisation, endpoints=()))
    assert "No organisation of this world has a Customer endpoint" in text_of(pkb, "customer")


def test_the_doors_have_a_row_for_each_kind_of_data(pkb: Client):
    text = text_of(pkb, "doors")
    for table in tables().values():
        if table.plural not in ("held messages", "resources"):
            assert f"<th>{table.plural.capitalize()}</th>" in re.sub(r' scope="row"', "", text), table.plural
    row = re.search(r"Measurements</th>(.*?)</tr>", text, re.DOTALL)
    assert row is not None
    assert row[1].count("nothing") == 3, "measurements show in Custom REST alone"


@pytest.mark.parametrize("path", ["fax", "customer?release=dstu2", "hl7/ADT%5EA99", "hl7?type=vendor"])
def test_an_unknown_page_is_404(pkb: Client, path: str):
    assert pkb.http.get(f"{PAGE}/{path}").status_code == 404
