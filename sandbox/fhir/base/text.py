"""Resources as JSON text without blanks; the text of a stored resource is written once."""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import Any

Json = dict[str, Any]
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


class RenderedResource(dict[str, Any]):
    """A stored resource that is sent repeatedly: it never changes, and its text is kept with it."""

    __slots__ = ("_content", "_text")
    _content: bytes
    _text: str

    @property
    def content(self) -> bytes:
        """The resource as UTF-8: one copy, which all responses and their journal entries share."""
        try:
            return self._content
        except AttributeError:
            self._content = encoded(self.text)
            return self._content

    @property
    def text(self) -> str:
        """The resource as JSON, written on first use."""
        try:
            return self._text
        except AttributeError:
            self._text = compact(self)
            return self._text


def text_of(resource: Json) -> str:
    """Return a resource as JSON: the stored text, or a new one."""
    return resource.text if isinstance(resource, RenderedResource) else compact(resource)


def content_of(resource: Json) -> bytes:
    """Return a resource as UTF-8."""
    return resource.content if isinstance(resource, RenderedResource) else encoded(compact(resource))


def encoded(text: str) -> bytes:
    """Encode JSON as UTF-8; an unpaired surrogate, which JSON can escape, is replaced."""
    return text.encode("utf-8", "replace")


def compact(value: Any) -> str:
    """Write a value as JSON without blanks."""
    return _ENCODER.encode(value)


def quoted(text: str) -> str:
    """Write a string as JSON."""
    return encode_basestring(text)
