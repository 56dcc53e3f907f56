"""Makes generated pages and statements from the data files: `python docs/generate.py`, or `--check` to compare only."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attributes_page import attributes
from cli_page import cli
from conformance_page import conformance
from coverage_page import coverage
from dependencies_page import dependencies
from example_files import update_examples
from facade_page import facade
from journeys_page import journeys
from measurements_page import measurements
from notifications_page import notifications
from pact_page import pact
from reference_pages.collection import files as reference_files
from reference_pages.hl7_pages import guide_table as hl7_messages
from rest_answers import rest_answers
from rest_page import rest

from sandbox.access.matrix import ACTIONS, APIS, TYPES, matrix
from sandbox.contract.rules import advice_rules
from sandbox.facts import ledger
from sandbox.fhir.customer.statement import statement
from sandbox.fhir.search import date, definitions, number, reference, string, token, uri
from sandbox.fhir.search.query import READERS
from sandbox.rest.http_file import http_file
from sandbox.rest.postman import collection
from sandbox.settings import BOUNDS, SETTINGS, bounds_in_words

DOCS = Path(__file__).resolve().parent
BEGIN, END = "<!-- generated -->", "<!-- /generated -->"


def main() -> int:
    """Writes the pages, or says which ones are out of date. A page keeps what stands outside its two markers."""
    stale = []
    for name, lines in PAGES.items():
        page = DOCS / name
        before = page.read_text(encoding="utf-8")
        head, _, rest = before.partition(BEGIN)
        after = f"{head}{BEGIN}\n\n{chr(10).join(lines())}\n\n{END}{rest.partition(END)[2]}"
        if before != after:
            stale.append(name)
            if "--check" not in sys.argv:
                page.write_text(after, encoding="utf-8")
    for release in ("stu3", "r4"):
        file = DOCS.parent / f"capability_statements/customer_{release}.json"
        text = json.dumps(statement(release), indent=1) + "\n"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            stale.append(file.name)
            if "--check" not in sys.argv:
                file.write_text(text, encoding="utf-8")
    for name, text in {**FILES, **reference_files()}.items():
        file = DOCS.parent / name
        if not file.is_file() or file.read_text(encoding="utf-8") != text():
            stale.append(name)
            if "--check" not in sys.argv:
                file.parent.mkdir(exist_ok=True)
                file.write_text(text(), encoding="utf-8")
    stale += update_examples(check="--check" in sys.argv)
    stale += _surplus(check="--check" in sys.argv)
    if "--check" in sys.argv and stale:
        print(f"out of date, run `python docs/generate.py`: {', '.join(stale)}")
        return 1
    return 0


def _surplus(*, check: bool) -> list[str]:
    """Delete the reference pages that are no longer generated, or only name them."""
    folder = DOCS / "reference"
    surplus = [file for file in folder.glob("*.md") if f"docs/reference/{file.name}" not in reference_files()]
    for file in surplus:
        if not check:
            file.unlink()
    return [f"{file.name} (no longer generated)" for file in surplus]


def access_matrix() -> Iterator[str]:
    for type_ in TYPES:
        yield f"## {type_.capitalize()}"
        yield ""
        yield "| cell | decision | credential | standing | why |"
        yield "|---|---|---|---|---|"
        for api in APIS:
            for action in ACTIONS:
                cell = matrix()[f"{type_}.{api}.{action}"]
                credential = cell.credential or ""
                yield f"| `{cell.cell}` | {cell.decision} | {credential} | {cell.standing} | {cell.reason} |"
        yield ""


def settings() -> Iterator[str]:
    yield "| option of `serve` | environment | default | values | what it does |"
    yield "|---|---|---|---|---|"
    for setting in SETTINGS:
        name = setting.name
        default = "" if setting.default in ("", None, ()) else f"`{str(setting.default).lower()}`"
        values = ", ".join(setting.metadata["choices"])
        if name in BOUNDS:
            values = bounds_in_words(*BOUNDS[name])
        option = f"`--{name.replace('_', '-')}`"
        yield f"| {option} | `PKB_SANDBOX_{name.upper()}` | {default} | {values} | {setting.metadata['help']} |"


def differences() -> Iterator[str]:
    yield "| fact | what the sandbox does | nearest source |"
    yield "|---|---|---|"
    for fact in ledger().values():
        if fact.standing == "choice":
            source = f"[page]({fact.source})" if fact.source.startswith("http") else fact.source
            yield f"| `{fact.id}` | {fact.text.replace('|', chr(92) + '|')} | {source} |"


def contract() -> Iterator[str]:
    yield "| rule | what it says | instead | standing | source |"
    yield "|---|---|---|---|---|"
    for rule in advice_rules().values():
        instead = rule.instead.replace("|", chr(92) + "|")
        yield f"| `{rule.id}` | {rule.text} | {instead} | {rule.standing} | [page]({rule.source}) |"


MODIFIERS = {
    "reference": reference.MODIFIERS,
    "string": string.MODIFIERS,
    "token": token.MODIFIERS,
    "uri": uri.MODIFIERS,
}
PREFIXES = {"date": date.PREFIXES, "number": number.PREFIXES, "quantity": number.PREFIXES}


def search() -> Iterator[str]:
    yield "| type | parameters, STU3 | R4 | elements of the data types | modifiers | prefixes |"
    yield "|---|---|---|---|---|---|"
    parameters = {release: _parameters(release) for release in ("stu3", "r4")}
    for type_ in READERS:
        counts = " | ".join(
            str(sum(parameter.type == type_ for parameter in of_release)) for of_release in parameters.values()
        )
        of_type = [
            parameter for of_release in parameters.values() for parameter in of_release if parameter.type == type_
        ]
        datatypes = ", ".join(sorted({path.datatype for parameter in of_type for path in parameter.paths} - {""}))
        modifiers = " ".join(f"`:{name}`" for name in (*MODIFIERS.get(type_, ()), "missing"))
        yield f"| {type_} | {counts} | {datatypes} | {modifiers} | {' '.join(PREFIXES.get(type_, ()))} |"
    yield ""
    yield "| parameter that finds nothing | release | why |"
    yield "|---|---|---|"
    for release in parameters:
        for name, reason in definitions.unmatched_parameters(release).items():
            yield f"| `{name}` | {release.upper()} | {reason} |"


def _parameters(release: str) -> list[definitions.SearchParameter]:
    return [
        parameter
        for type_ in definitions.types(release)
        for parameter in definitions.parameters_of(release, type_).values()
    ]


PAGES: dict[str, Any] = {
    "access-matrix.md": access_matrix,
    "attributes.md": attributes,
    "cli.md": cli,
    "conformance.md": conformance,
    "contract.md": contract,
    "coverage.md": coverage,
    "dependencies.md": dependencies,
    "differences.md": differences,
    "facade.md": facade,
    "hl7.md": hl7_messages,
    "journeys.md": journeys,
    "measurements.md": measurements,
    "notifications.md": notifications,
    "pact.md": pact,
    "rest.md": rest,
    "search.md": search,
    "settings.md": settings,
}

FILES: dict[str, Any] = {
    "sandbox/rest/answers.json": rest_answers,
    "fixtures/rest/custom-rest.postman_collection.json": collection,
    "fixtures/rest/custom-rest.http": http_file,
}
"""Files that are generated whole."""

if __name__ == "__main__":
    sys.exit(main())
