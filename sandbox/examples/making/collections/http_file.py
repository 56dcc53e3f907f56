"""A collection as an `.http` file, which editors run request by request.

Source: the format, https://github.com/Huachao/vscode-restclient , which JetBrains and Visual Studio read, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from sandbox.examples.making.collections.request import BASE, Collection, CollectionRequest, variable

_WORDS = re.compile(r"\W+")
KEPT = "{}$"
"""Characters of variables in a form, which the editor replaces."""


def http_file(collection: Collection) -> str:
    """Build the text of the file: variables, then the requests; values of answers come from named requests."""
    lines = [
        f"# {collection.title}. Made from the examples and the access matrix: do not edit.",
        "# Send the first requests first: they restore the starting state and get tokens.",
        "",
        *(f"@{name} = {value}" for name, value in collection.variables.items()),
    ]
    for folder, requests in collection.folders.items():
        for request in requests:
            lines += _request(folder, request)
    return "\n".join(lines) + "\n"


def _request(folder: str, request: CollectionRequest) -> Iterator[str]:
    name = _WORDS.sub("_", request.name)
    allowed = " or ".join(map(str, request.statuses))
    yield ""
    yield f"### {folder}: {request.name}"
    yield f"# @name {name}"
    yield f"# {request.title}"
    yield f"# Answer: {allowed}{f', {request.text}' if request.text else ''}"
    yield f"{request.method} {variable(BASE)}{request.path}"
    if request.basic:
        user, password = map(variable, request.basic)
        # In clear: the editors encode the pair, which cannot be done here while its values are variables.
        yield f"Authorization: Basic {user} {password}"
    elif request.bearer:
        yield f"Authorization: Bearer {variable(request.bearer)}"
    yield from (f"{key}: {value}" for key, value in request.headers.items())
    if request.form:
        yield "Content-Type: application/x-www-form-urlencoded"
    if request.form or request.body:
        yield ""
        yield request.body or "&".join(f"{key}={quote(value, safe=KEPT)}" for key, value in request.form.items())
    for key, path in request.stores.items():
        yield ""
        yield f"@{key} = {{{{{name}.response.body.$.{path}}}}}"
