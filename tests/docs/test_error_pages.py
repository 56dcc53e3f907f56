"""What a server says when it refuses a request is a text of the error pages, with its rule and its advice."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from tests.http.test_explanations import REFUSALS, Ask
from tests.support import Client

FOLDER = Path(__file__).parents[2] / "docs/reference"
ROWS = [
    re.split(r"(?<!\\) \| ", line.strip("| "))
    for file in FOLDER.glob("errors-*.md")
    for line in file.read_text(encoding="utf-8").splitlines()
    if line.startswith(("| `", "| texts vary"))
]
VARYING = {"access.not-offered", "facade.search-unknown-parameter"}
"""Rules whose texts are put together from a table."""


def pattern(cell: str) -> re.Pattern[str]:
    """The text of a cell as a pattern: a name in braces is any text, and no text is found in any."""
    parts = re.split(r"({[^}]*})", cell.strip("`").replace("\\|", "|").replace("(no text)", "{}"))
    return re.compile("".join(".*" if part.startswith("{") else re.escape(part) for part in parts))


def texts_of(response: httpx.Response) -> str:
    """The body without the markup that JSON, XML and HTML add."""
    return response.text.replace('\\"', '"').replace("&#39;", "'")


@pytest.mark.parametrize(("ask", "rule", "instead"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_has_its_row(pkb: Client, ask: Ask, rule: str, instead: str):
    response = ask(pkb)
    rows = [row for row in ROWS if row[-1].startswith(f"`{rule}`")]
    assert rows
    if rule not in VARYING:
        matches = [row for row in rows if row[0].startswith("`") and pattern(row[0]).search(texts_of(response))]
        assert matches, [row[0] for row in rows]
        statuses = {row[1].split()[0].rstrip(",") for row in matches}
        assert str(response.status_code) in statuses or statuses & {"AR", "AE"}
