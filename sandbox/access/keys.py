"""The signing key of this process, generated when it is first needed; with a seed, the key that ships with the
sandbox.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from sandbox.base import datafiles
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

ALGORITHM = "RS256"


_encode = json.JSONEncoder(separators=(",", ":")).encode


def _base64url(content: bytes) -> bytes:
    """Encode without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(content).rstrip(b"=")


class SigningKey:
    """An RSA key and the JWK of its public half."""

    def __init__(self, private: RSAPrivateKey) -> None:
        from jwt.algorithms import RSAAlgorithm

        self.private = private
        self.public = private.public_key()
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self.public, as_dict=True)
        self.id: str = hashlib.sha256(jwk["n"].encode()).hexdigest()[:16]
        # RFC 7517 section 4.3: `use` and `key_ops` should not be published together.
        self.jwk = {**{k: v for k, v in jwk.items() if k != "key_ops"}, "kid": self.id, "use": "sig", "alg": ALGORITHM}

    def token(self, claims: Mapping[str, Any]) -> str:
        """Return a signed JWT with some claims of JSON's own types: the text that `jwt.encode` would return.

        Its head, its padding and its hash are prepared once, for signing alone takes most of the time of a token.
        """
        head, padding, algorithm = self._prepared
        signed = head + _base64url(_encode(claims).encode())
        return (signed + b"." + _base64url(self.private.sign(signed, padding, algorithm))).decode()

    @cached_property
    def _prepared(self) -> tuple[bytes, PKCS1v15, SHA256]:
        import jwt
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        head = jwt.encode({}, self.private, algorithm=ALGORITHM, headers={"kid": self.id}).partition(".")[0]
        return f"{head}.".encode(), PKCS1v15(), SHA256()

    @property
    def pem(self) -> str:
        """The private key in PEM (PKCS #8), unencrypted."""
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class KeyRing:
    """The keys of a process, newest first. Rotated keys still verify the tokens that they signed."""

    def __init__(self, first: SigningKey) -> None:
        self.keys = [first]

    @property
    def current(self) -> SigningKey:
        return self.keys[0]

    def find(self, id_: str) -> SigningKey | None:
        return next((key for key in self.keys if key.id == id_), None)

    def rotate(self, key: SigningKey) -> None:
        """Put a new key before the others."""
        self.keys.insert(0, key)


_rings: dict[bool, KeyRing] = {}
"""The key rings of the process, by whether a seed is set."""


_making = Lock()


def key_ring(seeded: bool) -> KeyRing:
    """Return the key ring of the process. The shipped key is public: it makes tokens repeatable in tests and secures
    nothing.

    The first call makes a key, which can take a tenth of a second: others are answered meanwhile if it comes from a
    thread.
    """
    if seeded not in _rings:
        with _making:
            if seeded not in _rings:
                _rings[seeded] = KeyRing(_shipped_key() if seeded else new_key())
    return _rings[seeded]


def ring_in_use(seeded: bool) -> KeyRing | None:
    """Return the key ring of the process; None while nothing has been signed with it."""
    return key_ring(seeded) if seeded else _rings.get(seeded)


def _shipped_key() -> SigningKey:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = datafiles.beside_code("access/seeded_key.pem").read_bytes()
    return SigningKey(load_pem_private_key(pem, password=None))  # type: ignore[arg-type]  # the file holds RSA


def signing_key(workspace: Workspace) -> SigningKey:
    """Return the key that signs in a world now: the one of its last rotation, else the first of the process."""
    ring = key_ring(workspace.settings.seed is not None)
    # Not the newest key of the ring: another world may have rotated to it.
    return _stored(workspace, ring.find(workspace.signing_key) or ring.keys[-1])


def _stored(workspace: Workspace, key: SigningKey) -> SigningKey:
    """Return a key of a world, which the data file keeps from its first use on."""
    if workspace.store.changes is not None and key.id not in workspace.stored_keys:
        workspace.stored_keys[key.id] = key.pem
        workspace.signing_key = key.id
    return key


def restore(workspaces: Workspaces) -> None:
    """Put the keys of a data file into the ring of the process, so that their tokens stay valid."""
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    for workspace in workspaces:
        is_seeded = workspace.settings.seed is not None
        for id_, pem in workspace.stored_keys.items():
            key = SigningKey(load_pem_private_key(pem.encode(), password=None))  # type: ignore[arg-type]
            ring = _rings.setdefault(is_seeded, KeyRing(key))
            if ring.find(id_) is None:
                # Before the last one, the first key of the process, which signs in worlds without a key of their own.
                ring.keys.insert(len(ring.keys) - 1, key)


def rotate(workspace: Workspace, key: SigningKey) -> None:
    """Sign with a new key in a world from now on. The keys of all worlds are published together."""
    key_ring(workspace.settings.seed is not None).rotate(key)
    workspace.signing_key = key.id
    _stored(workspace, key)


def new_key() -> SigningKey:
    """Make a key."""
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return SigningKey(generate_private_key(public_exponent=65537, key_size=2048))
