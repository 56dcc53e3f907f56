"""The signing key of this process, generated when it is first needed; with a seed, the key that ships with the
sandbox.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox import datafiles
from sandbox.worlds.workspace import Workspace

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ALGORITHM = "RS256"


class SigningKey:
    """An RSA key and the JWK of its public half."""

    def __init__(self, private: RSAPrivateKey) -> None:
        from jwt.algorithms import RSAAlgorithm

        self.private = private
        self.public = private.public_key()
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self.public, as_dict=True)
        self.id = hashlib.sha256(jwk["n"].encode()).hexdigest()[:16]
        # RFC 7517 section 4.3: `use` and `key_ops` should not be published together.
        self.jwk = {**{k: v for k, v in jwk.items() if k != "key_ops"}, "kid": self.id, "use": "sig", "alg": ALGORITHM}


class KeyRing:
    """The keys of a process, newest first. Rotated keys still verify the tokens that they signed."""

    def __init__(self, first: SigningKey) -> None:
        self.keys = [first]

    @property
    def current(self) -> SigningKey:
        return self.keys[0]

    def find(self, id_: str) -> SigningKey | None:
        return next((key for key in self.keys if key.id == id_), None)

    def rotate(self) -> SigningKey:
        """Put a new key before the others."""
        self.keys.insert(0, _new_key())
        return self.current


@cache
def key_ring(seeded: bool) -> KeyRing:
    """Return the key ring of the process. The shipped key is public: it makes tokens repeatable in tests and secures
    nothing.
    """
    if not seeded:
        return KeyRing(_new_key())
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = datafiles.beside_code("access/seeded_key.pem").read_bytes()
    return KeyRing(SigningKey(load_pem_private_key(pem, password=None)))  # type: ignore[arg-type]  # the file holds RSA


def signing_key(workspace: Workspace) -> SigningKey:
    """Return the key that signs in a world now: the one of its last rotation, else the first of the process."""
    ring = key_ring(workspace.settings.seed is not None)
    # Not the newest key of the ring: another world may have rotated to it.
    return ring.find(workspace.signing_key) or ring.keys[-1]


def rotate(workspace: Workspace) -> SigningKey:
    """Make a new signing key for a world. The keys of all worlds are published together."""
    key = key_ring(workspace.settings.seed is not None).rotate()
    workspace.signing_key = key.id
    return key


def _new_key() -> SigningKey:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return SigningKey(generate_private_key(public_exponent=65537, key_size=2048))
