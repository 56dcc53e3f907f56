"""The front page of the reference, and the table of all reference pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reference_pages.writing import Page, Section

PARTS: tuple[tuple[str, Sequence[str]], ...] = (
    ("HL7 v2", ("hl7",)),
    ("Custom REST and OAuth", ("rest", "oauth")),
    ("FHIR", ("fhir",)),
    ("The sandbox", ("control", "headers", "metrics", "exit-codes")),
    ("Errors", ("errors",)),
    ("Rules", ("rules",)),
)
"""Heading → the prefixes of its pages."""
ELSEWHERE = {
    "HL7 v2": {"How to send HL7 v2": "hl7.md", "Measurements": "measurements.md"},
    "Custom REST and OAuth": {"Custom REST: operations": "rest.md"},
    "FHIR": {"Facade FHIR: types and parameters": "facade.md", "Search": "search.md"},
    "The sandbox": {"Settings": "settings.md", "Limits": "limits.md", "Commands": "cli.md"},
    "Errors": {"Advice of the contract report": "contract.md"},
    "Rules": {
        "Access matrix": "access-matrix.md",
        "Attributes of the record": "attributes.md",
        "Notifications": "notifications.md",
        "Coverage": "coverage.md",
        "Differences from PKB": "differences.md",
    },
}
"""Heading → title → page outside the reference folder."""


def index(pages: Mapping[str, Page]) -> Page:
    """Build the front page from all others."""
    opening = (
        "What the product does, page by page. Each page is generated from the tables that the server itself uses; "
        "each fact has its standing (documented: a page of PKB says so; inferred: from related sources; "
        "choice: PKB is silent, the sandbox decides) and its source. To change a page, change the data file and run "
        "`python docs/generate.py`."
    )
    return Page("Reference", opening, [_section(title, prefixes, pages) for title, prefixes in PARTS])


def _section(title: str, prefixes: Sequence[str], pages: Mapping[str, Page]) -> Section:
    own = [(page.title, name) for name, page in pages.items() if name.startswith(tuple(prefixes))]
    others = [(other, f"../{name}") for other, name in ELSEWHERE.get(title, {}).items()]
    return Section(title, [*(f"- [{text}]({address})" for text, address in (*own, *others)), ""])
