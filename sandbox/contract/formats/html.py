"""The report as one HTML page without scripts, which prints."""

from __future__ import annotations

from typing import Any

from sandbox import __version__
from sandbox.base import datafiles


def render_html(report: dict[str, Any]) -> str:
    # Not before it is needed: a start and a report as JSON do without it.
    import jinja2

    template = datafiles.beside_code("contract/formats/report.html").read_text(encoding="utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(template).render(report=report, version=__version__)
