"""Keys: a new one signs, the old ones go on verifying."""

from __future__ import annotations

from collections.abc import Iterator

import jwt
import pytest

from sandbox.access.keys import KeyRing, key_ring
from tests.support import Client

CERTS = "/auth/realms/pkb/protocol/openid-connect/certs"


@pytest.fixture
def ring() -> Iterator[KeyRing]:
    """The ring of this process, which has afterwards the keys that it had before."""
    ring = key_ring(False)
    before = list(ring.keys)
    yield ring
    ring.keys[:] = before


def new_token(pkb: Client) -> str:
    auth = ("letterbox-facade", pkb.credential("letterbox-facade")["client_secret"])
    response = pkb.http.post("/api/oauth/token", data={"grant_type": "client_credentials"}, auth=auth)
    return response.json()["access_token"]


def test_tokens_of_before_and_after_a_rotation_are_good_and_their_keys_published(pkb: Client, ring: KeyRing):
    before = new_token(pkb)
    kid = pkb.http.post("/_sandbox/keys/rotate").json()["kid"]
    assert ring.current.id == kid
    after = new_token(pkb)
    assert jwt.get_unverified_header(after)["kid"] == kid != jwt.get_unverified_header(before)["kid"]
    published = {key["kid"]: key for key in pkb.http.get(CERTS).json()["keys"]}
    for token in (before, after):
        key = jwt.PyJWK(published[jwt.get_unverified_header(token)["kid"]])
        assert jwt.decode(token, key, algorithms=["RS256"])["client_id"] == "letterbox-facade"
        headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
        assert pkb.http.get("/fhir/Patient/nobody", headers=headers).status_code == 404
