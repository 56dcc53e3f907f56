"""Proof Key for Code Exchange (RFC 7636): only the client that requested a code can exchange it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass


def _s256(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


METHODS: dict[str, Callable[[str], str]] = {"S256": _s256, "plain": lambda verifier: verifier}
"""`code_challenge_method` → the function from verifier to challenge (section 4.2)."""
SYNTAX = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""The form of a verifier and a challenge (sections 4.1 and 4.2)."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The challenge of an authorization request, to prove when its code is exchanged."""

    value: str
    method: str = "plain"

    def is_met_by(self, verifier: str) -> bool:
        # RFC 7636 section 4.1 allows no other characters, and the digest and the comparison need ASCII.
        if not SYNTAX.fullmatch(verifier):
            return False
        return hmac.compare_digest(METHODS[self.method](verifier), self.value)
