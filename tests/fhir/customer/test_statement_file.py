"""The CapabilityStatement that Customer endpoints serve is the one that its tables make."""

from __future__ import annotations

import pytest

from sandbox.base import datafiles
from sandbox.fhir.customer.statement import statement


@pytest.mark.parametrize("release", ["stu3", "r4"])
def test_the_statement_that_is_shipped_is_made_from_the_tables(release: str):
    assert datafiles.read_json(datafiles.path(f"capability_statements/customer_{release}.json")) == statement(release)
