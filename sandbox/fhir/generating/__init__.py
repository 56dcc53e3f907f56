"""Synthetic FHIR resources: `instance` makes a valid one of any type of STU3 and R4, the same for the same seed."""

from __future__ import annotations

from sandbox.fhir.generating.instance import instance, make
from sandbox.fhir.generating.scene import Scene
from sandbox.fhir.generating.structure import resource_types

__all__ = ["Scene", "instance", "make", "resource_types"]
