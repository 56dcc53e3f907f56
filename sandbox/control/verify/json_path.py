"""JSONPath as RFC 9535 defines it, by the library python-jsonpath, within the bounds of a call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from sandbox.control.verify.bounds import Bounds, Pattern
from sandbox.errors import Invalid

LONGEST_PATH = 500
"""Characters of a path."""

Values = Callable[[Any], list[Any]]
"""Returns the values at a path in JSON that `bounds.bounded` has prepared."""


class JsonPaths:
    """Reader of the paths of one call."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._environment = _environment(bounds)

    def values_at(self, path: str) -> Values:
        """Compile a path. Raises Invalid."""
        from jsonpath import JSONPathError

        if len(path) > LONGEST_PATH:
            raise Invalid(f"the JSONPath is longer than {LONGEST_PATH} characters")
        try:
            query = self._environment.compile(path)
        except (JSONPathError, RecursionError, ValueError, OverflowError) as error:  # an index such as 1e999
            reason = error.args[0] if error.args else ""  # `str` fails on the error about an empty path
            raise Invalid(f"{path[:80]!r} is not a JSONPath such as $.status: {reason}") from error

        def values(body: Any) -> list[Any]:
            try:
                with self._bounds.spending():
                    return [match.obj for match in query.finditer(body)]
            except (JSONPathError, RecursionError):  # the body is nested too deeply
                return []

        return values


def _environment(bounds: Bounds) -> Any:
    """The library, strict, with `match` and `search` by patterns that cannot run on."""
    from jsonpath import JSONPathEnvironment
    from jsonpath.function_extensions import ExpressionType, FilterFunction

    class WholeMatch(FilterFunction):  # type: ignore[misc]
        arg_types: ClassVar[list[Any]] = [ExpressionType.VALUE, ExpressionType.VALUE]
        return_type = ExpressionType.LOGICAL

        def __init__(self, whole: bool) -> None:
            self._whole = whole
            self._patterns: dict[str, Pattern] = {}

        def __call__(self, value: object, text: object) -> bool:
            if not isinstance(value, str) or not isinstance(text, str):
                return False
            if text not in self._patterns:
                self._patterns[text] = Pattern(text)
            return bounds.matches(self._patterns[text], value, whole=self._whole)

    environment = JSONPathEnvironment(strict=True)
    # In place of the library's own, which use `re` and could run on without an end.
    environment.function_extensions |= {"match": WholeMatch(whole=True), "search": WholeMatch(whole=False)}
    return environment
