"""The index entries and files of the FHIR examples: feeds of Customer endpoints, and what `fhir_writes.toml` lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox import facts
from sandbox.access.matrix import matrix
from sandbox.examples.example import Example
from sandbox.examples.making.fhir_feeds import ENDPOINTS, RELEASES, feed_types, text_of, transaction
from sandbox.examples.making.hl7_messages import table
from sandbox.examples.making.written import Written

ORGANISATION = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
READS = {"Patient": "read_demographics", "Organization": "read_demographics"}
"""Type of a Facade operation that only reads → its action in the access matrix; of others read_clinical."""


def fhir_examples() -> Iterator[Written]:
    """Build all FHIR examples."""
    yield _supplied()
    rows = table("fhir_writes")
    yield from (_write(row, rows) for row in rows["write"])
    for release in RELEASES:
        yield from (_feed(release, type_) for type_ in feed_types(release))


def _supplied() -> Written:
    """Build the entry of the message to Messaging that is not generated."""
    rows = table("fhir_writes")
    row = {"name": "messaging_full", "title": "Register a patient with every element that PKB uses", "variant": "full"}
    example, _ = _write({**row, "base": "patient"}, rows)
    return Written(Example(**{**example.row(), "files": ("fhir/stu3/process_message.json",)}), {})


def _write(row: dict[str, Any], rows: dict[str, Any]) -> Written:
    api = row["name"].split("_")[0]
    shared = rows["api"][api]
    body = {**rows["base"][row["base"]], **row.get("set", {})}
    path = f"fhir/{api}/{row['name'].removeprefix(f'{api}_')}.json"
    request = row.get("path", shared.get("path", ""))
    fact = facts.ledger()[row.get("rule") or row.get("fact") or shared["fact"]]
    example = Example(
        name=row["name"],
        title=row["title"],
        kind="fhir",
        variant=row["variant"],
        api=api,
        integration_type=shared["type"],
        cell=f"{shared['type']}.{api}.{_action(api, request)}",
        user=shared["user"],
        method=shared["method"],
        path=request,
        organisation=ORGANISATION if shared["type"] == "partner" else "",
        files=(path,),
        after=tuple(row.get("after", ())),
        status=row.get("status", shared["status"]),
        text=row.get("text", ""),
        rule=row.get("rule", ""),
        standing=fact.standing,
        source=fact.source,
    )
    # An empty text in a row removes the element of its base.
    return Written(example, {path: text_of({name: value for name, value in body.items() if value != ""})})


def _action(api: str, path: str) -> str:
    """Return the action of a request: operations of the Facade read, everything else sends data."""
    if api != "facade" or "$" not in path:
        return "send_data"
    return READS.get(path.split("/")[2], "read_clinical") if "date-of" not in path else "read_clinical"


def _feed(release: str, type_: str) -> Written:
    name = f"customer_{release}_{_WORD.sub('_', type_).lower()}"
    path = f"fhir/customer/{release}/{_WORD.sub('_', type_).lower()}.json"
    cell = matrix()["customer.customer.send_data"]
    fact = facts.ledger()[f"statement-customer_{release}/system.transaction"]
    alone = type_ in ("Organization", "Patient")
    example = Example(
        name=name,
        title=f"{type_}{'' if alone else ' and its patient'}: a transaction, {release.upper()}",
        kind="fhir",
        variant="feed",
        api="customer",
        integration_type="customer",
        cell=cell.cell,
        user="northmoor-fhir",
        method="POST",
        path=f"/customer/{ENDPOINTS[release]}/fhir",
        files=(path,),
        status=200,
        standing=facts.weakest(fact.standing, cell.standing),
        source=fact.source,
    )
    return Written(example, {path: text_of(transaction(release, type_))})
