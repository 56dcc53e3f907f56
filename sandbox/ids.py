"""New ids and tokens: random, or repeatable when a seed is given."""

from __future__ import annotations

import base64
import random
import re
import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


class Ids:
    """Makes public ids (UUID), legacy ids (digits) and opaque tokens for one world."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - repeatable on request only
        self._legacy = 1_000_000

    def uuid(self) -> str:
        return str(uuid.UUID(bytes=self._bytes(16), version=4))

    def legacy(self) -> int:
        self._legacy += 1
        return self._legacy

    def token(self, size: int = 24) -> str:
        """URL-safe text of `size` random bytes: 32 characters for 24."""
        return base64.urlsafe_b64encode(self._bytes(size)).rstrip(b"=").decode()

    @contextmanager
    def unspent(self) -> Iterator[None]:
        """What is made inside is made again afterwards: for what is only tried out."""
        state, legacy = self._random.getstate() if self._random else None, self._legacy
        try:
            yield
        finally:
            self._legacy = legacy
            if self._random is not None and state is not None:
                self._random.setstate(state)

    def _bytes(self, size: int) -> bytes:
        return secrets.token_bytes(size) if self._random is None else self._random.randbytes(size)


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its canonical form of 36 characters."""
    return _UUID.fullmatch(text) is not None
