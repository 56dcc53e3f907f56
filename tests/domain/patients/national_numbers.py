"""National numbers for tests: valid ones, made by the published rule of their kind with its own arithmetic."""

from __future__ import annotations

from hypothesis import strategies as st

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def _two(low: int, high: int) -> st.SearchStrategy[str]:
    return st.integers(low, high).map("{:02}".format)


def _with_modulus_11(nine: str) -> str:
    total = 0
    for place, digit in enumerate(nine):
        total += (10 - place) * int(digit)
    check = (11 - total % 11) % 11
    return nine + str(check) if check < 10 else ""


def _with_luhn(eight: str) -> str:
    doubled = [int(digit) * (1 if place % 2 == 0 else 2) for place, digit in enumerate(eight)]
    total = sum(number if number < 10 else number - 9 for number in doubled)
    return eight + str(-total % 10)


def _with_kvnr(letter: str, eight: str) -> str:
    digits = f"{LETTERS.index(letter) + 1:02}{eight}"
    total = sum(sum(map(int, str(int(digit) * (1, 2)[place % 2]))) for place, digit in enumerate(digits))
    return letter + eight + str(total % 10)


def _with_hkid(letters: str, six: str) -> str:
    padded = letters.rjust(2)
    first, second = padded[0], padded[1]
    total = 9 * (36 if first == " " else LETTERS.index(first) + 10) + 8 * (LETTERS.index(second) + 10)
    total += sum((7 - place) * int(digit) for place, digit in enumerate(six))
    check = 11 - total % 11
    return letters + six + {10: "A", 11: "0"}.get(check, str(check))


def _with_elfproef(eight: str) -> str:
    total = sum((9 - place) * int(digit) for place, digit in enumerate(eight))
    return eight + str(total % 11) if total % 11 < 10 else ""


def _with_civil_id(eleven: str) -> str:
    total = sum(w * int(digit) for w, digit in zip((2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), eleven, strict=True))
    check = 11 - total % 11
    return eleven + str(check) if check < 10 else ""


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map("".join)


VALID: dict[str, st.SearchStrategy[str]] = {
    "NHS": _joined(st.sampled_from("456789"), digits(8)).map(_with_modulus_11).filter(bool),
    "CHI": _joined(_two(1, 31), _two(1, 12), digits(5)).map(_with_modulus_11).filter(bool),
    "HCN": _joined(_two(32, 39), digits(7)).map(_with_modulus_11).filter(bool),
    "IHI": digits(10),
    "SSN": _joined(
        st.integers(1, 899).filter(lambda n: n != 666).map("{:03}".format),
        _two(1, 99),
        st.integers(1, 9999).map("{:04}".format),
    ).filter(lambda number: number != "078051120"),
    "SIN": digits(8).map(_with_luhn),
    "HKID": st.builds(_with_hkid, st.text(LETTERS, min_size=1, max_size=2), digits(6)),
    "BSN": digits(8).map(_with_elfproef).filter(bool),
    "KVNR": st.builds(_with_kvnr, st.sampled_from(LETTERS), digits(8)),
    "CIVIL": digits(11).map(_with_civil_id).filter(bool),
}
"""Type → its valid numbers."""

WITHOUT_CHECK_DIGIT = ("IHI", "SSN")

SAMPLES = {
    "NHS": "9998120039",
    "CHI": "0101701233",
    "HCN": "3200000007",
    "IHI": "1234567890",
    "SSN": "123456789",
    "SIN": "046454286",
    "HKID": "A1234563",
    "BSN": "111222333",
    "KVNR": "A123456780",
    "CIVIL": "288012300081",
}
"""A valid number of each type."""

INVALID = {
    "NHS": ("9998120038", "0123456789", "3201234567", "999812003", "٩٩٩٨١٢٠٠٣٩"),
    "CHI": ("0101701232", "3201700002", "0113700008"),
    "HCN": ("3200000008", "4000000004", "3100000005"),
    "IHI": ("123456789", "12345678901", "A234567890"),
    "SSN": ("000456789", "123006789", "123450000", "666456789", "900456789", "078051120", "12345678"),
    "SIN": ("046454287", "04645428"),
    "HKID": ("A1234564", "1234563", "ABC1234563"),
    "BSN": ("111222334", "1112223"),
    "KVNR": ("A123456781", "1123456780", "A12345678"),
    "CIVIL": ("288012300082", "28801230008"),
}
"""Numbers of each type that are not valid."""


def spellings(number: str) -> list[str]:
    """The number as people write it."""
    return [
        f"{number[:3]} {number[3:6]} {number[6:]}",
        f"{number[:3]}-{number[3:6]}-{number[6:]}",
        f" {number[:-1]}({number[-1]})",
    ]
