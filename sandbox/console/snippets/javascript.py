"""A request in JavaScript, with fetch."""

from __future__ import annotations

import json
import re

from sandbox.console.snippets.http_request import HttpRequest

_NOT_IN_TEMPLATE = re.compile(r"[\\`\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]|\$\{")


def javascript_text(request: HttpRequest) -> str:
    """Return a module that prints the response."""
    lines = [
        f"const response = await fetch({literal(request.encoded_url)}, {{",
        f"  method: {literal(request.method)},",
    ]
    if request.own_headers:
        lines.append("  headers: {")
        lines += [f"    {literal(name)}: {_concatenated(request, value)}," for name, value in request.own_headers]
        lines.append("  },")
    if request.body and request.method in ("GET", "HEAD"):
        lines.append("  // fetch sends no body with GET or HEAD")
    elif request.body:
        lines.append(f"  body: {_body(request.body)},")
    return "\n".join([*lines, "});", "console.log(response.status, await response.text());"])


def literal(text: str) -> str:
    """Return a string literal; JSON's are JavaScript's, with U+2028 and U+2029 escaped for old engines."""
    return json.dumps(text, ensure_ascii=False).replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _concatenated(request: HttpRequest, value: str) -> str:
    parts = request.parts(value)
    return " + ".join(f"process.env.{part.text}" if part.is_variable else literal(part.text) for part in parts)


def _body(text: str) -> str:
    return literal(text) if "\n" not in text or _NOT_IN_TEMPLATE.search(text) else f"`{text}`"
