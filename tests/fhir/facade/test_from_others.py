"""`read_clinical_from_others` is decided datum by datum, and named when such data is in the answer.

Source: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364093979
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sandbox.access import matrix as access_matrix
from sandbox.access.matrix import Cell, matrix
from tests.fhir.facade.samples import EASTGATE_ID, LABORATORY, NORTHMOOR_ID, OWEN, RHYS, TADEUSZ, TOLA, ask, search
from tests.support import Client

DECIDING, OTHERS = "read_clinical", "read_clinical_from_others"


def cells(pkb: Client, path: str, user: str = "") -> str:
    return ask(pkb, path, user).headers["pkb-sandbox-cell"]


def test_the_header_names_both_cells_when_others_data_is_in_the_answer(pkb: Client):
    both = f"partner.facade.{DECIDING}, partner.facade.{OTHERS}"
    assert cells(pkb, f"/DocumentReference?patient={RHYS}") == both
    assert cells(pkb, f"/DocumentReference?patient={TADEUSZ}") == f"partner.facade.{DECIDING}"
    assert cells(pkb, f"/DocumentReference?patient={RHYS}&created=2000") == f"partner.facade.{DECIDING}"


def test_to_a_person_everything_is_from_others_that_the_person_did_not_enter(pkb: Client):
    both = f"app.facade.{DECIDING}, app.facade.{OTHERS}"
    assert cells(pkb, f"/DocumentReference?patient={RHYS}", RHYS) == both
    assert cells(pkb, f"/DocumentReference?patient={RHYS}", OWEN) == both
    assert cells(pkb, f"/QuestionnaireResponse?patient={TOLA}", TOLA) == f"app.facade.{DECIDING}"


@pytest.fixture
def own_only(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Closes one cell of the matrix."""

    def close(cell: str) -> None:
        closed: dict[str, Cell] = {**matrix(), cell: replace(matrix()[cell], decision="denied")}
        monkeypatch.setattr(access_matrix, "matrix", lambda: closed)

    return close


def test_data_of_others_is_left_out_silently_where_the_cell_denies_it(pkb: Client, own_only: Callable[[str], None]):
    own_only(f"partner.facade.{OTHERS}")
    for path in (f"/DocumentReference?patient={RHYS}", f"/Observation?patient={RHYS}&{LABORATORY}"):
        resources = search(pkb, path)
        assert resources
        sources = {resource["meta"]["extension"][0]["valueReference"]["reference"] for resource in resources}
        assert sources == {f"Organization/{NORTHMOOR_ID}"} != {f"Organization/{EASTGATE_ID}"}
        assert cells(pkb, path) == f"partner.facade.{DECIDING}"


def test_an_app_then_shows_what_its_user_entered(pkb: Client, own_only: Callable[[str], None]):
    own_only(f"app.facade.{OTHERS}")
    assert search(pkb, f"/DocumentReference?patient={RHYS}", RHYS) == []
    assert len(search(pkb, f"/QuestionnaireResponse?patient={TOLA}", TOLA)) == 1
    assert ask(pkb, "/ProcedureRequest/ea13e938-5578-4ab1-bf0b-f999b73c4138", TOLA).status_code == 404
