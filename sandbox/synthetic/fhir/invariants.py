"""Invariants of the specification between elements that are generated separately.

Sources: https://hl7.org/fhir/R4/condition.html#invs , https://hl7.org/fhir/STU3/condition.html#invs
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.synthetic.fhir.making import Making
from sandbox.synthetic.fhir.tables import coding

Json = dict[str, Any]


def condition(making: Making, resource: Json) -> Json:
    """con-4: a condition with an abatement is not active."""
    if "clinicalStatus" not in resource or not any(name.startswith("abatement") for name in resource):
        return resource
    resolved = coding(making.scene.release, "hl7:condition-clinical resolved Resolved")
    in_r4 = {"coding": [resolved], "text": resolved["display"]}
    return {**resource, "clinicalStatus": in_r4 if making.scene.release == "r4" else resolved["code"]}


INVARIANTS: dict[str, Callable[[Making, Json], Json]] = {"Condition": condition}
"""Resource type → the function that makes an instance satisfy its invariants."""
