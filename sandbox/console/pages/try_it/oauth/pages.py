"""The pages of the walk through the code grant: the beginning, the steps, and the callback."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from sandbox.console.bodies import format_body
from sandbox.console.browser import check_csrf
from sandbox.console.forms import leave, parse_form, value_of
from sandbox.console.pages.try_it.oauth import walks
from sandbox.console.pages.try_it.oauth.acts import ACTS, STEPS, carry_out
from sandbox.console.pages.try_it.oauth.walks import AUTHORIZE, Walk
from sandbox.console.pages.try_it.overview import TABS
from sandbox.console.rendering import link, render_page
from sandbox.console.sending import credential_of
from sandbox.errors import Invalid
from sandbox.facts import ledger
from sandbox.http.call import Call
from sandbox.model import Credential
from sandbox.oauth import redirects

SCOPES = ("PATIENT", "CLINICIAN", "TEAMCOORD")
LONGEST = 200
"""Characters of a text of the redirect that are shown."""
MOST_CLIENTS = 100


def show_clients(call: Call) -> Response:
    """Show how the code grant goes, and the clients with which it can be walked through."""
    return render_page(
        call,
        "try_it/oauth.html",
        title="Try OAuth 2.0",
        tabs_of_page=TABS,
        clients=_clients(call),
        client=call.request.query_params.get("client", ""),
        callback=walks.callback_of(call),
        scopes=SCOPES,
    )


def _clients(call: Call) -> list[Credential]:
    """The User Clients whose redirect may lead to the console."""
    address = walks.callback_of(call)
    issued = call.workspace.store.find(Credential, "kind", "user-client")
    return [row for row in issued if not row.revoked and redirects.is_allowed(address, row.redirect_uris)][
        :MOST_CLIENTS
    ]


def begin(call: Call) -> Response:
    """Begin a walk. Raises Invalid."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    client = credential_of(call.workspace, value_of(fields, "client"))
    scope = value_of(fields, "scope")
    if client.kind != "user-client":
        raise Invalid("Choose a User Client.")
    if scope and scope not in client.scopes:
        raise Invalid(f"{client.id} may not request the scope {scope[:40]}; it has {', '.join(client.scopes)}.")
    walk = walks.begin(call, client.id, scope, with_pkce=value_of(fields, "pkce") == "true")
    return leave(call, f"/try/oauth/{walk.id}")


def show_walk(call: Call) -> Response:
    walk = walks.walk_of(call)
    return render_page(
        call,
        "try_it/oauth_walk.html",
        title="The code grant, step by step",
        tabs_of_page=TABS,
        walk=walk,
        authorize=f"{call.base_path}{AUTHORIZE}?{walk.authorize_query}",
        full_address=f"{call.base_url}{AUTHORIZE}?{walk.authorize_query}",
        acts=ACTS,
        steps=STEPS,
        results=_results(call, walk),
    )


def _results(call: Call, walk: Walk) -> list[dict[str, Any]]:
    """The requests that were sent, newest first, as far as the journal has them."""
    rows = []
    for name, id_ in reversed(walk.exchanges):
        exchange = call.workspace.exchanges.find(id_)
        if exchange is not None:
            facts = {fact for fact in (exchange.explanation or {}).get("id", "").splitlines() if fact in ledger()}
            bodies = {"request": format_body(exchange.request), "response": format_body(exchange.response)}
            rows.append({"label": ACTS[name].label, "exchange": exchange, "facts": facts, **bodies})
    return rows


async def act(call: Call) -> Response:
    """Send the request of a step. Raises NotFound, Invalid."""
    fields = parse_form(call)
    check_csrf(call, value_of(fields, "_csrf"))
    walk = walks.walk_of(call)
    await carry_out(call, walk, call.params["act"])
    return leave(call, f"/try/oauth/{walk.id}#results")


def receive_redirect(call: Call) -> Response:
    """Take in the code or the error of a redirect, and go on with its walk; a stranger's redirect is only described."""
    query = call.request.query_params
    # `state` ties a redirect to the walk that asked for it (RFC 6749 section 10.12).
    walk = walks.with_state(call, query.get("state", ""))
    if walk is None:
        return render_page(
            call,
            "try_it/callback.html",
            title="A redirect without a walk",
            tabs_of_page=TABS,
            names=[name[:LONGEST] for name in query][:20],
        )
    walk.code = query.get("code", "")
    walk.error = query.get("error", "")[:LONGEST]
    walk.error_description = query.get("error_description", "")[:LONGEST]
    return RedirectResponse(link(call, f"/try/oauth/{walk.id}"), 303, {"Cache-Control": "no-store"})
