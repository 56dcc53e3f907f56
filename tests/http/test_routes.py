"""The table of routes finds what trying every route one by one finds."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from sandbox.app import create_app
from sandbox.http.first_use import FirstUse
from sandbox.http.front_end import FrontEnd
from sandbox.http.routes import Route, RouteTable
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

METHODS = ("GET", "POST", "PUT")
SEGMENTS = st.sampled_from(["a", "b", "$op", "_search", "{id}", "{type}", "{rest:path}", "{page:path}.action", "x{id}"])
PARTS = st.sampled_from(["a", "b", "$op", "_search", "", "other", "c.action", "xa", "a\n"])


def _path(segments: list[str]) -> str:
    """A path of a route, in which no parameter stands twice."""
    named: dict[str, str] = {}
    for number, segment in enumerate(segments):
        named[str(number)] = segment.replace("{", f"{{p{number}_")
    return "".join(f"/{segment}" for segment in named.values())


ROUTES = st.lists(
    st.tuples(
        st.lists(st.sampled_from(METHODS), min_size=1, max_size=2, unique=True),
        st.lists(SEGMENTS, max_size=4).map(_path),
    ),
    max_size=12,
)


def one_by_one(routes: tuple[Route, ...], method: str, path: str) -> tuple[int, dict[str, str]] | None:
    """The first route that takes the method and whose pattern fits the whole path."""
    for number, route in enumerate(routes):
        params = route.match(path) if method in route.methods else None
        if params is not None:
            return number, params
    return None


def check(routes: tuple[Route, ...], table: RouteTable, method: str, path: str) -> None:
    expected = one_by_one(routes, method, path)
    match = table.find(method, path)
    assert (match and (routes.index(match.route), match.params)) == expected, (method, path)


@given(ROUTES, st.sampled_from([*METHODS, "PATCH"]), st.lists(PARTS, max_size=5))
def test_the_first_route_that_fits_is_found(rows: list[tuple[list[str], str]], method: str, parts: list[str]) -> None:
    routes = tuple(Route(methods, path, lambda call: Response()) for methods, path in rows)
    check(routes, RouteTable(routes), method, "".join(f"/{part}" for part in parts))


def test_every_route_of_every_front_end_is_found_as_one_by_one() -> None:
    front_ends = _front_ends()
    assert len(front_ends) >= 7
    for front_end in front_ends:
        table = RouteTable(front_end.routes)
        for route in front_end.routes:
            for path in (route.path.replace("{", "").replace("}", ""), route.path.replace(":path", "")):
                for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
                    check(front_end.routes, table, method, path)
                    check(front_end.routes, table, method, path + "/")


def _front_ends() -> list[FrontEnd]:
    app = create_app(Workspaces(Settings()))
    mounted = [mount[-1] for mounts in app._mounts.values() for mount in mounts]  # type: ignore[attr-defined]
    return list({id(mount): mount.front_end for mount in mounted if isinstance(mount, FirstUse)}.values())


def test_a_response_does_not_name_the_server_software(pkb: Client):
    assert "server" not in pkb.http.get("/fhir/metadata").headers


def test_a_path_outside_of_every_api_is_404(pkb: Client):
    response = pkb.http.get("/nowhere")
    assert response.status_code == 404
    assert response.text.startswith("No route matches /nowhere.")
