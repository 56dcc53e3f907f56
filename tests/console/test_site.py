"""The documentation site below `/_sandbox/docs/`: its files, nothing else, and the console's pages without a site."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from sandbox.console.documentation import built_site
from tests.support import Client

DOCS = "/_sandbox/docs"
FILES = {
    "index.html": "<h1>Pages</h1>",
    "start/tester.html": "<h1>Tester</h1>",
    "_static/site.css": "h1 { margin: 0 }",
    "_static/site.js": "let x",
    "_static/icons.svg": "<svg/>",
    "_images/doors.png": "png",
    "_downloads/1/compose.yml": "services: {}",
    "policy.json": json.dumps({"script-src": ["sha256-abc="], "style-src": ["sha256-def="]}),
}


COMPRESSED = (".html", ".js", ".css", ".svg")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small site in place of the one that ships with the sandbox, if that was built at all."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(COMPRESSED):
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(built_site, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def without_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sandbox as it is installed from a clone."""
    monkeypatch.setattr(built_site, "FOLDER", tmp_path)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("index.html", "text/html; charset=utf-8"),
        ("start/tester.html", "text/html; charset=utf-8"),
        ("_static/site.css", "text/css; charset=utf-8"),
        ("_static/site.js", "text/javascript; charset=utf-8"),
        ("_static/icons.svg", "image/svg+xml"),
        ("_images/doors.png", "image/png"),
        ("_downloads/1/compose.yml", "text/plain; charset=utf-8"),
    ],
)
@pytest.mark.usefixtures("site")
def test_a_file_is_served_with_its_type_and_tag(pkb: Client, name: str, media_type: str):
    response = pkb.http.get(f"{DOCS}/{name}")
    assert (response.status_code, response.text) == (200, FILES[name])
    assert response.headers["content-type"] == media_type
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    again = pkb.http.get(f"{DOCS}/{name}", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert response.headers.get("vary") == ("Accept-Encoding" if name.endswith(COMPRESSED) else None)


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate", "gzip"),
        ("br, gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; q=0.0", None),
        ("gzip;q=0.01", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_a_page_is_sent_compressed_to_those_who_accept_that(pkb: Client, accepted: str, coding: str | None):
    response = pkb.http.get(f"{DOCS}/", headers={"Accept-Encoding": accepted})
    assert response.headers.get("content-encoding") == coding
    assert response.text == FILES["index.html"]
    assert pkb.http.head(f"{DOCS}/", headers={"Accept-Encoding": accepted}).headers["content-length"]


@pytest.mark.usefixtures("site")
def test_the_policy_lets_through_the_inline_elements_of_the_site_and_nothing_else(pkb: Client):
    policy = dict(
        directive.split(" ", 1) for directive in pkb.http.get(f"{DOCS}/").headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == "'self' 'sha256-abc='"
    assert policy["style-src"] == "'self' 'sha256-def='"


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    "name",
    [
        "none.html",
        "policy.json",
        "start/",
        "_static",
        "../console/start",
        "..%2F..%2Fapp.py",
        "%2e%2e/%2e%2e/pyproject.toml",
        "start/..%2findex.html",
        "//etc/passwd",
        "index.html%00",
        "x" * 5000,
    ],
)
def test_nothing_else_is_served(pkb: Client, name: str):
    response = pkb.http.get(f"{DOCS}/{name}" if "console" not in name else f"{DOCS}/%2e%2e/console/start")
    assert response.status_code == 404


def test_a_file_that_is_gone_is_not_found(pkb: Client, site: Path):
    assert pkb.http.get(f"{DOCS}/_static/site.js").status_code == 200
    (site / "_static/site.js.gz").unlink()
    assert pkb.http.get(f"{DOCS}/_static/site.js").status_code == 404


@pytest.mark.usefixtures("site")
def test_the_console_links_to_the_site(pkb: Client):
    assert f'href="{DOCS}/"' in pkb.http.get("/_sandbox/console/start").text
    response = pkb.http.get(DOCS)
    assert (response.status_code, response.headers["location"]) == (307, f"{DOCS}/")


@pytest.mark.usefixtures("site")
def test_the_pages_of_the_console_stay(pkb: Client):
    assert pkb.http.get("/_sandbox/console/docs/hl7").status_code == 200


@pytest.mark.usefixtures("without_site")
@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("", "docs"),
        ("index.html", "docs"),
        ("search.html?q=SIU", "docs?q=SIU"),
        ("hl7.html", "docs/hl7"),
        ("hl7", "docs/hl7"),
        ("search-parameters.html", "docs/search"),
        ("start/", "docs/start/README"),
    ],
)
def test_without_a_site_the_console_shows_the_pages(pkb: Client, name: str, address: str):
    response = pkb.http.get(f"{DOCS}/{name}")
    assert (response.status_code, response.headers["location"]) == (307, f"/_sandbox/console/{address}")
    assert pkb.http.get(response.headers["location"]).status_code == 200


@pytest.mark.usefixtures("without_site")
def test_without_a_site_an_unknown_page_is_not_found(pkb: Client):
    assert pkb.http.get(f"{DOCS}/none.html").status_code == 404
    assert 'href="/_sandbox/console/docs"' in pkb.http.get("/_sandbox/console/start").text
