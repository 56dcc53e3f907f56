"""Operations of other rooms for the control API: rows, and the parsing of their parameters and bodies."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.errors import Invalid, Unreadable
from sandbox.http.call import Call
from sandbox.http.json_errors import reason_of

ControlHandler = Callable[[Call], Any]


@dataclass(frozen=True, slots=True)
class ControlOperation:
    """One control call: method, path, summary, and the function that answers it (JSON, or a Response).

    A long-running function is a coroutine, so that the server answers other requests in the meantime.
    `is_about_a_world` is False where the call neither reads nor changes the record of a world that it may name with
    `?workspace=`: then it does not wait for a long change of that world.
    """

    method: str
    path: str
    summary: str
    handler: ControlHandler
    status: int = 200
    is_about_a_world: bool = True

    def __call__(self, call: Call) -> Response | Awaitable[Response]:
        result = self.handler(call)
        return self._later(result) if isawaitable(result) else self._response(result)

    async def _later(self, result: Awaitable[Any]) -> Response:
        return self._response(await result)

    def _response(self, result: Any) -> Response:
        return result if isinstance(result, Response) else JSONResponse(result, self.status)


def body(call: Call, keys: Iterable[str]) -> dict[str, Any]:
    """Parse the JSON object of a call; no body counts as an empty object. Raises Invalid for an unknown or repeated
    key.
    """
    if not call.body.strip():
        return {}
    try:
        values = json.loads(call.body, object_pairs_hook=_unique)
        json.dumps(values, ensure_ascii=False).encode()  # a lone surrogate is valid JSON, but not text
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"The body is not JSON: {reason_of(error)}") from error
    if not isinstance(values, dict):
        raise Invalid("The body must be a JSON object")
    unknown = sorted(set(values) - set(keys))
    if unknown:
        raise Invalid(f"Unknown key {unknown[0]!r}; allowed: {', '.join(keys) or 'none'}")
    return values


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose keys are unique. Raises Invalid."""
    values = dict(pairs)
    if len(values) < len(pairs):
        # One count of all names: an object of a million keys must not take a look through them for each.
        names = Counter(name for name, _ in pairs)
        twice = next(name for name, count in names.items() if count > 1)
        raise Invalid(f"Duplicate key {twice!r}")
    return values


WORKSPACE = "workspace"
"""The parameter by which every control call names its world."""


def parameters(call: Call, names: Iterable[str]) -> dict[str, str]:
    """Parse the query parameters, without the world's. Raises Invalid for an unknown or repeated one."""
    pairs = [pair for pair in call.request.query_params.multi_items() if pair[0] != WORKSPACE]
    values = dict(pairs)
    unknown = sorted(set(values) - set(names))
    if unknown:
        raise Invalid(f"Unknown parameter {unknown[0]!r}; allowed: {', '.join(names) or 'none'}")
    if len(values) < len(pairs):
        raise Invalid(f"Repeated parameter: {', '.join(values)}")
    return values
