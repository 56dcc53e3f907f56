"""The privacy label of a Customer's resource: its own, or that of the Customer's mapping of its code.

Source: *Privacy labels*, https://manual.patientsknowbest.com/patient/privacy-labels
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.fhir.aggregated.references import Unaggregated
from sandbox.model.organisation import LABELS

SYSTEM = "http://fhir.patientsknowbest.com/codesystem/privacy-label"

Json = dict[str, Any]


def label_of(resource: Json, mapping: Mapping[str, Mapping[str, str]]) -> str:
    """Return the label, or empty if it is unset. Raises Unaggregated for two labels, or for an unknown one.

    `mapping` is coding system → code → label.
    """
    codes = [
        coding.get("code", "")
        for coding in resource.get("meta", {}).get("security", ())
        if coding.get("system") == SYSTEM
    ]
    if len(codes) > 1:
        raise Unaggregated("meta.security has more than one privacy label")
    if codes:
        if codes[0] not in LABELS:
            raise Unaggregated(f"meta.security has the unknown privacy label {codes[0]}")
        return str(codes[0])
    # Without a label of its own: aggregated.label-of-resource, the Customer's mapping of the code comes second.
    code = resource.get("code")
    codings = code.get("coding", ()) if isinstance(code, dict) else ()
    return next(
        (label for coding in codings if (label := mapping.get(coding.get("system"), {}).get(coding.get("code")))), ""
    )
