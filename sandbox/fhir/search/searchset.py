"""The response to a search: a Bundle in Aidbox's shape, written around the stored texts.

Links are relative to the server, as in PKB's samples:
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5150474272
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from sandbox.fhir.base.outcome import operation_outcome, outcome_issue
from sandbox.fhir.search.budget import spend_text
from sandbox.fhir.search.search import SearchMatches
from sandbox.model import Resource
from sandbox.worlds.slices import Slices, Work, at_once

Json = dict[str, Any]
PAGES = ("page", "_page")
_UNTOUCHED = "/:,$@!*'()."
_PLAIN = re.compile(r"[A-Za-z0-9_.:/-]*")


Render = Callable[[Resource], str]
"""Returns a resource as JSON for the client."""


def stored_text(resource: Resource) -> str:
    return resource.text


def searchset(result: SearchMatches, *, path: str, base: str, now: datetime, render: Render = stored_text) -> str:
    """Write the Bundle as JSON. `path` is the mount, such as `/customer/x/fhir`; `base` is the prefix of `fullUrl`."""
    return at_once(searchset_in_steps(result, path, base, now, render))


async def searchset_in_slices(
    result: SearchMatches, *, path: str, base: str, now: datetime, render: Render = stored_text
) -> str:
    """Do the same in slices."""
    return await Slices().complete(searchset_in_steps(result, path, base, now, render))


def searchset_in_steps(result: SearchMatches, path: str, base: str, now: datetime, render: Render) -> Work[str]:
    head: Json = {
        "resourceType": "Bundle",
        "meta": {"lastUpdated": bundle_time(now), "versionId": "0"},
        "type": "searchset",
    }
    if result.query.total != "none":
        head["total"] = result.total
    head["link"] = list(_links(result, f"{path}/{result.type}"))
    # Without the closing quote: a type and an id follow, which need no escapes.
    base = json.dumps(base, ensure_ascii=False)[:-1]
    entries = []
    for mode, resources in (("match", result.matches), ("include", result.included)):
        for resource in resources:
            entries.append(_entry(base, resource, mode, render))
            spend_text(len(entries[-1]))
            yield
    # With `_count=0` the Bundle has no entries at all.
    if result.query.ignored and result.query.count:
        entries.append(_warning(result))
    text = json.dumps(head, ensure_ascii=False, separators=(",", ":"))
    return f'{text[:-1]},"entry":[{",".join(entries)}]}}' if entries else text


def bundle_time(now: datetime) -> str:
    """Write the time of a Bundle as Aidbox does."""
    return now.isoformat(timespec="milliseconds")


def _entry(base: str, resource: Resource, mode: str, render: Render) -> str:
    url = f'{base}/{resource.type}/{resource.logical_id}"'
    link = f'[{{"relation":"self","url":{url}}}]'
    return f'{{"fullUrl":{url},"link":{link},"resource":{render(resource)},"search":{{"mode":"{mode}"}}}}'


def _warning(result: SearchMatches) -> str:
    """Write the entry that lists ignored parameters (https://hl7.org/fhir/R4/search.html#Bundle)."""
    issues = [
        outcome_issue(
            "warning",
            "not-supported",
            f"{result.type} has no search parameter {name}; it was ignored",
            expressions=[name],
        )
        for name in result.query.ignored
    ]
    named = f"urn:uuid:{uuid5(NAMESPACE_URL, '&'.join(result.query.ignored))}"
    entry = {"fullUrl": named, "resource": operation_outcome(issues), "search": {"mode": "outcome"}}
    return json.dumps(entry, ensure_ascii=False, separators=(",", ":"))


def _links(result: SearchMatches, address: str) -> Iterator[Json]:
    """Return the links `first self next previous last`: the last three only if there are several pages."""
    page, last = result.query.page, result.last_page
    kept = [(name, value) for name, value in result.pairs if name not in PAGES]

    def link(relation: str, number: int) -> Json:
        return {"relation": relation, "url": _url(address, [*kept, ("page", str(number))])}

    yield link("first", 1)
    yield {"relation": "self", "url": _url(address, result.pairs)}
    if page < last:
        yield link("next", page + 1)
    if page > 1:
        yield link("previous", min(page - 1, last))
    if last > 1:
        yield link("last", last)


def _url(address: str, pairs: Any) -> str:
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
    return f"{address}?{query}" if query else address


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe=_UNTOUCHED)
