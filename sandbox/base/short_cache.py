"""A cache for what clients send again and again: only short texts stay, so that no client can fill the memory."""

from __future__ import annotations

from collections.abc import Callable, Sized
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

LONGEST = 1_000
"""Characters or bytes of a first argument whose value is remembered."""

S = TypeVar("S", bound=Sized)
P = ParamSpec("P")
T = TypeVar("T")


def short_cache(
    most: int, longest: int = LONGEST
) -> Callable[[Callable[Concatenate[S, P], T]], Callable[Concatenate[S, P], T]]:
    """Remember the values of the last `most` different arguments. With a longer first argument, compute each anew."""

    def decorate(function: Callable[Concatenate[S, P], T]) -> Callable[Concatenate[S, P], T]:
        remembered = lru_cache(most)(function)

        @wraps(function)
        def call(text: S, /, *others: P.args, **named: P.kwargs) -> T:
            if len(text) > longest:
                return function(text, *others, **named)
            return remembered(text, *others, **named)  # type: ignore[arg-type]  # what is remembered can be hashed

        return call

    return decorate
