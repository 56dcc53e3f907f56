"""Mask the values of secret names in forms, query strings and multipart bodies."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from sandbox.worlds.masking.names import CODE, MASK, is_secret

_NAME = re.compile(r"""(?<![^&?\s;,/"'(<>#])([^&?\s;,/"'(<>#=]{1,200})=""")
_END = re.compile(r"[&\s]")
_END_IN_TEXT = re.compile(r"""[&\s"'<>]""")
_PART = re.compile(
    r"""\bname="?([^"\r\n;]{1,64})"?[^\r\n]{0,400}(?:\r?\n[^\r\n]{1,400}){0,10}\r?\n\r?\n""", re.IGNORECASE
)
"""The head of a part of a multipart form, to the empty line."""
_PART_END = re.compile(r"\r?\n--")
_USER = re.compile(r"(://)[^/\s:@\"'<>]{1,200}:[^/\s@\"'<>]{1,200}@")
"""User and password in an address."""


def mask_form(text: str, *, has_code: bool = True, in_text: bool = False) -> str:
    """Mask values, however their names are encoded. `in_text`: addresses within JSON or XML, which end at a quote."""
    parts: list[str] = []
    end = 0
    ends = _END_IN_TEXT if in_text else _END
    for name in _NAME.finditer(text):
        # Names are decoded, values are not looked at: a secret may look like anything.
        if name.start() >= end and _is_secret(unquote_plus(name[1]), has_code):
            value_end = ends.search(text, name.end())
            value = slice(name.end(), value_end.start() if value_end else len(text))
            # In XML, a quoted value has been masked already.
            if not in_text or text[value]:
                parts += (text[end : value.start], MASK)
                end = value.stop
    masked = "".join(parts) + text[end:]
    return _USER.sub(rf"\1{MASK}@", masked) if "://" in masked else masked


def mask_multipart(text: str) -> str:
    """Mask the content of parts with secret names."""
    parts: list[str] = []
    end = 0
    for head in _PART.finditer(text):
        if head.start() >= end and _is_secret(head[1], has_code=True):
            parts += (text[end : head.end()], MASK)
            content_end = _PART_END.search(text, head.end())
            end = content_end.start() if content_end else len(text)
    return "".join(parts) + text[end:]


def _is_secret(name: str, has_code: bool) -> bool:
    return is_secret(name) or (has_code and name.lower() == CODE)
