"""Values of each HL7 data type, as strategies, by component.

Source of the types: HL7 2.4, chapter 2.9; of the formats that PKB accepts: *Time stamp values*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013095
"""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime

from hypothesis import strategies as st

from sandbox.domain.patients.national_ids import problem
from sandbox.hl7.attachments import Allowed

Value = dict[int, str]
"""Component → text, not yet escaped."""

LETTERS = st.characters(codec="utf-8", categories=["L", "Nd", "P", "S", "Zs"])
# Not `""`, which in HL7 means to delete the value.
words = st.text(LETTERS, min_size=1, max_size=24).map(str.strip).filter(lambda text: text not in ("", '""'))
lines = st.lists(words, min_size=1, max_size=3).map("\n".join)
names = st.from_regex(r"[A-Z][a-z'é-]{0,9}", fullmatch=True)
codes = st.from_regex(r"[A-Z0-9]{1,8}", fullmatch=True)
keys = st.from_regex(r"[A-Z]{1,4}-[0-9]{1,5}", fullmatch=True)
whole_numbers = st.integers(0, 400).map(str)
decimals = st.decimals(-9999, 9999, places=2).map(str)
phones = st.from_regex(r"07700 ?900[0-9]{3}", fullmatch=True)

PRECISIONS = ("%Y", "%Y%m", "%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M%S.1234")
moments = st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31))
timestamps = st.builds(
    lambda at, precision, offset: at.strftime(precision) + offset,
    moments,
    st.sampled_from(PRECISIONS),
    st.sampled_from(("", "", "+0000", "+0100", "-0530")),
)
dates = moments.map(lambda at: at.strftime("%Y%m%d"))


def nhs_numbers() -> st.SearchStrategy[str]:
    """Valid NHS numbers from the test range."""
    return st.integers(0, 999_999).map(lambda n: _checked(f"999{n:06}")).filter(_is_valid)


def _is_valid(number: str) -> bool:
    return not problem("NHS", number)


def _checked(nine: str) -> str:
    return nine + str((11 - sum(int(d) * weight for d, weight in zip(nine, range(10, 1, -1), strict=True)) % 11) % 11)


def _components(
    required: dict[int, st.SearchStrategy[str]], **optional: st.SearchStrategy[str]
) -> st.SearchStrategy[Value]:
    others = {int(name[1:]): strategy for name, strategy in optional.items()}
    return st.fixed_dictionaries(required, optional=others)


coded = _components({1: codes, 2: words}, c3=codes, c4=codes, c5=words, c6=codes)
people = _components({2: names}, c1=codes, c3=names, c4=names, c6=st.just("Dr"))

TYPES: dict[str, st.SearchStrategy[Value]] = {
    "CE": coded,
    "CQ": st.integers(1, 20_000).map(lambda rows: {1: str(rows), 2: "RD"}),
    "CX": _components({1: codes}, c4=st.just("UNKNOWN"), c5=codes),
    "DT": dates.map(lambda text: {1: text}),
    "EI": keys.map(lambda text: {1: text}),
    "FT": lines.map(lambda text: {1: text}),
    "IS": codes.map(lambda text: {1: text}),
    "NM": whole_numbers.map(lambda text: {1: text}),
    "ST": words.map(lambda text: {1: text}),
    "TS": timestamps.map(lambda text: {1: text}),
    "TX": words.map(lambda text: {1: text}),
    "XAD": _components({1: words}, c2=words, c3=words, c4=words, c5=codes, c6=st.just("GBR")),
    "XCN": people,
    "XPN": _components({1: names, 2: names}, c3=names, c5=st.just("Ms")),
    "XTN": st.builds(lambda text, use: {1: text, 2: use}, phones, st.sampled_from(("PRS", "PRN", "WPN", ""))),
}
"""HL7 data type → values of a field, or of one component of it."""


def observed(value_type: str) -> st.SearchStrategy[Value]:
    """OBX-5 for an OBX-2 that is not ED."""
    if value_type == "SN":
        comparators = st.sampled_from(("", "=", "<", "<=", ">", ">="))
        return st.builds(lambda comparator, number: {1: comparator, 2: number}, comparators, decimals)
    return decimals.map(lambda text: {1: text}) if value_type == "NM" else TYPES["FT"]


@st.composite
def encapsulated(draw: st.DrawFn, allowed: Allowed) -> Value:
    """OBX-5 of type ED: a small file in one of the accepted formats and encodings."""
    format_ = draw(st.sampled_from(sorted(allowed.types)))
    type_ = draw(st.sampled_from(allowed.types[format_] or ("IM", "APPLICATION")))
    if format_ in allowed.plain and draw(st.booleans()):
        return {2: type_, 3: format_, 4: "A", 5: draw(words)}
    return {2: type_, 3: format_, 4: "Base64", 5: b64encode(draw(st.binary(min_size=1, max_size=40))).decode()}
