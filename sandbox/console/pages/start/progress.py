"""The bar with PKB's five planning steps; a step is ticked once the world's journal shows it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sandbox.access.principal import INTEGRATION_TYPE
from sandbox.console.pages.start.words import words
from sandbox.http.call import Call

CAPABILITIES = frozenset({"capabilities", "wsdl", "read OperationDefinition"})
"""Operations that read the capabilities of an API."""
WORDS = ("type", "apis", "capabilities", "credentials", "hello")
MOST_LOOKED_AT = 2_000
"""Maximum number of exchanges that are examined, the newest ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressStep:
    """A step: `state` is `done`, `now` or empty."""

    title: str
    text: str
    path: str
    state: str = ""


def steps(call: Call, type_: str, current: str) -> tuple[ProgressStep, ...]:
    """Return the five steps for an integration type (empty: not chosen yet); `current` is the word of one of them."""
    done = _finished_steps(call, type_)
    chosen = f"?type={type_}" if type_ else ""
    api = {"customer": "hl7", "partner": "facade", "app": "rest"}.get(type_, "doors")
    title = words()["type"][type_]["title"] if type_ else "Customer, Partner or App"
    rows = (
        ("1 Type", title, f"/start{chosen}"),
        ("2 APIs", "choose from the table", f"/start{chosen}#table"),
        ("3 Capabilities", "what each API can do", f"/start/capabilities/{api}{chosen}"),
        ("4 Credentials", "issued at once", f"/start/credentials{chosen}"),
        ("5 Hello, world", "run your first call", f"/start/hello{chosen}"),
    )
    return tuple(
        ProgressStep(
            title=name, text=text, path=path, state="now" if word == current else "done" if word in done else ""
        )
        for word, (name, text, path) in zip(WORDS, rows, strict=True)
    )


def _finished_steps(call: Call, type_: str) -> set[str]:
    """Return the steps that the newest exchanges of the integration type show."""
    if not type_:
        return set()
    done = {"type"}
    for exchange in islice(reversed(call.workspace.exchanges), MOST_LOOKED_AT):
        if len(done) == len(WORDS):
            break
        if exchange.operation in CAPABILITIES:
            done.add("capabilities")
        # After the capabilities, which anyone may read without a credential.
        if INTEGRATION_TYPE.get(exchange.credential) != type_:
            continue
        done.add("credentials")
        if exchange.cell.startswith(f"{type_}."):
            done |= {"apis", "hello"} if exchange.outcome == "accepted" else {"apis"}
    return done
