"""The classes of an encounter: PKB's names and FHIR's codes."""

from __future__ import annotations

CLASSES = {
    "IN_PATIENT": "IMP",
    "OUT_PATIENT": "AMB",
    "AMBULATORY": "AMB",
    "EMERGENCY": "EMER",
    "HOME": "HH",
    "FIELD": "FLD",
    "DAYTIME": "SS",
    "VIRTUAL": "VR",
}
"""PKB's class → HL7's; `OTHER` has none."""
