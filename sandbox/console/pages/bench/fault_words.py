"""A fault rule in words: which requests it meets, when it acts, and what goes wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from shlex import quote
from typing import Any

Rule = Mapping[str, Any]

APIS = {
    "hl7": "HL7",
    "rest": "Custom REST",
    "facade": "Facade FHIR",
    "messaging": "Messaging FHIR",
    "customer": "Customer FHIR",
    "aggregated": "Aggregated FHIR",
    "oauth": "OAuth",
}
EFFECTS = {
    "status": "answer with an HTTP status, without doing the request",
    "ack=AE": "acknowledge the message with AE, without applying it",
    "ack=AR": "acknowledge the message with AR, without applying it",
    "drop=before": "lose the request: close the connection before doing it",
    "drop=after-commit": "lose the response: do the request, then close the connection",
    "reset": "reset the connection (TCP RST) before doing the request",
    "duplicate": "do the request twice, and answer once",
    "expire_token": "let the access token expire, with this request",
    "truncate": "cut the body of the response",
    "malformed": "break the body of the response: invalid JSON, XML or ER7",
}
"""Choice of the form → what goes wrong. Behind `=` stands the value of the key."""


def conditions(rule: Rule) -> list[tuple[str, str]]:
    """Return the conditions, each with its name; empty for a rule that meets every request."""
    names = ("api", "operation", "client", "patient", "method", "path")
    return [(name, APIS[rule[name]] if name == "api" else str(rule[name])) for name in names if name in rule]


def effects(rule: Rule) -> list[str]:
    """Return what goes wrong, a text each."""
    texts: dict[str, str | dict[str, str]] = {
        "status": "status {}",
        "ack": "acknowledged with {}",
        "drop": {"before": "request lost", "after-commit": "done, response lost"},
        "reset": "connection reset",
        "duplicate": "done twice",
        "expire_token": "token expires",
        "truncate": "body cut to {} bytes",
        "malformed": "body broken",
        "retry_after": "Retry-After {} s",
        "slow_body": "body at {} bytes a second",
    }
    words = [_words(text, rule[key]) for key, text in texts.items() if key in rule]
    return words + ([_delay(rule["delay_ms"])] if "delay_ms" in rule else [])


def turns_text(rule: Rule) -> str:
    """Return when the rule acts: `the first 3`, `every 2nd`, or `each`."""
    words = [f"the first {rule['first']}"] if "first" in rule else []
    words += [f"every {_ordinal(rule['every'])}"] if rule.get("every", 1) > 1 else []
    if "probability" in rule:
        words.append(f"{rule['probability']:.0%} by chance" + (f", seed {rule['seed']}" if "seed" in rule else ""))
    words += [f"until {rule['until']}"] if "until" in rule else []
    return ", ".join(words) or "each"


def arguments(rule: Rule) -> str:
    """Return the rule as `pkb-sandbox fault add` takes it, quoted for a shell."""
    pairs = ((key, value) for key, value in rule.items() if key not in ("id", "hits"))
    return " ".join(quote(f"{key}={value if isinstance(value, str) else _compact(value)}") for key, value in pairs)


def _words(text: str | Mapping[str, str], value: Any) -> str:
    return text.format(value) if isinstance(text, str) else text[value]


def _delay(delay: Any) -> str:
    if not isinstance(delay, dict):
        return f"{delay} ms late"
    ((kind, (low, high)),) = delay.items()
    return f"{low} to {high} ms late" if kind == "uniform" else f"about {low} ms late (lognormal, sigma {high})"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if number % 100 in (11, 12, 13) else endings.get(number % 10, 'th')}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
