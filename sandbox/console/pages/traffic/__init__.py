"""Traffic: what happened, newest first, and each exchange with the reason for its outcome."""

from __future__ import annotations

from sandbox.console.pages.traffic import again, exchange_page, listing
from sandbox.http.routes import Route

PATH = "/traffic"

ROUTES = (
    Route("GET", PATH, listing.show_exchanges, "Traffic"),
    Route("GET", f"{PATH}/rows", listing.rows_since, "Newer rows of the traffic"),
    Route("GET", f"{PATH}/{{id}}", exchange_page.show_exchange, "Exchange"),
    Route("POST", f"{PATH}/{{id}}/again", again.send_again, "Send again"),
)
