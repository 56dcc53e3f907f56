"""The workspaces of the server: isolated worlds with credentials of their own, which choose them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from sandbox.access import credentials
from sandbox.console.pages.bench.commands import command
from sandbox.console.pages.patients.paging import page_of
from sandbox.console.rendering import render_page
from sandbox.domain.worlds import loading
from sandbox.http.call import Call
from sandbox.http.routes import Route
from sandbox.model import Organisation, Patient
from sandbox.worlds.workspace import Workspace

SIZE = 50
SECRETS = ("password", "client_secret", "refresh_token")


def show_workspaces(call: Call) -> Response:
    """List the workspaces whose name contains `?text=`."""
    text = call.request.query_params.get("text", "").strip().lower()
    matches = [workspace for workspace in call.workspaces if text in workspace.name]
    return render_page(
        call,
        "bench/workspaces.html",
        title="Workspaces",
        page=page_of(call, matches, SIZE),
        text=text,
        default=call.workspaces.default,
        worlds=loading.supplied(),
        served=call.workspaces.default.world,
        command=partial(command, call),
        quote=quote,
    )


def show_workspace(call: Call) -> Response:
    """Show a workspace with its credentials. Raises NotFound."""
    workspace = call.workspaces.named(call.params["name"])
    return render_page(
        call,
        "bench/workspace.html",
        title=f"Workspace {workspace.name}",
        workspace=workspace,
        default=call.workspaces.default,
        organisations=workspace.store.count(Organisation),
        patients=workspace.store.count(Patient),
        rows=list(_credentials(workspace)),
        command=command(call, "credentials", workspace),
    )


def _credentials(workspace: Workspace) -> Iterator[dict[str, Any]]:
    """Yield a row of the table for each credential: its kind, id, secret and owner."""
    for row in credentials.list_credentials(workspace):
        yield {
            "kind": row["kind"],
            "name": row["name"],
            "id": row.get("username") or row.get("client_id"),
            "secrets": [(key.replace("_", " "), row[key]) for key in SECRETS if key in row],
            "organisation": row.get("organisation", {}).get("name", ""),
            "apis": row["apis"],
        }


ROUTES = (
    Route("GET", "/bench/workspaces", show_workspaces, "Workspaces"),
    Route("GET", "/bench/workspaces/{name}", show_workspace, "Workspace"),
)
