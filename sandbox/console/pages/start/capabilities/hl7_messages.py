"""HL7: the messages that PKB accepts, and for each the segments and fields that it requires, uses and ignores."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from starlette.responses import Response

from sandbox.console.pages.start.capabilities.page import render_capabilities
from sandbox.errors import NotFound
from sandbox.hl7.files import examples
from sandbox.hl7.profiles import FieldRow, Profile, profiles
from sandbox.hl7.roadmap import roadmap
from sandbox.hl7.usage import habits
from sandbox.http.call import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSegment:
    """A segment of a message: the rows of its fields, and the fields that are often sent and always ignored."""

    name: str
    is_required: bool
    rows: tuple[FieldRow, ...]
    ignored: tuple[str, ...]


def show_messages(call: Call, api: str) -> Response:
    """List the messages."""
    return render_capabilities(
        call, api, "hl7.html", "HL7 v2: messages", profiles=list(profiles().values()), examples_of=examples_of
    )


def show_profile(call: Call) -> Response:
    """Render the segments and fields of a message. Raises NotFound."""
    profile = profiles().get(call.params["profile"])
    if profile is None:
        raise NotFound("PKB does not support this message")
    return render_capabilities(
        call,
        "hl7",
        "hl7_profile.html",
        profile.name,
        profile=profile,
        segments=_segments(profile),
        planned=[segment for segment in roadmap().values() if profile.type in segment.messages],
        examples=examples_of(profile),
    )


def _segments(profile: Profile) -> list[MessageSegment]:
    rows = (row for fields in profile.by_field.values() for of_field in fields.values() for row in of_field)
    by_segment: dict[str, list[FieldRow]] = {}
    for row in rows:
        by_segment.setdefault(row.segment, []).append(row)
    return [
        MessageSegment(
            name=name,
            is_required=name == "MSH" or name in profile.segments,
            rows=tuple(sorted(fields, key=lambda row: (row.field, row.component))),
            ignored=tuple(
                f"{name}-{field}" for field in sorted(map(str, habits().get(name, ())), key=_number) if field
            ),
        )
        for name, fields in by_segment.items()
    ]


def _number(field: str) -> float:
    return float(field or 0)


@cache
def _example_names() -> dict[str, list[str]]:
    """Message type → the names of the supplied examples."""
    names: dict[str, list[str]] = {}
    for name, text in examples().items():
        # MSH-9 is the ninth part: MSH-1 is the delimiter itself.
        names.setdefault(text.split("|", 9)[8], []).append(name)
    return names


def examples_of(profile: Profile) -> dict[str, str]:
    """Return the supplied examples of a message: name → text. One whose name specifies another use is left out."""
    names = _example_names().get(profile.type, [])
    own = [name for name in names if profile.slice.replace(" ", "_") in name]
    others = {other.slice.replace(" ", "_") for other in profiles().values() if other.type == profile.type}
    if profile.slice == "laboratory":  # measurements and texts are laboratory messages, too
        own = [name for name in names if not any(other in name for other in others - {"laboratory"})]
    return {name: examples()[name].strip() for name in own}
