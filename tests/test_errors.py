"""The errors that stand for a status of the sandbox's own."""

from __future__ import annotations

import pytest

from sandbox.errors import Damaged, Injected, NotReady, NotStored


@pytest.mark.parametrize(
    ("error", "status", "rule"),
    [
        (Damaged("page 7"), 503, "store.damaged"),
        (NotReady(), 503, "frontend.loading"),
        (NotStored(507, "full"), 507, "store.not-stored"),
        (Injected(599, rule="faults.injected"), 599, "faults.injected"),
    ],
)
def test_an_error_of_the_sandbox_has_its_status_and_rule(error: Injected, status: int, rule: str):
    assert (error.status, error.rule) == (status, rule)


@pytest.mark.parametrize(("status", "text"), [(503, "Service Unavailable"), (599, "Status 599")])
def test_an_injected_status_is_named_as_registered(status: int, text: str):
    assert Injected(status).text == text


def test_the_reason_is_for_the_log_alone():
    assert Damaged("page 7").reason == NotStored(503, "page 7").reason == "page 7"
    assert "page 7" not in Damaged("page 7").text + NotStored(503, "page 7").text
