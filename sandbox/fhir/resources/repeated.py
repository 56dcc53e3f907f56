"""Responses that may be sent again for the same request: reads, and searches by GET that do not depend on the time."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.responses import Response

from sandbox.fhir.base.renewal import RenewedBundle
from sandbox.fhir.search.searchset import bundle_time
from sandbox.http.call import Call

_APPROXIMATE = re.compile(r"(?:^|[,$])ap", re.IGNORECASE)
"""The prefix of a date whose range grows with its distance from now."""


def allow_repeated_read(call: Call, response: Response) -> Response:
    """Allow the response of a read to be sent again."""
    call.may_repeat()
    return response


def allow_repeated_search(call: Call, response: Response, pairs: Iterable[tuple[str, str]]) -> Response:
    """Allow a searchset to be sent again, each time with the current time."""
    bundle = RenewedBundle.of(bytes(response.body))
    if bundle is not None and not any(_APPROXIMATE.search(value) for _, value in pairs):
        call.may_repeat(lambda workspace, now: bundle.content("", bundle_time(now)))
    return response
