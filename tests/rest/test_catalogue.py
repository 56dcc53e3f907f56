"""The catalogue of the Custom REST API, as a table: addresses, user types, actions.

Source: http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

import pytest

from sandbox.access.matrix import ACTIONS
from sandbox.facts import ledger
from sandbox.rest.catalogue import SCOPES, Operation, operations, passes

EACH = pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)


def test_the_catalogue_has_every_operation_once():
    assert len(operations()) == 38
    assert len({one.id for one in operations()}) == 38
    assert len({(one.method, one.path) for one in operations()}) == 38


@EACH
def test_an_operation_is_a_fact_of_its_own(operation: Operation):
    fact = ledger()[operation.id]
    assert (fact.text, fact.standing, fact.source) == (operation.text, operation.standing, operation.source)


@EACH
def test_an_operation_has_an_address_and_an_action(operation: Operation):
    assert operation.method in ("GET", "POST", "PUT", "DELETE")
    assert operation.path.startswith("/")
    assert set(operation.scopes) <= set(SCOPES)
    assert operation.action in (*ACTIONS[:3], "none")


@EACH
def test_what_writes_sends_data_and_what_reads_does_not(operation: Operation):
    assert (operation.action == "send_data") == (operation.method != "GET")


@EACH
def test_a_public_operation_has_no_action_and_is_read_at_a_fixed_path(operation: Operation):
    assert operation.public == (operation.action == "none")
    if operation.public:
        assert operation.method == "GET"
        assert "{" not in operation.path


def test_the_list_of_measurement_types_alone_is_public():
    assert [one.path for one in operations() if one.public] == ["/v2-beta/measurements/apiRefs"]


def test_a_path_that_pkb_does_not_publish_is_a_choice():
    ours = [one for one in operations() if not one.path_published]
    assert [one.id for one in ours] == ["rest.user-deactivate", "rest.one-time-password"]
    assert {one.standing for one in ours} == {"choice"} != {one.standing for one in operations()}
    assert all(one.path in one.text for one in ours)


def test_a_tethered_session_passes_for_a_clinician_and_a_coordinator():
    expected = {**{name: {name} for name in SCOPES}, "SITE": {"CLINICIAN", "TEAMCOORD"}}
    assert passes() == expected
