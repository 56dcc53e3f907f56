"""The implementations of the catalogue's operations: one module for each of PKB's services, and their table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.http.call import Call
from sandbox.rest.services import (
    accounts,
    allergies,
    care_plans,
    consents,
    measurements,
    medications,
    messages,
    results,
    users,
)

Service = Callable[[Call], Any]
"""Returns the JSON of the response (without the `results` around a list of v1), or a Response."""

SERVICES: dict[str, Service] = {
    "rest.users-self": users.own,
    "rest.user-self-2014": users.own_v1,
    "rest.my-carers": users.carers,
    "rest.my-patients": users.cared_for,
    "rest.user": users.by_user_id,
    "rest.user-patients": users.patients,
    "rest.colleagues-2014": users.colleagues,
    "rest.user-by-national-id": users.by_national_id,
    "rest.user-create": accounts.create,
    "rest.user-update": accounts.update,
    "rest.user-deactivate": accounts.deactivate,
    "rest.record-access-token": accounts.record_access_token,
    "rest.one-time-password": accounts.one_time_password,
    "rest.consents": consents.of_patient,
    "rest.consent-create": consents.create,
    "rest.consent-update": consents.update,
    "rest.measurement-types": measurements.list_types,
    "rest.own-measurements": measurements.own,
    "rest.measurements": measurements.of_patient,
    "rest.measurement-create-for": measurements.create_for,
    "rest.measurement-update-for": measurements.update_for,
    "rest.measurement-create": measurements.create,
    "rest.measurement-update": measurements.update,
    "rest.measurement-delete": measurements.delete,
    "rest.measurements-by-type": measurements.by_type,
    "rest.measurements-2014": measurements.by_type_2014,
    "rest.own-medications": medications.own,
    "rest.own-active-medications": medications.own_active,
    "rest.medications": medications.of_patient,
    "rest.active-medications": medications.active_of_patient,
    "rest.medication-create": medications.create,
    "rest.medication-update": medications.update,
    "rest.allergies": allergies.of_patient,
    "rest.diagnoses-2014": allergies.diagnoses_2014,
    "rest.care-plans": care_plans.details,
    "rest.treatment-plans": care_plans.of_patient,
    "rest.own-treatment-plans": care_plans.own,
    "rest.treatment-plan-create": care_plans.create,
    "rest.messages": messages.after,
    "rest.attachment": messages.attachment,
    "rest.test-results-by-id": results.by_test_ids,
    "rest.own-test-results": results.own,
}
"""Id of an operation → its implementation."""
