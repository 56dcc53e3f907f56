"""Docs: the pages of `docs/`, simply rendered, and a search over them."""

from __future__ import annotations

from posixpath import dirname, normpath

from starlette.responses import PlainTextResponse, RedirectResponse, Response

from sandbox.console.documentation import library
from sandbox.console.documentation.markdown import render_markdown
from sandbox.console.rendering import HEADERS, link, render_page
from sandbox.errors import NotFound
from sandbox.http.answers import BytesResponse
from sandbox.http.call import Call
from sandbox.http.routes import Route

PATH = "/docs"


def show_index(call: Call) -> Response:
    """List the pages, or the sections that hold the words of `?q=`."""
    words = call.request.query_params.get("q", "").strip()[: library.LONGEST_QUERY]
    return render_page(
        call,
        "docs/index.html",
        title="Documentation",
        words=words,
        matches=library.search(words) if words else [],
        groups=library.groups(),
    )


def show_document(call: Call) -> Response:
    """Render a page. Raises NotFound."""
    name = call.params["name"]
    if name.endswith(".md"):
        return RedirectResponse(link(call, f"{PATH}/{name.removesuffix('.md')}"), 308)
    document = library.documents().get(name)
    if document is None:
        raise NotFound(f"The documentation has no page {name[:80]!r}")
    rendered = render_markdown(document.text, lambda address: _address(call, name, address))
    return render_page(
        call, "docs/document.html", title=document.title, document=document, rendered=rendered, groups=library.groups()
    )


def show_file(call: Call) -> Response:
    """Return a pipeline file that the pages refer to, as text. Raises NotFound."""
    file = library.pipeline_files().get(call.params["name"])
    if file is None:
        raise NotFound("The documentation has no such file")
    return PlainTextResponse(file, headers=HEADERS)


def show_picture(call: Call) -> Response:
    """Return a picture of the pages. Raises NotFound."""
    picture = library.pictures().get(call.params["name"])
    if picture is None:
        raise NotFound("The documentation has no such picture")
    return BytesResponse(
        picture, "image/png", headers={"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    )


def _address(call: Call, page: str, address: str) -> str:
    """Return the address of a link of a page in the console; empty for a file of the source that is not served."""
    if "://" in address or address.startswith(("#", "mailto:")):
        return address
    path, hash_sign, fragment = address.partition("#")
    name = normpath(f"{dirname(page)}/{path}").lstrip("/")
    if name.removesuffix(".md") in library.documents():
        return link(call, f"{PATH}/{name.removesuffix('.md')}{hash_sign}{fragment}")
    if name.startswith("ci/") and name.removeprefix("ci/") in library.pipeline_files():
        return link(call, f"{PATH}/{name}")
    return ""


ROUTES = (
    Route("GET", PATH, show_index, "documentation"),
    Route("GET", f"{PATH}/ci/{{name}}", show_file, "documentation"),
    Route("GET", f"{PATH}/pictures/{{name}}", show_picture, "documentation"),
    Route("GET", f"{PATH}/{{name:path}}", show_document, "documentation"),
)
