"""New ids and tokens: random, or repeatable when a seed is given."""

from __future__ import annotations

import base64
import hashlib
import random
import re
import secrets
import string
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_CHARACTERS = string.ascii_lowercase + string.digits
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_VARIANT = {digit: "89ab"[int(digit, 16) & 0b11] for digit in "0123456789abcdef"}
"""A random digit → the one that states the variant of a UUID and keeps two of its bits."""


_NAMESPACE = uuid.NAMESPACE_URL.bytes

RESERVE = 64
"""Ids that are made at once without a seed: to ask the system for random bytes costs as much as all else."""

FIRST_LEGACY = 1_000_000
"""Generated legacy ids are greater than this one."""


class Ids:
    """Generates public ids (UUID), legacy ids (digits) and opaque tokens for one world.

    `last_legacy` is the legacy id that was generated last.
    """

    def __init__(self, seed: int | str | None = None, last_legacy: int = FIRST_LEGACY) -> None:
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - repeatable on request only
        # Without a seed from the system's secure source: other machines may be able to reach the server.
        self._bytes = secrets.token_bytes if self._random is None else self._random.randbytes
        self._reserve: list[str] = []
        self.last_legacy = last_legacy

    def uuid(self) -> str:
        """Return a random UUID, version 4 (RFC 9562 section 5.4), in its canonical form."""
        if self._random is not None:
            return _uuid(self._random.randbytes(16).hex())
        if not self._reserve:
            digits = secrets.token_hex(16 * RESERVE)
            self._reserve = [_uuid(digits[start : start + 32]) for start in range(0, len(digits), 32)]
        return self._reserve.pop()

    def legacy(self) -> int:
        self.last_legacy += 1
        return self.last_legacy

    def token(self, size: int = 24) -> str:
        """Return URL-safe text of `size` random bytes: 32 characters for 24."""
        return base64.urlsafe_b64encode(self._bytes(size)).rstrip(b"=").decode()

    def code(self, length: int) -> str:
        """Return lower-case letters and digits, for people to copy from paper."""
        # A little uneven, as 256 is not a multiple of 36: good enough for codes that only look like PKB's.
        return "".join(_CHARACTERS[byte % len(_CHARACTERS)] for byte in self._bytes(length))

    @property
    def state(self) -> tuple[Any, ...] | None:
        """The state of a seeded generator, to go on from in another run; None for one without a seed."""
        return None if self._random is None else self._random.getstate()

    def go_on_from(self, state: tuple[Any, ...] | None, last_legacy: int) -> None:
        """Go on from an earlier state."""
        self.last_legacy = last_legacy
        if self._random is not None and state is not None:
            self._random.setstate(state)

    @contextmanager
    def unspent(self) -> Iterator[None]:
        """Restore the generator after the block, so that a rehearsal does not use up ids."""
        state, legacy = self.state, self.last_legacy
        try:
            yield
        finally:
            self.go_on_from(state, legacy)


def _uuid(digits: str) -> str:
    """Write 32 random digits as a UUID."""
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"


def named_uuid(name: str) -> str:
    """Return the UUID, version 3 (RFC 9562 section 5.3), of a name: always the same for the same name."""
    # As `uuid.uuid3`, in a third of its time.
    digits = hashlib.md5(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-3{digits[13:16]}-{_VARIANT[digits[16]]}{digits[17:20]}-{digits[20:]}"


def aggregated_id(public_id: str) -> str:
    """Return the id on Aggregated of a record, data point or organisation with a public id."""
    return named_uuid(f"pkb/{public_id}")


def is_uuid(text: str) -> bool:
    """Return whether the text is a UUID in its canonical form of 36 characters."""
    return _UUID.fullmatch(text) is not None


def legacy_id(public_id: str) -> str:
    """Return the legacy id of an entity that has two ids at PKB and one here: at most 15 digits, always the same."""
    # Derived, not counted: the same entity has the same id in every world and after every restart.
    return str(int.from_bytes(hashlib.sha256(public_id.encode()).digest()[:6], "big"))
