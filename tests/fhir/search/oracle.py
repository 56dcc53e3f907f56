"""A slow, obvious answer to searches: every resource is looked at, by rules written down once more from the page.

It knows a handful of types and parameters, and shares no code with the search. https://hl7.org/fhir/R4/search.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
FAR_PAST, FAR_FUTURE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Criterion:
    """One parameter of a question: the steps of its chain are in `via`, the commas of its value in `values`."""

    name: str
    modifier: str
    values: tuple[str, ...]
    via: tuple[str, ...] = ()
    """A chain: `subject:Patient`; or backwards, from the asked type: `_has:Observation:patient`."""

    def text(self) -> str:
        steps = "".join(f"{step}{':' if step.startswith('_has') else '.'}" for step in self.via)
        modifier = f":{self.modifier}" if self.modifier else ""
        return f"{steps}{self.name}{modifier}={','.join(self.values)}"


def each(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def reach(resource: Any, *path: str) -> list[Any]:
    elements = [resource]
    for step in path:
        elements = [inner for element in elements if isinstance(element, dict) for inner in each(element.get(step))]
    return elements


# --- what stands in a resource for each parameter: (kind, element) ---


def texts(resource: Json, *path: str) -> list[tuple[str, Any]]:
    return [("text", text) for text in reach(resource, *path)]


def names(resource: Json) -> list[tuple[str, Any]]:
    values = texts(resource, "name", "given") + texts(resource, "name", "text") + texts(resource, "name", "prefix")
    return values + texts(resource, "name", "suffix") + families(resource)


def families(resource: Json) -> list[tuple[str, Any]]:
    values = []
    for family in reach(resource, "name", "family"):
        values.append(("text", family))
        for at, char in enumerate(family):
            if char in " -" and family[at + 1 :].strip():
                values.append(("word", family[at + 1 :]))
    return values


def codings(resource: Json, *path: str) -> list[tuple[str, Any]]:
    values: list[tuple[str, Any]] = []
    for concept in reach(resource, *path):
        values += [
            ("coded", (coding.get("system"), coding.get("code"), coding.get("display")))
            for coding in reach(concept, "coding")
        ]
        values += [("said", text) for text in reach(concept, "text")]
    return values


def dates(resource: Json, *names_: str) -> list[tuple[str, Any]]:
    return [("date", date) for name in names_ for date in reach(resource, name)]


ELEMENTS: dict[str, dict[str, Callable[[Json], list[tuple[str, Any]]]]] = {
    "Patient": {
        "given": lambda r: texts(r, "name", "given"),
        "family": families,
        "name": names,
        "gender": lambda r: [("code", code) for code in reach(r, "gender")],
        "active": lambda r: [("code", str(flag).lower()) for flag in reach(r, "active")],
        "identifier": lambda r: [
            ("coded", (identifier.get("system"), identifier.get("value"), None))
            for identifier in reach(r, "identifier")
        ],
        "birthdate": lambda r: dates(r, "birthDate"),
    },
    "Observation": {
        "status": lambda r: [("code", code) for code in reach(r, "status")],
        "code": lambda r: codings(r, "code"),
        "subject": lambda r: [("refers", reference) for reference in reach(r, "subject", "reference")],
        "patient": lambda r: [
            ("refers", reference)
            for reference in reach(r, "subject", "reference")
            if reference.split("/")[-2:][0] == "Patient"
        ],
        "date": lambda r: dates(r, "effectiveDateTime", "effectivePeriod"),
        "value-quantity": lambda r: [("quantity", quantity) for quantity in reach(r, "valueQuantity")],
    },
    "RiskAssessment": {
        "probability": lambda r: [("number", number) for number in reach(r, "prediction", "probabilityDecimal")],
    },
}


# --- how one element and one value compare ---


def plain(text: str, release: str) -> str:
    text = "".join(
        character for character in unicodedata.normalize("NFD", text) if unicodedata.category(character) != "Mn"
    ).lower()
    if release == "r4":
        text = "".join(character for character in text if not unicodedata.category(character).startswith("P"))
        text = " ".join(text.split())
    return text


def text_matches(kind: str, element: str, value: str, modifier: str, release: str) -> bool:
    if modifier == "exact":
        return kind == "text" and element == value
    element, value = plain(element, release), plain(value, release)
    return value in element if modifier == "contains" else element[: len(value)] == value


def token_matches(element: tuple[str | None, str | None, Any], value: str, release: str, implied: bool) -> bool:
    system, code, _ = element
    wanted_system, bar, wanted_code = value.partition("|")
    if not bar:
        wanted_system, wanted_code = "", value
    same = (lambda a, b: a.lower() == b.lower()) if release == "stu3" else (lambda a, b: a == b)
    if wanted_code and not (code is not None and same(code, wanted_code)):
        return False
    if not bar:
        return True
    if implied:
        return bool(wanted_code) and bool(wanted_system)
    return (system or "") == wanted_system


def interval(text: str) -> tuple[datetime, datetime]:
    """From the first moment to the first one after it."""
    if len(text) == 4:
        return datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC)
    if len(text) == 7:
        year, month = int(text[:4]), int(text[5:])
        after = (year + 1, 1) if month == 12 else (year, month + 1)
        return datetime(year, month, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)
    if len(text) == 10:
        start = datetime.fromisoformat(text).replace(tzinfo=UTC)
        return start, start + timedelta(days=1)
    start = datetime.fromisoformat(text.replace("Z", "+00:00"))
    start = start.replace(tzinfo=UTC) if start.tzinfo is None else start
    zoneless = text.split("T")[1].replace("Z", "").split("+")[0].split("-")[0]
    if "." in zoneless:
        return start, start + timedelta(seconds=1) / 10 ** len(zoneless.split(".")[1])
    return start, start + timedelta(seconds=1 if zoneless.count(":") == 2 else 60)


def date_matches(element: Any, value: str) -> bool:
    prefix, value = (value[:2], value[2:]) if value[0].isalpha() else ("eq", value)
    from_, to = interval(value)
    if isinstance(element, dict):
        start = interval(element["start"])[0] if "start" in element else FAR_PAST
        end = interval(element["end"])[1] if "end" in element else FAR_FUTURE
    else:
        start, end = interval(element)
    contained = from_ <= start and end <= to
    return {
        "eq": contained,
        "ne": not contained,
        "gt": end > to,
        "lt": start < from_,
        "ge": end > to or contained,
        "le": start < from_ or contained,
        "sa": start >= to,
        "eb": end <= from_,
    }[prefix]


def number_matches(element: Fraction, value: str) -> bool:
    prefix, value = (value[:2], value[2:]) if value[0].isalpha() else ("eq", value)
    exact = Fraction(value)
    decimals = len(value.partition(".")[2])
    half = Fraction(1, 2 * 10**decimals)
    near = exact - half <= element < exact + half
    return {
        "eq": near,
        "ne": not near,
        "gt": element > exact,
        "lt": element < exact,
        "ge": element >= exact,
        "le": element <= exact,
        "sa": element > exact,
        "eb": element < exact,
        "ap": abs(element - exact) <= abs(exact) / 10,
    }[prefix]


def quantity_matches(element: Json, value: str) -> bool:
    number, _, rest = value.partition("|")
    system, _, unit = rest.partition("|")
    if system and element.get("system") != system:
        return False
    if unit and unit not in ([element.get("code")] if system else [element.get("code"), element.get("unit")]):
        return False
    return number_matches(Fraction(str(element["value"])), number)


def reference_matches(element: str, value: str, modifier: str, base: str) -> bool:
    element, value = element.removeprefix(f"{base}/"), value.removeprefix(f"{base}/")
    if "://" in element or "://" in value:
        return element == value
    if "/" not in value:
        return element.split("/")[1] == value and modifier in ("", element.split("/")[0])
    return element == value


def holds(kind: str, element: Any, value: str, modifier: str, release: str, base: str) -> bool:
    if kind in ("text", "word"):
        return text_matches(kind, element, value, modifier, release)
    if kind == "date":
        return date_matches(element, value)
    if kind == "number":
        return number_matches(Fraction(str(element)), value)
    if kind == "quantity":
        return quantity_matches(element, value)
    if kind == "refers":
        return reference_matches(element, value, modifier, base)
    if modifier == "text":
        text = element if kind == "said" else element[2] if kind == "coded" else None
        return text is not None and text_matches("text", text, value, "", release)
    if kind == "said":
        return False
    return token_matches((None, element, None) if kind == "code" else element, value, release, kind == "code")


# --- a question to a set of resources ---


def meets(resource: Json, criterion: Criterion, everything: Iterable[Json], release: str, base: str) -> bool:
    if criterion.via:
        return chained(resource, criterion, list(everything), release, base)
    elements = ELEMENTS[resource["resourceType"]][criterion.name](resource)
    if criterion.modifier == "missing":
        return (not elements) == (criterion.values == ("true",))
    modifier = "" if criterion.modifier == "not" else criterion.modifier
    is_met = any(
        holds(kind, element, value, modifier, release, base) for kind, element in elements for value in criterion.values
    )
    return is_met != (criterion.modifier == "not")


def chained(resource: Json, criterion: Criterion, everything: list[Json], release: str, base: str) -> bool:
    inner = Criterion(criterion.name, criterion.modifier, criterion.values, criterion.via[1:])
    own = f"{resource['resourceType']}/{resource['id']}"
    if criterion.via[0].startswith("_has"):
        _, source, by = criterion.via[0].split(":")
        pairs = [(candidate, own) for candidate in everything if candidate["resourceType"] == source]
        return any(
            meets(candidate, inner, everything, release, base)
            and any(element.removeprefix(f"{base}/") == own for _, element in ELEMENTS[source][by](candidate))
            for candidate, own in pairs
        )
    by, _, target = criterion.via[0].partition(":")
    led_to = [element.removeprefix(f"{base}/") for _, element in ELEMENTS[resource["resourceType"]][by](resource)]
    return any(
        f"{candidate['resourceType']}/{candidate['id']}" in led_to
        and meets(candidate, inner, everything, release, base)
        for candidate in everything
        if candidate["resourceType"] == target
    )


def answer(type_: str, question: Iterable[Criterion], resources: list[Json], release: str, base: str) -> set[str]:
    """The ids of the resources that meet every parameter."""
    wanted = list(question)
    return {
        resource["id"]
        for resource in resources
        if resource["resourceType"] == type_
        and all(meets(resource, criterion, resources, release, base) for criterion in wanted)
    }
