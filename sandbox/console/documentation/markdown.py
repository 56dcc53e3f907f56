"""Markdown → HTML for the pages of `docs/`: tables that scroll in their box, code to copy, headings with anchors.

HTML inside Markdown is shown as text, but for line breaks; comments are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from sandbox.console.documentation.library import anchor_of

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Address = Callable[[str], str]
"""Link of a page → address in the console; empty for none."""


def render_markdown(text: str, address_of: Address) -> Markup:
    """Render a page. Links go where `address_of` says; one without an address is text."""
    parser = _parser()
    tokens = parser.parse(text)
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            token.attrSet("id", anchor_of(tokens[at + 1].content))
        for child in token.children or ():
            _set_address(child, address_of)
    return Markup(parser.renderer.render(tokens, parser.options, {}))  # noqa: S704 - the pages are the product's own


def _set_address(token: Token, address_of: Address) -> None:
    if token.type == "link_open":
        address = address_of(str(token.attrGet("href")))
        if address:
            token.attrSet("href", address)
        else:
            token.attrs.pop("href")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # HTML is parsed only to be escaped: otherwise comments and line breaks would be text, too.
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.add_render_rule("table_open", _table_open)
    parser.add_render_rule("table_close", _table_close)
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("html_inline", _html)
    parser.add_render_rule("html_block", _html)
    return parser


def _table_open(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    # A region that scrolls must be reachable by keyboard (WCAG 2.1.1), and needs a name as a region.
    return '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>'


def _table_close(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    return "</table></div>"


def _fence(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    code = escape(tokens[index].content.rstrip("\n"))
    return (
        f'<div class="copyable"><pre class="mono flush" tabindex="0">{code}</pre>'
        '<button type="button" data-copy>Copy</button></div>'
    )


def _html(self: Any, tokens: Sequence[Token], index: int, options: Any, env: Any) -> str:
    text = tokens[index].content.strip()
    if text.startswith("<!--") and text.endswith("-->"):
        return ""
    # The pages need HTML for line breaks in tables only; anything else in them is meant as text.
    return text if text == "<br>" else escape(text)
