"""The value of a result: a number, a number with a comparator, or text.

Source:
https://blog.patientsknowbest.com/2018/06/06/pkb-will-support-structured-numeric-lab-results-sent-in-hl7-orur01-messages/
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sandbox.errors import Invalid
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.messages.oru_panels import Observation

COMPARATORS = {"": "", "=": "", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
SIMPLE = ("NM", "TX", "FT", "ST")
"""Value types with one component; other types may have an empty first component and are text too."""
_NUMBER = re.compile(r"[+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40})", re.ASCII)


def value_of(inbound: InboundMessage, observation: Observation) -> dict[str, Any] | None:
    """Parse `value` with or without `comparator`, or `text`; None for a ratio or range, which PKB ignores.

    Raises Invalid for an observation without a value.
    """
    obx = observation.obx
    if obx.text(2) == "SN":
        return _structured(inbound, observation)
    text = "\n".join(observation.lines).strip()
    if not text and obx.text(2) not in SIMPLE:
        text = observation.whole
    if not text:
        inbound.refuse(no_value(inbound, observation))
    return {"value": Decimal(text)} if _NUMBER.fullmatch(text) else {"text": text}


def no_value(inbound: InboundMessage, observation: Observation) -> Invalid:
    """Build the refusal of an observation without a value."""
    return Invalid(
        f"{observation.place}: OBX-5.1 (value) must be provided. You provided []",
        where=inbound.at(observation.obx, 5),
        rule="hl7.field-required",
        instead="a value in OBX-5",
    )


def _structured(inbound: InboundMessage, observation: Observation) -> dict[str, Any] | None:
    obx = observation.obx
    # A separator and a second number make a ratio or range.
    if obx.text(5, 3) or obx.text(5, 4):
        return None
    comparator, number = obx.text(5), obx.text(5, 2).strip()
    if comparator not in COMPARATORS or not _NUMBER.fullmatch(number):
        error = Invalid(
            f"{observation.place}: OBX-5.2 (number) must be a number, with =, <, <=, > or >= in OBX-5.1."
            f" You provided [{comparator}] [{number}]",
            where=inbound.at(obx, 5, 2),
            rule="results.structured-numeric",
            instead="comparator and number in separate components, as in <^0.19",
        )
        inbound.refuse(error)
        return {"text": ""}
    return {"value": Decimal(number), "comparator": COMPARATORS[comparator]}
