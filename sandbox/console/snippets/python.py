"""A request in Python, with httpx."""

from __future__ import annotations

import re

from sandbox.console.snippets.http_request import HttpRequest

_NOT_IN_BLOCK = re.compile(r'[\\\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]|"""|"$')


def python_text(request: HttpRequest) -> str:
    """Return a program that prints the response."""
    lines = ["import os", ""] if request.variables else []
    lines += ["import httpx", "", "response = httpx.request("]
    lines += [f"    {literal(request.method)},", f"    {literal(request.encoded_url)},"]
    if request.own_headers:
        lines.append("    headers={")
        lines += [f"        {literal(name)}: {_concatenated(request, value)}," for name, value in request.own_headers]
        lines.append("    },")
    if request.body:
        lines.append(f"    content={_body(request.body)},")
    return "\n".join([*lines, ")", "print(response.status_code, response.text)"])


def literal(text: str) -> str:
    """Return a string literal, in double quotes where it needs no more escapes than in single ones."""
    single = repr(text)
    if single.startswith("'") and '"' not in text:
        return '"' + single[1:-1] + '"'
    return single


def _concatenated(request: HttpRequest, value: str) -> str:
    parts = request.parts(value)
    return " + ".join(f'os.environ["{part.text}"]' if part.is_variable else literal(part.text) for part in parts)


def _body(text: str) -> str:
    """Return the literal of a body: a block if it has several lines that need no escape."""
    if "\n" not in text or _NOT_IN_BLOCK.search(text):
        return f"{literal(text)}.encode()"
    # A backslash after the quotes keeps the first line at the margin; a text that begins with a break needs none.
    return f'"""{text}""".encode()' if text.startswith("\n") else f'"""\\\n{text}""".encode()'
