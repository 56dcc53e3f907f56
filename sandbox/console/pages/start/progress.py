"""The bar with PKB's five planning steps; a step is ticked once the world's journal shows it."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.access.principal import INTEGRATION_TYPE
from sandbox.console.pages.start.words import words
from sandbox.http.call import Call

CAPABILITIES = frozenset({"capabilities", "wsdl", "read OperationDefinition"})
"""Operations that read what an API can do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step: `state` is `done`, `now` or empty."""

    title: str
    text: str
    path: str
    state: str = ""


def steps(call: Call, type_: str, current: str) -> tuple[Step, ...]:
    """Return the five steps for an integration type (empty: not chosen yet); `current` is the word of one of them."""
    done = _done(call, type_)
    chosen = f"?type={type_}" if type_ else ""
    api = {"customer": "hl7", "partner": "facade", "app": "rest"}.get(type_, "doors")
    title = words()["type"][type_]["title"] if type_ else "Customer, Partner or App"
    rows = (
        ("type", "1 Type", title, f"/start{chosen}"),
        ("apis", "2 APIs", "choose from the table", f"/start{chosen}#table"),
        ("capabilities", "3 Capabilities", "what each API can do", f"/start/capabilities/{api}{chosen}"),
        ("credentials", "4 Credentials", "issued at once", f"/start/credentials{chosen}"),
        ("hello", "5 Hello, world", "run your first call", f"/start/hello{chosen}"),
    )
    return tuple(
        Step(title=name, text=text, path=path, state="now" if word == current else "done" if word in done else "")
        for word, name, text, path in rows
    )


def _done(call: Call, type_: str) -> set[str]:
    """Return the steps that exchanges of the integration type show."""
    if not type_:
        return set()
    done = {"type"}
    for exchange in call.workspace.exchanges:
        if exchange.operation in CAPABILITIES:
            done.add("capabilities")
        if INTEGRATION_TYPE.get(exchange.credential) != type_:
            continue
        done.add("credentials")
        if exchange.cell.startswith(f"{type_}."):
            done |= {"apis", "hello"} if exchange.outcome == "accepted" else {"apis"}
    return done
