"""One-time passwords: a system that the user has authorised signs a browser in.

Source: *Single sign-on*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3939434526 . PKB's Custom REST API issues
the password at a path that is not public; the sandbox issues it at its own path, and through the control API.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response

from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.prefixes import SIGNED_IN

HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


def sign_in_browser(call: Call) -> Response:
    """Redirect into PKB's pages with a session cookie. Raises Invalid, which shows an error page."""
    parameters = call.request.query_params
    target = parameters.get("redirect_uri", "/")
    if not is_inside(target):
        raise Invalid("redirect_uri must be a path within PKB, such as /.", rule="oauth.one-time-password")
    password = parameters.get("otpToken", "")
    call.enter(call.workspaces.find(password) or call.workspace)
    sessions, now = call.workspace.sessions, call.workspace.clock.now()
    user = sessions.redeem_one_time_password(password, now)
    if user is None:
        raise Invalid("The one-time password is unknown, used or expired.", rule="oauth.one-time-password")
    sessions.enter_web(user, "WEBAPP_OTP", now)
    response = RedirectResponse(call.base_path + target, 302, HEADERS)
    # Lax, not strict: the page is opened by a link from another site.
    response.set_cookie(SIGNED_IN, sessions.open_browser(user, now), httponly=True, samesite="lax")
    return response


def is_inside(target: str) -> bool:
    """Return whether a redirect target is a path of this server that no browser can read as another host."""
    if not target.startswith("/") or any(character <= " " or character in "\\\x7f" for character in target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:
        return False
    # `//host` has no scheme, but browsers read a host in it.
    return not (parts.scheme or parts.netloc or target.startswith("//"))
