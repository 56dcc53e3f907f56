"""Keys of indexes as bytes: equal keys as equal bytes, different keys as different bytes."""

from __future__ import annotations

import json
from collections.abc import Hashable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.errors import Invalid


def _tagged(value: Any) -> Any:
    """Return a value that JSON does not have as an object of one key, which no key is."""
    if isinstance(value, Decimal):
        # 1.0 and 1.00 are equal keys in memory, so they must be the same bytes.
        return {"decimal": str(value.normalize())}
    if isinstance(value, (date, datetime)):
        return {"time": value.isoformat()}
    raise Invalid(f"{type(value).__name__} cannot be a key of an index")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_tagged).encode


def key_bytes(key: Hashable) -> bytes:
    """Return a key as bytes. A lone surrogate, which JSON allows in a resource, stays what it is."""
    return _encode(key).encode("utf-8", "surrogatepass")
