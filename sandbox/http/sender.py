"""Whether a request comes directly from a program of this machine, or may come from another machine.

Peer address and `Host` header must both be loopback, and nothing may show a proxy: a proxy on this machine passes on
requests of strangers.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from sandbox.access.addresses import is_loopback, is_of_a_proxy, without_port
from sandbox.http.call import Call
from sandbox.settings import Settings

OF_PROXIES = ("1.0", "0.9")
"""Versions of HTTP that proxies speak to the server behind them (nginx by default), but clients no longer do."""


def expects_proxy(settings: Settings) -> bool:
    """Return whether the settings are those of a server behind a proxy: they trust one, or name its address."""
    host = urlsplit(settings.base_url).hostname
    return settings.trust_proxy or (host is not None and not is_loopback(host))


def objection_to(call: Call) -> str:
    """Explain why a request does not count as local; empty if it does."""
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
    version = call.request.scope.get("http_version", "")
    if version in OF_PROXIES:
        return f"This one came as HTTP/{version}, as proxies send requests of others."
    return ""
