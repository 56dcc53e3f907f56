"""The languages in which a page shows a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.console.snippets.csharp import csharp_text
from sandbox.console.snippets.curl import curl_text
from sandbox.console.snippets.hapi import hapi_text
from sandbox.console.snippets.http_request import HttpRequest
from sandbox.console.snippets.java import java_text
from sandbox.console.snippets.javascript import javascript_text
from sandbox.console.snippets.python import python_text
from sandbox.console.snippets.raw import raw_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """The code of a request in one language: its name in addresses and in the page."""

    language: str
    title: str
    text: str


LANGUAGES: tuple[tuple[str, str, Callable[[HttpRequest], str]], ...] = (
    ("curl", "curl", curl_text),
    ("python", "Python", python_text),
    ("java", "Java", lambda request: hapi_text(request) or java_text(request)),
    ("javascript", "JavaScript", javascript_text),
    ("csharp", "C#", csharp_text),
    ("raw", "HTTP", raw_text),
)


def snippets_of(request: HttpRequest) -> list[Snippet]:
    """Return the code of a request in every language."""
    return [Snippet(language=name, title=title, text=text(request)) for name, title, text in LANGUAGES]
