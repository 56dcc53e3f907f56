"""Mask the values of secret names in JSON, whole or cut, also where it is not valid."""

from __future__ import annotations

import json
import re

from sandbox.worlds.masking.names import CODE, MASK, is_secret

# The lengths are bounded, so that no text is read more than a few times.
_NAME = re.compile(r'"((?:[^"\\]|\\.){1,64})"\s{0,64}:\s{0,64}', re.DOTALL)
_STRING_END = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_NUMBER = re.compile(r"-?\d[\d.eE+-]*")
_DECODER = json.JSONDecoder()
_TOKEN_REQUEST = re.compile(r'"grant_?type"|"redirect_?uri"', re.IGNORECASE)
"""Names of a token request or of a redirect: beside them, `code` is an authorisation code."""
_PARAMETER = re.compile(
    r'("name"\s{0,64}:\s{0,64}"([^"\\]{1,64})"\s{0,64},\s{0,64}"value\w{1,32}"\s{0,64}:\s{0,64}")(?:[^"\\]|\\.)*',
    re.DOTALL,
)
_PARAMETER_REVERSED = re.compile(
    r'("value\w{1,32}"\s{0,64}:\s{0,64}")(?:[^"\\]|\\.){0,8192}("\s{0,64},\s{0,64}"name"\s{0,64}:\s{0,64}"([^"\\]{1,64})")',
    re.DOTALL,
)
"""A parameter of FHIR's Parameters, in either order of its elements."""


def mask_json(text: str) -> str:
    """Mask the values of secret names; numbers, arrays and objects too."""
    has_code = bool(_TOKEN_REQUEST.search(text))
    parts: list[str] = []
    end = 0
    for name in _NAME.finditer(text):
        if name.start() < end or not _is_secret(name[1], has_code):
            continue
        value_end, mask = _masked_value(text, name.end())
        parts += (text[end : name.end()], mask)
        end = value_end
    masked = "".join(parts) + text[end:]
    return _mask_parameters(masked) if '"Parameters"' in masked else masked


def _is_secret(name: str, has_code: bool) -> bool:
    if "\\" in name:
        try:
            name = str(json.loads(f'"{name}"', strict=False))
        except ValueError:
            return False
    return is_secret(name) or (has_code and name == CODE)


def _masked_value(text: str, start: int) -> tuple[int, str]:
    """Return the end of the value that begins at `start`, and what replaces it: nothing for null, true and false."""
    first = text[start : start + 1]
    if first == '"':
        string = _STRING_END.match(text, start + 1)
        assert string is not None  # noqa: S101 - the pattern matches an empty text
        is_cut = text[string.end() : string.end() + 1] != '"'
        # The journal cuts bodies: the rest of a cut text belongs to the secret.
        return (len(text), f'"{MASK}') if is_cut else (string.end() + 1, f'"{MASK}"')
    if first in ("[", "{"):
        try:
            return _DECODER.raw_decode(text, start)[1], f'"{MASK}"'
        except (ValueError, RecursionError):
            return len(text), f'"{MASK}'
    number = _NUMBER.match(text, start)
    return (number.end(), f'"{MASK}"') if number else (start, "")


def _mask_parameters(text: str) -> str:
    def mask(parameter: re.Match[str]) -> str:
        return f"{parameter[1]}{MASK}" if is_secret(parameter[2]) else parameter[0]

    def mask_reversed(parameter: re.Match[str]) -> str:
        return f"{parameter[1]}{MASK}{parameter[2]}" if is_secret(parameter[3]) else parameter[0]

    return _PARAMETER_REVERSED.sub(mask_reversed, _PARAMETER.sub(mask, text))
