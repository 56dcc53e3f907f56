"""The tables of events and reasons in `docs/notifications.md`, from the data that is enforced."""

from __future__ import annotations

from collections.abc import Iterator

from reference_pages.writing import facts_table, standing

from sandbox.domain.notifications.news import events
from sandbox.domain.notifications.suppression import reasons
from sandbox.facts import ledger

WHERE = "sandbox/domain/notifications/notifications.toml"
COLUMNS = ("nhs_app", "sms", "unregistered", "time_sensitive", "daily", "reminder", "carers")


def notifications() -> Iterator[str]:
    tables = {*events(), *reasons()}
    yield "| event | NHS App | SMS | not registered | time-sensitive | one a day | reminder | carers | standing |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for name, event in events().items():
        fact = ledger()[f"notifications.{name}"]
        cells = " | ".join("yes" if getattr(event, column) else "" for column in COLUMNS)
        yield f"| {fact.text} | {cells} | {standing(fact.standing, fact.source)} |"
    yield ""
    yield "| `suppressed` | because | standing |"
    yield "|---|---|---|"
    for name, text in reasons().items():
        fact = ledger()[f"notifications.{name}"]
        yield f"| `{name}` | {text} | {standing(fact.standing, fact.source)} |"
    yield ""
    others = [fact for fact in ledger().values() if fact.where == WHERE and fact.id.partition(".")[2] not in tables]
    yield from facts_table(others)
