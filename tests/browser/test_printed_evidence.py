"""The evidence pack on paper: Chromium prints it to PDF, with every exchange in full, though none is open."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_cli import run as invoke
from tests.hl7.samples import A28
from tests.support import Client

CHROMIUM = os.environ.get("PKB_SANDBOX_TEST_CHROMIUM")
NUMBER = "https://fhir.nhs.uk/Id/nhs-number|9991001379"

pytestmark = [
    pytest.mark.own_environment("chromium"),
    pytest.mark.skipif(not CHROMIUM, reason="no browser is at hand: PKB_SANDBOX_TEST_CHROMIUM names no Chromium"),
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext, of poppler-utils, is not at hand"),
]


def printed(page: Path) -> str:
    """The text of a page as Chromium prints it, without what depends on the ends of lines."""
    pdf = page.with_suffix(".pdf")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={page.parent / 'profile'}"]
    subprocess.run(
        [str(CHROMIUM), *options, "--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.as_uri()],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True, timeout=60)
    return joined(text.stdout)


def joined(text: str) -> str:
    """A text without white space and hyphens: `pdftotext` takes a hyphen at the end of a line for a divided word."""
    return "".join(text.split()).replace("-", "")


@pytest.fixture
def exchanges(pkb: Client) -> list[dict[str, Any]]:
    """A message that a fault refuses, the same message again, a search, and a refusal."""
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "hl7", "ack": "AE", "first": 1}]})
    pkb.send(A28)
    pkb.send(A28)
    pkb.facade(f"/Patient?identifier={NUMBER}", headers={"PKB-Sandbox-Scenario": "a visit"})
    pkb.facade("/Patient/1")
    rows: list[dict[str, Any]] = pkb.control("/exchanges")["exchanges"]
    return rows


@pytest.mark.parametrize("option", [(), ("--no-bodies",)], ids=["with bodies", "without bodies"])
def test_every_exchange_is_printed(
    pkb: Client, exchanges: list[dict[str, Any]], tmp_path: Path, option: tuple[str, ...]
):
    page = tmp_path / "evidence.html"
    invoke("verify", "--html", str(page), *option, PKB_SANDBOX_URL=pkb.server.base_url)
    assert "<details>" in page.read_text(encoding="utf-8")
    text = printed(page)
    for row in exchanges:
        path = row["request"]["path"].partition("?")[0] if option else row["request"]["path"]
        assert joined(f"{row['request']['method']}{path}") in text
        for body in (row["request"]["body"], row["response"]["body"]):
            assert not body or (joined(body) in text) == (not option), body
    for part in ("avisit", "Errorpaths", "SHA256ofthecontents", "Hello,world", "partner.facade.read_demographics"):
        assert part in text
