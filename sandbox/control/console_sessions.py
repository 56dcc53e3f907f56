"""Browsers that signed in to the console with the admin token: their cookies, in memory, for half a day.

They open the reading control calls too: the console's scripts follow events with them. A changing call needs the token.
"""

from __future__ import annotations

import time

from sandbox.access.addresses import is_same_origin
from sandbox.http.call import Call

COOKIE = "pkb_console"
LIFETIME = 12 * 3600.0
"""Seconds after which a browser must sign in again."""
MOST = 1000
"""Sessions kept; the oldest end first."""
OWN_SITES = ("same-origin", "none")

# Of the process, not of a world: a reset or another workspace must not sign people out of the console.
_opened: dict[str, float] = {}


def open_session(browser: str) -> None:
    """Start the session of a browser, by the value of its cookie."""
    # Bounded, because each sign-in opens one, and a browser that is closed never ends its own.
    while len(_opened) >= MOST:
        _opened.pop(next(iter(_opened)))
    _opened[browser] = time.monotonic()


def is_open(call: Call) -> bool:
    """Return whether the browser of a call signed in, and the call comes from a page of this server or from none."""
    start = _opened.get(call.request.cookies.get(COOKIE, ""))
    if start is None or time.monotonic() - start > LIFETIME:
        return False
    origin, site = call.headers.get("origin"), call.headers.get("sec-fetch-site")
    # With `--base-url`, a browser may still have used the server's own address.
    addresses = (call.base_url, f"{call.request.scope['scheme']}://{call.headers.get('host', '')}")
    if origin is not None and not any(is_same_origin(origin, address) for address in addresses):
        return False
    return site is None or site.strip().lower() in OWN_SITES
