"""Signing in to the console with the admin token, where the control API needs it: a cookie of this browser session.

The cookie is random, belongs to one browser, is never sent from pages of other sites (`SameSite=Strict`), and is kept
in memory only. It also opens the reading control calls, which scripts of the console make.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from starlette.responses import RedirectResponse, Response

from sandbox.console.browser import check_csrf, keep_browser, new_browser
from sandbox.console.mount import PREFIX
from sandbox.console.rendering import link, render_page
from sandbox.control import console_sessions
from sandbox.errors import Unauthenticated
from sandbox.http.call import Call
from sandbox.http.prefixes import DOCS

PATH = "/sign-in"


class SignInNeeded(Unauthenticated):
    """The page needs the admin token, or a request from this machine."""


def is_signed_in(call: Call) -> bool:
    """Return whether this browser signed in, and the request comes from a page of this server or from no page."""
    return console_sessions.is_open(call)


def show_form(call: Call, problem: str = "", status: int = 200) -> Response:
    return render_page(
        call,
        "sign_in.html",
        title="Sign in",
        status=status,
        problem=problem,
        back=_local(call.request.query_params.get("back", "")),
        can_sign_in=bool(call.settings.admin_token),
    )


def sign_in(call: Call) -> Response:
    """Check the admin token and start a session; the browser gets a new cookie, so that a planted one is worth nothing.

    Raises Invalid for an expired form.
    """
    form = dict(parse_qsl(call.body.decode("utf-8", "replace"), max_num_fields=10))
    check_csrf(call, form.get("_csrf", ""))
    token = call.settings.admin_token
    if not token or not hmac.compare_digest(token.encode(), form.get("token", "").strip().encode()):
        return show_form(call, "This is not the admin token of this server.", 401)
    browser = new_browser()
    console_sessions.open_session(browser)
    response = RedirectResponse(call.base_path + (_local(form.get("back", "")) or link(call, "/")), 303)
    keep_browser(call, response, browser)
    return response


def _local(path: str) -> str:
    """Return a path of the console or of the documentation, without the base path; empty for any other text."""
    # No address of another site: browsers read a backslash as a slash, and ignore tabs and line ends.
    is_local = path.startswith((f"{PREFIX}/", f"{DOCS}/")) and "\\" not in path and path.isprintable()
    return path if is_local else ""
