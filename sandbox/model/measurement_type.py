"""Types of measurement: PKB's own, and those that a world adds.

Source: *Entity: Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """How a value becomes one of the type: ((value - subtract) x multiply + value2 x multiply2) / divide."""

    subtract: Decimal = Decimal(0)
    multiply: Decimal = Decimal(1)
    multiply2: Decimal = Decimal(0)
    divide: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementType:
    """A type that has an apiRef. One of two values has a second unit, and may have a code for each and for the whole.

    `id` is PKB's number in digits. An input form has a `parent`, the apiRef of the type that it is converted to.
    """

    id: str
    api_ref: str
    name: str
    category: str = ""
    unit: str = ""
    unit2: str = ""
    code: str = ""
    code2: str = ""
    code_of_whole: str = ""
    code_system: str = ""
    code_system_name: str = ""
    parent: str = ""
    conversion: Conversion | None = None

    @property
    def is_double(self) -> bool:
        """Whether it has two values, as blood pressure has."""
        return bool(self.unit2 or self.code2)
