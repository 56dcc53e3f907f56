"""docs/patients.md has everybody of the default world, and says truly who can sign in and who reads whom."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.base import datafiles
from tests.support import Client

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/patients.md").read_text(encoding="utf-8")
PATIENTS = datafiles.read_toml(ROOT / "fixtures/worlds/default.toml")["patient"]
USES = PAGE.partition("## Whom to use")[2].partition("\n## ")[0]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    lines = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0].splitlines()
    return [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")][1:]


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda patient: str(patient["legacy_id"]))
def test_everybody_is_there_with_a_reason_and_a_use(patient: dict[str, str]):
    family = patient["name"]["family"]  # type: ignore[index]
    assert patient["id"] in PAGE
    assert patient["reason"] in PAGE
    assert family in USES


def test_the_uses_name_only_people_and_data_of_the_world():
    world = (ROOT / "fixtures/worlds/default.toml").read_text(encoding="utf-8")
    for name in {name for row in rows("Whom to use") for name in row[1].split(", ")}:
        assert f'"{name}"' in world
    for number in re.findall(r"\bR[NE][A-Z]-[A-Z]-\d+", USES):
        assert f'"{number}"' in world


def test_the_people_can_sign_in(pkb: Client):
    for name, scope, address, password in rows("Sign-in"):
        client, uri = ("stepwise-diary", "stepwise://done")
        if scope != "PATIENT":
            client, uri = ("stepwise-clinic", "http://localhost:8401/done")
        query = {"response_type": "code", "client_id": client, "redirect_uri": uri, "scope": scope}
        page = pkb.http.get("/apiAuthorize.action", params=query).text
        (csrf,) = re.findall(r'name="csrf" value="([^"]+)"', page)
        form = {"csrf": csrf, "email": address, "password": password, "decision": "approve"}
        response = pkb.http.post("/apiAuthorize.action", params=query, data=form, follow_redirects=False)
        assert "code=" in response.headers["location"], name


def test_the_partner_reads_whom_the_page_says(pkb: Client):
    headers = {"Authorization": f"Bearer {pkb.token('letterbox-facade')}", "X-Org-Public-Id": pkb.organisation()}
    answers = {row[0]: row[1] for row in rows("Who reads whom")}
    ids = dict(re.findall(r"^### (.+)\n\n\|  \|  \|\n.*\n\| public id, legacy id \| `([^`]+)`", PAGE, re.MULTILINE))
    assert set(ids) == set(answers)
    for name, id_ in ids.items():
        is_read = pkb.http.get(f"/fhir/Patient/{id_}", headers=headers).status_code == 200
        assert answers[name] == ("yes" if is_read else "no"), name
