"""Puts a fault into modules that are imported already: the code of their functions is replaced."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from types import CodeType, FunctionType

from tests.mutants.sites import Mutant


def can_apply(mutant: Mutant) -> bool:
    """Put a fault into living code; False if the code has another shape with it, or runs at import alone."""
    try:
        return apply(mutant) > 0
    except ValueError:
        return False


def apply(mutant: Mutant) -> int:
    """Replace the code of every function of the module that is alive; returns their number.

    What ran before, while modules were imported, keeps its results; results of cached functions are forgotten.
    """
    file = str(mutant.file)
    original = compile(mutant.file.read_bytes(), file, "exec", dont_inherit=True)
    faulty = compile(mutant.text(), file, "exec", dont_inherit=True)
    codes = dict(zip(map(_key, _codes(original)), _codes(faulty), strict=True))
    functions = [
        value for value in gc.get_objects() if type(value) is FunctionType and value.__code__.co_filename == file
    ]
    replaced = 0
    for function in functions:
        code = codes.get(_key(function.__code__))
        if code is not None:
            function.__code__ = code
            replaced += 1
    for value in gc.get_objects():
        if type(value) is _lru_cache_wrapper and str(value.__module__).startswith("sandbox"):
            value.cache_clear()
    return replaced


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of every function in a module, in the order of the text."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _key(code: CodeType) -> tuple[str, int, int]:
    first = next((column for _, _, column, _ in code.co_positions() if column is not None), 0)
    return code.co_qualname, code.co_firstlineno, first
