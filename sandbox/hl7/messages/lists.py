"""AL1, DG1 and ZRX: the lists that a demographic message replaces.

Sources: *ADT A28*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365078168 ; *Entity: Medication*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3738402817 ; DG1 and parts of ZRX from an integrator's notes,
https://renalregistry.atlassian.net/wiki/spaces/ST/pages/1426226780
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.base.pauses import with_pauses
from sandbox.domain.data_points import labels
from sandbox.errors import Invalid
from sandbox.hl7.escapes import NULL
from sandbox.hl7.inbound_message import InboundMessage, parse_code
from sandbox.hl7.segments import Segment
from sandbox.model import Allergy, Code, Diagnosis, Medication, Name

DataPointFactory = Callable[[str], Any]
"""Builds the data point once the patient's id is known."""


def allergies(inbound: InboundMessage) -> list[DataPointFactory]:
    """Parse the AL1 segments. Raises Invalid for duplicates, which reject the whole message."""
    entries: list[DataPointFactory] = []
    seen: set[tuple[Any, ...]] = set()
    for al1 in with_pauses(inbound.message.segments("AL1")):
        allergen, onset_at = parse_code(al1, 3), inbound.timestamp(al1, 6)
        key = (*_key_of_allergen(allergen), onset_at)
        if key in seen:
            error = Invalid(
                "Duplicate allergies provided",
                where=inbound.at(al1, 3),
                rule="hl7.duplicate-allergies",
                instead="each allergen once for the same AL1-6",
            )
            inbound.refuse(error)
        seen.add(key)
        values = {
            "allergen": allergen,
            "label": labels.of_code(inbound.sender, allergen),
            "severity": parse_code(al1, 4),
            "reactions": tuple(
                text for repetition in al1.each(5, 1) if (text := repetition.component(1)) not in ("", NULL)
            ),
            "onset_at": onset_at,
            "provider": inbound.message.notes_after(al1),
        }
        entries.append(_entry(Allergy, inbound, values))
    return entries


def _key_of_allergen(allergen: Code) -> tuple[str, str]:
    """Return the key of an allergen: the code or its alternate; without codes the text or its alternate."""
    code = allergen.code or allergen.alternate_code
    # Code and text are different kinds of key: a text that reads like a code is not that code.
    return ("code", code) if code else ("text", allergen.text or allergen.alternate_text)


def diagnoses(inbound: InboundMessage) -> list[DataPointFactory]:
    """Parse the DG1 segments; the clinician is in DG1-16 or, from some senders, in DG1-6."""
    return [
        _entry(
            Diagnosis,
            inbound,
            {
                "diagnosis": parse_code(dg1, 3),
                "label": labels.of_code(inbound.sender, parse_code(dg1, 3)),
                "diagnosed_at": inbound.timestamp(dg1, 5),
                # From an integrator's notes: PKB's page names DG1-16, some senders use DG1-6.
                "clinician": _clinician(dg1, 16) or _clinician(dg1, 6),
                "note": inbound.message.notes_after(dg1),
            },
        )
        for dg1 in with_pauses(inbound.message.segments("DG1"))
    ]


def medications(inbound: InboundMessage) -> list[DataPointFactory]:
    """Parse the ZRX segments, which resemble RXE."""
    return [
        _entry(
            Medication,
            inbound,
            {
                "substance": parse_code(zrx, 2),
                "frequency": zrx.text(1, 2),
                "start_at": inbound.timestamp(zrx, 1, 4),
                "end_at": inbound.timestamp(zrx, 1, 5),
                "dose": zrx.text(3),
                "dose_units": parse_code(zrx, 5),
                "note": inbound.message.notes_after(zrx),
            },
        )
        for zrx in with_pauses(inbound.message.segments("ZRX"))
    ]


def _entry(kind: type[Any], inbound: InboundMessage, values: dict[str, Any]) -> DataPointFactory:
    return lambda patient: kind(**inbound.data_point(patient, **values))


def _clinician(segment: Segment, field: int) -> str:
    family = segment.text(field, 2)
    if not family:
        return ""
    given_name, middle, title = (segment.text(field, component) for component in (3, 4, 6))
    return Name(family=family, given=given_name, middle=middle, title=title).full
