"""The memory that an exchange takes in the journal: every text is cut to a limit, and counted."""

from __future__ import annotations

from operator import attrgetter
from sys import getsizeof

from sandbox.worlds.exchange import BODY_LIMIT, Exchange, Passed

OVERHEAD = 850
"""Bytes of memory that the record of an exchange takes beside its texts."""
EMPTY = getsizeof("")
"""Bytes of memory of an empty text, which are not counted: most texts of an exchange are shared with others."""
HEAD_LIMIT = 16 * 1024
"""Maximum size of the stored headers of a request or response, in bytes."""
TEXTS = {
    "path": 8 * 1024,
    "query": 8 * 1024,
    "method": 40,
    "operation": 400,
    "caller": 400,
    "client": 400,
    "user": 400,
    "patient": 400,
    "scenario": 200,
    "cell": 2_000,
}
"""Attribute of an exchange → the maximum number of its characters."""
HL7_LIMIT = BODY_LIMIT
"""Maximum number of characters of a stored HL7 message."""
EXPLANATION_LIMIT = 64 * 1024
"""Maximum number of characters of one part of an explanation: the 500 lines about a long message fit."""


_TEXTS_OF = attrgetter(*TEXTS)
SHORT = min(limit for name, limit in TEXTS.items() if name != "method")
"""If all texts together have at most so many characters, none exceeds its limit."""


def fit_to_limits(exchange: Exchange) -> None:
    """Cut the texts of an exchange to their limits, and set its `size`: the bytes of memory that it takes."""
    texts = _TEXTS_OF(exchange)
    # One sum in place of ten comparisons: almost no exchange has a text that is too long.
    if sum(map(len, texts)) > SHORT or len(exchange.method) > TEXTS["method"]:
        for name, limit in TEXTS.items():
            text = getattr(exchange, name)
            if len(text) > limit:
                setattr(exchange, name, cut(text, limit))
        texts = _TEXTS_OF(exchange)
    if exchange.hl7:
        _cut_all(exchange.hl7, HL7_LIMIT)
    if exchange.explanation:
        _cut_all(exchange.explanation, EXPLANATION_LIMIT)
    if len(exchange.request.head) > HEAD_LIMIT:
        exchange.request = _with_head(exchange.request)
    if len(exchange.response.head) > HEAD_LIMIT:
        exchange.response = _with_head(exchange.response)
    exchange.size = _size(exchange, texts)


def _cut_all(texts: dict[str, str], limit: int) -> None:
    for name, text in texts.items():
        if len(text) > limit:
            texts[name] = cut(text, limit)


def cut(text: str, limit: int) -> str:
    """Cut a text, and state how long it was."""
    return f"{text[:limit]}… [{len(text)} characters]"


def _with_head(passed: Passed) -> Passed:
    """Keep the headers that fit, whole: a cut one might end within a secret's name."""
    lines = passed.head.split(b"\n")
    kept: list[bytes] = []
    size = 0
    for name, value in zip(lines[::2], lines[1::2], strict=True):
        size += len(name) + len(value) + 2
        if size > HEAD_LIMIT:
            break
        kept += (name, value)
    return passed._replace(head=b"\n".join(kept))


def _size(exchange: Exchange, texts: tuple[str, ...]) -> int:
    request, response = exchange.request, exchange.response
    size = OVERHEAD + len(request.head) + len(request.body) + len(response.head) + len(response.body)
    size += sum(map(getsizeof, texts)) - EMPTY * len(TEXTS)
    for values in (exchange.hl7, exchange.explanation):
        size += getsizeof(values) + sum(map(getsizeof, values.values())) if values else 0
    return size
