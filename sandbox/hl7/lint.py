"""Predict how PKB would process a message: what it uses, ignores and refuses, and how the record would change.

The message takes the same path as a real one, against the current record; then all changes are rolled back.
Findings come from the facts files that also check messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sandbox.access.matrix import decide
from sandbox.access.principal import Principal
from sandbox.base.readable import shortened
from sandbox.domain.notifications.suppression import reasons
from sandbox.domain.record import Cause
from sandbox.errors import Invalid, SandboxError
from sandbox.facts import ledger
from sandbox.hl7.inbound_message import MessageNotice
from sandbox.hl7.profiles import FieldRow, group, profiles
from sandbox.hl7.receiver import Authorise, Reply, collect_errors, is_long, receive
from sandbox.hl7.roadmap import switched_on
from sandbox.hl7.usage import MORE, SegmentPlace, unread_in
from sandbox.model import (
    Aggregate,
    Credential,
    DueWork,
    FirstStored,
    Mapped,
    OutboxItem,
    Resource,
    ResourceVersion,
    Upstream,
)
from sandbox.settings import Settings
from sandbox.store.store import Change
from sandbox.worlds.causes import caused_by
from sandbox.worlds.slices import Slices, Work, at_once, paused
from sandbox.worlds.turns import in_turns
from sandbox.worlds.workspace import Workspace

Json = dict[str, Any]
T = TypeVar("T")
_PLACE = re.compile(r"\b([A-Z][A-Z0-9]{2})(?:[-.](\d+)(?:\.(\d+))?|\b(?= segment))")
_NUMBER = re.compile(r"\d+")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
PLACES = {
    "matching.no-identifier": "PID-3",
    "matching.ambiguous": "PID-3",
    "matching.no-patient": "PID-3",
    "matching.create-needs-number": "PID-3",
    "matching.one-email": "PID-3",
    "demographics.create-needs-names": "PID-5",
    "demographics.strict": "PID-7",
    "contacts.email-of-another-record": "PID-13",
    "hl7.unknown-sending-facility": "MSH-4",
}
"""Rules of the record, which do not depend on HL7 → the field that they concern."""
UNSAID = ("id", "patient", "source", "entered_at", "persisted_at", "updated_at", "created_at", "versions")
"""Attributes that an effect does not list, because every message changes them."""

MOST_FINDINGS = 10_000
"""Maximum number of findings: a message of only delimiters has a hundred thousand."""
FOLLOWS = (Aggregate, DueWork, FirstStored, Mapped, Resource, ResourceVersion, Upstream)
"""Entities that are not effects: scheduled work, and rows of Aggregated."""

LONGEST = 80
"""Maximum number of characters of a value in an effect."""


def lint(principal: Principal, text: str) -> Json:
    """Return `ack` (AA, AR or AE), `ack_text`, `findings` in the order of the message, and `effects` on the record.

    A change of only times is not an effect, because every message makes it.
    """
    return rehearse(principal, text).outcome


async def lint_in_slices(principal: Principal, text: str) -> Json:
    """Do the same in slices: a message of thousands of segments would hold up other requests."""
    workspace = principal.workspace
    # The rehearsal of a long one is done in turns too, and with a data file at once, as when it is sent.
    if not is_long(text) or workspace.store.changes is not None:
        return (await Slices().complete(_in_steps(principal, text))).outcome
    async with workspace.in_flight.alone():
        return (await in_turns(lambda: paused(_in_steps(principal, text)))).outcome


class Rehearsal(NamedTuple):
    """The result of `lint`, and the changes that the message would make, each entity before and after."""

    outcome: Json
    changes: list[Change]


def rehearse(principal: Principal, text: str) -> Rehearsal:
    """Process a message and roll everything back."""
    return at_once(_in_steps(principal, text))


def _in_steps(principal: Principal, text: str) -> Work[Rehearsal]:
    workspace = principal.workspace
    reply, changes = _rehearsed(workspace, lambda: receive(principal, text, _authorise(principal)))
    yield
    examined, errors = reply, [reply.error] if reply.error else []
    # A message stops at its first error; a second pass collects the others, and its changes count for nothing.
    if reply.ack == "AR":
        (examined, more), _ = _rehearsed(workspace, lambda: collect_errors(principal, text, _authorise(principal)))
        errors += more
        yield
    findings = []
    for finding in islice(_findings(examined, workspace.settings), MOST_FINDINGS + 1):
        findings.append(finding)
        yield
    if len(findings) > MOST_FINDINGS:
        findings[MOST_FINDINGS:] = [_of_notice(MORE)]
    effects = []
    for before, after in changes:
        effects.append(_effect(before, after))
        yield
    outcome = {
        "ack": reply.ack,
        "ack_text": reply.text,
        "findings": [*_errors(errors), *findings],
        "effects": [effect_row for effect_row in effects if effect_row["text"]],
    }
    return Rehearsal(outcome, changes)


def _authorise(principal: Principal) -> Authorise:
    return lambda action: decide(principal, "hl7", action)


def _rehearsed(workspace: Workspace, act: Callable[[], T]) -> tuple[T, list[Change]]:
    """Return the result of an act and the changes that it would make, and roll them back."""
    outcomes: list[T] = []
    # Ids drawn in a rehearsal are given back, so that a lint does not change the ids of later messages.
    with workspace.ids.unspent(), caused_by(Cause(api="hl7")):
        changes = workspace.store.rehearse(lambda: outcomes.append(act()))
    return outcomes[0], changes


def sender(workspace: Workspace, user: str | None) -> Principal:
    """Return the HL7 credential for sending a message: by default the first of an organisation.

    Raises Invalid for a name that is not an HL7 user name.
    """
    store = workspace.store
    chosen = store.find_one(Credential, user) if user else next(iter(store.find(Credential, "kind", "hl7-org")), None)
    if chosen is None or not chosen.kind.startswith("hl7-"):
        user_names = [credential.id for credential in store.all(Credential) if credential.kind.startswith("hl7-")]
        raise Invalid(f"credential must be one of: {', '.join(user_names) or 'none'}; not {user!r}")
    return Principal(workspace=workspace, credential=chosen, organisation=chosen.organisation)


def as_text(name: str, outcome: Json) -> str:
    """Format the result of `lint` for a terminal: a line for the outcome, each finding and each effect."""
    lines = [f"{name}: {outcome['ack']}"]
    for finding in outcome["findings"]:
        place = f"{finding['segment']}-{finding['field']}" if finding["field"] else finding["segment"]
        lines.append(f"  {finding['level']:<8} {place:<10} {finding['text']} [{finding['standing']}]")
    lines += [f"  {change['action']:<8} {change['kind']}: {change['text']}" for change in outcome["effects"]]
    return "\n".join(lines)


def _errors(errors: Iterable[SandboxError]) -> Iterator[Json]:
    """Create one finding for each distinct error."""
    findings: dict[tuple[str, str, str], Json] = {}
    for error in errors:
        fact = ledger().get(error.rule)
        segment, field = _place_of(error)
        text = error.text + (f" (accepted: {error.instead})" if error.instead else "")
        standing, source = (fact.standing, fact.source) if fact else ("choice", "PKB is silent")
        findings.setdefault((error.text, segment, field), _finding(segment, field, "error", text, standing, source))
    return iter(findings.values())


def _place_of(error: SandboxError) -> tuple[str, str]:
    """Find segment and field of an error: its own place, its rule's place, or the first place in its text."""
    where = error.where or PLACES.get(error.rule, "")
    if where:
        segment, _, field = where.partition("-")
        return segment, field
    # Without the prefix of an observation (`OBR[1].OBX[2]: `), which is a position, not a field.
    place = _PLACE.search(error.text.replace("OBR[", "[").replace("OBX[", "["))
    return (place[1], ".".join(part for part in place.groups()[1:] if part)) if place else ("", "")


