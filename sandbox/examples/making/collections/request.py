"""A request of a collection, in a form from which the files of all tools are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

BASE, ADMIN = "baseUrl", "adminToken"
DEFAULTS = {BASE: "http://127.0.0.1:8080", ADMIN: "none"}
"""Variables of every collection; the admin token is needed only if the server was started with one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRequest:
    """One request: `path` is relative to the base URL, and text in double braces is a variable.

    `basic` names the variables of user and password, `bearer` that of a token. `statuses` are those of the answer: a
    second one is for a repeated request. `text` is a part of the answer. `stores` fills variables from the answer:
    name → JSON path.
    """

    folder: str
    name: str
    title: str
    method: str
    path: str
    source: str
    statuses: tuple[int, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    form: Mapping[str, str] = field(default_factory=dict)
    basic: tuple[str, str] | None = None
    bearer: str = ""
    text: str = ""
    stores: Mapping[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The language of the body: `xml` or `json`."""
        return "xml" if self.body.startswith("<") else "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """The requests of an integration type. In this order, each gets the answer that it states."""

    name: str
    title: str
    variables: Mapping[str, str]
    requests: tuple[CollectionRequest, ...]

    @property
    def folders(self) -> dict[str, list[CollectionRequest]]:
        """The requests by folder, in their order."""
        grouped: dict[str, list[CollectionRequest]] = {}
        for request in self.requests:
            grouped.setdefault(request.folder, []).append(request)
        return grouped


def variable(name: str) -> str:
    return f"{{{{{name}}}}}"
