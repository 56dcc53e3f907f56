"""Render pages: templates, the frame that every page has, and the headers that keep scripts of others out."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from sandbox import __version__
from sandbox.base import datafiles
from sandbox.base.clock import HOME, LocalDay
from sandbox.base.readable import render_readable
from sandbox.console import browser
from sandbox.console.frame import PageFrame
from sandbox.console.mount import PREFIX
from sandbox.console.snippets import snippets_of
from sandbox.control.console_sessions import COOKIE
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE

if TYPE_CHECKING:
    from jinja2 import Environment

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def render_page(call: Call, template: str, *, title: str, status: int = 200, **values: Any) -> Response:
    """Render a template inside the frame of the console. Everything in `values` is text until a template says else."""
    visitor = browser.browser_of(call)
    frame = PageFrame.of(call)
    notice = browser.notice_of(call)
    html = _rendered(call, template, visitor, frame=frame, title=title, notice=notice, version=__version__, **values)
    response = HTMLResponse(html, status, HEADERS)
    if not call.request.cookies.get(COOKIE):
        browser.keep_browser(call, response, visitor)
    browser.take_notice(call, response)
    return response


def render_fragment(call: Call, template: str, **values: Any) -> Response:
    """Render a template as a part of a page, which a script puts in its place."""
    return HTMLResponse(_rendered(call, template, browser.browser_of(call), **values), 200, HEADERS)


def _rendered(call: Call, template: str, visitor: str, **values: Any) -> str:
    return (
        environment()
        .get_template(template)
        .render(
            call=call,
            csrf=browser.csrf_token(visitor),
            link=lambda path="", /, **query: link(call, path, **query),
            static=lambda name: f"{call.base_path}{PREFIX}/static/{name}",
            path=call.path,
            **values,
        )
    )


def link(call: Call, path: str, /, **query: Any) -> str:
    """Return the address of a page of the console, in the world of the page; `path` may hold a query and a fragment.

    Values that are None or empty are left out.
    """
    place, hash_sign, fragment = path.partition("#")
    values = {name: value for name, value in query.items() if value not in (None, "")}
    if call.workspace is not call.workspaces.default and f"{WORKSPACE}=" not in place:
        # Every link keeps the world of the page: without the parameter it would lead to the default one.
        values.setdefault(WORKSPACE, call.workspace.name)
    if not values:
        return f"{call.base_path}{PREFIX}{path}"
    joint = "&" if "?" in place else "?"
    return f"{call.base_path}{PREFIX}{place}{joint}{urlencode(values, doseq=True)}{hash_sign}{fragment}"


@cache
def environment() -> Environment:
    """Return the templates. Every value is escaped, and a name without a value is an error."""
    import jinja2

    loader = jinja2.FileSystemLoader(datafiles.beside_code("console/templates"))
    templates = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    templates.filters.update(FILTERS)
    return templates


def moment(value: datetime | str | None) -> str:
    """`26 Nov 2026, 09:41`; empty without a time."""
    if not value:
        return ""
    time = datetime.fromisoformat(value) if isinstance(value, str) else value
    # Not %d, which writes a leading zero.
    return f"{time.day} {time:%b %Y, %H:%M}"


def local(value: datetime) -> str:
    """The same in Europe/London; of a time that is a day, the day alone."""
    return day(value) if isinstance(value, LocalDay) else moment(value.astimezone(HOME))


def day(value: date | None) -> str:
    """`14 February 1988`; a dash without one."""
    return f"{value.day} {value:%B %Y}" if value else "\N{EN DASH}"


def as_json(value: Any) -> str:
    """Indented JSON, as text."""
    return render_readable(value)


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 patient`, `1,200 patients`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


FILTERS = {
    "moment": moment,
    "day": day,
    "local": local,
    "as_json": as_json,
    "counted": counted,
    "snippets": snippets_of,
}
