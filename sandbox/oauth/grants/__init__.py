"""The grants, one file each, and their table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sandbox.http.call import Call
from sandbox.model import Credential
from sandbox.oauth.grants.authorization_code import exchange_code
from sandbox.oauth.grants.refresh_token import exchange_refresh_token
from sandbox.worlds.api_session import ApiSession

SESSION_GRANTS: dict[str, Callable[[Call, Credential, Mapping[str, str]], ApiSession]] = {
    "authorization_code": exchange_code,
    "refresh_token": exchange_refresh_token,
}
"""Grant type of `/apiToken.action` → the function that opens or finds the session."""

GRANTS = ("client_credentials", *SESSION_GRANTS)
"""All grant types; the first is for the two issuers of System Clients (`client_credentials.py`), without a session."""
