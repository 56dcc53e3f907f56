"""CarePlanService and TreatmentPlanService: care plans without and with their content.

Sources: *FAQs - Care plans*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4179656718 ; *Entity: Care Plan*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743252481
"""

from __future__ import annotations

from typing import Any

from sandbox.base.ids import legacy_id
from sandbox.domain.data_points import care_plans
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.model import CarePlan, Patient, User
from sandbox.rest.body import read_body
from sandbox.rest.caller import Caller, caller_of
from sandbox.rest.reading import read_visible
from sandbox.rest.values import instant
from sandbox.rest.writing import label_of

Json = dict[str, Any]
DRAFT = "INDRAFT"
COLOURS = ("red", "amber", "green")


def details(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [_details(caller, plan) for plan in _plans_of(call, caller, caller.patient_named(call.params["patientId"]))]


def of_patient(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [_with_content(caller, plan) for plan in _plans_of(call, caller, caller.patient_named(call.params["id"]))]


def own(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [_with_content(caller, plan) for plan in _plans_of(call, caller, caller.own_record())]


def create(call: Call) -> Json:
    """Create a plan for the calling patient, or for the patient that a professional or carer specifies."""
    caller = caller_of(call)
    fields = read_body(call, "treatment-plan-sent")
    values = {
        "name": fields["name"],
        "review_on": fields.get("reviewDate"),
        "status": fields.get("status") or "ACTIVE",
        **{colour: fields.get(colour) or "" for colour in COLOURS},
    }
    patient, label, plan = _patient_of_plan(caller, fields), label_of(caller, fields), fields.get("actionPlan") or ""
    return _with_content(
        caller, care_plans.write_care_plan(caller.record, patient, caller.source(), label, values, plan)
    )


def _patient_of_plan(caller: Caller, fields: Json) -> Patient:
    if fields.get("patientId"):
        return caller.patient_in_care(fields["patientId"])
    if caller.patient is None:
        raise Invalid("patientId is missing", rule="rest.plan-of-whom", instead="the patient of the plan")
    return caller.patient


def _plans_of(call: Call, caller: Caller, patient: Patient) -> list[CarePlan]:
    """Return the newest version of each plan, last edited first; a draft is visible only to its author."""
    # rest.plan-drafts: the matrix and consents let others see the record, but not a draft.
    plans = [
        plan for plan in read_visible(call, caller, CarePlan, patient) if plan.status != DRAFT or caller.supplied(plan)
    ]
    return sorted(plans, key=lambda plan: (plan.last_edited_at, plan.id), reverse=True)


def _details(caller: Caller, plan: CarePlan) -> Json:
    person = plan.source.person
    creator = caller.store.find_one(User, person) or caller.store.find_one(Patient, person)
    return {
        "id": legacy_id(plan.id),
        "name": plan.name,
        "createdDate": instant(plan.created_at),
        "lastEditedDate": instant(plan.last_edited_at),
        "reviewDate": plan.review_on.isoformat() if plan.review_on else None,
        "creatorId": str(creator.legacy_id) if creator else None,
        "status": plan.status,
        "privacyLabel": plan.label,
    }


def _with_content(caller: Caller, plan: CarePlan) -> Json:
    colours = {colour: getattr(plan, colour) or None for colour in COLOURS}
    return {**_details(caller, plan), "actionPlan": care_plans.action_plan(caller.record, plan), **colours}
