"""Routes of a front end, found by method, number of segments, and literal segments.

The first matching route in the order of the table answers, as if all were tried in turn.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Hashable, Iterable, Sequence
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from starlette.responses import Response
from starlette.routing import compile_path

from sandbox.http.call import Call

Handler = Callable[[Call], Response | Awaitable[Response]]
"""Answers a route. A long-running one returns an awaitable, so that the server answers other requests in the
meantime.
"""

_WHOLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""A segment that consists of one parameter."""


class Route:
    """A route of a front end: methods, a path with `{parameters}`, the handler, and the name of the operation.

    `is_about_a_world` is False where the answer neither reads nor changes the record of the request's world.
    """

    def __init__(
        self,
        methods: str | Sequence[str],
        path: str,
        handler: Handler,
        operation: str = "",
        *,
        is_about_a_world: bool = True,
    ) -> None:
        self.methods = tuple([methods] if isinstance(methods, str) else methods)
        self.path = path
        self.handler = handler
        self.operation = operation
        self.is_about_a_world = is_about_a_world

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The compiled pattern, built on first use: a start compiles none of some hundred."""
        return compile_path(self.path)[0]

    def match(self, path: str) -> dict[str, str] | None:
        match = self._pattern.fullmatch(path)
        return match.groupdict() if match else None


class RouteMatch(NamedTuple):
    """The route of a request, and the parameters in its path."""

    route: Route
    params: dict[str, str]


Parameters = tuple[tuple[str, int], ...]
"""The names of parameters and their segments."""


class _Shape:
    """Routes with the same literal segments, by these segments: the number in the table, and the parameters."""

    def __init__(self, literals: tuple[int, ...]) -> None:
        self.routes: dict[Hashable, tuple[int, Parameters]] = {}
        self.key: Callable[[list[str]], Hashable] = itemgetter(*literals) if literals else lambda segments: ()


class RouteTable:
    """The routes of a front end in order; the table is built on the first request."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        self._literal: dict[tuple[str, str], RouteMatch] = {}
        """The matches without a parameter: no more than there are routes."""

    @cached_property
    def _by_method(self) -> dict[str, _RoutesOfMethod]:
        methods = dict.fromkeys(method for route in self._routes for method in route.methods)
        return {method: _RoutesOfMethod(self._routes, method) for method in methods}

    def find(self, method: str, path: str) -> RouteMatch | None:
        """Return the first matching route."""
        literal = self._literal.get((method, path))
        if literal is not None:
            return literal
        of_method = self._by_method.get(method)
        match = of_method.find(path) if of_method else None
        if match is not None and not match.params:
            self._literal[method, path] = match
        return match


class _RoutesOfMethod:
    """The routes of one method. `irregular` are those with a parameter that is not exactly one segment."""

    def __init__(self, routes: Sequence[Route], method: str) -> None:
        self._routes = routes
        self._shapes: dict[int, dict[tuple[int, ...], _Shape]] = {}
        self._irregular: list[int] = []
        for number, route in enumerate(routes):
            if method in route.methods:
                self._add(number, route.path.split("/"))

    def _add(self, number: int, segments: list[str]) -> None:
        names = [_WHOLE.fullmatch(segment) for segment in segments]
        if any("{" in segment and not name for segment, name in zip(segments, names, strict=True)):
            self._irregular.append(number)
            return
        literals = tuple(at for at, name in enumerate(names) if not name)
        parameters = tuple((name[1], at) for at, name in enumerate(names) if name)
        shape = self._shapes.setdefault(len(segments), {}).setdefault(literals, _Shape(literals))
        # The first route of the table wins, so that a later one of the same shape never replaces it.
        shape.routes.setdefault(shape.key(segments), (number, parameters))

    def find(self, path: str) -> RouteMatch | None:
        segments = path.split("/")
        first = len(self._routes)
        parameters: Parameters = ()
        # A parameter never matches an empty segment.
        is_any_empty = "//" in path or path.endswith("/")
        for shape in self._shapes.get(len(segments), {}).values():
            candidate = shape.routes.get(shape.key(segments))
            if candidate is None or candidate[0] > first:
                continue
            if not (is_any_empty and "" in [segments[at] for _, at in candidate[1]]):
                first, parameters = candidate
        for number in self._irregular:
            params = self._routes[number].match(path) if number < first else None
            if params is not None:
                return RouteMatch(self._routes[number], params)
        if first == len(self._routes):
            return None
        return RouteMatch(self._routes[first], {name: segments[at] for name, at in parameters})


def methods_at(routes: Iterable[Route], path: str) -> tuple[str, ...]:
    """Return the methods of all routes that match a path, each once."""
    fitting = (route for route in routes if route.match(path) is not None)
    return tuple(dict.fromkeys(method for route in fitting for method in route.methods))
