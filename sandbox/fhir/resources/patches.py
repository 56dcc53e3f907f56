"""Patches of a resource, told apart by media type: JSON Patch (RFC 6902) and merge patch (RFC 7396).

Source: https://github.com/Aidbox/documentation (api-1/api/crud-1/patch.md), https://hl7.org/fhir/R4/http.html#patch
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException, resolve_pointer

from sandbox.errors import Invalid, TooLarge
from sandbox.fhir.base.json import check_bounds, parse, size_of
from sandbox.fhir.base.negotiation import JSON_PATCH, MERGE_PATCH, UnsupportedPatch
from sandbox.fhir.base.validation import InvalidResource, Issue
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True)
class PatchLimits:
    """The most operations of a JSON Patch, and the most characters that its copies add."""

    operations: int
    copied: int

    @classmethod
    def of(cls, settings: Settings) -> PatchLimits:
        return cls(settings.max_patch_operations, settings.max_patch_copied)


DEFAULT_LIMITS = PatchLimits.of(Settings())

METHODS = {"json-patch": JSON_PATCH, "merge-patch": MERGE_PATCH}
"""Value of `_method` → the type of patch."""

UNSPECIFIC = ("application/json", "application/fhir+json", "application/json+fhir", "text/json", "")
"""Media types that do not specify the kind of patch."""


def patch_in(body: bytes, media_type: str, method: str, limits: PatchLimits = DEFAULT_LIMITS) -> Callable[[Any], Any]:
    """Parse a patch into a function. Raises Unreadable, WrongMediaType, Invalid, TooLarge.

    `method` (of the parameter `_method`) takes precedence over the media type. With a generic media type, a list is a
    JSON patch and anything else a merge patch.
    """
    kind = METHODS.get(method, media_type)
    if kind not in (JSON_PATCH, MERGE_PATCH, *UNSPECIFIC):
        raise UnsupportedPatch(_unsupported(kind))
    document = parse(body)
    if kind in UNSPECIFIC:
        check_no_parameters(document)
        kind = JSON_PATCH if isinstance(document, list) else MERGE_PATCH
    return _json_patch(document, limits) if kind == JSON_PATCH else _merge_patch(document)


def check_no_parameters(document: Any) -> None:
    """Raise UnsupportedPatch for the Parameters of a FHIRPath patch."""
    if isinstance(document, dict) and document.get("resourceType") == "Parameters":
        raise UnsupportedPatch("FHIRPath Patch is not supported")


def _unsupported(media_type: str) -> str:
    kinds = {"application/xml-patch+xml": "XML Patch", "application/fhir+xml": "FHIRPath Patch"}
    return f"{kinds.get(media_type, media_type[:100])} is not supported"


def _merge_patch(document: Any) -> Callable[[Any], Any]:
    if not isinstance(document, dict):
        raise Invalid("A merge patch must be a JSON object", rule="customer.patch")
    return lambda content: merged(content, document)


def _json_patch(document: Any, limits: PatchLimits) -> Callable[[Any], Any]:
    def apply(content: Any) -> Any:
        try:
            changed = _applied(document, content, limits.copied)
        except (jsonpatch.JsonPatchException, JsonPointerException) as error:
            raise InvalidResource((Issue("", f"The patch cannot be applied: {error}"),)) from error
        # The library raises Python's own errors for malformed operations.
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise InvalidResource((Issue("", "The patch cannot be applied"),)) from error
        check_bounds(changed)
        return changed

    if not isinstance(document, list):
        raise Invalid("A JSON Patch must be a list of operations", rule="customer.patch")
    if len(document) > limits.operations:
        raise TooLarge(f"A JSON Patch has at most {limits.operations:,} operations", rule="customer.patch-limit")
    return apply


def _applied(document: list[Any], content: Any, most_copied: int) -> Any:
    """Apply the operations one by one. Raises TooLarge when their copies add too much: each could double the result."""
    copied = 0
    changed = deepcopy(content)
    for operation in jsonpatch.JsonPatch(document).patch:
        if operation["op"] == "copy":
            # Before the copy is made: it could be too large to build.
            copied += size_of(resolve_pointer(changed, operation.get("from", ""), None), most_copied)
            if copied > most_copied:
                text = f"The copies of a JSON Patch add at most {most_copied:,} characters"
                raise TooLarge(text, rule="customer.patch-limit")
        changed = jsonpatch.JsonPatch([operation]).apply(changed, in_place=True)
    return changed


def merged(content: Any, patch_: Any) -> Any:
    """Apply RFC 7396: null removes, objects are merged, anything else replaces."""
    if not isinstance(patch_, dict):
        return patch_
    result = dict(content) if isinstance(content, dict) else {}
    for name, value in patch_.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
