"""The groups of an ORU^R01: each OBR with its ORC, notes and observations, and their places for error texts.

Source: *Laboratory*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364848908
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sandbox.base.pauses import with_pauses
from sandbox.errors import Invalid
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import NULL
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.segments import Segment

DELETED = "R"


@dataclass(slots=True)
class Observation:
    """An OBX with the notes after it."""

    obx: Segment
    place: str
    comments: list[Segment] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """The texts of the NTE segments after the OBX."""
        return _texts(self.comments) if self.comments else []

    @property
    def lines(self) -> list[str]:
        """OBX-5 as text: one line for each repetition and line break; a blank OBX-5 is a blank line."""
        texts = [repetition.component(1) for repetition in self.obx.each(5, 1)] or [""]
        if len(texts) == 1:
            return [""] if texts[0] == NULL else texts[0].split("\n")
        return [line for text in texts for line in ("" if text == NULL else text).split("\n")]

    @property
    def whole(self) -> str:
        """OBX-5 with all its components, for encapsulated data; empty if all are empty."""
        content = "^".join(self.obx.values(5, len(self.obx.components(5))))
        return content if content.strip("^") else ""


@dataclass(slots=True)
class Panel:
    """An OBR with its ORC, the notes after it, and its observations."""

    obr: Segment
    orc: Segment | None
    place: str
    comments: list[Segment] = field(default_factory=list)
    observations: list[Observation] = field(default_factory=list)
    _at: list[datetime | None] = field(default_factory=list)

    def at(self, inbound: InboundMessage) -> datetime | None:
        """OBR-7, parsed once. Raises Invalid for a malformed one."""
        if not self._at:
            self._at.append(inbound.timestamp(self.obr, 7))
        return self._at[0]

    @property
    def notes(self) -> list[str]:
        """The texts of the NTE segments after the OBR and before its first observation."""
        return _texts(self.comments)

    @property
    def deletes(self) -> bool:
        """Return whether OBR-25 deletes earlier results."""
        return self.obr.text(25) == DELETED

    @property
    def order_number(self) -> str:
        """Return the filler order number. Raises Invalid if ORC-3 and OBR-3 differ."""
        ours, theirs = _number(self.obr), _number(self.orc) if self.orc else ""
        # Either segment may carry the number; with two it would be unclear which of them a later correction means.
        if ours and theirs and ours != theirs:
            raise Invalid(
                f"{self.place}: ORC-3.1 [{theirs}] and OBR-3.1 [{ours}] must be the same filler order number",
                rule="results.order-number",
                instead="the same number in both fields, or one of them blank",
            )
        return ours or theirs


def _texts(comments: list[Segment]) -> list[str]:
    return [comment.text(3) for comment in comments]


def _number(segment: Segment) -> str:
    """Return the filler order number of an ORC or OBR; only blanks mean none."""
    number = segment.text(3)
    return number if number.strip() else ""


def panels(message: Er7Message) -> list[Panel]:
    """Return the groups of a message, in order. An ORC applies to the OBR segments after it."""
    groups: list[Panel] = []
    orc: Segment | None = None
    for segment in with_pauses(message.all):
        if segment.name == "ORC":
            orc = segment
        elif segment.name == "OBR":
            groups.append(Panel(segment, orc, f"OBR[{len(groups) + 1}]"))
        elif segment.name == "OBX" and groups:
            panel = groups[-1]
            panel.observations.append(Observation(segment, f"{panel.place}.OBX[{len(panel.observations) + 1}]"))
        elif segment.name == "NTE" and groups:
            owner = groups[-1].observations[-1] if groups[-1].observations else groups[-1]
            owner.comments.append(segment)
    return groups


def order_number(inbound: InboundMessage, groups: list[Panel], *, needed: bool) -> str:
    """Return the filler order number of a message. Raises Invalid for none, or for more than one."""
    numbers: dict[str, Panel] = {}
    for panel in groups:
        with inbound.attempt():
            numbers.setdefault(panel.order_number, panel)
    if needed and "" in numbers:
        panel = numbers[""]
        error = Invalid(
            f"{panel.place}: You need to provide at least one of:"
            " ORC.3.1 (filler order number), OBR.3.1 (filler order number)",
            where=inbound.at(panel.obr, 3),
            rule="results.order-number",
            instead="a filler order number in OBR-3 or ORC-3",
        )
        inbound.refuse(error)
        del numbers[""]
    if len(numbers) > 1:
        error = Invalid(
            f"All OBR must have the same filler order number. You provided [{', '.join(numbers)}]",
            where=inbound.at(list(numbers.values())[1].obr, 3),
            rule="results.order-number",
            instead="one message for each order",
        )
        inbound.refuse(error)
    return next(iter(numbers), "")


def observed_at(inbound: InboundMessage, panel: Panel, observation: Observation) -> datetime:
    """Return OBX-14, else OBR-7. Raises Invalid without either, in PKB's words."""
    at = inbound.timestamp(observation.obx, 14) or panel.at(inbound)
    if at is not None:
        return at
    # An invalid timestamp has been refused already.
    if inbound.errors is None or not (observation.obx.has(14) or panel.obr.has(7)):
        error = Invalid(
            f"{observation.place}: No observation timestamp in OBX or OBR",
            where=inbound.at(observation.obx, 14),
            rule="results.time",
            instead="a timestamp in OBX-14 or OBR-7",
        )
        inbound.refuse(error)
    return inbound.entered_at
