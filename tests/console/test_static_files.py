"""The style sheet and scripts of the console, and its own address."""

from __future__ import annotations

import pytest

from sandbox.console.static_files import MEDIA_TYPES, files
from tests.support import Client

STATIC = "/_sandbox/console/static"


@pytest.mark.parametrize("name", sorted(files()))
def test_a_file_is_served_with_its_type_and_tag(pkb: Client, name: str):
    response = pkb.http.get(f"{STATIC}/{name}")
    assert response.status_code == 200
    assert response.headers["content-type"] in MEDIA_TYPES.values()
    assert response.headers["x-content-type-options"] == "nosniff"
    again = pkb.http.get(f"{STATIC}/{name}", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["none.css", "..%2Fmount.py", "%2e%2e"])
def test_no_other_file_is_served(pkb: Client, name: str):
    assert pkb.http.get(f"{STATIC}/{name}").status_code == 404


def test_scripts_load_nothing_from_outside():
    for name, file in files().items():
        if name.endswith((".js", ".css")):
            assert b"http://" not in file.content, name
            assert b"https://" not in file.content, name


def test_an_address_with_two_worlds_is_refused(pkb: Client):
    assert pkb.http.get("/_sandbox/console/start?workspace=default&workspace=default").status_code == 404
