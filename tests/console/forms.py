"""Forms of the console, sent as a browser without scripts sends them."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx

from tests.console.crawling import PREFIX
from tests.support import Client


class _Forms(HTMLParser):
    """Collects the forms of a page: address, and the values of named fields."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((values.get("action", ""), {}))
        elif tag == "input" and self.forms and values.get("name") and values.get("type") != "checkbox":
            self.forms[-1][1][values["name"]] = values.get("value", "")


def submit(pkb: Client, path: str, call: str, *, action: str = "", **fields: str) -> httpx.Response:
    """Send the form of a page that names a control call, with some fields filled in; return the response."""
    pkb.http.cookies.clear()
    parser = _Forms()
    parser.feed(pkb.http.get(PREFIX + path).text)
    address, values = next(
        form for form in parser.forms if form[1].get("_call") == call and (not action or form[0].endswith(action))
    )
    return pkb.http.post(address, data={**values, **fields})


def notice(response: httpx.Response) -> str:
    """The text that the page shows after a form."""
    match = re.search(r'class="notice" role="status">([^<]*)<', response.text)
    return match[1] if match else ""
