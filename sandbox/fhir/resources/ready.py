"""Large drafts, made ready in a thread: what remains to be done when they are written takes no time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sandbox.fhir.base.json import parse_stored, render
from sandbox.fhir.resources.drafts import Json
from sandbox.fhir.resources.meta import is_same_content, stamped
from sandbox.fhir.resources.repository import Draft
from sandbox.model import Resource

MARK = "\udffemeta"
"""Placeholder for `meta` in a rendered draft: an unpaired surrogate, which no accepted text contains."""
NEVER = datetime.min.replace(tzinfo=UTC)


def made_ready(draft: Draft, before: Resource | None) -> Draft:
    """Return the draft with its text around `meta`, and compared with the version before it, if there is one."""
    marked: Json = {**stamped(draft.content, draft.id, 0, NEVER, NEVER), "meta": MARK}
    start, _, end = render(marked).partition(f'"{MARK}"')
    if before is None or before.deleted:
        return replace(draft, around_meta=(start, end))
    is_same = is_same_content(parse_stored(before.text), draft.content)
    return replace(draft, around_meta=(start, end), compared=(before.version, is_same))
