"""The text of an aggregated resource: rendered once, before its version and its times are known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from sandbox.fhir.aggregated.output.meta import format_microseconds
from sandbox.fhir.base.json import render

Json = dict[str, Any]

CONTENTS = 10_000
"""A version is the time of the change in milliseconds, then four digits derived from the content."""


@dataclass(frozen=True, slots=True)
class RenderedBody:
    """A resource as text. `content` is everything except id and meta, and begins with the type; `meta` has the parts
    that do not depend on the version; `whole` is all that the source gives, in its order.
    """

    content: str
    meta: str
    whole: str

    @classmethod
    def of_content(cls, content: str, meta: Json) -> RenderedBody:
        """Return the body of a resource without id and meta, as `render` writes it, and its meta."""
        text = render(meta)
        return cls(content, text, f'{content[:-1]},"meta":{text}}}')

    @classmethod
    def of_resource(cls, resource: Json) -> RenderedBody:
        """Return the body of a resource whose id and meta stand anywhere."""
        content = {name: value for name, value in resource.items() if name not in ("id", "meta")}
        content = {"resourceType": content["resourceType"], **content}
        return cls(render(content), render(resource["meta"]), render(resource))

    def version(self, updated_at: datetime) -> int:
        """Return the number of the version of a time."""
        # By time and content, not counted, so that the version does not depend on when the resource was built.
        return int(updated_at.timestamp() * 1000) * CONTENTS + crc32(self.whole.encode()) % CONTENTS

    def text(self, type_: str, id_: str, version: int, updated_at: datetime) -> str:
        """Return the text of a version."""
        head = f'{{"resourceType":"{type_}"'
        stamps = f'"versionId":"{version}","lastUpdated":"{format_microseconds(updated_at)}"'
        return f'{head},"id":"{id_}","meta":{{{stamps},{self.meta[1:]}{self.content[len(head) :]}'
