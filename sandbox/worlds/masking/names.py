"""The names of secrets, in any spelling."""

from __future__ import annotations

import re

MASK = "[redacted]"
SECRETS = frozenset(
    {
        "accesstoken",
        "actortoken",
        "admintoken",
        "apikey",
        "assertedloginidentity",
        "assertion",
        "authorization",
        "bearertoken",
        "binarysecuritytoken",
        "clientassertion",
        "clientsecret",
        "codeverifier",
        "devicecode",
        "idtoken",
        "jwt",
        "onetimepassword",
        "otp",
        "otptoken",
        "passphrase",
        "passwd",
        "password",
        "privatekey",
        "pwd",
        "refreshtoken",
        "secret",
        "sessiontoken",
        "subjecttoken",
        "token",
        "xapikey",
    }
)
"""Names of secrets, in lower case and without separators."""
CODE = "code"
"""An authorisation code in a request for a token; elsewhere the word of FHIR and no secret."""
HEADER_PARTS = ("apikey", "authorization", "cookie", "password", "secret", "subscriptionkey", "token")
"""Parts of the names of headers that hold a secret."""
_SEPARATOR = re.compile(r"[^a-z0-9]")
# Every name contains one of these, or is written with an escape: most texts have none, and are not looked through.
HINT = re.compile(
    r"(?i)token|passw|passphrase|secret|pwd|otp|asserti|assertedlogin|key|authori|jwt|code|verifier|\\u|%"
)


def without_separators(name: str) -> str:
    """Return a name in lower case and without separators: `Client-Secret` and `clientSecret` are the same name."""
    return _SEPARATOR.sub("", name.lower())


def is_secret(name: str) -> bool:
    return without_separators(name) in SECRETS


def is_secret_header(name: str) -> bool:
    return any(part in without_separators(name) for part in HEADER_PARTS)
