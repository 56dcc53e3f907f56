"""Synthetic FHIR resources: `instance` generates a valid one of any STU3 or R4 type, the same for the same seed."""

from __future__ import annotations

from sandbox.synthetic.fhir.instance import instance, make_instance
from sandbox.synthetic.fhir.scene import Scene
from sandbox.synthetic.fhir.structure import resource_types

__all__ = ["Scene", "instance", "make_instance", "resource_types"]
