"""Mask the contents and attributes with secret names in XML, whole or cut, also where it is not valid."""

from __future__ import annotations

import re

from sandbox.worlds.masking.names import MASK, is_secret

_TAG = re.compile(r"<((?:[\w.-]{1,64}:)?([\w.-]{1,64}))((?:[\s/][^<>]{0,4000})?)>")
_ATTRIBUTE = re.compile(r"""(\s(?:[\w.-]{1,64}:)?([\w.-]{1,64})\s{0,8}=\s{0,8})("[^"]*"|'[^']*')""")
_PARAMETER = re.compile(
    r"""(<name\s{1,8}value=["']([^"']{1,64})["']\s{0,8}/>\s{0,64}<value\w{1,32}\s{1,8}value=["'])[^"']*"""
)
"""A parameter of FHIR's Parameters."""


def mask_xml(text: str) -> str:
    """Mask what stands in elements and attributes with secret names."""
    parts: list[str] = []
    end = 0
    for tag in _TAG.finditer(text):
        if tag.start() < end:
            continue
        has_secret_name = is_secret(tag[2])
        attributes = _mask_attributes(tag[3], has_secret_name) if "=" in tag[3] else tag[3]
        parts.append(f"{text[end : tag.start()]}<{tag[1]}{attributes}>")
        end = tag.end()
        if has_secret_name and not tag[3].endswith("/"):
            # Without a closing tag the body was cut, and all the rest may belong to the secret.
            close = text.find(f"</{tag[1]}", end)
            end = close if close >= 0 else len(text)
            parts.append(MASK)
    masked = "".join(parts) + text[end:]
    return _PARAMETER.sub(
        lambda parameter: f"{parameter[1]}{MASK}" if is_secret(parameter[2]) else parameter[0], masked
    )


def _mask_attributes(text: str, of_a_secret: bool) -> str:
    """Mask attributes with secret names; in an element with a secret name also `value`, where FHIR puts content."""

    def mask(attribute: re.Match[str]) -> str:
        quote = attribute[3][0]
        is_masked = is_secret(attribute[2]) or (of_a_secret and attribute[2] == "value")
        return f"{attribute[1]}{quote}{MASK}{quote}" if is_masked else attribute[0]

    return _ATTRIBUTE.sub(mask, text)
