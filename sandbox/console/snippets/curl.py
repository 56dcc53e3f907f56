"""A request as a curl command, quoted for a POSIX shell."""

from __future__ import annotations

import re
import shlex

from sandbox.console.snippets.http_request import HttpRequest

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_SPECIAL = re.compile(r'([\\"$`])')
_GLOB = re.compile(r"[\[\]{}]")
_JOINT = " \\\n  "


def curl_text(request: HttpRequest) -> str:
    """Return the command, one option a line."""
    options = ["curl"]
    if _GLOB.search(request.encoded_url):
        # curl expands brackets and braces in addresses.
        options[0] += " --globoff"
    if request.method == "HEAD":
        options[0] += " --head"
    # Without -X curl takes POST for a body and GET otherwise.
    elif request.method != ("POST" if request.body else "GET"):
        options[0] += f" -X {quoted(request.method)}"
    options[0] += f" {quoted(request.encoded_url)}"
    options += [f"-H {_header(request, name, value)}" for name, value in request.own_headers]
    if request.body:
        # Not --data, which reads a file where the body begins with @.
        options.append(f"--data-raw {quoted(request.body)}")
    return _JOINT.join(options)


def _header(request: HttpRequest, name: str, value: str) -> str:
    """Return the argument of a header; curl sends one without a value only if it ends in a semicolon."""
    parts = request.parts(f"{name}: {value}" if value.strip() else f"{name};")
    if not any(part.is_variable for part in parts):
        return quoted(parts[0].text)
    texts = (f"${{{part.text}}}" if part.is_variable else _SPECIAL.sub(r"\\\1", part.text) for part in parts)
    return f'"{"".join(texts)}"'


def quoted(text: str) -> str:
    """Quote an argument. Control characters would not survive a terminal, so they are escaped as bash writes them."""
    if not _CONTROL.search(text):
        return shlex.quote(text)
    text = text.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + _CONTROL.sub(lambda match: _escape(match[0]), text).replace("\n", "\\n") + "'"


def _escape(character: str) -> str:
    return {"\r": "\\r", "\t": "\\t"}.get(character, f"\\{ord(character):03o}")
