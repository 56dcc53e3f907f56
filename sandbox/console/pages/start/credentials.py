"""Step 4: the credentials of the world, with their secrets and grants, and the forms that issue and withdraw them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from starlette.responses import Response

from sandbox.access.credentials import credential_row
from sandbox.access.matrix import TYPES, matrix
from sandbox.access.principal import INTEGRATION_TYPE
from sandbox.console.pages.start.examples import examples
from sandbox.console.pages.start.progress import steps
from sandbox.console.pages.start.stage import MOST_LOOKED_AT, CellStage
from sandbox.console.pages.start.table import chosen_type
from sandbox.console.pages.start.token_commands import token_command
from sandbox.console.pages.start.words import words
from sandbox.console.rendering import render_page
from sandbox.control.issuing import ORGANISATION_KINDS, SCOPES
from sandbox.domain.patients.sign_in import patients_able_to_sign_in
from sandbox.errors import NotFound
from sandbox.http.call import Call
from sandbox.model import Credential, Grant, Organisation, Partner, Team, User
from sandbox.model.access import KINDS, ROLES

MOST_SHOWN = 100
"""Credentials of a kind, grants and choices of a form that the page lists."""
MOST_PEOPLE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A credential as the page shows it. `people` are some who can sign in: e-mail address, password, user type;
    `grants` are the names and ids of the organisations for which it may act.
    """

    credential: Credential
    secret: str
    command: str
    organisation: Organisation | None
    partner: Partner | None
    team: Team | None
    people: tuple[tuple[str, str, str], ...]
    grants: tuple[tuple[str, str], ...]


def show_credentials(call: Call) -> Response:
    """Render the page, for one integration type with `?type=`, and the form for a kind with `?issue=`."""
    type_ = chosen_type(call)
    kind = call.request.query_params.get("issue", "")
    if kind and kind not in KINDS:
        raise NotFound(f"issue must be one of: {', '.join(KINDS)}")
    store = call.workspace.store
    kinds = [candidate for candidate in KINDS if not type_ or INTEGRATION_TYPE[candidate] == type_]
    cards = {candidate: _cards(call, candidate) for candidate in kinds}
    return render_page(
        call,
        "start/credentials.html",
        title="Credentials",
        words=words(),
        types=TYPES,
        type=type_,
        cards=cards,
        issue=kind,
        first_calls=_first_calls(),
        organisation_kinds=ORGANISATION_KINDS,
        scopes=SCOPES,
        roles=ROLES,
        organisations=list(islice(store.all(Organisation), MOST_SHOWN)),
        partners=list(islice(store.all(Partner), MOST_SHOWN)),
        teams=list(islice(store.all(Team), MOST_SHOWN)),
        grants=_grants(call) if type_ in ("", "partner") else [],
        most=MOST_SHOWN,
        steps=steps(call, type_, "credentials"),
    )


def _first_calls() -> dict[str, str]:
    """Kind of credential → the page of the first cell whose example it sends and that allows it."""
    pages: dict[str, str] = {}
    for cell, example in examples().items():
        if matrix()[cell].credential == example.kind:
            pages.setdefault(example.kind, f"/start/cell/{cell}")
    return pages


def _cards(call: Call, kind: str) -> list[Card]:
    credentials = (c for c in call.workspace.store.all(Credential) if c.kind == kind and not c.revoked)
    return [_card(call, credential) for credential in islice(credentials, MOST_SHOWN)]


def _card(call: Call, credential: Credential) -> Card:
    store = call.workspace.store
    # Such a client has no secret: it signs in with the refresh token that a coordinator gave it.
    is_tethered = credential.kind == "tethered-token-system-client"
    refresh_token = credential_row(call.workspace, credential).get("refresh_token", "") if is_tethered else ""
    return Card(
        credential=credential,
        secret=credential.secret or refresh_token,
        command=token_command(call, CellStage(call.workspace, credential.kind, credential.id)),
        organisation=store.find_one(Organisation, credential.organisation),
        partner=store.find_one(Partner, credential.partner),
        team=store.find_one(Team, credential.team),
        people=_people(call, credential),
        grants=_grantors(call, credential),
    )


def _grantors(call: Call, credential: Credential) -> tuple[tuple[str, str], ...]:
    if credential.partner is None or credential.kind not in ("hl7-partner", "system-client"):
        return ()
    store, rows = call.workspace.store, []
    for grant in islice(store.find(Grant, "partner", credential.partner), MOST_PEOPLE):
        team = store.find_one(Team, grant.team)
        name = store.get(Organisation, grant.organisation).name
        rows.append((f"{name}, team {team.name}" if team else name, grant.organisation))
    return tuple(rows)


def _people(call: Call, credential: Credential) -> tuple[tuple[str, str, str], ...]:
    """Return some people who can sign in to an app: e-mail address, password, user type."""
    if credential.kind != "user-client":
        return ()
    store = call.workspace.store
    patients = islice(patients_able_to_sign_in(store), MOST_PEOPLE) if "PATIENT" in credential.scopes else ()
    rows = [(p.email, p.password, "PATIENT") for p in patients]
    users = (user for user in islice(store.all(User), MOST_LOOKED_AT) if user.active)
    rows += [(u.email, u.password, u.scope) for u in users if u.scope in credential.scopes]
    return tuple(rows[:MOST_PEOPLE])


def _grants(call: Call) -> list[tuple[Grant, str, str, str]]:
    """Return grants with the names of partner, organisation and team."""
    store = call.workspace.store
    return [
        (
            grant,
            store.get(Partner, grant.partner).name,
            store.get(Organisation, grant.organisation).name,
            team.name if (team := store.find_one(Team, grant.team)) else "",
        )
        for grant in islice(store.all(Grant), MOST_SHOWN)
    ]