def _of_notice(notice: MessageNotice) -> Json:
    fact = ledger()[notice.rule]
    return _finding(notice.segment, notice.field, notice.level, notice.text, fact.standing, fact.source)


def _findings(reply: Reply, settings: Settings) -> Iterator[Json]:
    """List the used and unused parts of each segment, in the order of the message, after findings about the whole
    message.
    """
    profile = profiles().get(reply.profile)
    if reply.message is None or profile is None:
        yield from map(_of_notice, reply.notices)
        return
    by_segment: dict[str, list[Json]] = {}
    for notice in reply.notices:
        by_segment.setdefault(notice.segment, []).append(_of_notice(notice))
    yield from by_segment.get("", ())
    announced = group(switched_on(settings, profile.type))
    noticed = {(notice.segment, notice.field.removesuffix("[1]")) for notice in reply.notices if notice.level != "hint"}
    for place in (SegmentPlace(segment, reply.message) for segment in reply.message.all):
        rows = profile.by_field.get(place.segment.name) or announced.get(place.segment.name, {})
        findings = [*_used(place, rows), *map(_of_notice, unread_in(place, profile))]
        findings = [finding for finding in findings if (finding["segment"], finding["field"]) not in noticed]
        findings += by_segment.get(place.name, ())
        yield from sorted(findings, key=lambda finding: [int(part) for part in _NUMBER.findall(finding["field"])])


