"""Write Bundles around stored texts: pages of a history, and responses to batches and transactions.

Links are relative to the server, as in PKB's samples:
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5150474272
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5

from sandbox import facts
from sandbox.base.whole_numbers import parse_digits
from sandbox.errors import Invalid, SandboxError
from sandbox.fhir.base import codes
from sandbox.fhir.base.dialects import AIDBOX
from sandbox.fhir.base.json import render
from sandbox.fhir.base.outcome import refusal
from sandbox.fhir.resources.meta import microseconds
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult
from sandbox.model import Resource, ResourceVersion

PER_PAGE, MOST_PER_PAGE = facts.value("search.paging")
PAGES = ("page", "_page")
_STATUS = {"POST": "201", "PATCH": "200", "DELETE": "204"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """A page of a list: its number, from 1, and the parameters of the request."""

    number: int
    count: int
    pairs: tuple[tuple[str, str], ...]

    @property
    def start(self) -> int:
        return (self.number - 1) * self.count

    @property
    def end(self) -> int:
        return self.number * self.count


def page_of(pairs: Sequence[tuple[str, str]]) -> HistoryPage:
    """Return the page that `_count` and `page` request; none with `_summary=count`. Raises Invalid."""
    parameters = dict(pairs)
    number = next((parameters[name] for name in PAGES if name in parameters), "1")
    wished = "0" if parameters.get("_summary") == "count" else parameters.get("_count", str(PER_PAGE))
    count = min(_whole("_count", wished), MOST_PER_PAGE)
    return HistoryPage(number=max(_whole("page", number), 1), count=count, pairs=tuple(pairs))


def _whole(name: str, text: str) -> int:
    number = parse_digits(text)
    if number is None:
        raise Invalid(f"{name} must be a whole number", rule="search.value")
    return number


def history(repository: Repository, entries: list[str], total: int, page: HistoryPage, address: str) -> str:
    """Write a Bundle of type history."""
    head = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": microseconds(repository.workspace.clock.now())},
        "type": "history",
        "total": total,
        "link": _links(address, page, total),
    }
    return with_entries(head, entries)


def with_entries(head: dict[str, Any], entries: list[str]) -> str:
    """Write a Bundle with entries that are already texts; a Bundle without entries has no such element."""
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return f'{text[:-1]},"entry":[{",".join(entries)}]}}' if entries else text


def entries_of_history(repository: Repository, versions: Iterable[Resource]) -> list[str]:
    """Write a page of versions. In STU3, if one resource was deleted twice, the second deletion has a `fullUrl` of
    its own.

    In STU3 a `fullUrl` may occur twice only with different versions (bdl-7), and a deletion has none.
    """
    deleted: set[str] = set()
    entries = []
    for version in versions:
        is_repeated = version.deleted and f"{version.type}/{version.logical_id}" in deleted
        if version.deleted:
            deleted.add(f"{version.type}/{version.logical_id}")
        full_url = f"{repository.base}/{version.type}/{version.logical_id}"
        if is_repeated and repository.release in codes.WITHOUT_RESPONSE_IN_HISTORY:
            # Derived, not random: the same history reads the same each time.
            full_url = f"urn:uuid:{uuid5(NAMESPACE_URL, location(repository.base, version))}"
        entries.append(_entry_of_history(repository, version, full_url))
    return entries


def _entry_of_history(repository: Repository, version: Resource, full_url: str) -> str:
    """Write one version: the resource, unless it is a deletion, and the request that made it."""
    name = f"{version.type}/{version.logical_id}"
    url = json.dumps(full_url)
    request_url = version.type if version.method == "POST" else name
    method = codes.method_in_release(repository.release, version.method)
    request = json.dumps({"method": method, "url": request_url}, separators=(",", ":"))
    resource = "" if version.deleted else f'"resource":{version.text},'
    if repository.release in codes.WITHOUT_RESPONSE_IN_HISTORY:
        return f'{{"fullUrl":{url},{resource}"request":{request}}}'
    response = {
        "status": _STATUS.get(version.method) or ("201" if _is_creation(repository, version) else "200"),
        "etag": etag(version),
        "lastModified": microseconds(version.updated_at),
    }
    response_text = json.dumps(response, separators=(",", ":"))
    return f'{{"fullUrl":{url},{resource}"request":{request},"response":{response_text}}}'


def _is_creation(repository: Repository, version: Resource) -> bool:
    """Return whether an update created the resource. Time is not sufficient: the clock of a world can be frozen."""
    if version.created_at != version.updated_at:
        return False
    ids = repository.store.ids(ResourceVersion, "resource", (repository.name, version.type, version.logical_id))
    earlier = [*takewhile(lambda id_: id_ != version.id, ids)]
    return not earlier or repository.store.get(ResourceVersion, earlier[-1]).deleted


def render_response(
    repository: Repository, kind: str, answers: Sequence[InteractionResult | SandboxError], with_resources: bool
) -> str:
    """Write the response to a batch or transaction, one entry for each entry.

    `with_resources` says whether it contains written resources; read resources are always included.
    """
    entries = [_entry_of_answer(repository, answer, with_resources) for answer in answers]
    return with_entries({"resourceType": "Bundle", "type": f"{kind}-response"}, entries)


def _entry_of_answer(repository: Repository, answer: InteractionResult | SandboxError, with_resource: bool) -> str:
    if isinstance(answer, SandboxError):
        status, outcome = refusal(answer, AIDBOX, repository.release)
        return render({"response": {"status": str(status), "outcome": outcome}})
    response_fields: dict[str, Any] = {"status": str(answer.status)}
    about = answer.resource
    if about is not None:
        where = {"location": location(repository.base, about)} if answer.status == 201 else {}
        response_fields = {
            **response_fields,
            **where,
            "etag": etag(about),
            "lastModified": microseconds(about.updated_at),
        }
    # RFC 9110 15.3.5 and 15.4.5: 204 and 304 have no content.
    text = answer.bundle or (about.text if about is not None and answer.status not in (204, 304) else "")
    resource = f'"resource":{text},' if text and (with_resource or answer.read) else ""
    return f'{{{resource}"response":{json.dumps(response_fields, separators=(",", ":"))}}}'


def etag(version: Resource) -> str:
    return f'W/"{version.version}"'


def location(base: str, version: Resource) -> str:
    return f"{base}/{version.type}/{version.logical_id}/_history/{version.version}"


def _links(address: str, page: HistoryPage, total: int) -> list[dict[str, str]]:
    """Return the links `first self next previous last`: the last three only if there are several pages."""
    last = max(-(-total // page.count), 1) if page.count else 1
    numbers = {"first": 1, "self": page.number}
    if page.number < last:
        numbers["next"] = page.number + 1
    if page.number > 1:
        numbers["previous"] = min(page.number - 1, last)
    if last > 1:
        numbers["last"] = last
    kept = [(name, value) for name, value in page.pairs if name not in PAGES]
    return [
        {"relation": relation, "url": f"{address}?{urlencode([*kept, ('page', str(number))])}"}
        for relation, number in numbers.items()
    ]
