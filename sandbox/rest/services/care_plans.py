"""CarePlanService and TreatmentPlanService: care plans without and with their content.

Sources: *FAQs - Care plans*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4179656718 ; *Entity: Care Plan*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743252481
"""

from __future__ import annotations

from typing import Any

from sandbox.domain.data_points import care_plans
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.ids import legacy_id
from sandbox.model import CarePlan, Patient, User
from sandbox.rest.body import body
from sandbox.rest.caller import Caller, caller
from sandbox.rest.reading import seen
from sandbox.rest.values import instant
from sandbox.rest.writing import label_of

Json = dict[str, Any]
DRAFT = "INDRAFT"
COLOURS = ("red", "amber", "green")


def details(call: Call) -> list[Json]:
    who = caller(call)
    return [_details(who, one) for one in _of(call, who, who.patient_named(call.params["patientId"]))]


def of_patient(call: Call) -> list[Json]:
    who = caller(call)
    return [_with_content(who, one) for one in _of(call, who, who.patient_named(call.params["id"]))]


def own(call: Call) -> list[Json]:
    who = caller(call)
    return [_with_content(who, one) for one in _of(call, who, who.own_record())]


def create(call: Call) -> Json:
    """A plan for the patient who calls, or for the one whom a professional or carer names."""
    who = caller(call)
    sent = body(call, "treatment-plan-sent")
    values = {
        "name": sent["name"],
        "review_on": sent.get("reviewDate"),
        "status": sent.get("status") or "ACTIVE",
        **{colour: sent.get(colour) or "" for colour in COLOURS},
    }
    patient, label, plan = _whose(who, sent), label_of(who, sent), sent.get("actionPlan") or ""
    return _with_content(who, care_plans.write(who.record, patient, who.source(), label, values, plan))


def _whose(who: Caller, sent: Json) -> Patient:
    if sent.get("patientId"):
        return who.patient_in_care(sent["patientId"])
    if who.patient is None:
        raise Invalid("patientId must be given", rule="rest.plan-of-whom", instead="the patient whose plan it is")
    return who.patient


def _of(call: Call, who: Caller, patient: Patient) -> list[CarePlan]:
    """The newest version of each plan, last edited first; a draft shows to those who wrote it."""
    found = [one for one in seen(call, who, CarePlan, patient) if one.status != DRAFT or who.supplied(one)]
    return sorted(found, key=lambda one: (one.last_edited_at, one.id), reverse=True)


def _details(who: Caller, plan: CarePlan) -> Json:
    person = plan.source.person
    creator = who.store.find_one(User, person) or who.store.find_one(Patient, person)
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


def _with_content(who: Caller, plan: CarePlan) -> Json:
    colours = {colour: getattr(plan, colour) or None for colour in COLOURS}
    return {**_details(who, plan), "actionPlan": care_plans.action_plan(who.record, plan), **colours}
