"""Make the pages of Sphinx smaller, strict and accessible: the theme's icons in one file, no style attributes, regions
that scroll by keyboard, and the hashes of inline scripts and styles for the content security policy.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

POLICY = "policy.json"
"""Directive → hashes of the inline elements that pages may have."""
ICONS = "_static/icons.svg"
UNUSED = (".map", ".inv", ".buildinfo")
_ICONS = re.compile(
    r'<svg xmlns="http://www\.w3\.org/2000/svg" style="display: none;">.*?</symbol>\s*</svg>', re.DOTALL
)
_USE = re.compile(r'<use href="#(svg-[a-z-]+)">')
_ROOT = re.compile(r'data-content_root="([^"]*)"')
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)
_FOOT = re.compile(r'<div class="bottom-of-page">.*?</div>\s*</div>(?=\s*</footer>)', re.DOTALL)
REPLACED = (
    ('<html class="no-js" lang="en"', '<html class="no-js" lang="en-GB"'),
    (' role="heading">', ' role="heading" aria-level="2">'),
    ("<pre>", '<pre tabindex="0">'),
    ('<div class="table-wrapper', '<div tabindex="0" role="region" aria-label="Table" class="table-wrapper'),
)
"""What axe finds in the theme, and its better form."""
_CLOSED = re.compile(
    r'<li class="toctree-l1 has-children">(<a .*?</a>)<input.*?</label><ul>.*?</ul>\s*</li>', re.DOTALL
)
"""A page of the navigation that has pages below it, none of which is open."""
SHORTER = (
    (re.compile(r'<span class="pre">([^<]*)</span>'), r"\1"),
    (re.compile(r'<code class="[a-z ]*\bliteral notranslate">'), '<code class="literal">'),
    (re.compile(r'<tr class="row-(?:odd|even)">'), "<tr>"),
    (re.compile(r'<th class="head">'), "<th>"),
    (re.compile(r"<(t[dh])><p>((?:(?!</?p>).)*?)</p>\s*</\1>", re.DOTALL), r"<\1>\2</\1>"),
    (_CLOSED, r'<li class="toctree-l1">\1</li>'),
)
"""What pages have many times, in fewer characters."""
_PREFORMATTED = re.compile(r"(<pre\b.*?</pre>|<script.*?</script>|<style.*?</style>)", re.DOTALL)
_INDENTATION = re.compile(r"\s*\n\s*")


def tidy(site: Path) -> None:
    """Change the pages of a site in place, and write its policy."""
    for file in [path for path in site.rglob("*") if path.is_file() and (path.suffix or path.name) in UNUSED]:
        file.unlink()
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(site.rglob("*.html"))}
    icons = next(match[0] for text in pages.values() if (match := _ICONS.search(text)))
    (site / ICONS).write_text(_as_file(icons), encoding="utf-8")
    for page, text in pages.items():
        pages[page] = _tidy_page(text)
        page.write_text(pages[page], encoding="utf-8")
    policy = {f"{element}-src": _hashes(pages.values(), element) for element in ("script", "style")}
    (site / POLICY).write_text(json.dumps(policy, indent=1) + "\n", encoding="utf-8")


def _as_file(icons: str) -> str:
    """The icons as a document of their own, with attributes of SVG where the theme has styles."""
    return icons.replace(' style="display: none;"', "", 1).replace('style="opacity: 50%"', 'opacity="0.5"')


def _tidy_page(text: str) -> str:
    root = _ROOT.search(text)
    place = f"{root[1] if root else './'}{ICONS}"
    text = _USE.sub(lambda match: f'<use href="{place}#{match[1]}">', _ICONS.sub("", text))
    text = _FOOT.sub("", text)
    for pattern, shorter in SHORTER:
        text = pattern.sub(shorter, text)
    for written, better in REPLACED:
        text = text.replace(written, better)
    parts = _PREFORMATTED.split(text)
    parts[::2] = [_INDENTATION.sub("\n", part) for part in parts[::2]]
    return "".join(parts)


def _hashes(pages: object, element: str) -> list[str]:
    contents = {match[2] for text in pages for match in _INLINE.finditer(text) if match[1] == element}
    digests = (hashlib.sha256(content.encode()).digest() for content in contents)
    return sorted(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)
