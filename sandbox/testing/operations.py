"""The operations of the library that take more than one control call, or that read its answer."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from sandbox.hl7.client import ENVELOPE, acknowledgment_in
from sandbox.testing.answers import Ack, ControlError
from sandbox.testing.signing_in import choose_credential
from sandbox.testing.steps import Ask, Control, Steps, basic

LONGEST_WAIT = 30.0
"""Maximum number of seconds of one long poll; a longer wait takes several polls."""


def create_workspace(control: Control, world: str | None = None) -> Steps[None]:
    """Make the workspace that a control object names. Raises ControlError for a name that is taken."""
    body = {"name": control.workspace, **({"world": world} if world else {})}
    yield from Control(admin_token=control.admin_token).ask("POST", "/workspaces", body)


def delete_workspace(control: Control) -> Steps[None]:
    """Delete the workspace that a control object names."""
    yield from Control(admin_token=control.admin_token).ask("DELETE", f"/workspaces/{control.workspace}")


def send_hl7(control: Control, text: str, credential: str | None) -> Steps[Ack]:
    """Send a message by SOAP, as an HL7 user or the first one. Raises ControlError when nothing acknowledges it."""
    row = choose_credential((yield from control.credentials()), credential or "hl7-org", None)
    message = text.replace("\r\n", "\r").replace("\n", "\r")
    headers = {"Content-Type": "text/xml;charset=utf-8", "SOAPAction": '""', **control.headers}
    headers |= basic(row["username"], row["password"])
    response = yield Ask("POST", "/services/hl7", headers=headers, content=ENVELOPE.format(escape(message)).encode())
    if response.is_error:
        raise ControlError("POST /services/hl7", response.status_code, response.text[:300])
    return Ack.parse(acknowledgment_in(response.content))


def wait_for(control: Control, timeout: float, filters: dict[str, Any]) -> Steps[dict[str, Any]]:
    """Wait for an exchange that matches, and return the newest one. Raises TimeoutError."""
    # Real time: the clock of the world may be frozen.
    end = time.monotonic() + timeout
    while True:
        rest = max(0.0, min(end - time.monotonic(), LONGEST_WAIT))
        found_by = {**filters, "limit": 1, "wait": round(rest, 3)}
        answer = yield from control.ask("GET", "/exchanges", waits=rest, **found_by)
        if answer["exchanges"]:
            exchange: dict[str, Any] = answer["exchanges"][-1]
            return exchange
        if time.monotonic() >= end:
            what = ", ".join(f"{name} {value}" for name, value in filters.items()) or "any filter"
            raise TimeoutError(f"No exchange with {what} within {timeout:g} seconds")


def fail_next(control: Control, rule: dict[str, Any]) -> Steps[dict[str, Any]]:
    """Put a fault before the others that acts once; `first` in the rule says how often instead."""
    rules = (yield from control.ask("GET", "/faults"))["rules"]
    kept = [{name: value for name, value in entry.items() if name not in ("id", "hits")} for entry in rules]
    answer = yield from control.ask("PUT", "/faults", {"rules": [{"first": 1, **rule}, *kept]})
    added: dict[str, Any] = answer["rules"][0]
    return added


def assert_exchanged(control: Control, expectation: dict[str, Any]) -> Steps[None]:
    """Raises AssertionError with the server's sentence when the journal does not meet an expectation of `verify`."""
    answer = yield from control.ask("POST", "/verify", {"expect": [expectation]})
    if not answer["ok"]:
        raise AssertionError("\n".join(failure["text"] for failure in answer["failures"]))


def assert_contract(control: Control, fail_on: str, allow: dict[str, str]) -> Steps[dict[str, Any]]:
    """Raises AssertionError with a sentence for each broken rule, what to do instead, and its source."""
    allowed = [{"rule": rule, "reason": reason} for rule, reason in allow.items()]
    answer = yield from control.ask("POST", "/verify", {"fail_on": [fail_on], "allow": allowed})
    report: dict[str, Any] = answer["report"]
    if not answer["ok"]:
        lines = [failure["text"] for failure in answer["failures"]]
        for finding in report["findings"]:
            if finding["instead"] and any(finding["rule"] in line for line in lines):
                lines.append(f"{finding['rule']}: instead {finding['instead']} ({finding['source']})")
        raise AssertionError("\n".join(lines))
    return report


def as_instant(at: datetime | str) -> str:
    """An ISO 8601 instant. Raises ValueError for a datetime without a time zone: the world would have to guess it."""
    if isinstance(at, datetime):
        if at.tzinfo is None:
            raise ValueError(f"{at!r} has no time zone; add one, such as tzinfo=datetime.UTC")
        return at.isoformat()
    return at


def as_duration(by: timedelta | str) -> str:
    """An ISO 8601 duration."""
    # `f`, because a small number would otherwise be written with an exponent.
    return f"PT{by.total_seconds():f}".rstrip("0").rstrip(".") + "S" if isinstance(by, timedelta) else by
