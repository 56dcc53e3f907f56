"""An authorization request, checked before the user sees it.

Source: *Code grant*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013193
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.model import Credential
from sandbox.oauth import redirects
from sandbox.worlds.pkce import METHODS, SYNTAX, Challenge
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces

SCOPES = ("PATIENT", "CLINICIAN", "TEAMCOORD")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """The client, the redirect target and the scope; an empty scope accepts any user type."""

    workspace: Workspace
    client: Credential
    redirect_uri: str
    sent_redirect_uri: str
    scope: str = ""
    state: str | None = None
    challenge: Challenge | None = None

    def redirect(self, **parameters: str) -> str:
        """Build the redirect to the client, with `state` if the request had one."""
        echoed = {} if self.state is None else {"state": self.state}
        return redirects.with_parameters(self.redirect_uri, {**parameters, **echoed})


def parse_authorization(
    workspaces: Workspaces, parameters: dict[str, str], within: Workspace | None = None
) -> AuthorizationRequest:
    """Parse a request. Raises Invalid for an error that must not redirect: unknown client, wrong type, URI or scope.

    `within` limits the clients to one world.
    """
    # The client selects the world, because the page knows no other credential.
    registration = workspaces.with_credential(parameters.get("client_id", ""))
    is_elsewhere = registration is not None and within not in (None, registration[0])
    if registration is None or is_elsewhere or registration[1].kind != "user-client":
        raise _refused(
            "The client_id is not registered.", "client_id of a User Client: GET /_sandbox/credentials lists them"
        )
    workspace, client = registration
    # First of all: an error may be redirected only to a registered address (RFC 6749 section 4.1.2.1).
    redirect_uri = _redirect_uri(client, parameters.get("redirect_uri", ""))
    if parameters.get("response_type") != "code":
        raise _refused("response_type must be code.", "response_type=code")
    scope = parameters.get("scope", "")
    if scope and (scope not in SCOPES or scope not in client.scopes):
        raise _refused(f"This client may not request the scope {scope}.", f"one of {', '.join(client.scopes)}")
    return AuthorizationRequest(
        workspace=workspace,
        client=client,
        redirect_uri=redirect_uri,
        sent_redirect_uri=parameters.get("redirect_uri", ""),
        scope=scope,
        state=parameters.get("state"),
        challenge=_challenge(parameters),
    )


def _challenge(parameters: dict[str, str]) -> Challenge | None:
    """Return the challenge of RFC 7636, if the client sent one."""
    value, method = parameters.get("code_challenge") or None, parameters.get("code_challenge_method") or None
    if value is None and method is None:
        return None
    if method is not None and method not in METHODS:
        text = f"code_challenge_method must be one of: {', '.join(METHODS)}."
        raise Invalid(text, rule="oauth.pkce", instead="code_challenge_method=S256")
    if value is None or not SYNTAX.fullmatch(value):
        text = "code_challenge must be 43 to 128 letters, digits, '-', '.', '_' or '~'."
        raise Invalid(
            text, rule="oauth.pkce", instead="BASE64URL(SHA256(code_verifier)), with code_challenge_method=S256"
        )
    return Challenge(value, method or "plain")


def _redirect_uri(client: Credential, uri: str) -> str:
    if not uri and len(client.redirect_uris) == 1:
        return client.redirect_uris[0]
    if not uri:
        raise _refused("redirect_uri is required, because this client has several registered.", _registered(client))
    if not redirects.is_allowed(uri, client.redirect_uris):
        raise _refused("redirect_uri is not registered for this client.", _registered(client))
    return uri


def _registered(client: Credential) -> str:
    return f"a registered redirect_uri: {', '.join(client.redirect_uris)}"


def _refused(text: str, instead: str) -> Invalid:
    return Invalid(text, rule="oauth.authorize-error-page", instead=instead)
