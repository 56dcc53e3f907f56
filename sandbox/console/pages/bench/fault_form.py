"""The form for a fault rule: its fields, prefilled from the address, and the rule that they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.console.forms import body_of, value_of

Fields = Iterable[tuple[str, str]]
PLAIN = (
    "api", "method", "operation", "client", "patient", "path", "first:int", "every:int", "probability:float",
    "seed:int", "until", "slow_body:int",
)  # fmt: skip
"""Fields whose value becomes the value of the rule's key of the same name."""
OF_EFFECT = {"status": ("status:int", "retry_after:int"), "truncate": ("truncate:int",)}
"""Choice of effect → the fields that belong to it; those of another choice are ignored."""
DELAYS = {"fixed": "always the same", "uniform": "even, between two values", "lognormal": "lognormal: median and sigma"}
RECIPES: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("The next message gets AE", {"api": "hl7", "effect": "ack=AE", "first": "1"}),
    ("Applied, but the ACK is lost", {"api": "hl7", "effect": "drop=after-commit", "first": "1"}),
    ("Every 3rd FHIR read is 503", {"api": "facade", "method": "GET", "effect": "status", "status": "503",
                                    "retry_after": "2", "every": "3"}),
    ("The token expires early", {"api": "facade", "effect": "expire_token", "first": "1"}),
    ("No tokens for now", {"api": "oauth", "effect": "status", "status": "503"}),
    ("Everything is slow", {"delay": "uniform", "delay_low": "500", "delay_high": "3000"}),
)  # fmt: skip
"""Title → the fields of a rule that integrations meet in practice."""


def rule_of_form(fields: Fields) -> dict[str, Any]:
    """Return the fault rule of a form, as the control API takes it. Raises Invalid, which names the field."""
    fields = list(fields)
    effect, _, value = value_of(fields, "effect").partition("=")
    names = {*PLAIN, *OF_EFFECT.get(effect, ())}
    rule = body_of([(name, text) for name, text in fields if name in names])
    if effect and effect not in OF_EFFECT:
        rule[effect] = value or True
    return rule | _delay(fields)


def _delay(fields: Fields) -> dict[str, Any]:
    kind = value_of(fields, "delay")
    numbers = body_of(
        [(f"{key}:float", value_of(fields, key)) for key in ("delay_low", "delay_high") if value_of(fields, key)]
    )
    if kind not in DELAYS:
        return {}
    low = numbers.get("delay_low", 0)
    return {"delay_ms": low if kind == "fixed" else {kind: [low, numbers.get("delay_high", low)]}}
