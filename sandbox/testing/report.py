"""The report of a failing test about its world: a line for each exchange, and the rule behind each refusal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sandbox.testing.answers import ControlError

if TYPE_CHECKING:
    from sandbox.testing.sandbox import Sandbox


def traffic(world: Sandbox, longest: int) -> str:
    """The newest exchanges of a world, or why they cannot be shown."""
    try:
        exchanges = world.exchanges
        hidden = max(0, len(exchanges) - longest)
        lines = [f"({hidden} earlier ones are not shown)"] if hidden else []
        lines += [line for exchange in exchanges[hidden:] for line in _lines(world, exchange)]
    except Exception as error:  # a report must not hide the failure that it belongs to
        return f"The exchanges of {world!r} cannot be shown: {error}"
    return "\n".join(lines) or "No exchange reached this world: did the client use its credentials?"


def _lines(world: Sandbox, exchange: dict[str, Any]) -> Iterator[str]:
    ack = (exchange.get("hl7") or {}).get("ack")
    status = f"{exchange['response']['status']} {ack}" if ack else str(exchange["response"]["status"])
    what = exchange["operation"] or f"{exchange['request']['method']} {exchange['request']['path']}"
    yield f"{exchange['at'][11:23]}  {exchange['api']:<10} {what:<40} {exchange['outcome']} {status}"
    if exchange["outcome"] != "accepted":
        yield from _explanation(world, exchange)


def _explanation(world: Sandbox, exchange: dict[str, Any]) -> Iterator[str]:
    try:
        why = world.explanation(exchange["id"])
    except ControlError:
        return
    yield f"    {why['expected']}"
    yield f"    rule {why['id']} ({why['standing']}): {why['rule']}"
    if why.get("cell"):
        yield f"    cell {why['cell']}"
    yield f"    {why['source']}"
