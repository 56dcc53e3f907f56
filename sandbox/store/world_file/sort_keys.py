"""Sort keys as bytes that compare as the keys do, and back.

A byte for the type stands first: the keys of an ordering all have the same type.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.errors import Invalid

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_ZERO = 0x80
"""The first byte of 0; of a positive number it is greater by the number of its bytes, of a negative one smaller."""
_INVERTED = bytes(range(255, -1, -1))


def sort_bytes(key: Any) -> bytes:
    """Return a sort key as bytes. Raises Invalid for a type without an order."""
    for type_, (prefix, write, _) in _TYPES.items():
        if isinstance(key, type_):
            return prefix + write(key)
    raise Invalid(f"{type(key).__name__} cannot be a sort key")


def sort_key(data: bytes) -> Any:
    """Return an equal key for the bytes of a sort key."""
    return next(read for prefix, _, read in _TYPES.values() if prefix == data[:1])(data[1:])


def _integer(number: int) -> bytes:
    size = (abs(number).bit_length() + 7) // 8
    digits = abs(number).to_bytes(size)
    return bytes([_ZERO + size]) + digits if number >= 0 else bytes([_ZERO - size]) + digits.translate(_INVERTED)


def _read_integer(data: bytes) -> int:
    if data[0] >= _ZERO:
        return int.from_bytes(data[1 : 1 + data[0] - _ZERO])
    return -int.from_bytes(data[1 : 1 + _ZERO - data[0]].translate(_INVERTED))


def _decimal(number: Decimal) -> bytes:
    """Return sign, exponent and digits; the last two are inverted for a negative number, whose order they turn."""
    if not number.is_finite():
        return b"\x04" if number > 0 else b"\x00"
    if not number:
        return b"\x02"
    sign, digits, _ = number.as_tuple()
    # The end mark is less than every digit, so that 1.2 comes before 1.25.
    text = "".join(map(str, digits)).strip("0") + "\0"
    size = _integer(number.adjusted()) + text.encode()
    return b"\x01" + size.translate(_INVERTED) if sign else b"\x03" + size


def _read_decimal(data: bytes) -> Decimal:
    if len(data) == 1:
        return {0: Decimal("-Infinity"), 2: Decimal(0), 4: Decimal("Infinity")}[data[0]]
    size = data[1:].translate(_INVERTED) if data[0] == 1 else data[1:]
    exponent = _read_integer(size)
    digits = size[1 + abs(size[0] - _ZERO) : -1].decode()
    return Decimal(f"{'-' if data[0] == 1 else ''}{digits[0]}.{digits[1:]}E{exponent}")


def _instant(at: datetime) -> bytes:
    return _integer((at - EPOCH) // MICROSECOND)


def _read_instant(data: bytes) -> datetime:
    return EPOCH + _read_integer(data) * MICROSECOND


_TYPES: dict[type, tuple[bytes, Callable[[Any], bytes], Callable[[bytes], Any]]] = {
    str: (b"s", lambda text: text.encode("utf-8", "surrogatepass"), lambda data: data.decode("utf-8", "surrogatepass")),
    int: (b"i", _integer, _read_integer),
    Decimal: (b"d", _decimal, _read_decimal),
    datetime: (b"t", _instant, _read_instant),
}
"""Type of a sort key → its byte, and the functions to write and read it."""
