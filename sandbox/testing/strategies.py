"""Hypothesis strategies for users' own property tests; `pip install pkb-sandbox[testing]` installs hypothesis.

`hl7_messages("ORU^R01 laboratory", patients=st.just("9991001379^^^NHS^NH"))` generates whole valid ER7 messages,
`fhir_resources("r4", "Observation")` valid resources, `patients()` synthetic people.
"""

from __future__ import annotations

try:
    from sandbox.testing.fhir_resources import fhir_resources, fhir_types, patients
    from sandbox.testing.hl7_messages import hl7_messages, hl7_types
    from sandbox.testing.hl7_values import nhs_numbers
except ModuleNotFoundError as missing:
    # Any other missing module is an error of ours, which this advice must not hide.
    if missing.name != "hypothesis":
        raise
    raise ModuleNotFoundError(
        "sandbox.testing.strategies needs hypothesis: pip install 'pkb-sandbox[testing]'", name=missing.name
    ) from missing

__all__ = ["fhir_resources", "fhir_types", "hl7_messages", "hl7_types", "nhs_numbers", "patients"]
