"""A request as HTTP/1.1 has it."""

from __future__ import annotations

import re

from sandbox.console.snippets.http_request import HttpRequest

_BREAK = re.compile(r"[\r\n]+")


def raw_text(request: HttpRequest) -> str:
    """Return the request line, the headers, and the body after an empty line."""
    address = request.address
    target = (address.path or "/") + (f"?{address.query}" if address.query else "")
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {address.netloc}"]
    lines += [f"{name}: {_BREAK.sub(' ', _with_variables(request, value))}" for name, value in request.own_headers]
    if request.body:
        lines.append(f"Content-Length: {len(request.body.encode('utf-8', 'surrogatepass'))}")
    return "\n".join([*lines, "", request.body])


def _with_variables(request: HttpRequest, value: str) -> str:
    return "".join(f"${part.text}" if part.is_variable else part.text for part in request.parts(value))
