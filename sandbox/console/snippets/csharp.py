"""A request in C#, with HttpClient."""

from __future__ import annotations

import re

from sandbox.console.snippets.http_request import HttpRequest

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r'[\\"\x00-\x1f\x7f\x85\u2028\u2029]')
_NOT_IN_BLOCK = re.compile(r'[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029]|"""')
_OF_CONTENT = re.compile(r"content-.*|allow|expires|last-modified", re.IGNORECASE)


def csharp_text(request: HttpRequest) -> str:
    """Return statements that print the response."""
    lines = ["using System.Text;", ""] if request.body else []
    lines += [
        "using var client = new HttpClient();",
        f"var method = new HttpMethod({literal(request.method)});",
        f"var request = new HttpRequestMessage(method, {literal(request.encoded_url)});",
    ]
    # .NET keeps headers of the content apart, and refuses them on the request.
    of_content = [(name, value) for name, value in request.own_headers if _OF_CONTENT.fullmatch(name)]
    of_request = [(name, value) for name, value in request.own_headers if not _OF_CONTENT.fullmatch(name)]
    lines += [_add("request.Headers", request, name, value) for name, value in of_request]
    if request.body:
        lines.append(f"request.Content = new StringContent({_body(request.body)}, Encoding.UTF8);")
        if request.header("content-type"):
            # StringContent sets text/plain by itself, and a second value would be added to it.
            lines.append('request.Content.Headers.Remove("Content-Type");')
        lines += [_add("request.Content.Headers", request, name, value) for name, value in of_content]
    lines += [
        "var response = await client.SendAsync(request);",
        'Console.WriteLine($"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");',
    ]
    return "\n".join(lines)


def literal(text: str) -> str:
    """Return a string literal."""
    return '"' + _SPECIAL.sub(lambda match: _ESCAPES.get(match[0], f"\\u{ord(match[0]):04x}"), text) + '"'


def _add(headers: str, request: HttpRequest, name: str, value: str) -> str:
    parts = request.parts(value)
    texts = (_variable(part.text) if part.is_variable else literal(part.text) for part in parts)
    return f"{headers}.TryAddWithoutValidation({literal(name)}, {' + '.join(texts)});"


def _variable(name: str) -> str:
    return f'Environment.GetEnvironmentVariable("{name}")'


def _body(text: str) -> str:
    """Return the literal of a body: a raw string if it has several lines."""
    return literal(text) if "\n" not in text or _NOT_IN_BLOCK.search(text) else f'"""\n{text}\n"""'
