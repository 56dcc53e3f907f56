"""The contract report in the forms that people and pipelines read. Each is a function of the report's JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.contract.formats.html import render_html
from sandbox.contract.formats.markdown import render_markdown
from sandbox.contract.formats.text import render_text

FORMATTERS: dict[str, Callable[[dict[str, Any]], str]] = {
    "text/plain": render_text,
    "text/markdown": render_markdown,
    "text/html": render_html,
}
"""Media type → what renders the report."""
