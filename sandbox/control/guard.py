"""Access to the control API: this machine, or the admin token.

"This machine" requires that both the peer's address and the `Host` header are loopback, and that no header shows
another sender: a proxy on this machine passes on requests of strangers, and a browser on it runs their pages.
"""

from __future__ import annotations

import hmac

from sandbox.access.addresses import is_loopback, is_of_a_proxy, is_same_origin, without_port
from sandbox.access.credentials import bearer
from sandbox.control import console_sessions
from sandbox.errors import Unauthenticated
from sandbox.http.call import Call

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
    return bool(token and bearer_token) and hmac.compare_digest(token.encode(), (bearer_token or "").encode("latin-1"))


def _objection(call: Call) -> str:
    """Explain why a call without the token is not local; empty if it is."""
    if call.workspaces.token_needed:
        return "This server was started with an admin token, which every control call needs."
    peer, host = call.request.client, call.headers.get("host", "")
    # The Host header too: a page whose host name was rebound to 127.0.0.1 reaches this server from its own machine.
    if peer is None or not is_loopback(peer.host) or not is_loopback(without_port(host)):
        sender, addressee = peer.host if peer else "an unknown peer", f"the host {host}" if host else "no host"
        return f"This one came from {sender}, for {addressee}."
    proxied = next((name for name in call.headers if is_of_a_proxy(name)), None)
    if proxied:
        return f"This one came through a proxy: it has the header {proxied}."
    origin, site = call.headers.get("origin"), call.headers.get("sec-fetch-site")
    if origin is not None and not is_same_origin(origin, f"{call.request.scope['scheme']}://{host}"):
        return f"This one came from a page of another origin, {origin}."
    if site is not None and site.strip().lower() not in OWN_SITES:
        return f"This one came from a page of another site (Sec-Fetch-Site: {site})."
    return ""
