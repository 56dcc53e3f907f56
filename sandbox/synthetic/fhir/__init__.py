"""Synthetic FHIR resources: `instance` makes a valid one of any type of STU3 and R4, the same for the same seed."""

from __future__ import annotations

from sandbox.synthetic.fhir.instance import instance, make
from sandbox.synthetic.fhir.scene import Scene
from sandbox.synthetic.fhir.structure import resource_types

__all__ = ["Scene", "instance", "make", "resource_types"]
