"""The credentials of a copied world: those of the original, each with another id and secret."""

from __future__ import annotations

from dataclasses import replace

from sandbox.base.ids import Ids
from sandbox.model import Credential, HeldMessage
from sandbox.store import Store


def reissue(store: Store, ids: Ids, suffix: str) -> None:
    """Replace every credential by one with a suffix in its id, and update references to it."""
    for credential in list(store.all(Credential)):
        store.delete(credential)
        # A public client has no secret in the copy either.
        secret = ids.token() if credential.secret else ""
        store.put(replace(credential, id=_renamed(credential.id, suffix), secret=secret))
    for held in list(store.all(HeldMessage)) if store.count(HeldMessage) else ():
        # A held message names the sender whose credential it came with, which has a new id in the copy.
        store.put(replace(held, credential=_renamed(held.credential, suffix)))


def _renamed(id_: str, suffix: str) -> str:
    return f"{id_}-{suffix}"
