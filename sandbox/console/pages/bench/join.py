"""The page to which the link of an invitation leads: there a patient registers, as on PKB's own page.

What it asks for and in which world is the fact `registration.page`. Source: *Join PKB URLs*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364356159
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import RedirectResponse, Response

from sandbox.console.rendering import link, render_page
from sandbox.domain.patients import invitations
from sandbox.domain.patients.registration import SHORTEST_PASSWORD
from sandbox.http.call import Call
from sandbox.http.control_operations import WORKSPACE
from sandbox.http.routes import Route
from sandbox.model import Invitation, Organisation, Patient, Team
from sandbox.worlds.workspace import Workspace

PATH = "/join"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLink:
    """The parts of the link: the two codes, the e-mail address that fills the form, and the alias of a team."""

    code: str
    access_code: str
    email: str
    team: str

    @classmethod
    def of(cls, call: Call) -> JoinLink:
        query = call.request.query_params
        return cls(
            code=query.get("t1", "").strip().lower(),
            access_code=query.get("t2", "").strip().lower(),
            email=query.get("e", "").strip(),
            team=call.params.get("team", query.get("team", "")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """A valid pair of codes. `obstacle` says why the patient cannot register with it; empty for one who can."""

    invitation: Invitation
    patient: Patient
    organisation: str
    team: str
    is_child: bool
    obstacle: str


def redirect_to_console(call: Call) -> Response:
    """Lead from the address that PKB uses to the page of the console, whose cookie forms need."""
    target = JoinLink.of(call)
    names = call.request.query_params.get(WORKSPACE)
    address = link(
        call, PATH, t1=target.code, t2=target.access_code, e=target.email, team=target.team, **{WORKSPACE: names}
    )
    return RedirectResponse(address, 307, {"Cache-Control": "no-store"})


def show_registration(call: Call) -> Response:
    """Ask for the codes, say that they are wrong, or show the form with which the patient registers."""
    if not call.request.scope.get("app_prefix"):
        return redirect_to_console(call)
    target = JoinLink.of(call)
    invited = invited_of(call, target)
    is_wrong = invited is None and bool(target.code or target.access_code)
    return render_page(
        call,
        "bench/join.html",
        title="Register with Patients Know Best",
        status=400 if is_wrong else 200,
        target=target,
        invited=invited,
        is_wrong=is_wrong,
        shortest_password=SHORTEST_PASSWORD,
    )


def invited_of(call: Call, target: JoinLink) -> Invited | None:
    """Return who is invited with the codes, and select the world; None for codes that do not belong together."""
    world = _world_of(call, target.code)
    invitation = world.store.find_one(Invitation, target.code)
    secret = invitation.access_code if invitation is not None else ""
    # Compared in constant time, and also for an unknown code: the answer must not tell which of the two is wrong.
    if not hmac.compare_digest(secret.encode(), target.access_code.encode()) or invitation is None:
        return None
    call.workspace = world
    patient = world.store.get(Patient, invitation.patient)
    organisation = world.store.get(Organisation, invitation.organisation)
    team = next(iter(world.store.find(Team, "alias", (organisation.id, target.team))), None) if target.team else None
    is_child = invitations.is_child(world.record, patient.date_of_birth)
    return Invited(
        invitation=invitation,
        patient=patient,
        organisation=organisation.name,
        team=team.name if team is not None else "",
        is_child=is_child,
        obstacle=_obstacle(patient, invitation, world.clock.now(), is_child=is_child),
    )


def _obstacle(patient: Patient, invitation: Invitation, now: datetime, *, is_child: bool) -> str:
    name = patient.name.display
    if patient.deceased:
        return f"{name} has died: the record cannot be registered."
    if patient.registered:
        return f"{name} is already registered."
    if invitation.expires_at <= now:
        return f"The invitation expired on {invitation.expires_at:%d %B %Y}. Codes are valid for ten weeks."
    if is_child and not invitation.email:
        return f"{name} is under 16, and can register only with an invitation by e-mail."
    return ""


def _world_of(call: Call, code: str) -> Workspace:
    """Return the world that has an invitation: PKB's link does not name one, so unless the address does, any."""
    if WORKSPACE in call.request.query_params:
        return call.workspace
    worlds = (world for world in call.workspaces if world.store.find_one(Invitation, code) is not None)
    return next(worlds, call.workspace)


ROUTES = (
    Route("GET", PATH, show_registration, "Register"),
    Route("GET", f"{PATH}/", redirect_to_console, "Register"),
    Route("GET", f"{PATH}/{{team}}", redirect_to_console, "Register"),
)
