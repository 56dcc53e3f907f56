"""The addresses of OAuth 2.0: token endpoints, signing keys, metadata."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from sandbox.access.keys import ALGORITHM, key_ring
from sandbox.access.tokens import REALM
from sandbox.errors import SandboxError
from sandbox.http.call import Call
from sandbox.http.front_end import FrontEnd
from sandbox.http.prefixes import AUTHORIZE, OTP, PAGE
from sandbox.http.routes import Route
from sandbox.oauth import api_token, consent_page, deep_links, one_time_password, words
from sandbox.oauth.errors import dialect
from sandbox.oauth.grants import client_credentials
from sandbox.oauth.issuers import customer_system_clients, system_clients
from sandbox.worlds.workspaces import Workspaces


def front_end(workspaces: Workspaces) -> FrontEnd:
    routes = (
        Route("POST", "/api/oauth/token", _system_client_token, words.TOKEN),
        Route("POST", f"{REALM}/protocol/openid-connect/token", _customer_token, words.TOKEN),
        Route("GET", f"{REALM}/protocol/openid-connect/certs", _certs, "certs"),
        Route("GET", f"{REALM}/.well-known/openid-configuration", _configuration, "openid-configuration"),
        Route("GET", AUTHORIZE, consent_page.show_page, "authorize"),
        Route("POST", AUTHORIZE, consent_page.process_form, "authorize"),
        Route("POST", "/apiToken.action", _session_token, words.TOKEN),
        Route("GET", OTP, one_time_password.sign_in_browser, "otp"),
        Route("GET", "/", deep_links.open_home, "deep link"),
        # Last, because it would match every page before it.
        Route("GET", "/{page:path}.action", deep_links.open_page, "deep link"),
    )
    return FrontEnd(
        api="oauth",
        workspaces=workspaces,
        routes=routes,
        identify=words.choose_world,
        identifies_by_body=True,
        subject_of=words.subject_of,
        words=words.WORDS,
        dialect=_dialect,
    )


def _dialect(call: Call, error: SandboxError) -> Response:
    """Return an error as a page for people, or as RFC 6749's object for programs."""
    answer = dialect(call, error)
    if not call.path.endswith(PAGE) or call.path == deep_links.PROGRAM:
        return answer
    page = consent_page.error_page(error, answer.status_code)
    if "allow" in answer.headers:
        page.headers["Allow"] = answer.headers["allow"]
    return page


def _system_client_token(call: Call) -> Response:
    call.operation = words.operation_of(call)
    return client_credentials.grant(call, system_clients(), call.base_url)


def _customer_token(call: Call) -> Response:
    call.operation = words.operation_of(call)
    return client_credentials.grant(call, customer_system_clients(), f"{call.base_url}{REALM}")


def _session_token(call: Call) -> Response:
    call.operation = words.operation_of(call)
    return api_token.session_token(call)


def _certs(call: Call) -> Response:
    return JSONResponse({"keys": [key.jwk for key in key_ring(call.settings.seed is not None).keys]})


def _configuration(call: Call) -> Response:
    realm = f"{call.base_url}{REALM}"
    return JSONResponse(
        {
            "issuer": realm,
            "token_endpoint": f"{realm}/protocol/openid-connect/token",
            "jwks_uri": f"{realm}/protocol/openid-connect/certs",
            "grant_types_supported": ["client_credentials"],
            # OpenID Connect Discovery 1.0, 3, requires the next three, also without an authorization endpoint.
            "response_types_supported": ["none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )
