"""The rule by which each caller sees or does not see the record of a patient, on the page that views it as them."""

from __future__ import annotations

import re

import pytest

from tests.console.patients.support import TOLA
from tests.support import Client


def callers(pkb: Client, patient: str) -> list[str]:
    """Every caller that the page offers."""
    page = pkb.http.get(f"/_sandbox/console/patients/{patient}/access").text
    select = page[page.index('name="as"') :].partition("</select>")[0]
    return re.findall(r'<option value="([^"]*)"', select)


@pytest.mark.parametrize(
    "reason",
    [
        "Registered, reads",
        "sexual health",
        "Has disabled sharing",
        "Access frozen",
        "Under 16",
        "to no one",
        "Deceased",
    ],
)
def test_every_caller_reads_a_rule_for_each_data_point(pkb: Client, reason: str):
    patient = TOLA if reason == "Registered" else pkb.patient(reason)["id"]
    offered = callers(pkb, patient)
    assert offered
    hidden = 0
    for caller in offered:
        response = pkb.http.get(f"/_sandbox/console/patients/{patient}/access", params={"as": caller})
        assert response.status_code == 200, caller
        table = response.text.partition('class="view"')[2].partition("</table>")[0]
        for cell in re.findall(r"<td[^>]*>.*?</td>", table, re.DOTALL):
            if ">hidden<" in cell:
                hidden += 1
                assert re.search(r"\b(access|rest|aggregated|facade)\.[a-z-]+", cell), (caller, cell)
    assert hidden or reason != "sexual health"


@pytest.mark.parametrize("act", ["sharing", "freeze"])
def test_a_note_says_what_suspends_a_consent(pkb: Client, act: str):
    body = {"disabled": True} if act == "sharing" else {"frozen": True}
    response = pkb.http.post(f"/_sandbox/records/{TOLA}/{act}", json=body)
    assert response.status_code in (200, 201), response.text
    text = pkb.http.get(f"/_sandbox/console/patients/{TOLA}/access").text
    assert ("suspended: sharing disabled" if act == "sharing" else "access frozen") in text
