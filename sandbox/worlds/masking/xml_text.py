"""Mask the contents and attributes with secret names in XML, whole or cut, also where it is not valid.

In doubt about the end of a secret, all the rest of the text belongs to it.
"""

from __future__ import annotations

import re

from sandbox.worlds.masking.names import MASK, is_secret

_NAME = re.compile(r"<([\w.:-]+)(?![^\s/<>])")
_CLOSING = re.compile(r"</([\w.:-]+)")
# A quoted `>` ends no tag; a quoted `<` is not valid, so that no text is read more than a few times.
_ATTRIBUTES = re.compile(r"""((?:[^<>"']|"[^"<]*"|'[^'<]*')*)>""")
_UP_TO_A_BRACKET = re.compile(r"[^<>]*")
_ATTRIBUTE = re.compile(r"""((?<![\w.-])([\w.-]{1,64})\s{0,64}=\s{0,64})?("[^"]*"?|'[^']*'?)""")
_WITHOUT_TAGS = re.compile(r"<!--|<!\[CDATA\[|<\?")
_END = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>"}
"""Beginning → end of what may contain the text of a tag, but no tag."""


def mask_xml(text: str) -> str:
    """Mask what stands in elements and attributes with secret names, and in the values of FHIR's Parameters."""
    parts: list[str] = []
    end = 0
    has_value_next = False
    while (name := _NAME.search(text, end)) is not None:
        local_name = name[1].rpartition(":")[2]
        has_secret_name = is_secret(local_name) or (has_value_next and local_name.startswith("value"))
        attributes, is_empty = _attributes(text, name.end())
        masked, is_cut = _masked_attributes(attributes, has_secret_name)
        parts += (text[end : name.end()], masked)
        if is_cut:
            return "".join(parts)
        end = name.end() + len(attributes)
        if has_secret_name and not is_empty:
            bracket = text[end : end + 1].replace("<", "")
            parts += (bracket, MASK)
            end = _end_of_content(text, name[1], end + len(bracket))
        has_value_next = local_name == "name" and is_secret(_value_of(attributes))
    return "".join(parts) + text[end:]


def _attributes(text: str, start: int) -> tuple[str, bool]:
    """Return the rest of a tag without its bracket, and whether its element is empty (`<name/>`)."""
    whole = _ATTRIBUTES.match(text, start)
    if whole is not None:
        return whole[1], whole[1].endswith("/")
    rest = _UP_TO_A_BRACKET.match(text, start)
    assert rest is not None  # noqa: S101 - the pattern matches an empty text
    return rest[0], False


def _masked_attributes(text: str, of_a_secret: bool) -> tuple[str, bool]:
    """Mask attributes with secret names; in an element with a secret name also `value`, where FHIR puts content.

    Also return whether such an attribute never ends.
    """
    parts: list[str] = []
    end = 0
    for attribute in _ATTRIBUTE.finditer(text):
        name, value = attribute[2] or "", attribute[3]
        if is_secret(name) or (of_a_secret and name == "value"):
            quote = value[0]
            parts += (text[end : attribute.start(3)], quote, MASK)
            if value == quote or not value.endswith(quote):
                return "".join(parts), True
            parts.append(quote)
            end = attribute.end()
    return "".join(parts) + text[end:], False


def _value_of(attributes: str) -> str:
    """Return the attribute `value`; empty without it."""
    values = (attribute[3] for attribute in _ATTRIBUTE.finditer(attributes) if attribute[2] == "value")
    return next(values, "").strip("\"'")


def _end_of_content(text: str, name: str, start: int) -> int:
    """Return the start of the closing tag of an element, after those of elements of the same name in it.

    Without one, the body was cut, or is not valid.
    """
    depth, at, closing = 1, start, -1
    while depth:
        # Looked for again only when it has been passed, so that no text is read more than a few times.
        closing = closing if closing >= at else text.find(f"</{name}", at)
        if closing < 0:
            return len(text)
        hidden = _WITHOUT_TAGS.search(text, at, closing)
        depth += _openings(text, name, at, hidden.start() if hidden else closing)
        if hidden is None:
            depth -= _is_name(_CLOSING.match(text, closing), name)
            at = closing + 1
        else:
            at = text.find(_END[hidden[0]], hidden.end())
            if at < 0:
                return len(text)
    return closing


def _openings(text: str, name: str, start: int, end: int) -> int:
    """Count the elements with a name that begin in a part of a text and are not empty."""
    count = 0
    while (start := text.find(f"<{name}", start, end)) >= 0:
        opening = _NAME.match(text, start)
        start += 1
        if opening is not None and _is_name(opening, name) and not _attributes(text, opening.end())[1]:
            count += 1
    return count


def _is_name(tag: re.Match[str] | None, name: str) -> bool:
    return tag is not None and tag[1] == name
