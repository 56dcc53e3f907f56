"""Fault rules in the control API: set, listed and removed. All are checked before any is set."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.responses import Response

from sandbox.base.clock import parse_instant
from sandbox.errors import Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.http.faults import BEARER_APIS
from sandbox.worlds.faults import LONGEST_DELAY, ActiveRule, Delay, FaultRule, Faults

Json = dict[str, Any]
APIS = ("hl7", "rest", "facade", "messaging", "customer", "aggregated", "oauth")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MLLP")
MOST_RULES, LONGEST_TEXT = 1000, 1000
"""Maximum number of rules of a world, and of characters of a condition."""
MOST_MS = int(LONGEST_DELAY * 1000)
LARGEST_NUMBER = 1_000_000_000
LARGEST_SIGMA = 10
DELAYS = 'milliseconds, {"uniform":[least,most]} or {"lognormal":[median,sigma]}'


class BadFaultRule(ValueError):
    """Descriptions of the allowed values of keys."""


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT:
        raise BadFaultRule(f"text of 1 to {LONGEST_TEXT} characters")
    return value


def _one_of(*allowed: str) -> Callable[[Any], str]:
    def parse_choice(value: Any) -> str:
        if value not in allowed:
            raise BadFaultRule(f"one of: {', '.join(allowed)}")
        return str(value)

    return parse_choice


def _path(value: Any) -> str:
    text = _text(value)
    if not text.startswith(("/", "*")) or "*" in text[:-1] or "?" in text:
        raise BadFaultRule("a path that begins with /, without a query; * may stand only at its end")
    return text


def _patient(value: Any) -> str:
    # Public ids are UUIDs in lower case.
    return _text(value).lower()


def _whole_number(least: int, most: int = LARGEST_NUMBER) -> Callable[[Any], int]:
    def parse_number(value: Any) -> int:
        value = int(value) if isinstance(value, float) and value.is_integer() else value  # 1.0 is whole in JSON
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise BadFaultRule(f"a whole number from {least} to {most}")
        return value

    return parse_number


def _true(value: Any) -> bool:
    if value is not True:
        raise BadFaultRule("true, or left out")
    return True


def _probability(value: Any) -> float:
    if not _is_number(value) or not 0 <= value <= 1:
        raise BadFaultRule("a number from 0 to 1")
    return float(value)


def _instant(value: Any) -> datetime:
    try:
        return parse_instant(_text(value))
    except ValueError as error:
        raise BadFaultRule("an ISO 8601 time such as 2026-07-01T12:00:00Z") from error


def _delay(value: Any) -> Delay:
    if _is_number(value) and 0 <= value <= MOST_MS:
        return Delay(kind="fixed", low=float(value))
    if isinstance(value, dict) and len(value) == 1:
        ((kind, pair),) = value.items()
        if isinstance(pair, list) and len(pair) == 2 and all(map(_is_number, pair)):
            low, high = pair
            if kind == "uniform" and 0 <= low <= high <= MOST_MS:
                return Delay(kind=kind, low=low, high=high)
            if kind == "lognormal" and 0 < low <= MOST_MS and 0 <= high <= LARGEST_SIGMA:
                return Delay(kind=kind, low=low, high=high)
    raise BadFaultRule(f"{DELAYS}, of at most {MOST_MS} ms and a sigma of at most {LARGEST_SIGMA}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


CONDITIONS: dict[str, Callable[[Any], str]] = {
    "api": _one_of(*APIS),
    "operation": _text,
    "client": _text,
    "patient": _patient,
    "method": _one_of(*METHODS),
    "path": _path,
}
TURNS: dict[str, Callable[[Any], Any]] = {
    "first": _whole_number(1),
    "every": _whole_number(1),
    "probability": _probability,
    "seed": _whole_number(0),
    "until": _instant,
}
EFFECTS: dict[str, Callable[[Any], Any]] = {
    "status": _whole_number(400, 599),
    "ack": _one_of("AE", "AR"),
    "drop": _one_of("before", "after-commit"),
    "reset": _true,
    "duplicate": _true,
    "expire_token": _true,
    "truncate": _whole_number(0),
    "malformed": _true,
}
PACES: dict[str, Callable[[Any], Any]] = {"delay_ms": _delay, "slow_body": _whole_number(1)}
KEYS: dict[str, Callable[[Any], Any]] = {
    **CONDITIONS,
    **TURNS,
    **EFFECTS,
    "retry_after": _whole_number(0, 86_400),
    **PACES,
}
"""Key of a rule → its parser. Raises BadValue."""
APIS_OF = {"ack": ("hl7",), "expire_token": tuple(api for api in APIS if api in BEARER_APIS)}
"""Effect that only some APIs have → these APIs."""


def fault_rule_of(row: Any, where: str) -> FaultRule:
    """Parse a rule from its JSON object. Raises Invalid with the rule, its key, and the allowed values."""
    if not isinstance(row, dict):
        raise Invalid(f"{where} must be an object")
    values = {key: _value(row, key, where) for key in row}
    effects = [key for key in EFFECTS if key in row]
    _check_together(values, effects, where)
    effect = effects[0] if effects else ""
    return FaultRule(
        conditions={key: values[key] for key in CONDITIONS if key in values},
        **{key: values[key] for key in (*TURNS, "retry_after", "slow_body") if key in values},
        effect=effect,
        value=values.get(effect),
        delay=values.get("delay_ms"),
        body=row,
    )


def _value(row: Json, key: str, where: str) -> Any:
    if key not in KEYS:
        raise Invalid(f"{where}: unknown key {key!r}; allowed: {', '.join(KEYS)}")
    try:
        return KEYS[key](row[key])
    except BadFaultRule as error:
        raise Invalid(f"{where}.{key} must be {error}") from error


def _check_together(values: Json, effects: list[str], where: str) -> None:
    if len(effects) > 1:
        raise Invalid(f"{where}: a rule has one effect, and {' and '.join(effects)} are {len(effects)}")
    if not effects and not PACES.keys() & values.keys():
        raise Invalid(f"{where}: an effect is missing; allowed: {', '.join((*EFFECTS, *PACES))}")
    if "retry_after" in values and "status" not in values:
        raise Invalid(f"{where}.retry_after is allowed only with status")
    allowed = APIS_OF.get(effects[0] if effects else "", APIS)
    if values.get("api", allowed[0]) not in allowed:
        raise Invalid(f"{where}: {effects[0]} is not possible with api {values['api']}; allowed: {', '.join(allowed)}")


def _set(call: Call) -> Any:
    """Replace all rules of the world. Raises Invalid: then the earlier ones stay."""
    rows = body(call, ("rules",)).get("rules")
    if not isinstance(rows, list) or len(rows) > MOST_RULES:
        raise Invalid(f"rules must be a list of at most {MOST_RULES} rules")
    faults = call.workspace.faults
    rules = [_active(faults, row, number) or fault_rule_of(row, f"rules[{number}]") for number, row in enumerate(rows)]
    # By identity: two new rules may be equal, and act one after the other.
    if len(set(map(id, rules))) < len(rules):
        raise Invalid("rules must not list a rule twice")
    faults.replace(rules)
    return _list(call)


def _active(faults: Faults, row: Any, number: int) -> ActiveRule | None:
    """The rule that a row lists as GET does, and that stays with its hits; None for a new one. Raises Invalid."""
    if not isinstance(row, dict) or "id" not in row:
        return None
    rule = faults.find(row["id"])
    if rule is None:
        raise Invalid(f"rules[{number}].id: no fault rule has that id; omit the id of a new rule")
    # Hits may have grown since the client listed the rules.
    if {**row, "hits": 0} != {**rule.as_json(), "hits": 0}:
        raise Invalid(f"rules[{number}]: a rule with an id cannot be changed; omit the id to set a changed rule")
    return rule


def _list(call: Call) -> Any:
    return {"rules": [rule.as_json() for rule in call.workspace.faults]}


def _clear(call: Call) -> Any:
    call.workspace.faults.clear()
    return Response(status_code=204)


def _remove(call: Call) -> Any:
    if not call.workspace.faults.remove(call.params["id"]):
        raise NotFound("The fault rule does not exist; GET /_sandbox/faults lists the rules")
    return Response(status_code=204)


OPERATIONS = (
    ControlOperation("GET", "/faults", "Lists the fault rules and how often each has acted", _list),
    ControlOperation("PUT", "/faults", "Replaces all fault rules", _set),
    ControlOperation("DELETE", "/faults", "Deletes all fault rules", _clear),
    ControlOperation("DELETE", "/faults/{id}", "Deletes one fault rule", _remove),
)
