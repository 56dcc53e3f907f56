"""The shell command that gets the token, or the Basic text, that an example's code reads from the environment."""

from __future__ import annotations

import json
from shlex import quote
from urllib.parse import urlencode

from sandbox.access.credentials import credential_row
from sandbox.console.pages.start.examples import BASIC
from sandbox.console.pages.start.sending import token_path
from sandbox.console.pages.start.stage import CellStage, MissingFromWorld
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE

# sed, because not every machine has a reader of JSON.
_FROM_JSON = """sed 's/.*"{}":"\\([^"]*\\)".*/\\1/'"""


def token_command(call: Call, stage: CellStage) -> str:
    """Return the command or, in a world that lacks something for it, a comment that says so."""
    try:
        return _command(call, stage)
    except MissingFromWorld as missing:
        return f"# {missing.text}"


def _command(call: Call, stage: CellStage) -> str:
    credential = stage.credential
    if stage.kind in BASIC:
        # GNU's base64 breaks long lines, which a header cannot have.
        return f"export BASIC=$(printf %s {quote(f'{credential.id}:{credential.secret}')} | base64 | tr -d '\\n')"
    if stage.kind == "user-client":
        return _approved(call, stage)
    if stage.kind == "tethered-token-system-client":
        refresh = credential_row(stage.workspace, credential).get("refresh_token", "")
        fields = {"grant_type": "refresh_token", "client_id": credential.id, "refresh_token": refresh, "scope": "SITE"}
        return _token(call, stage, *(f"-d {quote(f'{name}={value}')}" for name, value in fields.items()))
    return _token(
        call, stage, f"-u {quote(f'{credential.id}:{credential.secret}')}", "-d grant_type=client_credentials"
    )


def _token(call: Call, stage: CellStage, *options: str) -> str:
    lines = ["export TOKEN=$(curl -s", *options, f"{quote(call.base_url + token_path(stage.kind))}"]
    return " \\\n  ".join(lines) + f" \\\n  | {_FROM_JSON.format('access_token')})"


def _approved(call: Call, stage: CellStage) -> str:
    """Approve as the user by a control call, and exchange the code."""
    credential = stage.credential
    if not credential.redirect_uris:
        raise MissingFromWorld(f"{credential.id} has no redirect URI.")
    query = {"client_id": credential.id, "redirect_uri": credential.redirect_uris[0]}
    world = "" if call.workspace is call.workspaces.default else f"?{urlencode({WORKSPACE: call.workspace.name})}"
    address = f"{call.base_url}/_sandbox/users/{stage.user}/approve{world}"
    # By the environment, so that the token is neither on the page nor in the history of a shell.
    admin = ['-H "Authorization: Bearer $PKB_SANDBOX_ADMIN_TOKEN"'] if call.settings.admin_token else []
    lines = [
        "CODE=$(curl -s",
        *admin,
        "-H 'Content-Type: application/json'",
        f"-d {quote(json.dumps(query))}",
        quote(address),
    ]
    code = " \\\n  ".join(lines) + f" \\\n  | {_FROM_JSON.format('code')})"
    fields = [f"-d {quote(f'{name}={value}')}" for name, value in query.items()]
    return f"{code}\n{_token(call, stage, '-d grant_type=authorization_code', *fields, '-d code=$CODE')}"
