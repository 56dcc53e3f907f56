"""The cookie that tells browsers apart, and the token by which a form proves that this browser was served it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import quote, unquote

from starlette.responses import Response

from sandbox.control.console_sessions import COOKIE
from sandbox.errors import Invalid
from sandbox.http.call import Call

NOTICE = "pkb_console_notice"
"""The cookie with the text that the next page shows once."""
LONGEST_NOTICE = 400
"""Maximum number of characters of a notice: it travels in a cookie."""
SCRIPT = "pkb-sandbox-console"
"""The header of requests by scripts of the console, which show no page by themselves."""
# New in each process: a form that an earlier server rendered must not act on this one.
_KEY = secrets.token_bytes(32)


def new_browser() -> str:
    return secrets.token_urlsafe(24)


def browser_of(call: Call) -> str:
    """Return the value of the browser's cookie, or a new one."""
    return call.request.cookies.get(COOKIE) or new_browser()


def keep_browser(call: Call, response: Response, browser: str) -> None:
    """Set the cookie of the browser."""
    response.set_cookie(
        COOKIE,
        browser,
        path=f"{call.base_path}/_sandbox",
        httponly=True,
        # Requests that another site starts come without the cookie, and so without a valid form.
        samesite="strict",
        # Only behind https: a browser does not keep such a cookie of an http page.
        secure=call.base_url.startswith("https:"),
    )


def csrf_token(browser: str) -> str:
    """Return the token for the forms of a browser."""
    return hmac.new(_KEY, browser.encode(), hashlib.sha256).hexdigest()


def check_csrf(call: Call, token: str) -> None:
    """Raise Invalid unless a form was served to this browser by this process."""
    # Bound to the cookie: a token that another browser was served is of no use here.
    browser = call.request.cookies.get(COOKIE, "")
    # As bytes, because `compare_digest` raises for texts outside ASCII.
    if not browser or not hmac.compare_digest(csrf_token(browser).encode(), token.encode()):
        raise Invalid("This form has expired. Open the page again, and send it once more.")


def set_notice(call: Call, response: Response, text: str) -> None:
    """Let the next page show a text."""
    path = f"{call.base_path}/_sandbox/console"
    value = quote(text[:LONGEST_NOTICE])
    response.set_cookie(NOTICE, value, max_age=60, path=path, httponly=True, samesite="strict")


def take_notice(call: Call, response: Response) -> None:
    """Remove the text that a page has shown."""
    if NOTICE in call.request.cookies and not is_script(call):
        response.delete_cookie(NOTICE, path=f"{call.base_path}/_sandbox/console")


def notice_of(call: Call) -> str:
    return unquote(call.request.cookies.get(NOTICE, ""))[:LONGEST_NOTICE]


def is_script(call: Call) -> bool:
    """Return whether a script of the console sent the request: a notice waits for the page that comes next."""
    return SCRIPT in call.headers
