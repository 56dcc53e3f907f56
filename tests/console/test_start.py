"""Start: the selection table, and a page for each cell whose example works or is refused as the cell says.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

import re
import subprocess
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from sandbox.access.matrix import TYPES, matrix
from sandbox.console.pages.start.cells import _is_nearest
from sandbox.console.pages.start.examples import examples
from sandbox.model import Credential
from tests.support import Client

START = "/_sandbox/console/start"
NEAREST = {cell.cell for cell in matrix().values() if _is_nearest(cell)}


def run(pkb: Client, cell: str, query: str = "") -> httpx.Response:
    """Press "Run it" on the page of a cell, and return the page that follows."""
    page = pkb.http.get(f"{START}/cell/{cell}{query}")
    match = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert match is not None, page.text
    form = {"_csrf": match[1]}
    return pkb.http.post(f"{START}/cell/{cell}/run{query}", data=form, follow_redirects=True)


def exchange_of(page: httpx.Response) -> str:
    return parse_qs(urlsplit(str(page.url)).query)["exchange"][0]


def test_the_table_links_to_every_cell():
    assert list(examples()) == list(matrix())


@pytest.mark.parametrize("type_", ["", *TYPES])
def test_the_page_shows_every_cell_and_the_chosen_type_first(pkb: Client, type_: str):
    page = pkb.http.get(START, params={"type": type_} if type_ else {})
    links = re.findall(r'href="/_sandbox/console/start/cell/([^"]+)"', page.text)
    assert sorted(links) == sorted(matrix())
    assert links[0].startswith(type_ or "customer")
    assert page.text.count('aria-current="true"') == bool(type_)


def test_a_type_that_does_not_exist_is_404(pkb: Client):
    assert pkb.http.get(START, params={"type": "vendor"}).status_code == 404
    assert pkb.http.get(f"{START}/cell/vendor.hl7.send_data").status_code == 404


@pytest.mark.parametrize("cell", matrix())
def test_the_example_of_a_cell_is_answered_as_the_cell_says(pkb: Client, cell: str):
    page = run(pkb, cell)
    assert page.status_code == 200, page.text
    exchange = pkb.control(f"/exchanges/{exchange_of(page)}")
    is_allowed = matrix()[cell].decision == "allowed"
    assert exchange["outcome"] == ("accepted" if is_allowed else "refused"), exchange["response"]
    if cell not in NEAREST and not cell.startswith("app.hl7."):  # an app is not known to the HL7 API at all
        assert cell in exchange["cell"].split(", ")
    if is_allowed and not cell.endswith("from_others"):  # others' data may be withheld
        assert exchange["explain"] is None, "the example is accepted as it is, with nothing ignored"
    if not is_allowed:
        assert "Would have been accepted" in page.text
    assert "Bearer ey" not in page.text


def test_running_an_example_records_the_call_and_not_the_token(pkb: Client):
    run(pkb, "partner.facade.read_demographics")
    (exchange,) = pkb.control("/exchanges")["exchanges"]
    assert (exchange["api"], exchange["credential"]) == ("facade", "system-client")


def test_an_example_runs_in_the_world_of_its_page(pkb: Client):
    pkb.http.post("/_sandbox/workspaces", json={"name": "second"})
    try:
        page = run(pkb, "app.rest.send_data", "?workspace=second")
        assert "accepted" in page.text
        assert pkb.control("/exchanges")["exchanges"] == []
        assert len(pkb.control("/exchanges?workspace=second")["exchanges"]) >= 1
    finally:
        pkb.http.delete("/_sandbox/workspaces/second")


def test_an_example_needs_the_token_of_its_form(pkb: Client):
    assert pkb.http.post(f"{START}/cell/customer.hl7.send_data/run", data={"_csrf": "x"}).status_code == 400
    assert pkb.control("/exchanges")["exchanges"] == []


def test_a_world_without_the_credential_says_what_to_do(pkb: Client):
    store = pkb.server.workspaces.default.store
    for credential in [credential for credential in store.all(Credential) if credential.kind == "system-client"]:
        store.delete(credential)
    page = pkb.http.get(f"{START}/cell/partner.facade.read_clinical")
    assert page.status_code == 200
    assert "This world has no system-client" in page.text
    assert "Run it" not in page.text


def test_another_credential_of_the_kind_sends_the_example(pkb: Client):
    page = run(pkb, "partner.facade.read_demographics", "?credential=untethered-facade")
    exchange = pkb.control(f"/exchanges/{exchange_of(page)}")
    assert (exchange["outcome"], exchange["response"]["status"]) == ("refused", 403)
    assert "untethered-facade" in exchange["caller"]
    assert "No organisation has granted untethered-facade access" in page.text


@pytest.mark.parametrize("credential", ["nobody", "northmoor-fhir", "<script>"])
def test_a_credential_of_another_kind_cannot_send_the_example(pkb: Client, credential: str):
    page = pkb.http.get(f"{START}/cell/partner.facade.read_demographics", params={"credential": credential})
    assert page.status_code == 200
    assert "is not a system-client of this world" in page.text
    assert "<script>&#39" not in page.text


def test_an_exchange_that_the_journal_dropped_is_said(pkb: Client):
    page = pkb.http.get(f"{START}/cell/customer.hl7.send_data", params={"exchange": "none"})
    assert "no longer has this exchange" in page.text


@pytest.mark.parametrize(
    "cell",
    [
        "customer.hl7.send_data",
        "customer.customer.read_clinical",
        "partner.rest.read_clinical",
        "partner.facade.read_demographics",
        "app.facade.read_clinical",
    ],
)
def test_the_commands_of_the_page_work_in_a_shell(pkb: Client, cell: str):
    """The command for the token, then the call with curl."""
    text = pkb.http.get(f"{START}/cell/{cell}").text
    blocks = [unescape(block) for block in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.DOTALL)]
    (token,) = [block for block in blocks if block.startswith(("export ", "CODE="))]
    (curl,) = [block for block in blocks if block.startswith("curl ")]
    script = f"{token}\n{curl} -s -o /dev/null -w '%{{http_code}}'"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "200", ran.stderr


def test_steps_are_ticked_as_far_as_the_journal_shows(pkb: Client):
    assert 'class="done"' not in pkb.http.get(START).text
    page = run(pkb, "partner.facade.read_demographics")
    assert page.text.count('class="done"') == 3  # type, credentials, hello; the step of the page itself is current
    assert pkb.http.get(START, params={"type": "customer"}).text.count('class="done"') == 1  # nothing but the choice
