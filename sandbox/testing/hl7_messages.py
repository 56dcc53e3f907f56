"""Whole valid messages of every type that PKB accepts, generated from the facts files that check messages.

A facts file contains the structure of a message and its fields: required, repeating, data types and code
sets. Rules about several fields are in `hl7_agreement`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from sandbox.hl7 import attachments
from sandbox.hl7.profiles import FieldRow, Profile, profiles
from sandbox.testing import hl7_values
from sandbox.testing.er7 import Drawn, tree
from sandbox.testing.hl7_agreement import agree_on_allergies, agree_on_order, agree_on_teams
from sandbox.testing.hl7_values import Value

FILES = {
    "MDM^T02 document": attachments.DOCUMENT,
    "MDM^T02 care plan": attachments.CARE_PLAN,
    "ORU^R01 radiology": attachments.RADIOLOGY,
}
"""Profile → the files that its OBX-5 accepts."""

MOST_REPEATS = 3
"""Repetitions of a segment or field that repeats, at most."""

CREATING = ("ADT^A28", "ADT^A31")
"""Types that create a patient, and then require a name."""


def hl7_types() -> tuple[str, ...]:
    """The names that `hl7_messages` accepts: a type, with its use if it has several, such as `MDM^T02 care plan`."""
    return tuple(profiles())


@st.composite
def hl7_messages(
    draw: st.DrawFn,
    name: str,
    *,
    patients: st.SearchStrategy[str] | None = None,
    facility: str = "ANY",
    teams: Sequence[str] = (),
    key: st.SearchStrategy[str] = hl7_values.keys,
) -> str:
    """Generate ER7 messages of one of `hl7_types`.

    `patients` generates the text of PID-3, by default a new NHS number; `facility` is MSH-4; `teams` are aliases, the
    default team first (without any there is no ZTM); `key` generates the sender's id of the data point. A message
    about an appointment other than SIU^S12 may omit fields that only a new appointment needs.
    """
    profile = profiles()[name]
    patient = draw(patients if patients is not None else new_patients())
    message = _Message(draw, profile, patient, draw(key), teams, complete=name == "SIU^S12" or draw(st.booleans()))
    segments = list(message.segments(tree(profile.structure)[1:]))
    agree_on_teams(segments, teams)
    agree_on_allergies(segments)
    if profile.type == "ORU^R01":
        agree_on_order(draw, profile, segments, message.key)
    lines = [_header(draw, profile, facility), *(segment.written() for segment in segments)]
    # PKB ignores unknown segments, and clients' systems send them.
    unknown = draw(st.sampled_from(((), ("ZZZ|1|a segment that PKB does not know",))))
    # Files and editors change the ends of lines, so that all three are valid.
    return draw(st.sampled_from(("\r", "\n", "\r\n"))).join((*lines, *unknown))


def new_patients() -> st.SearchStrategy[str]:
    """Generate PID-3 with a verified NHS number from the test range."""
    return hl7_values.nhs_numbers().map(lambda number: f"{number}^^^NHS^NH{{status:01}}")


def _header(draw: st.DrawFn, profile: Profile, facility: str) -> str:
    application = "RADIOLOGY" if profile.slice == "radiology" else draw(st.sampled_from(("PAS", "LIMS4", "")))
    at, control_id = draw(hl7_values.timestamps), draw(hl7_values.keys)
    # MSH-9.3 may be anything: PKB's messages are known by the first two components.
    type_ = profile.type + draw(st.sampled_from(("", "^ANY_Z01")))
    version = draw(st.sampled_from(("2.3", "2.4", "2.7")))
    return f"MSH|^~\\&|{application}|{facility}|HL7API|PKB|{at}||{type_}|{control_id}|P|{version}"


@dataclass(slots=True)
class _Message:
    """The parameters of one generated message. `complete`: with the fields that only creating requires."""

    draw: st.DrawFn
    profile: Profile
    patient: str
    key: str
    teams: Sequence[str]
    complete: bool

    def segments(self, parts: list[Any]) -> Iterator[Drawn]:
        """Generate the segments of a structure: optional parts may be absent, others repeat up to three times."""
        for part in parts:
            if isinstance(part, str):
                yield self._segment(part)
            elif part[0] == "{":
                for _ in range(self.draw(st.integers(1, MOST_REPEATS))):
                    yield from self.segments(part[1])
            elif self.draw(st.booleans()):
                yield from self.segments(part[1])

    def _segment(self, name: str) -> Drawn:
        drawn = Drawn(name)
        rows = [row for row in self.profile.fields if row.segment == name and row.type != "varies"]
        chosen = {row.one_of: self._some_alternatives(rows, row.one_of) for row in rows if row.one_of}
        for row in rows:
            if row in chosen[row.one_of] if row.one_of else self._is_generated(row):
                self._fill(drawn, row)
        if name == "PID":
            self._identify(drawn)
        if self.profile.name in FILES and drawn.get(2) == "ED":
            drawn.fields[5] = [self.draw(hl7_values.encapsulated(FILES[self.profile.name]))]
        return drawn

    def _identify(self, pid: Drawn) -> None:
        """Generate the identifiers, possibly with an e-mail address that no other patient has."""
        pid.fields[3] = [dict(enumerate(identifier.split("^"), 1)) for identifier in self.patient.split("~")]
        if self.draw(st.booleans()):
            own = "".join(filter(str.isalnum, self.patient))[:40]
            pid.fields.setdefault(13, []).append({2: "NET", 4: f"p{own}@example.org"})

    def _some_alternatives(self, rows: list[FieldRow], one_of: str) -> list[FieldRow]:
        """Generate at least one of the alternatives."""
        alike = [row for row in rows if row.one_of == one_of]
        return self.draw(st.sampled_from([*([row] for row in alike), alike]))

    def _is_generated(self, row: FieldRow) -> bool:
        if row.optionality == "R":
            return self.complete or row.when != "creating an appointment"
        if row.type == "XPN" and self.profile.type in CREATING:
            return True
        return self.draw(st.booleans())

    def _fill(self, drawn: Drawn, row: FieldRow) -> None:
        values = self._values(row)
        several = st.lists(values, min_size=1, max_size=MOST_REPEATS)
        for value in self.draw(several if row.repeats else st.tuples(values)):
            placed = {row.component - 1 + number: text for number, text in value.items()}
            if row.repeats and row.field in drawn.fields:
                drawn.fields[row.field].append(placed)
            else:
                drawn.put(row.field, placed)

    def _values(self, row: FieldRow) -> st.SearchStrategy[Value]:
        if row.type == "EI":
            return st.just({1: self.key})
        if row.values:
            return st.sampled_from([{1: value} for value in row.values])
        return hl7_values.TYPES[row.type]
