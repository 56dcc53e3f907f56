"""Check a built site: links and anchors lead somewhere, nothing is loaded from elsewhere, and it is small."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LARGEST = 3_000_000
"""Bytes of the whole site."""
CONSOLE = "../console/"
"""The only address outside the site, from its first folder."""
LOADED = {"script": "src", "img": "src", "link": "href", "use": "href", "iframe": "src", "source": "src"}
"""Elements that load something, and the attribute that says what."""


class Page(HTMLParser):
    """The ids of a page, its links (`a`, `form`), what it loads, and attributes that the policy would block."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.blocked: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self.ids.update(values[name] for name in ("id", "name") if name in values)
        self.blocked += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        if tag in LOADED and LOADED[tag] in values:
            self.loaded.append(values[LOADED[tag]])
        elif {"a": "href", "form": "action"}.get(tag) in values:
            self.links.append(values["href" if tag == "a" else "action"])


def problems(site: Path) -> list[str]:
    """Everything that is wrong with a built site, a line each."""
    pages = {page.relative_to(site).as_posix(): Page(page.read_text(encoding="utf-8")) for page in site.rglob("*.html")}
    files = {file.relative_to(site).as_posix() for file in site.rglob("*") if file.is_file()}
    return [f"{name}: {text}" for name, page in sorted(pages.items()) for text in _of_page(name, page, pages, files)]


def too_large(site: Path) -> list[str]:
    """Say so if a site has more bytes than it may."""
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    return [f"the site has {size:,} bytes, more than {LARGEST:,}"] if size > LARGEST else []


def _of_page(name: str, page: Page, pages: dict[str, Page], files: set[str]) -> Iterator[str]:
    yield from (f"{attribute} needs an exception from the content security policy" for attribute in page.blocked)
    yield from (f"loads {address} from elsewhere" for address in page.loaded if _is_elsewhere(address))
    for address in [*page.links, *page.loaded]:
        if _is_elsewhere(address) or address.startswith(("mailto:", "data:")):
            continue
        path, anchor = urldefrag(address)
        target = _target(name, unquote(urlsplit(path).path))
        if target == CONSOLE:
            continue
        if target not in files:
            yield f"the link {address} leads nowhere"
        elif anchor and target in pages and unquote(anchor) not in pages[target].ids:
            yield f"the link {address} leads to no heading"


def _is_elsewhere(address: str) -> bool:
    return address.startswith("//") or urlsplit(address).scheme in ("http", "https")


def _target(name: str, path: str) -> str:
    """Return the file that a relative path of a page names, below the folder of the site."""
    if not path:
        return name
    parts: list[str] = name.split("/")[:-1]
    for part in path.split("/"):
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in (".", ""):
            parts.append(part)
    return "/".join(parts) + ("/" if path.endswith("/") else "")
