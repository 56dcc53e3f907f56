"""The table of targets, by name."""

from __future__ import annotations

from tests.fuzz.target import Target
from tests.fuzz.targets import doors, fhir, files, head, hl7, resources, searches, tokens, words

MODULES = (hl7, fhir, resources, searches, words, tokens, head, files, doors)
TARGETS: dict[str, Target] = {target.name: target for module in MODULES for target in module.TARGETS}
