"""Hypothesis strategies for users' own property tests; `pip install pkb-sandbox[testing]` brings hypothesis.

`hl7_messages("ORU^R01 laboratory", patients=st.just("9991001379^^^NHS^NH"))` gives whole valid ER7 messages.
"""

from __future__ import annotations

from sandbox.testing.hl7_messages import hl7_messages, hl7_types
from sandbox.testing.hl7_values import nhs_numbers

__all__ = ["hl7_messages", "hl7_types", "nhs_numbers"]
