"""A request as code to copy: `snippets_of(HttpRequest(method, url, headers, body))`, in templates `snippets(request)`.

`${NAME}` in a header stands for an environment variable if `variables` names it, so that no secret is on a page.
"""

from __future__ import annotations

from sandbox.console.snippets.http_request import HttpRequest
from sandbox.console.snippets.languages import LANGUAGES, Snippet, snippets_of

__all__ = ["LANGUAGES", "HttpRequest", "Snippet", "snippets_of"]
