"""Types of measurement: PKB's own, and those of a world file.

Source: *Entity: Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A conversion of a value to the parent type: ((value - subtract) x multiply + value2 x multiply2) / divide."""

    subtract: Decimal = Decimal(0)
    multiply: Decimal = Decimal(1)
    multiply2: Decimal = Decimal(0)
    divide: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementType:
    """A type with an apiRef. A type with two values has a second unit, and may have codes for each value and for
    both.

    `id` is PKB's number in digits. `parent` of an input form is the apiRef of the type to which its values are
    converted.
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
        """Return whether the type has two values, such as blood pressure."""
        return bool(self.unit2 or self.code2)
