"""A request that a page shows as code."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

LEFT_OUT = frozenset({"host", "content-length", "connection", "accept-encoding", "transfer-encoding", "user-agent"})
"""Headers that every client sets itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderPart:
    """A part of a header's value: text, or the name of an environment variable."""

    text: str
    is_variable: bool = False


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request: absolute URL, headers in order, body as text (empty: none).

    `variables` are environment variables whose `${NAME}` in headers is read when the code runs. `release` is the
    FHIR release of the endpoint, `STU3` or `R4`, where the path does not tell it.
    """

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    variables: tuple[str, ...] = ()
    release: str = ""

    @property
    def id(self) -> str:
        """A short name, the same for equal requests."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:8]

    @property
    def encoded_url(self) -> str:
        """The URL with the characters encoded that strict clients refuse."""
        return quote(self.url, safe="%/:?#[]@!$&'()*+,;=~", errors="replace")

    @property
    def address(self) -> SplitResult:
        return urlsplit(self.encoded_url)

    @property
    def own_headers(self) -> tuple[tuple[str, str], ...]:
        """The headers that a client does not set by itself."""
        return tuple((name, value) for name, value in self.headers if name.lower() not in LEFT_OUT)

    def header(self, name: str) -> str:
        """Return the value of a header; empty without it."""
        return next((value for key, value in self.headers if key.lower() == name), "")

    def parts(self, text: str) -> list[HeaderPart]:
        """Split the value of a header at its variables."""
        if not self.variables:
            return [HeaderPart(text=text)]
        names = "|".join(map(re.escape, self.variables))
        pieces = re.split(rf"\$\{{({names})\}}", text)
        parts = [HeaderPart(text=piece, is_variable=bool(position % 2)) for position, piece in enumerate(pieces)]
        return [part for part in parts if part.text] or [HeaderPart(text="")]
