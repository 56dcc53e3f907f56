"""The documentation site below `/_sandbox/docs/`. Only the files of the built site are served.

Where it is not built, as after an installation from a clone, its addresses lead to the pages that the console renders.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import PurePosixPath

from starlette.responses import RedirectResponse, Response

from sandbox.console.documentation.built_site import COMPRESSED, BuiltSite, built_site
from sandbox.console.documentation.library import documents
from sandbox.console.documentation.navigation import INDEX, site_name_of
from sandbox.console.rendering import HEADERS, link
from sandbox.errors import NotFound
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call
from sandbox.http.prefixes import DOCS
from sandbox.http.routes import Route

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
TEXT = "text/plain; charset=utf-8"
"""The media type of other files: examples to read or download."""
_REFUSED = re.compile(r";q=0(\.0*)?$")
"""The weight of a coding that a client does not accept: zero, with up to three decimals."""


def show_file(call: Call) -> Response:
    """Return a file of the site, or 304 for a browser that has it. Raises NotFound."""
    name = call.params["name"]
    name = f"{name}{INDEX}.html" if name == "" or name.endswith("/") else name
    site = built_site()
    if site is None:
        return _simply_rendered(call, name)
    file = site.files.get(name)
    if file is None or not file.is_file():
        raise NotFound(f"The documentation has no page or file {name[:80]!r}")
    content = file.read_bytes()
    # Weak, because the same page is sent with and without compression (RFC 9110 section 8.8.3.3).
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:16]}"'
    headers = {**HEADERS, "Content-Security-Policy": _policy(site), "Cache-Control": "no-cache", "ETag": etag}
    if file.suffix == COMPRESSED:
        headers["Vary"] = "Accept-Encoding"
    if call.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if file.suffix == COMPRESSED and _takes_gzip(call):
        headers["Content-Encoding"] = "gzip"
    elif file.suffix == COMPRESSED:
        content = gzip.decompress(content)
    return BytesResponse(content, MEDIA_TYPES.get(PurePosixPath(name).suffix, TEXT), headers=headers)


def _takes_gzip(call: Call) -> bool:
    """Return whether the client accepts gzip, by name (RFC 9110 section 12.5.3)."""
    codings = [coding.replace(" ", "").lower() for coding in call.headers.get("accept-encoding", "").split(",")]
    return any(coding == "gzip" or (coding.startswith("gzip;") and not _REFUSED.search(coding)) for coding in codings)


def _policy(site: BuiltSite) -> str:
    """Return the policy of the console, with the inline elements that the theme needs."""
    policy = HEADERS["Content-Security-Policy"]
    for directive, hashes in site.hashes.items():
        own = f"{directive} 'self'"
        policy = policy.replace(own, " ".join([own, *(f"'{digest}'" for digest in hashes)]))
    return policy


def _simply_rendered(call: Call, name: str) -> Response:
    """Redirect to the page of the console with the same text. Raises NotFound."""
    site_name = name.removesuffix(".html")
    page = next((document for document in documents() if site_name_of(document) == site_name), "")
    if name in (f"{INDEX}.html", "search.html"):
        return RedirectResponse(link(call, "/docs", q=call.request.query_params.get("q")), 307)
    if not page:
        raise NotFound(f"The documentation has no page {name[:80]!r}")
    return RedirectResponse(link(call, f"/docs/{page}"), 307)


def _add_slash(call: Call) -> Response:
    return RedirectResponse(f"{call.base_path}{DOCS}/", 307)


ROUTES = (
    Route("GET", DOCS, _add_slash, "documentation site", is_about_a_world=False),
    Route("GET", f"{DOCS}/{{name:path}}", show_file, "documentation site", is_about_a_world=False),
)