def _used(place: SegmentPlace, rows: dict[int, list[FieldRow]]) -> Iterator[Json]:
    """List the used parts of a segment: one finding for each field and repetition, or for each component with a row."""
    segment = place.segment
    for number in range(1, len(segment)):
        of_field = rows.get(number, [])
        for position, repetition in enumerate(segment.repetitions(number) if of_field else (), 1):
            bits = segment.bits(number, position)
            filled = [at for at, component in enumerate(repetition.components, 1) if component and bits >> at & 1]
            field = str(number) if position == 1 else f"{number}[{position}]"
            if len(of_field) == 1 and filled:
                yield _used_finding(place, field, of_field[0])
            for component in filled if len(of_field) > 1 else ():
                row = next((row for row in of_field if row.component == component), of_field[0])
                yield _used_finding(place, f"{field}.{component}", row)


def _used_finding(place: SegmentPlace, field: str, row: FieldRow) -> Json:
    return _finding(place.name, field, "used", _requirement(row) + row.rule, row.standing, row.source)


def _requirement(row: FieldRow) -> str:
    if row.optionality != "R":
        return ""
    if row.one_of:
        return "Required, this or its alternative. "
    return f"Required when {row.when}. " if row.when else "Required. "


def _finding(segment: str, field: str, level: str, text: str, standing: str, source: str) -> Json:
    return {"segment": segment, "field": field, "level": level, "text": text, "standing": standing, "source": source}


def _effect(before: Any, after: Any) -> Json:
    """Describe a change as `effect` does, with outbox items as such and derived entities as empty."""
    if isinstance(after, OutboxItem):
        return _outbox_effect(after)
    if isinstance(before, OutboxItem) or isinstance(after or before, FOLLOWS):
        return {"text": ""}
    return effect(before, after)


def _outbox_effect(item: OutboxItem) -> Json:
    """Describe an item that PKB would send or suppress, with the reason."""
    text = f"{item.kind} by {item.channel} to {item.to or 'no address'}: {item.text}"
    if item.suppressed:
        text += f". Not sent ({item.suppressed}): {reasons()[item.suppressed]}"
    return {"kind": "outbox item", "action": "suppress" if item.suppressed else "create", "text": text}


def effect(before: Any, after: Any) -> Json:
    """Describe one change of the record: kind of entity, create, change or delete, and the attributes."""
    entity = after if after is not None else before
    action = "create" if before is None else "delete" if after is None else "change"
    attributes = [
        f"{field.name.rstrip('_')}: {_value(getattr(entity, field.name))}"
        for field in fields(entity)
        if field.name not in UNSAID and _is_listed_attribute(before if action != "delete" else None, entity, field.name)
    ]
    return {"kind": _WORDS.sub(" ", type(entity).__name__).lower(), "action": action, "text": "; ".join(attributes)}


def _is_listed_attribute(before: Any, entity: Any, name: str) -> bool:
    """Return whether to list an attribute: it has changed or, for a created or deleted entity, has a value."""
    value = getattr(entity, name)
    if before is not None:
        return bool(getattr(before, name) != value)
    # Zero is listed, because it is a value; False and blanks are the defaults.
    return value is not None and value is not False and bool(_value(value).strip())


def _value(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, tuple):
        return ", ".join(_value(component) for component in value)
    if hasattr(value, "__dataclass_fields__"):
        return " ".join(_value(part) for field in fields(value) if (part := getattr(value, field.name)))
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    text = " ".join(text.split())
    return shortened(text, LONGEST)
