"""A request in Java, with java.net.http."""

from __future__ import annotations

import re

from sandbox.console.snippets.http_request import HttpRequest

RESTRICTED = frozenset({"expect", "upgrade"})
"""Headers that java.net.http refuses to set, beside those that it sets itself."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f]')
_NOT_IN_BLOCK = re.compile(r'[\\\x00-\x09\x0b-\x1f\x7f]|"""|[^\S\n](?:\n|$)|"$')


def java_text(request: HttpRequest) -> str:
    """Return statements that print the response."""
    lines = ["import java.net.URI;", "import java.net.http.*;", ""]
    lines.append(f"HttpRequest request = HttpRequest.newBuilder(URI.create({literal(request.encoded_url)}))")
    for name, value in request.own_headers:
        if name.lower() not in RESTRICTED:
            lines.append(f"    .header({literal(name)}, {concatenated(request, value)})")
    lines.append(f"    .method({literal(request.method)}, {_publisher(request.body)})")
    lines += [
        "    .build();",
        "HttpResponse<String> response =",
        "    HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());",
        'System.out.println(response.statusCode() + " " + response.body());',
    ]
    return "\n".join(lines)


def literal(text: str) -> str:
    """Return a string literal. Other control characters are octal: Java reads `\\u000a` before it reads strings."""
    return '"' + _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], f"\\{ord(match[0]):03o}"), text) + '"'


def concatenated(request: HttpRequest, value: str) -> str:
    """Return the expression of a header's value."""
    parts = request.parts(value)
    return " + ".join(f'System.getenv("{part.text}")' if part.is_variable else literal(part.text) for part in parts)


def _publisher(body: str) -> str:
    if not body:
        return "HttpRequest.BodyPublishers.noBody()"
    return f"HttpRequest.BodyPublishers.ofString({_block(body)})"


def _block(text: str) -> str:
    """Return the literal of a body: a text block if it has several lines that need no escape."""
    if "\n" not in text or _NOT_IN_BLOCK.search(text):
        return literal(text)
    return f'"""\n{text}"""' if text.endswith("\n") else f'"""\n{text}\\\n"""'
