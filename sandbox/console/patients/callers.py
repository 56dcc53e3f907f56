"""The callers of a world, as which a page looks at a record: a credential, for an organisation, a user or a team."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, islice

from sandbox.access.matrix import matrix
from sandbox.access.organisation import HEADER, acting_principal
from sandbox.access.principal import INTEGRATION_TYPE, Principal
from sandbox.errors import SandboxError
from sandbox.model import Consent, Credential, Grant, Organisation, Patient, Team, User
from sandbox.worlds.workspace import Workspace

MOST = 60
"""Maximum number of callers in a list; a world may have thousands of users."""
PROFESSIONALS = ("CLINICIAN", "TEAMCOORD")
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenCaller:
    """A caller. `key` names it in addresses; it may call `apis`. `principal` acts for an organisation, user or team."""

    key: str
    title: str
    principal: Principal
    apis: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def user_type(self) -> str:
        """The type of the signed-in user in the Custom REST API."""
        return self.principal.scope


def callers_of(world: Workspace, patient: Patient | None) -> list[ChosenCaller]:
    """Return the callers of a world, those nearest to the patient first."""
    credentials = [credential for credential in world.store.all(Credential) if not credential.revoked]
    return list(islice(chain.from_iterable(_in_order(world, credentials, patient)), MOST))


def _in_order(
    world: Workspace, credentials: list[Credential], patient: Patient | None
) -> Iterator[Iterator[ChosenCaller]]:
    for credential in (row for row in credentials if row.kind == "user-client"):
        yield _of_patients(world, credential, patient)
    for credential in credentials:
        match credential.kind:
            case "system-client":
                yield _of_grants(world, credential, patient)
            case "customer-system-client":
                yield _of_owner(world, credential)
            case "tethered-token-system-client":
                yield _of_team(world, credential)
    for credential in (row for row in credentials if row.kind == "user-client"):
        yield _of_professionals(world, credential, patient)


def apis_of(credential: Credential) -> tuple[str, ...]:
    """Return the APIs by which a kind of credential may read clinical data."""
    type_ = INTEGRATION_TYPE[credential.kind]
    apis = ("facade", "aggregated", "rest")
    return tuple(api for api in apis if matrix()[f"{type_}.{api}.read_clinical"].credential == credential.kind)


def _caller(world: Workspace, credential: Credential, key: str, title: str, **acts: str) -> ChosenCaller:
    principal = Principal(workspace=world, credential=credential, **acts)  # type: ignore[arg-type]  # all are texts
    name = INTEGRATION_TYPE[credential.kind].capitalize()
    return ChosenCaller(key=key, title=f"{name}: {title}", principal=principal, apis=apis_of(credential))


def _of_patients(world: Workspace, credential: Credential, patient: Patient | None) -> Iterator[ChosenCaller]:
    """The patient by an app, and each carer."""
    if patient is None or "PATIENT" not in credential.scopes:
        return
    carers = [
        consent.grantee.id
        for consent in world.store.find(Consent, "patient", patient.id)
        if consent.grantee.kind == "carer"
    ]
    for id_ in (patient.id, *carers):
        person = world.store.find_one(Patient, id_)
        if person is not None:
            role = "the patient" if person is patient else "carer"
            title = f"{person.name.display} ({role}) by {credential.id}"
            yield _caller(world, credential, f"{credential.id}/{id_}", title, user=id_, scope="PATIENT")


def _of_professionals(world: Workspace, credential: Credential, patient: Patient | None) -> Iterator[ChosenCaller]:
    """Professionals by an app, those of the patient's teams first."""
    teams = patient.teams if patient is not None else ()
    users = [user for team in teams for user in world.store.find(User, "team", team)]
    others = (user for user in islice(world.store.all(User), MOST) if user.team not in teams)
    for user in chain(users, others):
        if user.active and user.scope in credential.scopes and user.scope in PROFESSIONALS:
            team = world.store.find_one(Team, user.team)
            title = f"{user.name.display}, {team.name if team else user.scope} by {credential.id}"
            acts = {"user": user.id, "scope": user.scope}
            yield _caller(world, credential, f"{credential.id}/{user.id}", title, **acts)


def _of_grants(world: Workspace, credential: Credential, patient: Patient | None) -> Iterator[ChosenCaller]:
    """A System Client for each organisation that granted its partner access, the patient's own first."""
    grants = world.store.find(Grant, "partner", credential.partner) if credential.partner else []
    organisations = dict.fromkeys(grant.organisation for grant in grants)
    own = patient.organisations if patient is not None else ()
    for id_ in sorted(organisations, key=lambda organisation: organisation not in own):
        organisation = world.store.find_one(Organisation, id_)
        if organisation is None:
            continue
        caller = _caller(world, credential, f"{credential.id}/{id_}", f"{credential.id} for {organisation.name}")
        try:
            principal = acting_principal(caller.principal, id_)
        except SandboxError:
            continue
        yield ChosenCaller(
            key=caller.key, title=caller.title, principal=principal, apis=caller.apis, headers={HEADER: id_}
        )


def _of_owner(world: Workspace, credential: Credential) -> Iterator[ChosenCaller]:
    organisation = world.store.find_one(Organisation, credential.organisation)
    if organisation is not None:
        yield _caller(world, credential, credential.id, f"{credential.id} of {organisation.name}")


def _of_team(world: Workspace, credential: Credential) -> Iterator[ChosenCaller]:
    team = world.store.find_one(Team, credential.team)
    if team is not None:
        yield _caller(
            world, credential, credential.id, f"{credential.id}, tethered to {team.name}", team=team.id, scope="SITE"
        )
