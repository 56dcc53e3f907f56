"""Issuing credentials and grants, as PKB and its customers do.

Sources: *Client ID*, http://dev.patientsknowbest.com/home/oauth2/client-id ; *Client credentials*,
http://dev.patientsknowbest.com/home/oauth2/client-credentials
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from sandbox.access import credentials
from sandbox.errors import Conflict, Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import Credential, Grant, Organisation, Partner, Team
from sandbox.model.access import KINDS, ROLES

ORGANISATION_KINDS = ("hl7-org", "customer-system-client")
"""Kinds that belong to an organisation; other kinds belong to a partner."""
SCOPES = {"user-client": ("PATIENT", "CLINICIAN", "TEAMCOORD"), "tethered-token-system-client": ("SITE",)}


def _issue(call: Call) -> Any:
    payload = body(call, ("kind", "name", "organisation", "partner", "scopes", "redirect_uris", "roles"))
    kind, name = payload.get("kind"), payload.get("name")
    if kind not in KINDS:
        raise Invalid(f"kind must be one of: {', '.join(KINDS)}")
    if not isinstance(name, str) or not name.strip():
        raise Invalid("name is required: the purpose of the credential")
    with call.workspace.store.transaction():
        issued = _issued(call, kind, name, payload)
        call.workspace.store.put(issued)
    return credentials.credential_row(call.workspace, issued)


def _issued(call: Call, kind: str, name: str, payload: dict[str, Any]) -> Credential:
    ids = call.workspace.ids
    issued = Credential(
        id=f"{kind}-{ids.token(6).lower()}",
        kind=kind,
        name=name,
        secret="" if kind in SCOPES else ids.token(),
        scopes=_texts(payload, "scopes", SCOPES.get(kind, ())) or SCOPES.get(kind, ())[:1],
        redirect_uris=_texts(payload, "redirect_uris", None),
        roles=_roles(kind, payload),
        **_owner(call, kind, payload, name),
    )
    if kind == "user-client" and not issued.redirect_uris:
        raise Invalid("redirect_uris must name at least one address for a user-client")
    # Client ids are unique in the whole server, because they choose the world of a request.
    if call.workspaces.with_credential(issued.id):
        raise Conflict("The generated id is already in use; please try again")
    return issued


def _roles(kind: str, payload: dict[str, Any]) -> tuple[str, ...]:
    """Return the roles to which a Customer System Client is limited, if any. Raises Invalid for other kinds, and for
    an empty list.
    """
    if payload.get("roles") is None:
        return ()
    if kind != "customer-system-client":
        raise Invalid("roles apply to a customer-system-client only")
    named = _texts(payload, "roles", ROLES)
    if not named:
        raise Invalid(f"roles must name at least one of: {', '.join(ROLES)}")
    # A credential without roles has both; with one role, a list may still name it twice.
    return () if set(named) == set(ROLES) else named[:1]


def _owner(call: Call, kind: str, payload: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the credential's organisation or partner; a missing partner is created.

    An organisation in a request for a partner's credential grants the partner access, or tethers its default team.
    """
    organisation = _organisation(call, payload)
    if kind in ORGANISATION_KINDS:
        if organisation is None:
            raise Invalid(f"organisation must be the id of an organisation for a {kind}")
        return {"organisation": organisation.id}
    partner = _partner(call, payload, name)
    if organisation is None:
        return {"partner": partner.id}
    if kind == "user-client":
        raise Invalid("organisation does not apply to a user-client, to which users grant access")
    if kind == "tethered-token-system-client":
        return {"partner": partner.id, "organisation": organisation.id, "team": organisation.default_team or None}
    if all(grant.organisation != organisation.id for grant in call.workspace.store.find(Grant, "partner", partner.id)):
        call.workspace.store.put(_granted(call, partner, organisation, None, None))
    return {"partner": partner.id}


def _organisation(call: Call, payload: dict[str, Any]) -> Organisation | None:
    if payload.get("organisation") is None:
        return None
    organisation = call.workspace.store.find_one(Organisation, str(payload["organisation"]))
    if organisation is None:
        raise Invalid("organisation must be the id of an organisation")
    return organisation


def _partner(call: Call, payload: dict[str, Any], name: str) -> Partner:
    store = call.workspace.store
    if payload.get("partner") is None:
        partner = Partner(id=call.workspace.ids.uuid(), name=name)
        store.put(partner)
        return partner
    existing = store.find_one(Partner, str(payload["partner"]))
    if existing is None:
        raise Invalid("partner must be the id of a partner")
    return existing


def _texts(payload: dict[str, Any], key: str, allowed: tuple[str, ...] | None) -> tuple[str, ...]:
    values = payload.get(key)
    values = [] if values is None else values
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise Invalid(f"{key} must be a list of texts")
    wrong = [value for value in values if allowed is not None and value not in allowed]
    if wrong:
        raise Invalid(f"{key}: {wrong[0]!r} is not one of: {', '.join(allowed or ()) or 'none for this kind'}")
    return tuple(values)


def _grant(call: Call) -> Any:
    payload = body(call, ("partner", "organisation", "team", "default_team"))
    store = call.workspace.store
    partner = store.find_one(Partner, str(payload.get("partner", "")))
    organisation = store.find_one(Organisation, str(payload.get("organisation", "")))
    if partner is None or organisation is None:
        raise Invalid("partner and organisation must be ids from this world")
    team, default = _team(call, organisation, payload, "team"), _team(call, organisation, payload, "default_team")
    granted = _granted(call, partner, organisation, team, default)
    store.put(granted)
    return {key: getattr(granted, key) for key in ("id", "partner", "organisation", "team", "default_team", "alias")}


def _granted(
    call: Call, partner: Partner, organisation: Organisation, team: str | None, default_team: str | None
) -> Grant:
    """Create a grant, with an alias of its own for MSH-4."""
    ids = call.workspace.ids
    return Grant(
        id=ids.uuid(),
        partner=partner.id,
        organisation=organisation.id,
        alias=f"{organisation.code or 'ORG'}_{ids.token(6).upper()}",
        team=team,
        default_team=default_team or team or organisation.default_team or None,
    )


def _team(call: Call, organisation: Organisation, payload: dict[str, Any], key: str) -> str | None:
    if payload.get(key) is None:
        return None
    team = call.workspace.store.find_one(Team, str(payload[key]))
    if team is None or team.organisation != organisation.id:
        raise Invalid(f"{key} must be the id of a team of the organisation")
    return team.id


def _withdraw(call: Call) -> Any:
    call.workspace.store.delete(call.workspace.store.get(Grant, call.params["id"]))
    return Response(status_code=204)


def _revoke(call: Call) -> Any:
    credential = call.workspace.store.get(Credential, call.params["id"])
    if credential.revoked:
        raise NotFound(f"The credential {credential.id} is revoked already")
    # Kept, not deleted: its tokens still select the world whose journal shows the refusal.
    call.workspace.store.put(replace(credential, revoked=True))
    return Response(status_code=204)


OPERATIONS = (
    ControlOperation("POST", "/credentials", "Issues a credential", _issue, 201),
    ControlOperation("DELETE", "/credentials/{id}", "Revokes a credential", _revoke),
    ControlOperation(
        "POST", "/grants", "Grants a partner access to an organisation, or to one of its teams", _grant, 201
    ),
    ControlOperation("DELETE", "/grants/{id}", "Revokes a grant", _withdraw),
)
