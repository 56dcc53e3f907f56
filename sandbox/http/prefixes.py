"""The addresses at which APIs begin: known before an API is loaded. Those of FHIR are in its table of endpoints."""

from __future__ import annotations

from sandbox.access.tokens import REALM

CONTROL = "/_sandbox"
HEALTH = f"{CONTROL}/health"
DOCS = f"{CONTROL}/docs"
HL7 = "/services/hl7"
REST = ("/json", "/rest")
"""PKB publishes the Custom REST API at the first, and has it at the second too."""
AUTHORIZE, OTP = "/apiAuthorize.action", "/otp.action"
OAUTH_PAGES, OAUTH_TOKENS = (AUTHORIZE, OTP), ("/api/oauth", REALM, "/apiToken.action")
"""The prefixes of all paths of OAuth, for people and for programs."""
PAGE = ".action"
"""The end of the path of a page."""
SIGNED_IN = "pkb_session"
"""The cookie of a browser in which a person signed in to PKB's web pages."""
