"""Start, step 4: credentials and grants are shown, issued and withdrawn by the control calls that the page names."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from sandbox.access.principal import INTEGRATION_TYPE
from sandbox.model.access import KINDS
from tests.support import EASTGATE, Client

PAGE = "/_sandbox/console/start/credentials"


def form_of(text: str, call: str) -> dict[str, str]:
    """The hidden fields of the form that makes a control call."""
    forms = re.findall(r"<form.*?</form>", text, re.DOTALL)
    (form, *_) = [form for form in forms if f'name="_call" value="{call}"' in form]
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)}


def submit(pkb: Client, page: str, call: str, **fields: Any) -> str:
    """Send a form of the page with its fields, and return the page that follows."""
    form = form_of(pkb.http.get(page).text, call)
    return pkb.http.post("/_sandbox/console/do", data={**form, **fields}, follow_redirects=True).text


def test_every_credential_is_shown_with_its_secret_and_a_command(pkb: Client):
    text = unescape(pkb.http.get(PAGE).text)
    for credential in pkb.control("/credentials")["credentials"]:
        for key in ("client_id", "username", "client_secret", "password", "refresh_token"):
            assert credential.get(key, "") in text
    assert text.count("export TOKEN=") + text.count("export BASIC=") == len(pkb.control("/credentials")["credentials"])


@pytest.mark.parametrize("type_", ["customer", "partner", "app"])
def test_a_type_has_its_own_kinds_alone(pkb: Client, type_: str):
    headings = re.findall(r'<h2 id="([^"]+)">', pkb.http.get(PAGE, params={"type": type_}).text)
    kinds = [kind for kind in KINDS if INTEGRATION_TYPE[kind] == type_]
    assert headings == [*kinds, *(["grants"] if type_ == "partner" else [])]


EXTRA: dict[str, dict[str, Any]] = {
    "hl7-org": {},
    "customer-system-client": {"roles:list": ["fhir_reader"]},
    "hl7-partner": {},
    "user-client": {"scopes:list": ["PATIENT", "CLINICIAN"], "redirect_uris:list": "http://localhost:1/a\napp://b"},
    "system-client": {},
    "tethered-token-system-client": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_credential_of_each_kind_is_issued_by_its_form(pkb: Client, kind: str):
    name = "<b>Night's test</b>"
    organisation = {} if kind == "user-client" else {"organisation": pkb.organisation()}
    text = submit(pkb, f"{PAGE}?issue={kind}", "POST /credentials", kind=kind, name=name, **organisation, **EXTRA[kind])
    assert "Issued: " in text
    assert "&lt;b&gt;Night&#39;s test&lt;/b&gt;" in text
    (issued,) = [row for row in pkb.control("/credentials")["credentials"] if row["name"] == name]
    assert issued["kind"] == kind
    if kind == "user-client":
        assert issued["redirect_uris"] == ["http://localhost:1/a", "app://b"]


def test_a_revoked_credential_is_gone(pkb: Client):
    text = submit(pkb, PAGE, "DELETE /credentials/untethered-facade")
    assert "Revoked: untethered-facade." in text
    assert 'id="untethered-facade"' not in text


def test_an_organisation_grants_a_partner(pkb: Client):
    partner = next(row["id"] for row in pkb.control("/world")["partners"] if row["name"].startswith("Untethered"))
    text = submit(pkb, PAGE, "POST /grants", partner=partner, organisation=pkb.organisation(EASTGATE))
    assert "Granted." in text
    credential = pkb.credential("untethered-facade")
    assert [row["organisation"]["name"] for row in credential["on_behalf_of"]] == [EASTGATE]


def test_a_grant_that_is_taken_back_refuses_the_partner(pkb: Client):
    grants = re.findall(r'value="DELETE (/grants/[^"]+)"', pkb.http.get(PAGE).text)
    for grant in grants:
        text = submit(pkb, PAGE, f"DELETE {grant}")
    assert "Nobody has granted anything." in text
    assert pkb.facade("/Patient/4c86625f-13d7-423c-93e9-d58574a12dec").status_code == 403


def test_a_kind_that_does_not_exist_is_404(pkb: Client):
    assert pkb.http.get(PAGE, params={"issue": "master-key"}).status_code == 404
