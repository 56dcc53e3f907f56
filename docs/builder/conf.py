"""Sphinx's configuration for the documentation site. `python docs/build.py` builds it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from sandbox import __version__

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from builder.sources import complete

project = "PKB Sandbox"
html_title = f"PKB Sandbox {__version__}"
language = "en"
root_doc = "index"
extensions = ["myst_parser"]
myst_heading_anchors = 4
nitpicky = True
smartquotes = False
highlight_language = "none"
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

html_theme = "furo"
templates_path = ["templates"]
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["copy.js", "sidebar.js"]
html_favicon = "../../sandbox/console/static/icon.svg"
html_copy_source = html_show_sourcelink = html_show_sphinx = html_show_copyright = False
html_use_index = html_domain_indices = False
html_permalinks_icon = "#"
html_theme_options = {
    "navigation_with_keys": False,
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0a6b75", "color-brand-content": "#0a6b75"},
    "dark_css_variables": {"color-brand-primary": "#5cc3cd", "color-brand-content": "#5cc3cd"},
}


def _complete_source(app: Sphinx, name: str, source: list[str]) -> None:
    source[0] = complete(name, source[0], Path(app.config.pages_folder))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("pages_folder", "", "env", str)
    app.add_lexer("http", TextLexer)  # the pages show request lines, not whole requests
    app.connect("source-read", _complete_source)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
