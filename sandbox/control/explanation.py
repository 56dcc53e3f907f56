"""The explanation of a refusal as a web page."""

from __future__ import annotations

from urllib.parse import quote

from sandbox.base import datafiles
from sandbox.worlds.exchange import Exchange

ROWS = (
    ("rule", "The rule"),
    ("cell", "Cell of the access matrix"),
    ("caller", "You were"),
    ("expected", "The answer"),
    ("instead", "What would have been accepted"),
    ("standing", "Standing"),
    ("source", "Source"),
)


def page(exchange: Exchange, base_path: str = "") -> str:
    """Render HTML, with all text from the request escaped. `base_path` comes before every path of the server."""
    import jinja2

    template = datafiles.beside_code("control/explanation.html").read_text(encoding="utf-8")
    rows = [(title, (exchange.explanation or {}).get(key, "")) for key, title in ROWS]
    # The explanation quotes what the client sent, which could be a script.
    environment = jinja2.Environment(autoescape=True)
    world = f"?workspace={quote(exchange.workspace, safe='')}" if exchange.workspace else ""
    console = f"{base_path}/_sandbox/console/traffic/{exchange.id}{world}"
    return environment.from_string(template).render(exchange=exchange, rows=rows, console=console)
