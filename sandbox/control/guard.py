"""Access to the control API: this machine, or the admin token.

"This machine" requires a request straight from one of its programs (`sandbox.http.sender`), and no header that shows a
page of another site: a browser on this machine runs pages of strangers.
"""

from __future__ import annotations

import hmac

from sandbox.access.addresses import is_same_origin
from sandbox.access.credentials import bearer
from sandbox.control import console_sessions
from sandbox.errors import Unauthenticated
from sandbox.http.call import Call
from sandbox.http.sender import objection_to

OPEN = ("/health/live", "/health/ready")
"""Paths that anyone may call, from anywhere."""

READING = ("GET", "HEAD")
"""Methods for which the session of the console is enough; its forms carry a token of their own."""

OWN_SITES = ("same-origin", "none")
"""`Sec-Fetch-Site` for a page of this server, and for a URL that a person typed (Fetch Metadata section 2.4)."""


def identify(call: Call) -> None:
    """Raise Unauthenticated unless the call comes from this machine, has the admin token, or reads for a console that
    was opened with it.
    """
    if call.path in OPEN or _holds_token(call):
        return
    if call.request.method in READING and console_sessions.is_open(call):
        return
    objection = _objection(call)
    if objection:
        text = "Control calls must come from loopback or carry the admin token: Authorization: Bearer <token>"
        raise Unauthenticated(f"{text}. {objection}")


def _holds_token(call: Call) -> bool:
    token, bearer_token = call.settings.admin_token, bearer(call.request.headers.get("authorization", ""))
    # Compared in constant time; an empty token would match an empty setting.
    return bool(token and bearer_token) and hmac.compare_digest(token.encode(), (bearer_token or "").encode("latin-1"))


def _objection(call: Call) -> str:
    """Explain why a call without the token is not local; empty if it is."""
    objection = objection_to(call)
    if objection:
        return objection
    host, origin, site = call.headers.get("host", ""), call.headers.get("origin"), call.headers.get("sec-fetch-site")
    if origin is not None and not is_same_origin(origin, f"{call.request.scope['scheme']}://{host}"):
        return f"This one came from a page of another origin, {origin}."
    if site is not None and site.strip().lower() not in OWN_SITES:
        return f"This one came from a page of another site (Sec-Fetch-Site: {site})."
    return ""
