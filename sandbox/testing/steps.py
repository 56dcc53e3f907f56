"""The requests of the library to a sandbox, without sending them: each operation is a generator of requests.

It yields a request, is sent the response, and returns its result. So the synchronous and the asynchronous object, and
httpx's authentication, run one and the same code.
"""

from __future__ import annotations

import base64
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.testing.answers import ControlError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds to wait for an answer, in addition to those for which the request asks the server to wait."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request below the base URL of a sandbox. `body` is sent as JSON, `form` as a form, `content` as it is."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None
    content: bytes | None = None
    waits: float = 0.0

    def options(self) -> dict[str, Any]:
        """The keyword arguments with which httpx builds the request."""
        content = {"json": self.body} if self.body is not None else {"data": self.form} if self.form else {}
        return {
            # The name of the default world is empty here, and no parameter of a call.
            "params": {name: value for name, value in self.params.items() if value not in (None, "")},
            "headers": dict(self.headers),
            **(content or {"content": self.content}),
        }


Steps = Generator[Ask, "httpx.Response", T]
"""Requests, each answered before the next, and a result."""


def basic(user: str, password: str) -> dict[str, str]:
    """The header of HTTP Basic."""
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


@dataclass(slots=True)
class Control:
    """The control API of one world. `scenario` names the test that the requests belong to."""

    workspace: str = ""
    admin_token: str = ""
    scenario: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request of the library."""
        return {"PKB-Sandbox-Scenario": self.scenario} if self.scenario else {}

    def ask(self, method: str, path: str, body: Any = None, *, waits: float = 0.0, **params: Any) -> Steps[Any]:
        """One call: its JSON, or None for an answer without a body. Raises ControlError."""
        token = {"Authorization": f"Bearer {self.admin_token}"} if self.admin_token else {}
        query = {**params, "workspace": self.workspace}
        response = yield Ask(
            method, f"/_sandbox{path}", query, {**token, "Accept": "application/json"}, body, waits=waits
        )
        if response.is_error:
            raise ControlError(f"{method} /_sandbox{path}", response.status_code, _detail(response))
        return response.json() if response.content else None

    def world(self) -> Steps[dict[str, Any]]:
        """Organisations, patients, users and partners."""
        world: dict[str, Any] = yield from self.ask("GET", "/world")
        return world

    def credentials(self) -> Steps[list[dict[str, Any]]]:
        """Every credential of the world."""
        answer = yield from self.ask("GET", "/credentials")
        rows: list[dict[str, Any]] = answer["credentials"]
        return rows


def _detail(response: httpx.Response) -> str:
    """Return the detail of a problem document, or else the beginning of the body."""
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:300] or response.reason_phrase
