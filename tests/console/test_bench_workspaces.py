"""The pages of the workspaces: made with credentials that work, switched to, reset, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.console.crawling import PREFIX
from tests.console.forms import notice, submit
from tests.console.samples import example
from tests.support import Client

WORKSPACES = "bench/workspaces"


@pytest.fixture
def blue(pkb: Client) -> Iterator[str]:
    """A workspace, made by the form; the address of its page."""
    response = submit(pkb, WORKSPACES, "POST /workspaces", **{"name": "team-a.blue", "idle_seconds:float": "36000"})
    assert response.status_code == 303, response.text
    yield response.headers["location"]
    pkb.http.delete("/_sandbox/workspaces/team-a.blue")


def names(pkb: Client) -> list[str]:
    return [row["name"] for row in pkb.control("/workspaces")["workspaces"]]


def test_a_new_workspace_shows_credentials_of_its_own(pkb: Client, blue: str):
    assert blue == f"{PREFIX}{WORKSPACES}/team-a.blue"
    page = pkb.http.get(blue)
    assert notice(page) == "The workspace team-a.blue is ready. Its credentials are below."
    credentials: list[dict[str, Any]] = pkb.control("/credentials?workspace=team-a.blue")["credentials"]
    for credential in credentials:
        for key in ("username", "password", "client_id", "client_secret"):
            assert credential.get(key, "") in page.text
    assert "deleted after 36000 seconds" in page.text


def test_the_list_links_to_the_world_of_a_workspace(pkb: Client, blue: str):
    page = pkb.http.get(PREFIX + WORKSPACES).text
    assert f'href="{PREFIX}bench?workspace=team-a.blue"' in page
    assert "World <b>team-a.blue</b>" in pkb.http.get(f"{PREFIX}bench?workspace=team-a.blue").text


def test_a_workspace_is_reset_from_its_page_in_its_own_world(pkb: Client, blue: str):
    pkb.http.put("/_sandbox/clock?workspace=team-a.blue", json={"mode": "frozen", "at": "2026-03-03T12:00:00Z"})
    pkb.http.put("/_sandbox/faults", json={"rules": [{"reset": True}]})
    assert submit(pkb, f"{WORKSPACES}/team-a.blue", "POST /reset", **{"reset:list": "clock"}).status_code == 303
    assert pkb.control("/clock?workspace=team-a.blue")["mode"] == "real"
    assert len(pkb.control("/faults")["rules"]) == 1


def test_a_reset_of_no_part_resets_nothing(pkb: Client):
    pkb.send(example("siu_s12"))
    assert submit(pkb, "bench", "POST /reset").status_code == 303
    assert len(pkb.control("/exchanges")["exchanges"]) == 1


def test_a_workspace_is_deleted_from_a_page_inside_it(pkb: Client, blue: str):
    response = submit(pkb, f"{WORKSPACES}?workspace=team-a.blue", "DELETE /workspaces/team-a.blue")
    assert response.headers["location"] == f"{PREFIX}{WORKSPACES}"
    assert notice(pkb.http.get(response.headers["location"])) == "The workspace is deleted."
    assert "team-a.blue" not in names(pkb)


def test_the_default_workspace_cannot_be_deleted(pkb: Client):
    assert "DELETE /workspaces" not in pkb.http.get(PREFIX + WORKSPACES).text


@pytest.mark.parametrize("name", ["Upper", "..", "<b>x</b>", "a" * 65])
def test_an_invalid_name_is_refused_with_a_reason(pkb: Client, name: str):
    response = submit(pkb, WORKSPACES, "POST /workspaces", name=name)
    assert response.status_code == 400
    assert "name must be 1 to 64" in response.text
    assert names(pkb) == ["default"]


def test_many_workspaces_are_listed_by_page_and_searched(pkb: Client):
    many = [f"many-{number:02}" for number in range(60)]
    try:
        for name in many:
            pkb.http.post("/_sandbox/workspaces", json={"name": name})
        page = pkb.http.get(PREFIX + WORKSPACES).text
        assert "many-48" in page
        assert "many-49" not in page
        assert "many-49" in pkb.http.get(f"{PREFIX}{WORKSPACES}?page=2").text
        matches = pkb.http.get(f"{PREFIX}{WORKSPACES}?text=MANY-5").text
        assert "many-59" in matches
        assert "many-48" not in matches
    finally:
        for name in many:
            pkb.http.delete(f"/_sandbox/workspaces/{name}")


def test_an_unknown_workspace_is_404(pkb: Client):
    assert pkb.http.get(f"{PREFIX}{WORKSPACES}/nobody").status_code == 404
