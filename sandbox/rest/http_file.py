"""The catalogue as an `.http` file, which editors run request by request.

Source: the format, https://github.com/Huachao/vscode-restclient and https://www.jetbrains.com/help/idea/exploring-http-syntax.html
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.rest.requests import BASE, DEFAULT_BASE, TOKENS, Example, examples


def http_file() -> str:
    """The file as text: variables first, then a request for each operation."""
    return "\n".join([*_variables(), *(line for one in examples() for line in _request(one))]) + "\n"


def _variables() -> Iterator[str]:
    yield "# The Custom REST API as PKB Sandbox answers it, made from its catalogue: do not edit."
    yield "# Fill in tokens of a patient, a clinician and a coordinator."
    yield ""
    yield f"@{BASE} = {DEFAULT_BASE}"
    yield from (f"@{name} =" for name in TOKENS.values())


def _request(example: Example) -> Iterator[str]:
    operation = example.operation
    name = operation.id.removeprefix("rest.").replace("-", "_")
    yield ""
    yield f"### {operation.text}"
    yield f"# @name {name}"
    yield f"{operation.method} {{{{{BASE}}}}}{example.path}"
    yield "Accept: */*" if "file" in operation.answers else "Accept: application/json"
    if example.token:
        yield f"Authorization: Bearer {{{{{example.token}}}}}"
    if example.body is not None:
        yield "Content-Type: application/json"
        yield ""
        yield from example.body_text.split("\n")
    if operation.gives:
        yield ""
        yield f"@{operation.gives} = {{{{{name}.response.body.id}}}}"
