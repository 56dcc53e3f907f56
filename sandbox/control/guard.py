"""Who may use the control API: loopback (peer address and Host header both), or the admin token."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from sandbox.access.credentials import bearer
from sandbox.call import Call
from sandbox.errors import Unauthenticated

OPEN = ("/health/live", "/health/ready")
"""What anyone may ask, from anywhere."""


def identify(call: Call) -> None:
    """Raises Unauthenticated for a caller who is neither local nor holds the admin token."""
    if call.path in OPEN or _holds_token(call) or (_local_peer(call) and _local_host(call)):
        return
    raise Unauthenticated("Control calls come from loopback, or carry the admin token: Authorization: Bearer <token>")


def _holds_token(call: Call) -> bool:
    token, given = call.settings.admin_token, bearer(call.request.headers.get("authorization", ""))
    return bool(token and given) and hmac.compare_digest(token.encode(), (given or "").encode())


def _local_peer(call: Call) -> bool:
    return call.request.client is not None and _loopback(call.request.client.host)


def _local_host(call: Call) -> bool:
    """The Host header too: a page on the web can make a browser call loopback, but not under a loopback name."""
    host = call.request.headers.get("host", "")
    name, colon, port = host.rpartition(":")
    if not (colon and port.isdigit()):
        name = host
    return name == "localhost" or _loopback(name.strip("[]"))


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
