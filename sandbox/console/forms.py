"""What a form does: the control call that it names, in the world of its page.

A field's name is the key of the call's body; dots lead into objects, and a suffix says the type: `count:int`,
`ratio:float`, `is_active:bool`, `parts:list` (by lines and commas), `options:item` (one of several, as it is),
`rules:json`. A field that was left empty is left out. A name that begins with `?` is a query parameter.

`_done` is the text that the page then shows, `_back` the address of that page. Either may name a key of the answer in
braces: `_done="The clock moved. {became_due}"`. So neither may hold text of the record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.responses import RedirectResponse, Response

from sandbox.console.browser import check_csrf, is_script, set_notice
from sandbox.console.in_process import send_control
from sandbox.console.rendering import link
from sandbox.errors import Invalid
from sandbox.http.call import Call

PATH = "/do"
MOST_FIELDS = 500
"""Maximum number of fields of a form, more than any form of the console has."""
_CALL = re.compile(r"(GET|POST|PUT|DELETE) (/[^\s?#\\]*)")
_BACK = re.compile(r"/[^/\\\s][^\\\s]*|/")
_KEY = re.compile(r"\{([a-z_]+)\}")
_DONE = "Done."


async def submit(call: Call) -> Response:
    """Make the control call of a form and return to its page, which shows `_done`. Raises Invalid for a refusal."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    match = _CALL.fullmatch(value_of(fields, "_call"))
    if match is None:
        raise Invalid("The form names no control call.")
    body, query = body_of(fields), query_of(fields)
    answer = await send_control(call, match[1], match[2], body if body or match[1] != "DELETE" else None, query)
    # Encoded: an id in the answer may have characters that end a path.
    back = filled(value_of(fields, "_back"), answer, encode=lambda text: quote(text, safe=""))
    return leave(call, back, filled(value_of(fields, "_done"), answer) or _DONE)


def leave(call: Call, back: str, done: str = "") -> Response:
    """Return to a page of the console, which shows a text: by a redirect, or by the script that sent the form."""
    # Only a path of this console: a form of another origin must not make it redirect elsewhere.
    address = link(call, back if _BACK.fullmatch(back) else "/")
    response = Response(headers={"Location": address}) if is_script(call) else RedirectResponse(address, 303)
    if done:
        set_notice(call, response, done)
    return response


def filled(text: str, answer: Any, encode: Callable[[str], str] = str) -> str:
    """Replace each key in braces by its text in an answer: nothing if it is missing, semicolons in a list."""
    values = answer if isinstance(answer, dict) else {}
    return _KEY.sub(lambda match: encode(_words(values.get(match[1], ""))), text).strip()


def _words(value: Any) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def parse_form(call: Call) -> list[tuple[str, str]]:
    """Parse the fields of a form. Raises Invalid for too many."""
    try:
        return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Invalid(f"The form has more than {MOST_FIELDS} fields.") from error


def value_of(fields: Iterable[tuple[str, str]], name: str) -> str:
    """Return the value of a field; empty if the form does not have it."""
    return next((value for key, value in fields if key == name), "")


def query_of(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name[1:]: value for name, value in fields if name.startswith("?") and value}


def body_of(fields: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Build the JSON object of the call. Raises Invalid, which names the field."""
    body: dict[str, Any] = {}
    for name, text in fields:
        if name.startswith(("_", "?")) or not text.strip():
            continue
        path, _, kind = name.partition(":")
        *parents, key = path.split(".")
        parent = body
        for part in parents:
            parent = parent.setdefault(part, {})
        value = _converted(path, kind, text)
        parent[key] = [*parent.get(key, []), *value] if kind in ("list", "item") else value
    return body


def _converted(path: str, kind: str, text: str) -> Any:
    """Convert the text of a field to its type. Raises Invalid."""
    try:
        match kind:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return text == "true"
            case "list":
                return [part.strip() for part in re.split(r"[,\n]", text) if part.strip()]
            case "item":
                return [text]
            case "json":
                return json.loads(text)
    except (ValueError, RecursionError) as error:
        words = {"int": "a whole number", "float": "a number", "json": "JSON"}[kind]
        raise Invalid(f"{path} must be {words}, not {text.strip()[:60]!r}") from error
    # Browsers end each line of a text area with CR LF.
    return text.replace("\r\n", "\n")
