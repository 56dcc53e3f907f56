"""Resources as JSON text without blanks; the text of a resource that is kept is written once."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any

Json = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class RenderedResource(dict[str, Any]):
    """A resource that is kept and sent again and again: it is never changed, and its text is kept with it."""

    __slots__ = ("_text",)
    _text: str

    @property
    def text(self) -> str:
        """The resource as JSON, written when it is first sent."""
        try:
            return self._text
        except AttributeError:
            self._text = compact(self)
            return self._text


def text_of(resource: Json) -> str:
    """A resource as JSON: the text that was kept, or a new one."""
    return resource.text if isinstance(resource, RenderedResource) else compact(resource)


def compact(value: Any) -> str:
    """A value as JSON without blanks."""
    return _ENCODER.encode(value)


def quoted(text: str) -> str:
    """A string as JSON."""
    return encode_basestring(text)
