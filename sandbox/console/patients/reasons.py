"""Why a caller sees a data point or does not: the rule that decided, in the order of PKB's rules."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.access.visibility import DRAFT, Access, access_to
from sandbox.base.ids import aggregated_id
from sandbox.console.patients.callers import ChosenCaller
from sandbox.domain.data_points.kinds import is_current
from sandbox.facts import Fact, ledger
from sandbox.fhir.aggregated.output.visibility import Visibility
from sandbox.model import DataPoint, Message, Patient
from sandbox.store import Store
from sandbox.worlds.attributes.table import tables


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule of the fidelity ledger, and the result of applying it to this data point."""

    rule: Fact
    text: str


def reason_to_see(caller: ChosenCaller, patient: Patient, point: DataPoint, api: str) -> Reason:
    """Return the rule by which a caller sees a data point."""
    if api == "aggregated":
        return _reason("aggregated.labels", f"its label {point.label or '(none)'} is granted to the organisation")
    access = access_to(caller.principal, patient)
    purview, source = access.purview, point.source
    # In the order in which `access/visibility.py` decides: the first rule that applies is the reason.
    if access.is_self:
        return _reason("access.visibility-self", "it is the patient's own record")
    if source.person is not None and source.person == purview.person:
        return _reason("access.visibility-source", "the caller entered it")
    if source.team in purview.teams:
        return _reason("access.visibility-source", "the caller's team supplied it")
    if purview.organisation is not None and source.organisation == purview.organisation:
        return _reason("access.visibility-organisation", "the caller's organisation supplied it")
    if point.label in access.labels or not point.label:
        return _reason("access.visibility-consent", f"a consent grants {point.label or 'all labels'}")
    return _reason("access.visibility-messages", "the caller takes part in the conversation")


def reason_to_hide(caller: ChosenCaller, patient: Patient, point: DataPoint, api: str) -> Reason:
    """Return the first rule that hides a data point from a caller."""
    if isinstance(point, Message) and point.status == DRAFT:
        return _reason("access.visibility-messages", "it is a draft, which only its sender sees, in PKB's web pages")
    if not is_current(point):
        return _reason("rest.not-visible", "it was deleted")
    if api == "aggregated":
        return _of_aggregated(caller, point)
    access = access_to(caller.principal, patient)
    if access.sees(point):
        return _reason("rest.not-visible", "the list of this API does not have it")
    return _reason(_rule(access, patient, point), access.why_hidden(point))


def _rule(access: Access, patient: Patient, point: DataPoint) -> str:
    kind = access.purview.kind
    if not access.open:
        if access.purview.frozen:
            return "access.frozen"
        if kind == "patient" and patient.sharing_disabled and not patient.access_frozen:
            return "access.visibility-sharing-disabled"
        return "access.visibility-organisation" if kind == "organisation" else "access.visibility-frozen"
    if access.covered and not access.labels:
        return "access.visibility-sharing-disabled"
    return "access.visibility-consent" if point.label else "access.visibility-unlabelled"


def _of_aggregated(caller: ChosenCaller, point: DataPoint) -> Reason:
    principal = caller.principal
    organisation = principal.organisation or principal.credential.organisation or ""
    visibility = Visibility(principal.workspace.store, organisation, teams=principal.granting_teams)
    name = f"{tables()[type(point)].aggregated}/{aggregated_id(point.id)}"
    text = visibility.why_hidden(name)
    return _reason(_rule_of_aggregated(principal.workspace.store, visibility, point), text)


def _rule_of_aggregated(store: Store, visibility: Visibility, point: DataPoint) -> str:
    if visibility.held(f"Patient/{aggregated_id(point.patient)}") is None:
        patient = store.find_one(Patient, point.patient)
        closed = patient is not None and (patient.sharing_disabled or patient.access_frozen)
        return "aggregated.disabled-frozen" if closed else "aggregated.organisation"
    return "aggregated.labels" if point.label else "aggregated.unset-label"


def _reason(rule: str, text: str) -> Reason:
    return Reason(ledger()[rule], text)
