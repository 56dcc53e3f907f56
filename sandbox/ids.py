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

_CHARACTERS = string.ascii_lowercase + string.digits
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)

_VERSION_4 = 4 << 76 | 0b10 << 62
_RANDOM = ~(0xF << 76 | 0b11 << 62)
"""The bits of a UUID that say what kind it is, and all others."""


FIRST_LEGACY = 1_000_000
"""The legacy ids that are made follow this one."""


class Ids:
    """Makes public ids (UUID), legacy ids (digits) and opaque tokens for one world.

    `last_legacy` is the legacy id that was made last.
    """

    def __init__(self, seed: int | str | None = None, last_legacy: int = FIRST_LEGACY) -> None:
        self._random = None if seed is None else random.Random(seed)  # noqa: S311 - repeatable on request only
        self.last_legacy = last_legacy

    def uuid(self) -> str:
        """A random UUID, version 4 (RFC 9562 section 5.4), in its canonical form."""
        digits = f"{int.from_bytes(self._bytes(16)) & _RANDOM | _VERSION_4:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def legacy(self) -> int:
        self.last_legacy += 1
        return self.last_legacy

    def token(self, size: int = 24) -> str:
        """URL-safe text of `size` random bytes: 32 characters for 24."""
        return base64.urlsafe_b64encode(self._bytes(size)).rstrip(b"=").decode()

    def code(self, length: int) -> str:
        """Lower-case letters and digits, for people to copy from paper."""
        return "".join(_CHARACTERS[byte % len(_CHARACTERS)] for byte in self._bytes(length))

    @contextmanager
    def unspent(self) -> Iterator[None]:
        """What is made inside is made again afterwards: for what is only tried out."""
        state, legacy = self._random.getstate() if self._random else None, self.last_legacy
        try:
            yield
        finally:
            self.last_legacy = legacy
            if self._random is not None and state is not None:
                self._random.setstate(state)

    def _bytes(self, size: int) -> bytes:
        return secrets.token_bytes(size) if self._random is None else self._random.randbytes(size)


def named_uuid(name: str) -> str:
    """The UUID, version 3 (RFC 9562 section 5.3), of a name: always the same for the same name."""
    return str(uuid.uuid3(uuid.NAMESPACE_URL, name))


def aggregated_id(public_id: str) -> str:
    """The id that what PKB knows by a public id has on Aggregated: a record, a data point, an organisation."""
    return named_uuid(f"pkb/{public_id}")


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its canonical form of 36 characters."""
    return _UUID.fullmatch(text) is not None


def legacy_id(public_id: str) -> str:
    """The legacy id of what PKB knows by two ids and the sandbox by one: 15 digits at most, always the same."""
    return str(int.from_bytes(hashlib.sha256(public_id.encode()).digest()[:6], "big"))
